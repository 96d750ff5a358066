//! Which mailbox a stock client takes for its user's Trash, by the rule that Thunderbird follows.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where it fails"
)]

use testkit::{Cluster, Stage, World, in_world};

const USES: [(&str, &str); 5] = [
    ("\\Archive", "Archive"),
    ("\\Drafts", "Drafts"),
    ("\\Junk", "Junk"),
    ("\\Sent", "Sent"),
    ("\\Trash", "Trash"),
];

/// The ways in which clients ask.
const LISTS: [&str; 3] = [
    "LIST \"\" \"*\"",
    "LIST (SPECIAL-USE) \"\" \"*\"",
    "LIST \"\" \"*\" RETURN (SPECIAL-USE)",
];

/// Thunderbird takes the first mailbox that is told with an attribute, wherever it is, and moves there what its user
/// deletes. So it must be the user's own, or none, in the user's account; and the team's in the team's account view.
#[test]
fn the_first_mailbox_with_an_attribute_is_in_the_personal_namespace() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        furnish(stage).await;
        for list in LISTS {
            for (attribute, name) in USES {
                // Bo has none of his own, Cleo has; `Aa` of Ada sorts before all others.
                assert_eq!(first(stage, "bo", list, attribute).await, None, "{list}");
                let own = Some(format!("Zz/{name}"));
                assert_eq!(first(stage, "cleo", list, attribute).await, own, "{list}");
                let team = Some(name.to_owned());
                let view = first(stage, "bo/Support", list, attribute).await;
                assert_eq!(view, team, "{list}");
            }
        }
    })
    .unwrap();
}

async fn furnish(stage: &mut Stage) {
    let mut world = String::from("mailbox Team/Support\n");
    for who in ["ada", "bo", "cleo"] {
        world.push_str(&format!("{who} may lrswikxtea on Team/Support\n"));
    }
    stage.given(&world).await.unwrap();
    let mut ada = stage.log_in("ada", 1).await.unwrap();
    let mut cleo = stage.log_in("cleo", 1).await.unwrap();
    for (attribute, name) in USES {
        for mailbox in [format!("Team/Support/{name}"), format!("Aa/{name}")] {
            let create = format!("CREATE {mailbox} (USE ({attribute}))");
            ada.ask_ok(create).await.unwrap();
        }
        for who in ["bo", "cleo"] {
            let grant = format!("SETACL Aa/{name} {who} lrswikxte");
            ada.ask_ok(grant).await.unwrap();
        }
        let create = format!("CREATE Zz/{name} (USE ({attribute}))");
        cleo.ask_ok(create).await.unwrap();
    }
}

/// The first mailbox that LIST tells with the attribute.
async fn first(stage: &mut Stage, login: &str, list: &str, attribute: &str) -> Option<String> {
    let account = login.split('/').next().unwrap();
    let mut client = stage.log_in(account, 2).await.unwrap();
    if account != login {
        client.ask_ok("UNAUTHENTICATE").await.unwrap();
        client.ask_ok(format!("LOGIN {login} pass")).await.unwrap();
    }
    let told = client.ask_ok(list).await.unwrap();
    told.iter().find_map(|response| {
        let line = String::from_utf8_lossy(response);
        let (attributes, rest) = line.strip_prefix("* LIST (")?.split_once(')')?;
        let is_told = attributes.split(' ').any(|one| one == attribute);
        let name = rest
            .strip_prefix(" \"/\" ")
            .unwrap_or_else(|| panic!("{line}"));
        is_told.then(|| name.trim_end().trim_matches('"').to_owned())
    })
}
