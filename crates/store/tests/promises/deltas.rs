//! Deltas, snapshots and rows tell the same story.

use std::collections::BTreeMap;
use std::time::Duration;

use acl::Operation;
use image::{Image, Overlay};
use mail::{AccountId, FlagBits, Flags, Keyword, MailboxId, ModSeq, Uid};
use store::{Doomed, FlagEdit, LoadedDelta, RareEdit, Store};

use crate::world::{
    Random, World, adding, all_deleted, append, contents, image, inbox, judged, news, overlay,
    permit, privately, uids,
};

#[tokio::test]
async fn a_chain_of_deltas_is_a_reload() {
    let world = World::new().await;
    let root = world.admin().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let people = [ada, bo];
    let mailbox = world
        .shared("team", &[("ada", "lrswite"), ("bo", "lrswite")])
        .await;
    let all = "\\Seen \\Flagged \\Answered \\Draft";
    world.make_private(root, mailbox, all).await;
    let random = Random::new(3);
    let mut known = image(&world.store, mailbox).await;
    let mut own: BTreeMap<AccountId, Overlay> = BTreeMap::new();
    for who in people {
        own.insert(who, overlay(&world.store, who, mailbox).await);
    }
    for round in 0..150 {
        let who = people[usize::try_from(random.below(2)).unwrap()];
        change_something(&world.store, who, mailbox, &random).await;
        if random.below(3) == 0 {
            continue;
        }
        let news = news(&world.store, mailbox, known.modseq(), &people).await;
        known = known.apply(&news.delta);
        for (who, delta) in &news.private {
            let next = own[who].apply(delta);
            own.insert(*who, next);
        }
        assert_eq!(
            contents(&known),
            contents(&image(&world.store, mailbox).await),
            "round {round}"
        );
        for who in people {
            let reloaded = overlay(&world.store, who, mailbox).await;
            for (_, message) in &known {
                let uid = message.uid;
                assert_eq!(own[&who].flags(uid), reloaded.flags(uid), "round {round}");
                assert_eq!(
                    own[&who].changed_at(uid),
                    reloaded.changed_at(uid),
                    "round {round}"
                );
            }
            let (_, status) = world.store.status(who, &[judged(mailbox)]).await.unwrap()[0];
            let unseen = own[&who].count_without(FlagBits::SEEN, &known);
            assert_eq!(status.unseen, u64::from(unseen), "round {round}");
        }
    }
}

