//! Mailboxes come, go, and get other names.

use std::collections::BTreeMap;
use std::time::Duration;

use acl::{CreatePermit, Operation, Rights};
use mail::{AccountId, FlagBits, MailboxId, Place};
use store::{Fault, Store};

use crate::world::{Random, World, append, contents, found, image, inbox, permit, uid};

pub(crate) fn mine(path: &str) -> Place {
    Place::Mine(path.into())
}

pub(crate) fn shared(path: &str) -> Place {
    Place::Shared(path.into())
}

pub(crate) async fn own_tree(store: &Store, who: AccountId) -> CreatePermit {
    acl::own_tree(&store.who(who).await.unwrap())
}

pub(crate) async fn below(store: &Store, who: AccountId, parent: MailboxId) -> CreatePermit {
    acl::below(&found(store, who, parent).await.access).unwrap()
}

pub(crate) async fn create(store: &Store, who: AccountId, path: &str) -> MailboxId {
    let create_permit = own_tree(store, who).await;
    store
        .create_mailbox(&create_permit, &mine(path), None)
        .await
        .unwrap()
}

pub(crate) async fn at(store: &Store, who: AccountId, place: &Place) -> Option<MailboxId> {
    store
        .resolve(who, place)
        .await
        .unwrap()
        .map(|found| found.id)
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_uidvalidity_never_comes_again() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let first = create(store, ada, "Work").await;
    let again = store
        .create_mailbox(&own_tree(store, ada).await, &mine("Work"), None)
        .await;
    assert!(matches!(again, Err(Fault::Exists)));
    let validity = found(store, ada, first).await.uid_validity;
    let delete = permit(store, ada, first, Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();
    let second = create(store, ada, "Work").await;
    assert!(found(store, ada, second).await.uid_validity > validity);
}

/// Names that are asked for at once are asked for together; some who ask do not wait for the answer.
#[tokio::test]
async fn of_many_who_ask_at_once_each_hears_of_his_own_and_of_what_is_there_by_then() {
    let world = World::new().await;
    let store = &world.store;
    let askers = [
        world.account("ada").await,
        world.account("bo").await,
        world.account("cy").await,
    ];
    let ask = async |number: usize| {
        let asker = askers[number % askers.len()];
        let name = format!("Box {number}");
        assert_eq!(at(store, asker, &mine(&name)).await, None);
        let inbox = inbox(store, asker).await;
        drop(tokio::time::timeout(Duration::ZERO, at(store, asker, &mine("INBOX"))).await);
        let made = create(store, asker, &name).await;
        assert_eq!(at(store, asker, &mine(&name)).await, Some(made));
        assert_eq!(at(store, asker, &mine("INBOX")).await, Some(inbox));
        made
    };
    let mut made = futures_util::future::join_all((0..60).map(ask)).await;
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 60);
}

#[tokio::test]
async fn of_many_who_create_the_same_name_one_does() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let other = world.another_node().await;
    let create_permit = own_tree(&world.store, ada).await;
    let place = mine("Contested");
    let outcomes = futures_util::future::join_all((0..10).map(|number| {
        let store = if number % 2 == 0 {
            &world.store
        } else {
            &other
        };
        store.create_mailbox(&create_permit, &place, None)
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let lost = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(Fault::Exists)))
        .count();
    assert_eq!(lost, 9);
}

#[tokio::test]
async fn a_new_mailbox_has_its_parents_list_and_its_creator_no_more() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world
        .shared("team", &[("ada", "lrk"), ("bo", "lrs"), ("-eve", "r")])
        .await;
    let place = shared("team/a/b");
    let create_permit = below(store, ada, team).await;
    let child = store
        .create_mailbox(&create_permit, &place, Some("\\Sent"))
        .await
        .unwrap();
    let child = found(store, ada, child).await;
    assert_eq!(child.access.rights, Rights::parse("lrk").unwrap());
    assert_eq!(store.list_of(child.id).await.unwrap(), Some(team));
    assert_eq!(child.special_use.as_deref(), Some("\\Sent"));
    let list = store.access_list(child.id).await.unwrap();
    let entries: Vec<String> = list
        .iter()
        .map(|entry| {
            let dash = if entry.is_negative { "-" } else { "" };
            format!("{dash}{} {}", entry.identifier, entry.rights)
        })
        .collect();
    assert_eq!(
        entries,
        ["ada lrkc", "bo lrs", "-eve r", "root lrswipkxctedan"],
        "the administrator who created the parent is on its list too"
    );
    // What lies between is a name and no mailbox.
    assert_eq!(at(store, ada, &shared("team/a")).await, None);
}

