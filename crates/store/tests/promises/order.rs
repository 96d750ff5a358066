//! Nobody sees a higher number before a lower one, and nobody misses a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use acl::Operation;
use mail::{AccountId, ChangeKind, FlagBits, MailboxId, ModSeq, UidSet};
use store::{Doomed, Store};
use tokio::task::JoinSet;

use crate::world::{
    Random, World, adding, all_deleted, append, contents, image, news, permit, privately, removing,
};

/// What writers were told, for the reader to have seen.
#[derive(Default)]
struct Told {
    appended: UidSet,
    expunged: UidSet,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_of_deltas_misses_nothing_and_sees_no_uid_below_one_it_saw() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("busy", &[("ada", "lrswite"), ("bo", "lrswite")])
        .await;
    let nodes = [world.store.clone(), world.another_node().await];

    let start = image(&world.store, mailbox).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for number in 0..12 {
        let node = nodes[number % 2].clone();
        let who = if number % 3 == 0 { bo } else { ada };
        writers.spawn(write(node, who, mailbox, u64::try_from(number).unwrap()));
    }
    let reader = {
        let (store, is_over) = (world.another_node().await, is_over.clone());
        async move {
            let mut known = start;
            let (mut arrived, mut vanished) = (UidSet::new(), UidSet::new());
            loop {
                let is_last = is_over.load(Ordering::SeqCst);
                let news = news(&store, mailbox, known.modseq(), &[]).await;
                let mut last = known.modseq();
                for change in &news.changes {
                    assert!(
                        change.modseq > known.modseq(),
                        "what is known does not come again"
                    );
                    assert!(change.modseq >= last, "changes ascend");
                    last = change.modseq;
                    if change.kind == ChangeKind::Arrived {
                        let lowest = change.uids.first().unwrap();
                        assert!(
                            arrived.last() < Some(lowest),
                            "a UID came below one that was seen"
                        );
                        arrived = arrived.union(&change.uids);
                    }
                }
                assert!(
                    last <= news.delta.modseq,
                    "no change is above the highest mod-sequence"
                );
                vanished = vanished.union(&news.delta.expunged);
                known = known.apply(&news.delta);
                if is_last {
                    return (known, arrived, vanished);
                }
            }
        }
    };
    let writers = async {
        let mut told = Told::default();
        while let Some(mine) = writers.join_next().await {
            let mine = mine.unwrap();
            told.appended = told.appended.union(&mine.appended);
            told.expunged = told.expunged.union(&mine.expunged);
        }
        is_over.store(true, Ordering::SeqCst);
        told
    };
    let ((known, arrived, vanished), told) = tokio::join!(reader, writers);

    assert_eq!(
        arrived, told.appended,
        "every message that arrived was seen to arrive"
    );
    assert_eq!(
        vanished, told.expunged,
        "every message that left was seen to leave"
    );
    let truth = image(&world.store, mailbox).await;
    assert_eq!(
        contents(&known),
        contents(&truth),
        "the reader knows what a newcomer is told"
    );
}

async fn write(store: Store, who: AccountId, mailbox: MailboxId, seed: u64) -> Told {
    let random = Random::new(seed);
    let mut told = Told::default();
    for _ in 0..40 {
        let highest = told.appended.last().map_or(1, |uid| uid.get());
        match random.below(4) {
            0 => {
                let permit =
                    permit(&store, who, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
                let edit = adding(&random.uids(highest), FlagBits::FLAGGED);
                store.edit_flags(&permit, edit).await.unwrap();
            }
            1 => {
                let flags = permit(
                    &store,
                    who,
                    mailbox,
                    Operation::ChangeFlags(FlagBits::DELETED),
                )
                .await;
                let expunge = permit(&store, who, mailbox, Operation::Expunge).await;
                let doomed = random.uids(highest);
                store
                    .edit_flags(&flags, adding(&doomed, FlagBits::DELETED))
                    .await
                    .unwrap();
                let gone = store
                    .expunge(&expunge, Doomed::DeletedAmong(doomed))
                    .await
                    .unwrap();
                told.expunged = told.expunged.union(&gone.uids);
            }
            _ => {
                let appended = append(&store, who, mailbox, &["one", "two"]).await;
                told.appended = told.appended.union(&appended.uids.into_iter().collect());
            }
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_writer_was_answered_is_there_for_the_next_reader() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("busy", &[("ada", "lrswite")]).await;
    let other = world.another_node().await;
    for _ in 0..20 {
        let appended = append(&world.store, ada, mailbox, &["hello"]).await;
        let seen = image(&other, mailbox).await;
        assert!(seen.modseq() >= appended.modseq);
        assert!(seen.find(appended.uids[0]).is_some());
    }
}

#[tokio::test]
async fn what_changes_nothing_takes_no_mod_sequence() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("quiet", &[("ada", "lrswite")]).await;
    let all: UidSet = append(&world.store, ada, mailbox, &["a", "b"])
        .await
        .uids
        .into_iter()
        .collect();
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::ALL),
    )
    .await;
    let edit = |edit| world.store.edit_flags(&permit, edit);

    let flagged = edit(adding(&all, FlagBits::FLAGGED)).await.unwrap().modseq;
    let seen = edit(privately(adding(&all, FlagBits::SEEN)))
        .await
        .unwrap()
        .modseq;
    assert!(flagged < seen);
    for nothing in [
        adding(&all, FlagBits::FLAGGED),
        removing(&all, FlagBits::ANSWERED),
        privately(adding(&all, FlagBits::SEEN)),
        adding(&crate::world::uids([77]), FlagBits::DRAFT),
    ] {
        assert_eq!(edit(nothing).await.unwrap().modseq, seen);
    }
    let expunge = crate::world::permit(&world.store, ada, mailbox, Operation::Expunge).await;
    let nobody = world.store.expunge(&expunge, all_deleted());
    assert_eq!(nobody.await.unwrap().modseq, seen);
    assert_eq!(image(&world.store, mailbox).await.modseq(), seen);
    assert!(
        news(&world.store, mailbox, seen, &[ada])
            .await
            .changes
            .is_empty()
    );
    assert_ne!(seen, ModSeq::ZERO);
}
