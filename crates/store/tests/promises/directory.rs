//! Names, rights, subscriptions and annotations have one log, and mailboxes are told of in few words.

use acl::{Modification, Operation, Rights, Subject};
use mail::limits::{DIRECTORY_CHANGES_MAX, METADATA_ENTRIES_MAX};
use mail::{AccountId, EntryName, FlagBits, MailboxId, ModSeq, Place};
use store::{DirectoryChange, DirectoryMark, Fault, FlagEdit, Masks, Store};

use crate::world::{World, adding, append, permit, uids};

/// What is new since `mark`, which moves on.
async fn read(
    store: &Store,
    mark: &mut DirectoryMark,
    watching: &[AccountId],
) -> Vec<DirectoryChange> {
    let news = store.directory_news(mark, watching).await.unwrap();
    *mark = news.mark;
    news.changes.unwrap()
}

fn named(mailbox: MailboxId, viewers: &[AccountId]) -> DirectoryChange {
    DirectoryChange::Mailbox {
        mailbox,
        viewers: viewers.to_vec(),
    }
}

#[tokio::test]
async fn each_change_of_the_directory_is_read_once() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", "lra")]).await;
    let mut mark = store.directory_mark().await.unwrap();
    let watching = [ada, bo];
    assert_eq!(read(store, &mut mark, &watching).await, []);

    let administer = permit(store, ada, team, Operation::Administer).await;
    let subject = Subject::parse("bo").unwrap();
    let lookup = Modification::Replace(Rights::LOOKUP);
    store
        .set_rights(&administer, &subject, lookup)
        .await
        .unwrap();
    let mut changes = read(store, &mut mark, &watching).await;
    if let [DirectoryChange::Mailbox { viewers, .. }] = changes.as_mut_slice() {
        viewers.sort_unstable();
    }
    assert_eq!(changes, [named(team, &[ada, bo])]);
    assert_eq!(read(store, &mut mark, &watching).await, []);

    let place = Place::Shared("team".to_owned());
    store.subscribe(bo, &place).await.unwrap();
    assert_eq!(
        read(store, &mut mark, &watching).await,
        [DirectoryChange::Subscriptions(bo)]
    );

    let annotate = permit(store, ada, team, Operation::Annotate).await;
    let entry = EntryName::parse("/private/comment").unwrap();
    for (value, is_news) in [(Some("a"), true), (Some("a"), false), (None, true)] {
        let value = value.map(|text| text.as_bytes().to_vec());
        let changes = [(entry.clone(), value)];
        store.set_metadata(&annotate, &changes).await.unwrap();
        let expected = DirectoryChange::Annotation {
            mailbox: Some(team),
            account: Some(ada),
            entry: entry.clone(),
        };
        let news = read(store, &mut mark, &watching).await;
        assert_eq!(news, Vec::from_iter(is_news.then_some(expected)));
    }
}

#[tokio::test]
async fn what_commits_late_is_read_later() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mut mark = store.directory_mark().await.unwrap();
    let late = world.subscribe_without_commit(ada).await;
    store
        .subscribe(bo, &Place::Mine("x".to_owned()))
        .await
        .unwrap();
    let subscribed = |account| [DirectoryChange::Subscriptions(account)];
    assert_eq!(read(store, &mut mark, &[]).await, subscribed(bo));
    assert_eq!(read(store, &mut mark, &[]).await, []);
    late.commit().await.unwrap();
    assert_eq!(read(store, &mut mark, &[]).await, subscribed(ada));
    assert_eq!(read(store, &mut mark, &[]).await, []);
}

#[tokio::test]
async fn what_is_there_when_one_begins_to_read_is_no_news() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let late = world.subscribe_without_commit(ada).await;
    store
        .subscribe(bo, &Place::Mine("x".to_owned()))
        .await
        .unwrap();
    let mut mark = store.directory_mark().await.unwrap();
    assert_eq!(read(store, &mut mark, &[]).await, []);
    late.commit().await.unwrap();
    let expected = [DirectoryChange::Subscriptions(ada)];
    assert_eq!(read(store, &mut mark, &[]).await, expected);
}