#[tokio::test]
async fn a_create_permit_is_good_for_its_scope_alone() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", "lrk"), ("bo", "l")]).await;
    let nearer = world.shared("team/nearer", &[]).await;
    let of_ada = own_tree(store, ada).await;
    let below_team = below(store, ada, team).await;
    let theirs = Place::Theirs {
        owner: "bo".into(),
        path: "Work".into(),
    };
    let refused = async |create_permit: &CreatePermit, place: &Place| {
        matches!(
            store.create_mailbox(create_permit, place, None).await,
            Err(Fault::Denied)
        )
    };
    assert!(refused(&of_ada, &shared("team/x")).await);
    assert!(refused(&of_ada, &theirs).await);
    assert!(refused(&below_team, &mine("x")).await);
    assert!(refused(&below_team, &shared("other/x")).await);
    assert!(
        refused(&below_team, &shared("team/nearer/x")).await,
        "{nearer} is nearer"
    );
    assert!(
        store
            .create_mailbox(&below_team, &shared("team/x"), None)
            .await
            .is_ok()
    );

    // Another user's tree begins at the INBOX.
    let bos_inbox = inbox(store, bo).await;
    world.grant(bo, bos_inbox, "ada", "lk").await;
    let below_inbox = below(store, ada, bos_inbox).await;
    assert!(
        store
            .create_mailbox(&below_inbox, &theirs, None)
            .await
            .is_ok()
    );
    assert!(at(store, bo, &mine("Work")).await.is_some());
    let nobody = Place::Theirs {
        owner: "nobody".into(),
        path: "x".into(),
    };
    assert!(
        store
            .create_mailbox(&below_inbox, &nobody, None)
            .await
            .is_err()
    );

    // A right that was withdrawn since.
    let root = store.find_account("root").await.unwrap().unwrap().id;
    world.grant(root, team, "ada", "lr").await;
    assert!(refused(&below_team, &shared("team/y")).await);
}

#[tokio::test]
async fn delete_takes_one_mailbox_and_nothing_below_it() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, _bo) = (world.account("ada").await, world.account("bo").await);
    let parent = create(store, ada, "a").await;
    let child = create(store, ada, "a/b").await;
    let sibling = create(store, ada, "a0").await;
    let delete = async |mailbox| {
        let permit = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
        store.delete_mailbox(&permit).await
    };
    assert!(matches!(delete(parent).await, Err(Fault::HasChildren)));
    delete(child).await.unwrap();
    let again = crate::world::claim(ada, child, Operation::DeleteMailbox);
    assert!(matches!(
        store.delete_mailbox(&again).await,
        Err(Fault::Gone)
    ));
    delete(parent).await.unwrap();
    assert!(at(store, ada, &mine("a0")).await == Some(sibling));
    let own = inbox(store, ada).await;
    assert!(matches!(delete(own).await, Err(Fault::Denied)));

    // What the account cannot see is not told of, and stays.
    let team = world.shared("team", &[("ada", "lx")]).await;
    let hidden = world
        .shared("team/hidden", &[("bo", "lr"), ("ada", "")])
        .await;
    delete(team).await.unwrap();
    assert_eq!(at(store, ada, &shared("team/hidden")).await, Some(hidden));
}