/// Keywords of which some have bits and some have none.
async fn change_keywords(store: &Store, who: AccountId, mailbox: MailboxId, random: &Random) {
    let may = permit(store, who, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let words = (0..60).map(|number| Keyword::parse(&format!("k{number}")).unwrap());
    let words: Vec<Keyword> = words.collect();
    store.number_keywords(&may, &words).await.unwrap();
    for _ in 0..10 {
        let keyword = Flags::keyword(usize::try_from(random.below(60)).unwrap());
        let edit = adding(&random.uids(60), keyword.union(&Flags::keyword(59)));
        store.edit_flags(&may, edit).await.unwrap();
    }
}

async fn change_something(store: &Store, who: AccountId, mailbox: MailboxId, random: &Random) {
    let highest = image(store, mailbox).await.uid_max().map_or(1, Uid::get);
    match random.below(5) {
        0 | 1 => drop(append(store, who, mailbox, &["x", "y"]).await),
        2 => {
            let permit = permit(store, who, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
            let edit = FlagEdit {
                uids: random.uids(highest),
                shared: random.masks(),
                rare: RareEdit::default(),
                private: random.masks(),
                unchanged_since: None,
            };
            store.edit_flags(&permit, edit).await.unwrap();
        }
        3 => {
            let permit = permit(store, who, mailbox, Operation::Expunge).await;
            store
                .expunge(&permit, Doomed::DeletedAmong(random.uids(highest)))
                .await
                .unwrap();
        }
        _ => {
            let from = permit(store, who, mailbox, Operation::MoveFrom).await;
            let to = permit(store, who, mailbox, Operation::Insert(FlagBits::ALL)).await;
            store
                .move_messages(&from, &to, &random.uids(highest), FlagBits::ALL)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_delta_carries_private_changes_to_those_who_watch_alone() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lrs")])
        .await;
    append(&world.store, ada, mailbox, &["x"]).await;
    let before = image(&world.store, mailbox).await.modseq();
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::SEEN),
    )
    .await;
    let read = privately(adding(&uids([1]), FlagBits::SEEN));
    world.store.edit_flags(&permit, read).await.unwrap();

    let to_ada = news(&world.store, mailbox, before, &[bo, ada]).await;
    assert_eq!(to_ada.private.len(), 1);
    assert_eq!(to_ada.private[0].0, ada);
    assert!(to_ada.delta.upserts.is_empty());
    let to_bo = news(&world.store, mailbox, before, &[bo]).await;
    assert!(to_bo.private.is_empty() && to_bo.changes.is_empty());
    assert_eq!(to_bo.delta.modseq, to_ada.delta.modseq);
}

#[tokio::test]
async fn keywords_come_with_a_delta_when_there_are_more_than_were_known() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let since = image(&world.store, mailbox).await.modseq();
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::FLAGGED),
    )
    .await;
    let words = ["one", "two"].map(|name| Keyword::parse(name).unwrap());
    let all = world.store.number_keywords(&permit, &words).await.unwrap();
    for (known, expected) in [(0, Some(&all)), (1, Some(&all)), (2, None)] {
        let delta = world
            .store
            .load_delta(mailbox, since, known, &[])
            .await
            .unwrap();
        let LoadedDelta::News(news) = delta else {
            panic!("{delta:?}")
        };
        assert_eq!(news.keywords.as_ref(), expected, "{known} known");
    }
}

#[tokio::test]
async fn changes_tell_what_happened_in_order_and_vanished_what_left() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let store = &world.store;
    append(store, ada, mailbox, &["a", "b"]).await;
    let flags = permit(store, ada, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let deleted = store
        .edit_flags(&flags, adding(&uids([2]), FlagBits::DELETED))
        .await
        .unwrap()
        .modseq;
    let expunge = permit(store, ada, mailbox, Operation::Expunge).await;
    store.expunge(&expunge, all_deleted()).await.unwrap();

    let changes = store
        .changes_since(mailbox, ModSeq::ZERO, ada)
        .await
        .unwrap()
        .unwrap();
    let told: Vec<String> = changes
        .iter()
        .map(|change| format!("{:?} {}", change.kind, change.uids))
        .collect();
    assert_eq!(told, ["Arrived 1:2", "Flags 2", "Expunged 2"]);
    let since = store
        .changes_since(mailbox, deleted, ada)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(since, changes[2..]);
    assert_eq!(
        store
            .vanished_since(mailbox, deleted)
            .await
            .unwrap()
            .unwrap(),
        uids([2])
    );
    let now = image(store, mailbox).await.modseq();
    assert!(
        store
            .vanished_since(mailbox, now)
            .await
            .unwrap()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store
            .vanished_since(MailboxId(i64::MAX), now)
            .await
            .unwrap(),
        None
    );
}

/// Enough messages for a snapshot to be worth it.
/// Has no snapshot.
async fn large_mailbox(world: &World, who: AccountId) -> MailboxId {
    let mailbox = inbox(&world.store, who).await;
    fill(world, who, mailbox, 5000).await;
    mailbox
}

/// By a node that has ended when this returns, so that no snapshot comes from it.
async fn fill(world: &World, who: AccountId, mailbox: MailboxId, messages: usize) {
    let node = world.another_node().await;
    for _ in 0..messages / 1000 {
        append(&node, who, mailbox, &["x"; 1000]).await;
    }
    node.drain().await.unwrap();
}

