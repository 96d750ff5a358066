//! A name that only leads to mailboxes gets another one, and they go with it.

use acl::{CreatePermit, Operation, Permit};
use mail::{AccountId, MailboxId, Place};
use store::{ActivityKind, ActivityQuery, Fault, Store};

use crate::names::{at, below, create, mine, own_tree, shared};
use crate::world::{World, append, contents, found, image, permit};

async fn permits(store: &Store, who: AccountId, mailboxes: &[MailboxId]) -> Vec<Permit> {
    let mut permits = Vec::new();
    for mailbox in mailboxes {
        permits.push(permit(store, who, *mailbox, Operation::DeleteMailbox).await);
    }
    permits
}

/// As a session asks for it: with what is visible at the top.
async fn rename_all_seen(
    store: &Store,
    who: AccountId,
    create_permit: &CreatePermit,
    from: &Place,
    to: &Place,
) -> Result<(), Fault> {
    let mut listed = store.visible(who).await?;
    listed.retain(|listed| listed.place.is_below(from));
    let permits: Vec<Permit> = store::Listed::topmost(&listed)
        .map(|listed| acl::permit(&listed.access(who), Operation::DeleteMailbox).unwrap())
        .collect();
    store.rename_branch(&permits, create_permit, from, to).await
}

#[tokio::test]
async fn all_below_a_name_go_with_it() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let bar = create(store, ada, "foo/bar").await;
    let below_bar = create(store, ada, "foo/bar/2024").await;
    let deep = create(store, ada, "foo/x/y").await;
    let sibling = create(store, ada, "foo0/bar").await;
    append(store, ada, deep, &["x"]).await;
    let before = contents(&image(store, deep).await);
    let create_permit = own_tree(store, ada).await;
    let (from, to) = (mine("foo"), mine("new/zowie"));
    rename_all_seen(store, ada, &create_permit, &from, &to)
        .await
        .unwrap();

    for (path, mailbox) in [
        ("new/zowie/bar", Some(bar)),
        ("new/zowie/bar/2024", Some(below_bar)),
        ("new/zowie/x/y", Some(deep)),
        ("foo0/bar", Some(sibling)),
        ("new/zowie", None),
        ("foo/bar", None),
        ("foo/x/y", None),
    ] {
        assert_eq!(at(store, ada, &mine(path)).await, mailbox, "{path}");
    }
    let after = contents(&image(store, deep).await);
    assert_eq!(before.2, after.2);
    assert!(before.0 < after.0, "open sessions hear of it");

    // A row for each that was renamed by a permit of its own.
    for (mailbox, rows) in [(bar, 1), (below_bar, 0), (deep, 1)] {
        let mut query = ActivityQuery::newest_on(mailbox, 10);
        query.kind = Some(ActivityKind::Rename);
        let told = store.activity(&query).await.unwrap();
        assert_eq!(told.len(), rows);
    }
    let mut query = ActivityQuery::newest_on(deep, 1);
    query.kind = Some(ActivityKind::Rename);
    let told = store.activity(&query).await.unwrap();
    let of_ada = |path: &str| Place::Theirs {
        owner: "ada".into(),
        path: path.into(),
    };
    let row = told.first().unwrap();
    assert_eq!(row.place, Some(of_ada("new/zowie/x/y")));
    assert_eq!(row.other_place, Some(of_ada("foo/x/y")));
}

#[tokio::test]
async fn what_is_not_below_a_permitted_mailbox_stays() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lk")]).await;
    let hidden = world.shared("team/old", &[("ada", "")]).await;
    let secret = world.shared("team/old/secret", &[]).await;
    let open = world.shared("team/old/open", &[("ada", "lrx")]).await;
    let along = world.shared("team/old/open/along", &[("ada", "")]).await;
    let in_secret = world.shared("team/old/secret/open", &[("ada", "lx")]).await;
    let create_permit = below(store, ada, team).await;
    let (from, to) = (shared("team/old"), shared("team/new"));
    rename_all_seen(store, ada, &create_permit, &from, &to)
        .await
        .unwrap();
    for (path, mailbox) in [
        ("team/old", hidden),
        ("team/old/secret", secret),
        ("team/new/open", open),
        ("team/new/open/along", along),
        ("team/new/secret/open", in_secret),
    ] {
        assert_eq!(at(store, ada, &shared(path)).await, Some(mailbox), "{path}");
    }
}