#[tokio::test]
async fn rename_takes_the_whole_tree_and_every_session_along() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let parent = create(store, ada, "a").await;
    let child = create(store, ada, "a/b/c").await;
    let sibling = create(store, ada, "a0").await;
    append(store, ada, child, &["x"]).await;
    let before = contents(&image(store, child).await);
    let rename = async |mailbox, from: &str, to: &str| {
        let permit = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
        let create_permit = own_tree(store, ada).await;
        store
            .rename_mailbox(&permit, &create_permit, &mine(from), &mine(to))
            .await
    };
    rename(parent, "a", "z/new").await.unwrap();
    assert_eq!(at(store, ada, &mine("z/new")).await, Some(parent));
    assert_eq!(at(store, ada, &mine("z/new/b/c")).await, Some(child));
    assert_eq!(at(store, ada, &mine("a0")).await, Some(sibling));
    assert_eq!(at(store, ada, &mine("a")).await, None);
    let after = contents(&image(store, child).await);
    assert_eq!(before.2, after.2);
    assert!(before.0 < after.0, "open sessions hear of it");

    assert!(matches!(
        rename(sibling, "a0", "z/new").await,
        Err(Fault::Exists)
    ));
    assert!(matches!(
        rename(parent, "z/new", "z/new/b/d").await,
        Err(Fault::Limit(_))
    ));
    assert!(matches!(
        rename(sibling, "a0", "a0").await,
        Err(Fault::Exists)
    ));
    assert!(matches!(rename(parent, "a", "y").await, Err(Fault::Gone)));
    // A name in the way, below: nothing moves at all.
    create(store, ada, "q/b/c").await;
    assert!(matches!(
        rename(parent, "z/new", "q").await,
        Err(Fault::Exists)
    ));
    assert_eq!(at(store, ada, &mine("z/new/b/c")).await, Some(child));
}

/// Where the new name is above the old one, what is below may get a name that another of them had.
#[tokio::test]
async fn rename_goes_up_over_its_own_place() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let deepest = create(store, ada, "a/b/b/b").await;
    let deep = create(store, ada, "a/b/b").await;
    let top = create(store, ada, "a/b").await;
    let permit = permit(store, ada, top, Operation::DeleteMailbox).await;
    let create_permit = own_tree(store, ada).await;
    store
        .rename_mailbox(&permit, &create_permit, &mine("a/b"), &mine("a"))
        .await
        .unwrap();
    assert_eq!(at(store, ada, &mine("a")).await, Some(top));
    assert_eq!(at(store, ada, &mine("a/b")).await, Some(deep));
    assert_eq!(at(store, ada, &mine("a/b/b")).await, Some(deepest));
}

#[tokio::test]
async fn a_renamed_inbox_stays_and_gives_its_messages() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let own = inbox(store, ada).await;
    let below = create(store, ada, "INBOX/Sub").await;
    append(store, ada, own, &["a", "b"]).await;
    let permit = permit(store, ada, own, Operation::DeleteMailbox).await;
    let create_permit = own_tree(store, ada).await;
    let (from, to) = (mine("INBOX"), mine("Old mail"));
    store
        .rename_mailbox(&permit, &create_permit, &from, &to)
        .await
        .unwrap();

    assert_eq!(inbox(store, ada).await, own);
    assert!(image(store, own).await.is_empty());
    assert_eq!(
        image(store, own).await.uid_next(),
        uid(3),
        "UIDs of the INBOX do not come again"
    );
    let moved = at(store, ada, &to).await.unwrap();
    assert_eq!(image(store, moved).await.len(), 2);
    assert_eq!(at(store, ada, &mine("INBOX/Sub")).await, Some(below));
    let permit = crate::world::permit(store, ada, own, Operation::DeleteMailbox).await;
    let again = store
        .rename_mailbox(&permit, &create_permit, &from, &to)
        .await;
    assert!(matches!(again, Err(Fault::Exists)));
}

#[tokio::test]
async fn a_tree_that_moves_to_nobody_has_no_owner_any_more() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrk")]).await;
    let work = create(store, ada, "Work").await;
    world.grant(ada, work, "ada", "lr").await;
    assert!(
        found(store, ada, work)
            .await
            .access
            .rights
            .contains(Rights::ADMINISTER)
    );
    let permit = permit(store, ada, work, Operation::DeleteMailbox).await;
    let create_permit = below(store, ada, team).await;
    let to = shared("team/Work");
    store
        .rename_mailbox(&permit, &create_permit, &mine("Work"), &to)
        .await
        .unwrap();
    let found = found(store, ada, work).await;
    assert_eq!(found.owner, None);
    assert_eq!(found.access.rights, Rights::parse("lr").unwrap());
    assert!(found.access.version > permit.version());
    assert_eq!(found.private_flags, FlagBits::SEEN);
}