/// Loads until a snapshot was used: it is written by a task of its own, which takes its time.
async fn load_from_snapshot(store: &Store, mailbox: MailboxId) -> Image {
    let before = store.stats().images_from_snapshots;
    for _ in 0..1000 {
        let image = image(store, mailbox).await;
        if store.stats().images_from_snapshots > before {
            return image;
        }
        tokio::task::yield_now().await;
    }
    panic!("no snapshot was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_what_happened_since_are_the_rows() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large_mailbox(&world, ada).await;
    let random = Random::new(9);
    change_keywords(&world.store, ada, mailbox, &random).await;
    let from_rows = image(&world.store, mailbox).await;
    assert_eq!(world.store.stats().images_from_rows, 1);
    let from_snapshot = load_from_snapshot(&world.store, mailbox).await;
    assert_eq!(contents(&from_snapshot), contents(&from_rows));

    // The chain of deltas never looks at the snapshot.
    let mut known = from_rows;
    for _ in 0..30 {
        change_something(&world.store, ada, mailbox, &random).await;
    }
    change_keywords(&world.store, ada, mailbox, &random).await;
    known = known.apply(&news(&world.store, mailbox, known.modseq(), &[]).await.delta);
    let from_snapshot = load_from_snapshot(&world.store, mailbox).await;
    assert_eq!(contents(&from_snapshot), contents(&known));
}

/// Before anybody opens them, and without a look at those that have one.
#[tokio::test(flavor = "multi_thread")]
async fn large_mailboxes_get_snapshots_before_anybody_opens_them() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = large_mailbox(&world, ada).await;
    append(&world.store, bo, inbox(&world.store, bo).await, &["x"]).await;
    assert_eq!(world.store.write_snapshots().await.unwrap(), 1);
    assert_eq!(world.store.write_snapshots().await.unwrap(), 0);

    let node = world.another_node().await;
    let from_snapshot = image(&node, mailbox).await;
    assert_eq!(node.stats().images_from_snapshots, 1);
    assert_eq!(node.stats().images_from_rows, 0);
    world.change("delete from snapshot").await;
    assert_eq!(
        contents(&from_snapshot),
        contents(&image(&world.store, mailbox).await)
    );
}

/// Whoever fills a mailbox writes its snapshot soon after, by APPEND and by COPY.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_was_filled_gets_its_snapshot_when_it_rests() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let uid_next = "select coalesce(max(uid_next), 0) from snapshot";
    let mailbox = inbox(&world.store, ada).await;
    for _ in 0..5 {
        append(&world.store, ada, mailbox, &["x"; 1000]).await;
    }
    while world.count(uid_next).await < 5001 {
        tokio::task::yield_now().await;
    }
    let node = world.another_node().await;
    let from_snapshot = image(&node, mailbox).await;
    assert_eq!(node.stats().images_from_snapshots, 1);

    let from = permit(&world.store, ada, mailbox, Operation::Read).await;
    let to = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let copy = async |count| {
        let asked = uids(1..=count);
        let copied = world.store.copy(&from, &to, &asked, FlagBits::ALL).await;
        assert_eq!(copied.unwrap().pairs.len() as u64, asked.len());
    };
    copy(3500).await;
    copy(5000).await;
    while world.count(uid_next).await < 13_501 {
        tokio::task::yield_now().await;
    }
    let node = world.another_node().await;
    let grown = image(&node, mailbox).await;
    assert_eq!(node.stats().images_from_snapshots, 1);
    assert_eq!(grown.len(), 13_500);
    assert_eq!(from_snapshot.len(), 5000);
}

