//! What a file says is there after it was applied, all of a tree or nothing, and saying it again writes nothing.

use std::fmt::Write as _;

use acl::{Modification, Operation, Subject};
use desired::{DesiredState, Plan, Prune, snapshot};
use mail::AccountId;
use store::{ActivityQuery, DEFAULT_FOLDERS, Deletion, Fault, Store};

use crate::world::{Random, World, append, permit};

fn parse(text: &str) -> DesiredState {
    DesiredState::parse(text, &DEFAULT_FOLDERS, &|_| Ok(())).unwrap()
}

async fn plan(store: &Store, text: &str, prune: Prune) -> Plan {
    let current = store.current_state().await.unwrap();
    desired::plan(&parse(text), &current, prune)
}

/// As the command line does it; returns what was refused.
async fn carry_out(store: &Store, root: AccountId, plan: &Plan) -> Vec<Fault> {
    assert_eq!(plan.refusals, Vec::<String>::new());
    let mut refused = Vec::new();
    for accounts in plan.accounts.chunks(200) {
        refused.extend(store.make_accounts(accounts).await.err());
    }
    if !plan.groups.is_empty() {
        refused.extend(store.apply_groups(root, &plan.groups).await.err());
    }
    let permit = acl::shared_root(&store.who(root).await.unwrap()).unwrap();
    for change in &plan.trees {
        let applied = store.apply_tree(&permit, change, "+", Deletion::WithMail);
        refused.extend(applied.await.err());
    }
    if !plan.aliases.steps.is_empty() {
        refused.extend(store.apply_aliases(root, &plan.aliases, "+").await.err());
    }
    for (name, is_disabled) in &plan.switched {
        let account = store.find_account(name).await.unwrap().unwrap();
        match is_disabled {
            true => store.disable_account(account.id).await.unwrap(),
            false => store.enable_account(account.id).await.unwrap(),
        }
    }
    for group in &plan.ended_groups {
        store.delete_group(group).await.unwrap();
    }
    refused
}

async fn apply(store: &Store, root: AccountId, text: &str) {
    let plan = plan(store, text, Prune::WithMail).await;
    let refused = carry_out(store, root, &plan).await;
    assert!(refused.is_empty(), "{text}: {refused:?}");
}

/// A file that says everything, about few names.
fn random_file(random: &Random) -> String {
    let some = |texts: &[&str]| -> Vec<String> {
        let chosen = texts.iter().filter(|_| random.below(2) == 0);
        chosen.map(|text| format!("\"{text}\"")).collect()
    };
    let one = |texts: &[&'static str]| {
        texts[usize::try_from(random.below(texts.len().try_into().unwrap())).unwrap()]
    };
    let mut file = String::from(
        "complete = [\"accounts\", \"groups\", \"mailboxes\", \"aliases\"]\n[account.root]\nadmin = true\ndisabled = false\naddresses = [\"root@example.org\"]\n",
    );
    for name in ["ada", "bo"] {
        let limit = random.below(3);
        let addresses = some(&["x@example.org", "@example.net"]).join(", ");
        let is_disabled = random.below(3) == 0;
        writeln!(
            file,
            "[account.{name}]\nadmin = false\ndisabled = {is_disabled}\naddresses = [{addresses}]\nquota = {{ messages = {limit} }}"
        )
        .unwrap();
    }
    for (name, members) in [
        ("g", &["ada", "bo", "group:h"][..]),
        ("h", &["ada", "root"]),
    ] {
        let members = some(members).join(", ");
        writeln!(file, "[group.{name}]\nmembers = [{members}]").unwrap();
    }
    let mut above = Vec::new();
    for path in ["a", "a/b", "a/b/c", "a-1", "d", "d/\u{e9}"] {
        let parent = path.rsplit_once('/').map(|(parent, _)| parent);
        if random.below(4) == 0 || parent.is_some_and(|parent| !above.contains(&parent)) {
            continue;
        }
        above.push(path);
        let entries = some(&[
            "ada",
            "-bo",
            "group:g",
            "-group:h",
            "anyone",
            "domain:example.org",
            "carl",
        ]);
        let entries = entries
            .into_iter()
            .map(|name| format!("{name} = \"{}\"", one(&["viewer", "manager", "lp", "e"])));
        let list = format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "));
        let list = if parent.is_some() && random.below(2) == 0 {
            "\"inherited\"".to_owned()
        } else {
            list
        };
        let special_use = one(&["", "\\\\Sent", "\\\\Trash"]);
        let private = some(&["\\\\Seen", "\\\\Flagged", "key", "Other"]).join(", ");
        let addresses = some(&["x@example.org", "y@example.org", "@example.org"]).join(", ");
        let quota = one(&["{}", "{ storage = 100 }", "{ messages = 5, mailboxes = 9 }"]);
        writeln!(
            file,
            "[mailbox.\"{path}\"]\nspecial_use = \"{special_use}\"\nrights = {list}\nprivate = [{private}]\n\
             addresses = [{addresses}]\nquota = {quota}"
        )
        .unwrap();
    }
    let domain = one(&["", "\"@example.org\"", "\"@example.net\""]);
    let first = some(&["root@example.org", "Root+x@example.org"]).join(", ");
    let second = if first.is_empty() {
        ""
    } else {
        "\"p@example.org\""
    };
    writeln!(
        file,
        "[alias]\n\"@old.example\" = [{domain}]\n\"P@example.org\" = [{first}]\n\"a@example.org\" = [{second}]"
    )
    .unwrap();
    file
}