#[tokio::test]
async fn a_tree_of_names_can_become_ones_own() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let one = world.shared("team/one", &[("ada", "lxa")]).await;
    let two = world.shared("team/deep/two", &[("ada", "lx")]).await;
    let create_permit = own_tree(store, ada).await;
    let take =
        async || rename_all_seen(store, ada, &create_permit, &shared("team"), &mine("Mine")).await;
    assert!(
        matches!(take().await, Err(Fault::Denied)),
        "not for whoever may not administer all of them"
    );
    assert_eq!(at(store, ada, &shared("team/one")).await, Some(one));
    let root = store.find_account("root").await.unwrap().unwrap().id;
    world.grant(root, two, "ada", "lxa").await;
    take().await.unwrap();
    for (path, mailbox) in [("Mine/one", one), ("Mine/deep/two", two)] {
        assert_eq!(at(store, ada, &mine(path)).await, Some(mailbox));
        assert_eq!(found(store, ada, mailbox).await.owner, Some(ada));
    }
}

/// Each refusal leaves every mailbox where it was.
#[tokio::test]
async fn all_go_or_none() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lk")]).await;
    let root = store.find_account("root").await.unwrap().unwrap().id;
    let one = world.shared("team/old/one", &[("ada", "lx")]).await;
    let two = world.shared("team/old/x/two", &[("ada", "lx")]).await;
    let (from, to) = (shared("team/old"), shared("team/new"));
    let create_permit = below(store, ada, team).await;
    let both = permits(store, ada, &[one, two]).await;
    let refused = async |permits: &[Permit], to: &Place| {
        let refused = store
            .rename_branch(permits, &create_permit, &from, to)
            .await;
        assert_eq!(at(store, ada, &shared("team/old/one")).await, Some(one));
        assert_eq!(at(store, ada, &shared("team/old/x/two")).await, Some(two));
        refused.unwrap_err()
    };

    world.grant(root, two, "ada", "l").await;
    assert!(matches!(refused(&both, &to).await, Fault::Denied));
    world.grant(root, two, "ada", "lx").await;
    world.grant(root, team, "ada", "l").await;
    assert!(matches!(refused(&both, &to).await, Fault::Denied));
    world.grant(root, team, "ada", "lk").await;
    let claimed = crate::world::claim(root, two, Operation::DeleteMailbox);
    assert!(
        matches!(refused(&[claimed], &to).await, Fault::Denied),
        "a permit of somebody else"
    );

    let elsewhere = shared("elsewhere/new");
    assert!(matches!(refused(&both, &elsewhere).await, Fault::Denied));
    let inside = shared("team/old/below");
    assert!(matches!(refused(&both, &inside).await, Fault::Limit(_)));
    assert!(matches!(refused(&both, &from).await, Fault::Exists));
    let deep = shared(&format!("team/{}", ["x"; 30].join("/")));
    assert!(matches!(refused(&both, &deep).await, Fault::Limit(_)));
    world.shared("team/taken", &[]).await;
    let taken = shared("team/taken");
    assert!(matches!(refused(&both, &taken).await, Fault::Exists));
    world.shared("team/half/x/two", &[]).await;
    let half = shared("team/half");
    assert!(matches!(refused(&both, &half).await, Fault::Exists));
    world.shared("team/between/x", &[]).await;
    let between = shared("team/between");
    assert!(
        matches!(refused(&both, &between).await, Fault::Denied),
        "the warrant is not for what is below another mailbox"
    );

    store
        .rename_branch(&both, &create_permit, &from, &to)
        .await
        .unwrap();
    assert_eq!(at(store, ada, &shared("team/new/x/two")).await, Some(two));
}

#[tokio::test]
async fn what_left_the_name_meanwhile_is_not_taken_along() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let gone = create(store, ada, "foo/gone").await;
    let left = create(store, ada, "foo/left").await;
    let stays = create(store, ada, "foo/stays").await;
    let create_permit = own_tree(store, ada).await;
    let permits = permits(store, ada, &[gone, left, stays]).await;
    let [delete, rename, _] = &permits[..] else {
        panic!("three were asked for")
    };
    store.delete_mailbox(delete).await.unwrap();
    store
        .rename_mailbox(rename, &create_permit, &mine("foo/left"), &mine("left"))
        .await
        .unwrap();
    let (from, to) = (mine("foo"), mine("zowie"));
    store
        .rename_branch(&permits, &create_permit, &from, &to)
        .await
        .unwrap();
    assert_eq!(at(store, ada, &mine("left")).await, Some(left));
    assert_eq!(at(store, ada, &mine("zowie/stays")).await, Some(stays));
    assert_eq!(at(store, ada, &mine("zowie/gone")).await, None);
    let again = store
        .rename_branch(&permits, &create_permit, &from, &to)
        .await;
    assert!(matches!(again, Err(Fault::Gone)));
}