/// One statement may bring very many messages: the snapshot is as old as these make it.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_lacks_many_messages_is_written_anew() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large_mailbox(&world, ada).await;
    assert_eq!(world.store.write_snapshots().await.unwrap(), 1);
    fill(&world, ada, mailbox, 4000).await;
    assert_eq!(world.store.write_snapshots().await.unwrap(), 0);
    fill(&world, ada, mailbox, 1000).await;
    let before = world.store.stats().images_from_rows;
    assert_eq!(world.store.write_snapshots().await.unwrap(), 1);
    let from_rows = world.store.stats().images_from_rows - before;
    assert_eq!(from_rows, 1, "half of the mailbox is no news");

    let node = world.another_node().await;
    let from_snapshot = image(&node, mailbox).await;
    assert_eq!(from_snapshot.len(), 10_000);
    assert_eq!(node.stats().images_from_snapshots, 1);
    world.change("delete from snapshot").await;
    assert_eq!(
        contents(&from_snapshot),
        contents(&image(&world.store, mailbox).await)
    );
}

/// Every change here is one of rights, so the version of these tells the mod-sequence that belongs to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_loaded_with_the_rights_of_its_newest_state() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large_mailbox(&world, ada).await;
    load_from_snapshot(&world.store, mailbox).await;
    let lead = |loaded: &store::Loaded| i64::from(loaded.image.modseq()) - loaded.rights_version;
    let loaded = world.store.load_image(mailbox).await.unwrap().unwrap();
    let expected = lead(&loaded);
    let changing = async {
        for round in 0..200 {
            let rights = if round % 2 == 0 { "lr" } else { "l" };
            world.grant(ada, mailbox, "anyone", rights).await;
        }
    };
    let loading = async {
        loop {
            let loaded = world.store.load_image(mailbox).await.unwrap().unwrap();
            assert_eq!(lead(&loaded), expected);
        }
    };
    tokio::select! {
        () = changing => {}
        () = loading => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_older_than_the_log_is_not_used() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large_mailbox(&world, ada).await;
    let known = image(&world.store, mailbox).await;
    load_from_snapshot(&world.store, mailbox).await;
    let flags = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::ALL),
    )
    .await;
    world
        .store
        .edit_flags(&flags, adding(&uids([7]), FlagBits::DRAFT))
        .await
        .unwrap();
    world.store.trim_changes(Duration::ZERO).await.unwrap();

    let delta = world
        .store
        .load_delta(mailbox, known.modseq(), 0, &[])
        .await
        .unwrap();
    assert!(matches!(delta, LoadedDelta::TooOld));
    assert_eq!(
        world
            .store
            .vanished_since(mailbox, known.modseq())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        world
            .store
            .changes_since(mailbox, known.modseq(), ada)
            .await
            .unwrap(),
        None
    );
    let rows_before = world.store.stats().images_from_rows;
    let reloaded = image(&world.store, mailbox).await;
    assert_eq!(world.store.stats().images_from_rows, rows_before + 1);
    let (_, shown) = reloaded.find(Uid::new(7).unwrap()).unwrap();
    assert_eq!(shown.flags, FlagBits::DRAFT.into());
    // From where the log begins, deltas go on.
    let now = news(&world.store, mailbox, reloaded.modseq(), &[]).await;
    assert!(now.changes.is_empty());
}

#[tokio::test]
async fn what_is_gone_has_no_image_and_no_news() {
    let world = World::new().await;
    let nowhere = MailboxId(i64::MAX);
    let ada = world.account("ada").await;
    assert!(world.store.load_image(nowhere).await.unwrap().is_none());
    let delta = world
        .store
        .load_delta(nowhere, ModSeq::ZERO, 0, &[])
        .await
        .unwrap();
    assert!(matches!(delta, LoadedDelta::Gone));
    assert!(world.store.load_overlay(ada, nowhere).await.is_err());
    assert!(world.store.counters(&[nowhere]).await.unwrap().is_empty());
    assert!(
        world
            .store
            .status(ada, &[judged(nowhere)])
            .await
            .unwrap()
            .is_empty()
    );
}