#[tokio::test]
async fn what_a_file_says_is_there_afterwards_and_a_snapshot_of_it_changes_nothing() {
    let world = World::new().await;
    let (store, random) = (&world.store, Random::new(16));
    let root = world.admin().await;
    let mut before = String::new();
    for round in 0..40 {
        let file = random_file(&random);
        apply(store, root, &file).await;
        let left = plan(store, &file, Prune::WithMail).await;
        assert!(
            left.is_empty(),
            "round {round}: {:#?}\n{file}",
            left.lines()
        );
        let written = snapshot(&store.current_state().await.unwrap(), None);
        let left = plan(store, &written, Prune::WithMail).await;
        assert!(
            left.is_empty(),
            "round {round}: {:#?}\n{written}",
            left.lines()
        );
        assert_eq!(world.misplaced_lists().await, 0, "round {round}");
        if round % 8 == 7 {
            // Back to what was there, by the file that was written of it.
            apply(store, root, &before).await;
            assert_eq!(
                snapshot(&store.current_state().await.unwrap(), None),
                before
            );
        }
        before = snapshot(&store.current_state().await.unwrap(), None);
    }
}

#[tokio::test]
async fn saying_the_same_again_writes_nothing() {
    let world = World::new().await;
    let root = world.admin().await;
    let file = random_file(&Random::new(7));
    apply(&world.store, root, &file).await;
    let before = world.rows_written().await;
    let node = world.another_node().await;
    apply(&node, root, &file).await;
    assert_eq!(world.rows_written().await, before);
}

#[tokio::test]
async fn who_applied_is_written_down_with_what_became_of_each_mailbox() {
    let world = World::new().await;
    let store = &world.store;
    world.admin().await;
    let other = store.create_account("zoe", None, true).await.unwrap();
    let file = "[group.g]\nmembers = [\"zoe\"]\n[mailbox.a]\nrights = { \"group:g\" = \"viewer\" }\nprivate = []\n\
                quota = { storage = 1 }\n[mailbox.\"a/b\"]\nrights = { zoe = \"lr\" }\n";
    apply(store, other, file).await;
    let asked = ActivityQuery {
        mailbox: None,
        account: Some("zoe".to_owned()),
        ..ActivityQuery::newest_on(mail::MailboxId(0), 100)
    };
    let rows = store.activity(&asked).await.unwrap();
    // Two of the group, the quota, two mailboxes, their entries, a list of its own and the policy.
    assert_eq!(rows.len(), 9, "{rows:#?}");
}

