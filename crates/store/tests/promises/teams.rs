//! A team is made as a whole or not at all, and making it again changes nothing.

use acl::{Identifier, Rights};
use mail::{AccountId, EmailAddress, Place};
use store::{DEFAULT_FOLDERS, Fault, Store, Team, TeamStep, Trial};

use crate::addresses::{add, address};
use crate::world::{World, found};

fn team(path: &str, members: &[(&str, &str)], addresses: &[&str]) -> Team {
    Team {
        path: path.into(),
        entries: members
            .iter()
            .map(|(name, rights)| {
                (
                    Identifier::parse(name).unwrap(),
                    Rights::parse(rights).unwrap(),
                )
            })
            .collect(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
    }
}

async fn set_up(
    store: &Store,
    admin: AccountId,
    team: &Team,
    trial: Trial,
) -> Result<Vec<TeamStep>, Fault> {
    let who = store.who(admin).await.unwrap();
    let permit = acl::shared_root(&who).unwrap();
    store.set_up_team(&permit, team, "+", trial).await
}

/// The mailboxes of the shared tree, each with its special use and what `who` may do there.
async fn tree(store: &Store, who: AccountId) -> Vec<(Place, Option<String>, String)> {
    let mut listed: Vec<_> = store
        .visible(who)
        .await
        .unwrap()
        .into_iter()
        .filter(|listed| matches!(listed.place, Place::Shared(_)))
        .map(|listed| (listed.place, listed.special_use, listed.rights.to_string()))
        .collect();
    listed.sort();
    listed
}

#[tokio::test]
async fn a_team_has_all_that_it_needs_and_making_it_again_changes_nothing() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    store.create_group("support").await.unwrap();
    store.add_member("support", bo).await.unwrap();
    let support = team(
        "support",
        &[("ada", "lrswipkxtea"), ("group:support", "lrswipte")],
        &["Support@example.org"],
    );
    let foreseen = set_up(store, root, &support, Trial::Dry).await.unwrap();
    assert!(tree(store, root).await.is_empty());
    let done = set_up(store, root, &support, Trial::Real).await.unwrap();
    assert_eq!(done, foreseen);
    let step = |path: &str| TeamStep::Folder(path.into());
    assert_eq!(
        done,
        [
            TeamStep::Mailbox("support".into()),
            TeamStep::Right("ada +lrswipkxcteda".into()),
            TeamStep::Right("group:support +lrswipted".into()),
            TeamStep::Right("anyone +p".into()),
            step("support/Sent"),
            step("support/Drafts"),
            step("support/Trash"),
            step("support/Archive"),
            step("support/Junk"),
            TeamStep::Subscription("ada".into()),
            TeamStep::Subscription("bo".into()),
            TeamStep::Address("Support@example.org".into()),
        ]
    );
    let seen = tree(store, bo).await;
    assert_eq!(seen.len(), 6);
    for (place, special_use, rights) in &seen {
        assert_eq!(rights, "lrswipted", "{place:?}");
        let Place::Shared(path) = place else {
            panic!("{place:?}");
        };
        let expected = DEFAULT_FOLDERS
            .iter()
            .find(|(name, _)| path.ends_with(name))
            .map(|(_, special_use)| (*special_use).to_owned());
        assert_eq!(special_use, &expected);
    }
    // Whoever makes it is not of it.
    assert!(
        !store
            .may_send_as(root, &address("support@example.org"), "+")
            .await
            .unwrap()
    );
    assert_eq!(
        store
            .senders_of(&address("support@example.org"), "+")
            .await
            .unwrap(),
        ["ada", "bo"]
    );
    assert_eq!(store.subscriptions(ada).await.unwrap().len(), 6);

    let again = set_up(store, root, &support, Trial::Real).await.unwrap();
    assert_eq!(again, []);
    assert_eq!(tree(store, bo).await, seen);
    // What was changed meanwhile stays, and what is new comes to it.
    let mailbox = store
        .resolve(root, &Place::Shared("support".into()))
        .await
        .unwrap()
        .unwrap();
    world.grant(root, mailbox.id, "anyone", "").await;
    let place = Place::Shared("support/Sent".into());
    store.unsubscribe(bo, &place).await.unwrap();
    let more = team(
        "support",
        &[("bo", "lrswipkxtea")],
        &["Support@example.org"],
    );
    let done = set_up(store, root, &more, Trial::Real).await.unwrap();
    assert_eq!(done, [TeamStep::Right("bo +lrswipkxcteda".into())]);
    let found = found(store, root, mailbox.id).await;
    assert!(
        found
            .applying
            .iter()
            .all(|entry| entry.identifier != Identifier::Anyone)
    );
}