/// Who owns a tree may do with what is in it what he likes, and let others do so.
#[tokio::test]
async fn only_who_may_administer_a_mailbox_gives_it_an_owner() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", "lx")]).await;
    let seen = world.shared("team/seen", &[("ada", "lx")]).await;
    let hidden = world.shared("team/hidden", &[("ada", "rxa")]).await;
    let inner = world.shared("team/hidden/seen", &[("ada", "la")]).await;
    let root = store.find_account("root").await.unwrap().unwrap().id;
    let bos_inbox = inbox(store, bo).await;
    world.grant(bo, bos_inbox, "ada", "lk").await;
    let rename = async |to: &Place, create_permit: &CreatePermit| {
        let permit = permit(store, ada, team, Operation::DeleteMailbox).await;
        let from = shared("team");
        store
            .rename_mailbox(&permit, create_permit, &from, to)
            .await
    };
    let of_bo = Place::Theirs {
        owner: "bo".into(),
        path: "Taken".into(),
    };
    for rights in ["lx", "lxa"] {
        world.grant(root, team, "ada", rights).await;
        let create_permit = own_tree(store, ada).await;
        let refused = rename(&mine("Taken"), &create_permit).await;
        assert!(matches!(refused, Err(Fault::Denied)), "{rights}");
        let create_permit = below(store, ada, bos_inbox).await;
        let refused = rename(&of_bo, &create_permit).await;
        assert!(matches!(refused, Err(Fault::Denied)), "{rights}");
    }
    world.grant(root, seen, "ada", "la").await;
    let create_permit = own_tree(store, ada).await;
    rename(&mine("Taken"), &create_permit).await.unwrap();
    for (place, mailbox) in [
        (mine("Taken"), team),
        (mine("Taken/seen"), seen),
        (mine("Taken/hidden/seen"), inner),
        // What she could not see stays, and she does not get to see it.
        (shared("team/hidden"), hidden),
    ] {
        assert_eq!(at(store, ada, &place).await, Some(mailbox));
    }
}

/// RENAME of an INBOX is a MOVE of all that is in it.
#[tokio::test]
async fn only_who_may_move_its_messages_empties_an_inbox() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let bos_inbox = inbox(store, bo).await;
    append(store, bo, bos_inbox, &["secret"]).await;
    let from = Place::Theirs {
        owner: "bo".into(),
        path: "INBOX".into(),
    };
    let create_permit = own_tree(store, ada).await;
    for (rights, is_moved) in [
        ("lxa", false),
        ("lxte", false),
        ("lrxe", false),
        ("lrxt", false),
        ("lrxte", true),
    ] {
        world.grant(bo, bos_inbox, "ada", rights).await;
        let permit = permit(store, ada, bos_inbox, Operation::DeleteMailbox).await;
        let to = mine("Got");
        let renamed = store
            .rename_mailbox(&permit, &create_permit, &from, &to)
            .await;
        assert_eq!(renamed.is_ok(), is_moved, "with {rights}");
        assert_eq!(at(store, ada, &to).await.is_some(), is_moved);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn renames_across_each_other_wait_for_nobody_forever() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswipkxtea")]).await;
    let other = world.another_node().await;
    let mut movers = tokio::task::JoinSet::new();
    for number in 0..4 {
        let store = if number % 2 == 0 {
            world.store.clone()
        } else {
            other.clone()
        };
        let mailbox = create(&store, ada, &format!("box{number}")).await;
        movers.spawn(async move {
            let (here, there) = (
                mine(&format!("box{number}")),
                shared(&format!("team/box{number}")),
            );
            for _ in 0..15 {
                let permit = permit(&store, ada, mailbox, Operation::DeleteMailbox).await;
                let create_permit = below(&store, ada, team).await;
                store
                    .rename_mailbox(&permit, &create_permit, &here, &there)
                    .await
                    .unwrap();
                let permit =
                    crate::world::permit(&store, ada, mailbox, Operation::DeleteMailbox).await;
                let create_permit = own_tree(&store, ada).await;
                store
                    .rename_mailbox(&permit, &create_permit, &there, &here)
                    .await
                    .unwrap();
                append(&store, ada, team, &["between"]).await;
            }
        });
    }
    movers.join_all().await;
    assert_eq!(image(&world.store, team).await.len(), 60);
}