#[tokio::test]
async fn a_tree_that_was_changed_meanwhile_stays_as_it_is() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    world.account("ada").await;
    let a = world.shared("a", &[("ada", "lrswipkxtea")]).await;
    world.shared("b", &[("ada", "lr")]).await;
    let file = "[group.g]\n[mailbox.a]\nrights = { ada = \"viewer\" }\n[mailbox.\"a/b\"]\n[mailbox.b]\nrights = { ada = \"editor\" }\n\
                [account.ada]\nquota = { messages = 3 }\n";
    let planned = plan(store, file, Prune::Nothing).await;
    // A lead gives somebody a right; somebody makes a group.
    world.grant(root, a, "bo", "lr").await;
    store.create_group("h").await.unwrap();
    let between = snapshot(&store.current_state().await.unwrap(), Some("a"));
    let refused = carry_out(store, root, &planned).await;
    assert!(
        matches!(refused[..], [Fault::Stale, Fault::Stale]),
        "{refused:?}"
    );
    let state = store.current_state().await.unwrap();
    assert_eq!(snapshot(&state, Some("a")), between, "nothing half done");
    assert!(!state.groups.contains_key("g"));
    let ada = Subject::parse("ada").unwrap();
    let rights = state.mailboxes["b"].list.as_ref().unwrap()[&ada];
    assert_eq!(
        rights,
        acl::Role::Editor.rights(),
        "other trees are changed"
    );
    assert_eq!(state.accounts["ada"].quota.message, Some(3));
    apply(store, root, file).await;

    // A letter has come to what was empty.
    let file = "[mailbox.b]\n[mailbox.\"b/old\"]\nrights = \"inherited\"\n";
    apply(store, root, file).await;
    let planned = plan(store, "[mailbox.b]\n", Prune::WithoutMail).await;
    let old = state_of(store, root, "b/old").await;
    world.grant(root, old, "root", "+i").await;
    let late = plan(store, "[mailbox.b]\n", Prune::WithoutMail).await;
    append(store, root, old, &["x"]).await;
    let permit = acl::shared_root(&store.who(root).await.unwrap()).unwrap();
    for planned in [planned, late] {
        let applied = store
            .apply_tree(&permit, &planned.trees[0], "+", Deletion::OfEmpty)
            .await;
        assert!(matches!(applied, Err(Fault::Stale)), "{applied:?}");
    }
}

async fn state_of(store: &Store, root: AccountId, path: &str) -> mail::MailboxId {
    let place = mail::Place::Shared(path.to_owned());
    store.resolve(root, &place).await.unwrap().unwrap().id
}

#[tokio::test]
async fn two_files_at_once_are_one_after_the_other() {
    let world = World::new().await;
    let (one, other) = (&world.store, &world.another_node().await);
    let root = world.admin().await;
    let files = ["lr", "lrs"].map(|rights| {
        let tables = (0..20).map(|n| {
            format!("[mailbox.m{n}]\nrights = {{ ada = \"{rights}\" }}\n[mailbox.\"m{n}/x\"]\n")
        });
        tables.collect::<String>()
    });
    let plans = [
        plan(one, &files[0], Prune::Nothing).await,
        plan(other, &files[1], Prune::Nothing).await,
    ];
    let (first, second) = tokio::join!(
        carry_out(one, root, &plans[0]),
        carry_out(other, root, &plans[1])
    );
    let is_stale = |refused: &Vec<Fault>| refused.iter().all(|fault| matches!(fault, Fault::Stale));
    assert!(
        is_stale(&first) && is_stale(&second),
        "{first:?} {second:?}"
    );
    assert_eq!(
        first.len() + second.len(),
        20,
        "of each tree one came second"
    );
    let left = [
        plan(one, &files[0], Prune::Nothing).await,
        plan(one, &files[1], Prune::Nothing).await,
    ];
    assert_eq!(left[0].trees.len() + left[1].trees.len(), 20);
    assert!(
        left.iter()
            .flat_map(|plan| &plan.trees)
            .all(|change| change.steps.len() == 1),
        "{left:#?}"
    );
}

#[tokio::test]
async fn a_lead_who_changes_rights_meanwhile_comes_before_or_after() {
    let world = World::new().await;
    let (store, other) = (&world.store, world.another_node().await);
    let root = world.admin().await;
    let a = world.shared("a", &[]).await;
    let list = async || {
        store.current_state().await.unwrap().mailboxes["a"]
            .list
            .clone()
            .unwrap()
    };
    let subject = |name: &str| Subject::parse(name).unwrap();
    for round in 0..20 {
        let file = format!("[mailbox.a]\nrights = {{ ada = \"lr\", u{round} = \"lrs\" }}\n");
        let planned = plan(store, &file, Prune::Nothing).await;
        let permit = permit(&other, root, a, Operation::Administer).await;
        let (bo, rights) = (subject("bo"), Modification::parse("lrw").unwrap());
        let (refused, granted) = tokio::join!(
            carry_out(store, root, &planned),
            other.set_rights(&permit, &bo, rights)
        );
        granted.unwrap();
        let list = list().await;
        assert!(list.contains_key(&bo), "the lead's word is there: {list:?}");
        let is_applied = list.contains_key(&subject(&format!("u{round}")));
        match refused[..] {
            [] => assert!(is_applied && list.len() == 3, "{list:?}"),
            [Fault::Stale] => assert!(!is_applied, "{list:?}"),
            _ => panic!("{refused:?}"),
        }
        apply(store, root, &file).await;
    }
}