#[tokio::test]
async fn what_cannot_be_made_wholly_is_not_made() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    world.account("ada").await;
    // The address leads to as many mailboxes as it may.
    for n in 0..99 {
        let mailbox = world.shared(&format!("m{n}"), &[]).await;
        add(store, root, "all@example.org", mailbox).await;
    }
    let full = team(
        "full",
        &[("ada", "lr")],
        &["new@example.org", "all@example.org"],
    );
    let refused = set_up(store, root, &full, Trial::Real).await;
    assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    assert_eq!(tree(store, root).await.len(), 99);
    let recipient = EmailAddress::parse("new@example.org").unwrap();
    assert!(
        store
            .route(&recipient, "+")
            .await
            .unwrap()
            .targets
            .is_empty()
    );
}

#[tokio::test]
async fn a_folder_that_is_there_gets_its_use_and_a_use_that_is_there_gets_no_folder() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let top = world.shared("support", &[]).await;
    world.shared("support/Trash", &[]).await;
    let access = found(store, root, top).await.access;
    let place = Place::Shared("support/Gesendet".into());
    let may = acl::special_below(&access).unwrap();
    store
        .create_mailbox(&may, &place, Some("\\Sent"))
        .await
        .unwrap();
    set_up(store, root, &team("support", &[], &[]), Trial::Real)
        .await
        .unwrap();
    let names: Vec<_> = tree(store, root)
        .await
        .into_iter()
        .filter_map(|(place, special_use, _)| match place {
            Place::Shared(path) => Some((path, special_use?)),
            Place::Mine(_) | Place::Theirs { .. } => None,
        })
        .collect();
    let expected = [
        ("support/Archive", "\\Archive"),
        ("support/Drafts", "\\Drafts"),
        ("support/Gesendet", "\\Sent"),
        ("support/Junk", "\\Junk"),
        ("support/Trash", "\\Trash"),
    ];
    assert_eq!(
        names,
        expected.map(|(path, special_use)| (path.to_owned(), special_use.to_owned()))
    );
}

#[tokio::test]
async fn an_account_has_its_folders() {
    let world = World::new().await;
    let store = &world.store;
    let ada = store
        .create_account_with_folders("ada", None, false)
        .await
        .unwrap();
    let mut names: Vec<_> = store
        .visible(ada)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|listed| match listed.place {
            Place::Mine(path) => Some((path, listed.special_use)),
            Place::Shared(_) | Place::Theirs { .. } => None,
        })
        .collect();
    names.sort();
    let mut expected: Vec<_> = DEFAULT_FOLDERS
        .iter()
        .map(|(path, special_use)| ((*path).to_owned(), Some((*special_use).to_owned())))
        .chain([("INBOX".to_owned(), None)])
        .collect();
    expected.sort();
    assert_eq!(names, expected);
    // Many mail programs show nothing else.
    let mut wanted: Vec<_> = store.subscriptions(ada).await.unwrap();
    wanted.retain(|subscription| subscription.is_wanted);
    assert_eq!(wanted.len(), DEFAULT_FOLDERS.len(), "{wanted:?}");
    let again = store.create_account_with_folders("ADA", None, false).await;
    assert!(matches!(again, Err(Fault::Exists)), "{again:?}");
}