#[tokio::test]
async fn what_a_dump_brought_from_another_cluster_hides_nothing_and_is_no_news() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    world.bring_log_of_another_cluster(ada).await;
    let mut mark = store.directory_mark().await.unwrap();
    for place in ["x", "y"] {
        let place = Place::Mine(place.to_owned());
        store.subscribe(bo, &place).await.unwrap();
        let expected = [DirectoryChange::Subscriptions(bo)];
        assert_eq!(read(store, &mut mark, &[]).await, expected);
    }
}

#[tokio::test]
async fn nothing_is_known_to_have_stayed_in_another_history() {
    let world = World::new().await;
    let store = &world.store;
    let mark = store.directory_mark().await.unwrap();
    world.begin_another_history().await;
    let news = loop {
        // Whoever had a connection is told so once.
        match store.directory_news(&mark, &[]).await {
            Err(Fault::Unavailable(_)) => {}
            news => break news.unwrap(),
        }
    };
    assert_eq!(news.changes, None);
    let mut mark = store.directory_mark().await.unwrap();
    assert_eq!(read(store, &mut mark, &[]).await, []);
}

#[tokio::test]
async fn more_than_can_be_read_at_once_is_none_and_then_past() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrw")]).await;
    let annotate = permit(store, ada, team, Operation::Annotate).await;
    let set_all = async |round: usize| {
        let set = |number| {
            let entry = EntryName::parse(&format!("/shared/vendor/test/{number}")).unwrap();
            (entry, Some(round.to_string().into_bytes()))
        };
        let changes: Vec<_> = (0..METADATA_ENTRIES_MAX).map(set).collect();
        store.set_metadata(&annotate, &changes).await.unwrap();
    };
    let rounds = DIRECTORY_CHANGES_MAX / METADATA_ENTRIES_MAX;
    assert_eq!(rounds * METADATA_ENTRIES_MAX, DIRECTORY_CHANGES_MAX);

    let mut mark = store.directory_mark().await.unwrap();
    for round in 0..rounds {
        set_all(round).await;
    }
    assert_eq!(
        read(store, &mut mark, &[]).await.len(),
        METADATA_ENTRIES_MAX
    );
    for round in 0..=rounds {
        set_all(round).await;
    }
    let news = store.directory_news(&mark, &[]).await.unwrap();
    assert_eq!(news.changes, None);
    mark = news.mark;
    assert_eq!(read(store, &mut mark, &[]).await, []);
}

#[tokio::test]
async fn messages_do_not_pass_through_the_directory() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswitexka")]).await;
    let mut mark = store.directory_mark().await.unwrap();
    append(store, ada, team, &["a", "b"]).await;
    assert_eq!(read(store, &mut mark, &[ada]).await, []);
}

#[tokio::test]
async fn summaries_tell_what_happened_and_to_whom() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world
        .shared("team", &[("ada", "lrswite"), ("bo", "lrs")])
        .await;
    let first = append(store, ada, team, &["a", "b"]).await.modseq;
    let summary = |since: ModSeq| async move {
        let mut summaries = store.summaries(&[(team, since)]).await.unwrap();
        summaries.pop().unwrap()
    };
    let arrived = summary(ModSeq::default()).await;
    assert!(arrived.has_arrivals && !arrived.has_losses && !arrived.has_flags);
    assert_eq!((arrived.status.messages, arrived.status.modseq), (2, first));
    assert_eq!(arrived.unseen(bo), None, "\\Seen is private here");

    let leave = permit(store, bo, team, Operation::ChangeFlags(FlagBits::SEEN)).await;
    let edit = FlagEdit {
        private: Masks {
            keep: FlagBits::ALL,
            add: FlagBits::SEEN,
        },
        ..adding(&uids([1]), FlagBits::NONE)
    };
    store.edit_flags(&leave, edit).await.unwrap();
    let seen = summary(first).await;
    assert!(seen.has_flags_of(bo) && !seen.has_flags_of(ada));
    assert!(!seen.has_flags && !seen.has_arrivals);

    let gone = MailboxId(i64::MAX);
    assert_eq!(store.summaries(&[(gone, first)]).await.unwrap(), []);
}