#[tokio::test]
async fn a_name_goes_up_over_its_own_place() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let deep = create(store, ada, "a/b/b/c").await;
    let high = create(store, ada, "a/b/c").await;
    let create_permit = own_tree(store, ada).await;
    rename_all_seen(store, ada, &create_permit, &mine("a/b"), &mine("a"))
        .await
        .unwrap();
    assert_eq!(at(store, ada, &mine("a/c")).await, Some(high));
    assert_eq!(at(store, ada, &mine("a/b/c")).await, Some(deep));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_rename_a_name_one_does() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let other = world.another_node().await;
    let mut boxes = Vec::new();
    for name in ["foo/a", "foo/b", "foo/c/d"] {
        boxes.push(create(&world.store, ada, name).await);
    }
    let create_permit = own_tree(&world.store, ada).await;
    let permits = permits(&world.store, ada, &boxes).await;
    let mut renaming = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = if number % 2 == 0 {
            world.store.clone()
        } else {
            other.clone()
        };
        let permits = permits.clone();
        renaming.spawn(async move {
            let (from, to) = (mine("foo"), mine(&format!("to {number}")));
            let renamed = store.rename_branch(&permits, &create_permit, &from, &to);
            (number, renamed.await)
        });
    }
    let outcomes = renaming.join_all().await;
    let done: Vec<i32> = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(number, _)| *number)
        .collect();
    let [winner] = done[..] else {
        panic!("{outcomes:?}")
    };
    let lost = |outcome: &Result<(), Fault>| matches!(outcome, Err(Fault::Gone));
    assert_eq!(outcomes.iter().filter(|(_, one)| lost(one)).count(), 7);
    for (mailbox, rest) in boxes.into_iter().zip(["a", "b", "c/d"]) {
        let place = mine(&format!("to {winner}/{rest}"));
        assert_eq!(at(&world.store, ada, &place).await, Some(mailbox));
    }
}

/// Names move to and fro while others create below them, rename a mailbox of theirs, and write.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn names_that_move_lose_nothing_that_comes_below_them() {
    const ROUNDS: u32 = 12;
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswipkxtea")]).await;
    let other = world.another_node().await;
    let kept = create(&world.store, ada, "foo/kept").await;
    let mut working = tokio::task::JoinSet::new();
    let store = world.store.clone();
    working.spawn(async move {
        for _ in 0..ROUNDS {
            let create_permit = below(&store, ada, team).await;
            let (here, there) = (mine("foo"), shared("team/foo"));
            rename_all_seen(&store, ada, &create_permit, &here, &there)
                .await
                .unwrap();
            let create_permit = own_tree(&store, ada).await;
            rename_all_seen(&store, ada, &create_permit, &there, &here)
                .await
                .unwrap();
        }
    });
    let store = other.clone();
    working.spawn(async move {
        for number in 0..ROUNDS {
            create(&store, ada, &format!("foo/new {number}")).await;
            create(&store, ada, &format!("foo/kept/new {number}")).await;
        }
    });
    working.spawn(async move {
        for _ in 0..ROUNDS {
            append(&other, ada, kept, &["between"]).await;
        }
    });
    working.join_all().await;
    let visible = world.store.visible(ada).await.unwrap();
    // With the INBOX, `team` and `foo/kept`.
    assert_eq!(u32::try_from(visible.len()).unwrap(), 2 * ROUNDS + 3);
    assert_eq!(image(&world.store, kept).await.len(), ROUNDS);
}

/// RENAME writes down what others do not want to be shown, and so locks their accounts: before the mailboxes, as whoever
/// deletes one of them does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn renames_and_deletions_of_those_who_unsubscribed_wait_for_nobody_forever() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let readers: Vec<String> = (0..20).map(|number| format!("reader{number}")).collect();
    let mut ids = Vec::new();
    for reader in &readers {
        ids.push(world.account(reader).await);
    }
    let mut rights = vec![("ada", "lrswipkxtea")];
    rights.extend(readers.iter().map(|reader| (reader.as_str(), "lr")));
    let team = world.shared("team", &rights).await;
    let (here, there) = (shared("team/here"), shared("team/there"));
    let create_permit = below(&world.store, ada, team).await;
    let mailbox = world
        .store
        .create_mailbox(&create_permit, &here, None)
        .await
        .unwrap();
    for id in &ids {
        world.store.unsubscribe(*id, &here).await.unwrap();
    }
    let other = world.another_node().await;
    let mut deleting = tokio::task::JoinSet::new();
    deleting.spawn(async move {
        for id in ids {
            other.delete_account(id).await.unwrap();
        }
    });
    for (from, to) in [(&here, &there), (&there, &here)]
        .into_iter()
        .cycle()
        .take(20)
    {
        let permit = permit(&world.store, ada, mailbox, Operation::DeleteMailbox).await;
        let create_permit = below(&world.store, ada, team).await;
        world
            .store
            .rename_mailbox(&permit, &create_permit, from, to)
            .await
            .unwrap();
    }
    deleting.join_all().await;
}