#[tokio::test]
async fn everybody_sees_what_may_be_looked_up_under_its_own_name() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    world.shared("open", &[("anyone", "lr")]).await;
    world.shared("closed", &[("ada", "r")]).await;
    world
        .shared("taken", &[("anyone", "lr"), ("-ada", "l")])
        .await;
    store.create_group("team").await.unwrap();
    store.add_member("team", ada).await.unwrap();
    world.shared("team", &[("$team", "lrs")]).await;
    let bos_inbox = inbox(store, bo).await;
    world.grant(bo, bos_inbox, "ada", "lr").await;
    create(store, ada, "Work").await;
    let names = async |who| -> Vec<String> {
        let listed = store.visible(who).await.unwrap();
        listed
            .iter()
            .map(|listed| format!("{:?} {}", listed.place, listed.rights))
            .collect()
    };
    assert_eq!(
        names(ada).await,
        [
            r#"Shared("open") lr"#,
            r#"Shared("team") lrs"#,
            r#"Mine("INBOX") lrswipkxctedan"#,
            r#"Mine("Work") lrswipkxctedan"#,
            r#"Theirs { owner: "bo", path: "INBOX" } lr"#,
        ]
    );
    assert_eq!(
        names(bo).await,
        [
            r#"Shared("open") lr"#,
            r#"Shared("taken") lr"#,
            r#"Mine("INBOX") lrswipkxctedan"#
        ]
    );
    // A site administrator sees everything, and reads nothing by that.
    let root = store.find_account("root").await.unwrap().unwrap().id;
    let listed = store.visible(root).await.unwrap();
    assert_eq!(listed.len(), 8);
    let work = listed.iter().find(|listed| {
        listed.place
            == Place::Theirs {
                owner: "ada".into(),
                path: "Work".into(),
            }
    });
    assert_eq!(work.unwrap().rights, Rights::parse("la").unwrap());
}

/// What Bo may do in each of Ada's mailboxes, by the mailbox.
async fn rights_of_bo(
    store: &Store,
    bo: AccountId,
    mailboxes: &[MailboxId],
) -> BTreeMap<MailboxId, Rights> {
    let mut rights = BTreeMap::new();
    for &mailbox in mailboxes {
        if let Some(found) = store.access(bo, mailbox).await.unwrap() {
            rights.insert(mailbox, found.access.rights);
        }
    }
    rights
}

#[tokio::test]
async fn names_change_and_nobody_gains_or_loses_a_right() {
    const NAMES: [&str; 9] = [
        "a", "a/b", "a/b/c", "a/d", "e", "e/b", "e/b/c", "e/b/c/f", "a/b/c/f",
    ];
    let world = World::new().await;
    let (store, random) = (&world.store, Random::new(23));
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let own = own_tree(store, ada).await;
    let any = || mine(NAMES[usize::try_from(random.below(9)).unwrap()]);
    let mut mailboxes = Vec::new();
    for round in 0..200 {
        let before = rights_of_bo(store, bo, &mailboxes).await;
        let (place, other) = (any(), any());
        let is_change_of_rights = match at(store, ada, &place).await {
            None => {
                mailboxes.extend(store.create_mailbox(&own, &place, None).await);
                false
            }
            Some(mailbox) => {
                let take = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
                match random.below(3) {
                    0 => {
                        let letters = ["l", "lr", "lrs", ""];
                        let letters = letters[usize::try_from(random.below(4)).unwrap()];
                        world.grant(ada, mailbox, "bo", letters).await;
                        true
                    }
                    1 => {
                        // Refused where others are below.
                        drop(store.delete_mailbox(&take).await);
                        false
                    }
                    _ => {
                        // Refused where the name is taken, or below itself.
                        let renamed = store.rename_mailbox(&take, &own, &place, &other);
                        drop(renamed.await);
                        false
                    }
                }
            }
        };
        assert_eq!(world.misplaced_lists().await, 0, "round {round}");
        if !is_change_of_rights {
            let after = rights_of_bo(store, bo, &mailboxes).await;
            let kept = before
                .into_iter()
                .filter(|(mailbox, _)| after.contains_key(mailbox));
            for (mailbox, rights) in kept {
                assert_eq!(
                    after[&mailbox], rights,
                    "round {round}: {place:?} {other:?}"
                );
            }
        }
    }
}