#[tokio::test]
async fn only_site_administrators_apply_and_what_a_directory_keeps_stays() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let planned = plan(store, "[mailbox.a]\nrights = {}\n", Prune::Nothing).await;
    let permit = acl::shared_root(&store.who(root).await.unwrap()).unwrap();
    store.keep_group("g", [ada]).await.unwrap();
    let state = store.current_state().await.unwrap();
    assert_eq!(state.groups["g"].source, desired::Source::Directory);
    let mut change = plan(store, "[group.h]\n", Prune::Nothing).await.groups;
    change.memberships.push(desired::MemberChange {
        group: "g".to_owned(),
        member: "root".to_owned(),
        is_in: true,
    });
    assert!(matches!(
        store.apply_groups(root, &change).await,
        Err(Fault::Limit(_))
    ));
    assert!(
        !store
            .current_state()
            .await
            .unwrap()
            .groups
            .contains_key("h")
    );
    let second = store.create_account("zoe", None, true).await.unwrap();
    store.disable_account(root).await.unwrap();
    let applied = store
        .apply_tree(&permit, &planned.trees[0], "+", Deletion::OfEmpty)
        .await;
    assert!(matches!(applied, Err(Fault::Denied)), "{applied:?}");
    let circle = "[group.x]\nmembers = [\"group:y\"]\n[group.y]\nmembers = [\"group:x\"]\n";
    let planned = plan(store, circle, Prune::Nothing).await;
    let refused = carry_out(store, second, &planned).await;
    assert!(matches!(refused[..], [Fault::Limit(_)]), "{refused:?}");
}

#[tokio::test]
async fn members_of_groups_in_groups_follow() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("a", &[("group:outer", "lr")]).await;
    let rights = async || {
        let found = store
            .resolve(ada, &mail::Place::Shared("a".to_owned()))
            .await
            .unwrap();
        found.is_some_and(|found| {
            found.id == mailbox && found.access.rights.contains(acl::Rights::READ)
        })
    };
    let nested =
        "[group.outer]\nmembers = [\"group:mid\"]\n[group.mid]\nmembers = [\"group:in\"]\n";
    for (inner, is_read) in [("[\"ada\"]", true), ("[]", false), ("[\"ada\"]", true)] {
        apply(
            store,
            root,
            &format!("{nested}[group.in]\nmembers = {inner}\n"),
        )
        .await;
        assert_eq!(rights().await, is_read, "{inner}");
    }
    apply(store, root, "[group.mid]\nmembers = []\n").await;
    assert!(!rights().await);
}

#[tokio::test]
async fn a_large_site_is_one_statement_for_each_tree() {
    let world = World::new().await;
    let root = world.admin().await;
    let mut file = String::new();
    for n in 0..1000 {
        writeln!(file, "[account.u{n}]").unwrap();
    }
    let members: Vec<String> = (0..1000).map(|n| format!("\"u{n}\"")).collect();
    writeln!(file, "[group.all]\nmembers = [{}]", members.join(", ")).unwrap();
    for n in 0..40 {
        writeln!(
            file,
            "[mailbox.m{n}]\nrights = {{ \"group:all\" = \"viewer\", u{n} = \"manager\" }}"
        )
        .unwrap();
        for below in 0..4 {
            writeln!(
                file,
                "[mailbox.\"m{n}/{below}\"]\nrights = \"inherited\"\nprivate = [\"\\\\Seen\"]"
            )
            .unwrap();
        }
    }
    world.count_calls().await;
    apply(&world.another_node().await, root, &file).await;
    // Two hundred accounts at a time, all groups, and forty trees.
    assert_eq!(world.changes_applied().await, 5 + 1 + 40);
    let store = &world.another_node().await;
    let state = store.current_state().await.unwrap();
    assert_eq!((state.accounts.len(), state.mailboxes.len()), (1001, 200));
    assert!(plan(store, &file, Prune::WithoutMail).await.is_empty());
}
