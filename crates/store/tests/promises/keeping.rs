//! What goes after a while, and what never does.

use std::time::Duration;

use acl::Operation;
use mail::{ContentId, FlagBits, MailboxId};
use sqlx::{Connection, PgConnection};
use store::{FlagEdit, Stamps, Store};

use crate::world::{
    World, adding, all_deleted, append, image, inbox, overlay, permit, privately, removing, uid,
    uids,
};

const LONG: Duration = Duration::from_hours(24);

async fn contents_of(store: &Store, mailbox: MailboxId) -> Vec<ContentId> {
    image(store, mailbox)
        .await
        .iter()
        .map(|(_, message)| message.content)
        .collect()
}

async fn expunge_all(world: &World, who: mail::AccountId, mailbox: MailboxId) {
    let store = &world.store;
    let flags = permit(
        store,
        who,
        mailbox,
        Operation::ChangeFlags(FlagBits::DELETED),
    )
    .await;
    let expunge = permit(store, who, mailbox, Operation::Expunge).await;
    store
        .edit_flags(&flags, adding(&uids(1..100), FlagBits::DELETED))
        .await
        .unwrap();
    store.expunge(&expunge, all_deleted()).await.unwrap();
}

#[tokio::test]
async fn expunged_content_can_be_read_until_its_time_is_over() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["a", "b"]).await;
    let ids = contents_of(&world.store, mailbox).await;
    expunge_all(&world, ada, mailbox).await;
    world.store.collect_garbage(LONG).await.unwrap();
    assert_eq!(world.store.load_messages(&ids).await.unwrap().len(), 2);
    world.store.collect_garbage(Duration::ZERO).await.unwrap();
    assert!(world.store.load_messages(&ids).await.unwrap().is_empty());
}

#[tokio::test]
async fn content_that_has_another_copy_stays() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = inbox(&world.store, ada).await;
    let to = world.shared("archive", &[("ada", "lrswite")]).await;
    append(&world.store, ada, from, &["kept", "lost"]).await;
    let ids = contents_of(&world.store, from).await;
    let source = permit(&world.store, ada, from, Operation::Read).await;
    let target = permit(&world.store, ada, to, Operation::Insert(FlagBits::NONE)).await;
    world
        .store
        .copy(&source, &target, &uids([1]), FlagBits::NONE)
        .await
        .unwrap();
    expunge_all(&world, ada, from).await;
    world.store.collect_garbage(Duration::ZERO).await.unwrap();
    let left = world.store.load_messages(&ids).await.unwrap();
    assert_eq!(left.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [ids[0]]);
    // And goes with its last copy.
    expunge_all(&world, ada, to).await;
    world.store.collect_garbage(Duration::ZERO).await.unwrap();
    assert!(world.store.load_messages(&ids).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_content_of_a_deleted_mailbox_goes_too() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswitex")]).await;
    append(&world.store, ada, mailbox, &["a"]).await;
    let ids = contents_of(&world.store, mailbox).await;
    let delete = permit(&world.store, ada, mailbox, Operation::DeleteMailbox).await;
    world.store.delete_mailbox(&delete).await.unwrap();
    assert_eq!(world.store.load_messages(&ids).await.unwrap().len(), 1);
    world.store.collect_garbage(Duration::ZERO).await.unwrap();
    assert!(world.store.load_messages(&ids).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_young_stays_in_the_log() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["a"]).await;
    world.store.trim_changes(LONG).await.unwrap();
    let changes = world
        .store
        .changes_since(mailbox, mail::ModSeq::ZERO, ada)
        .await
        .unwrap();
    assert_eq!(changes.unwrap().len(), 1);
}

#[tokio::test]
async fn private_flags_that_the_log_forgot_have_changed_all_the_same() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lrs")])
        .await;
    append(&world.store, ada, mailbox, &["a", "b", "c"]).await;
    let before = image(&world.store, mailbox).await.modseq();
    let seen = Operation::ChangeFlags(FlagBits::SEEN);
    let permit = permit(&world.store, ada, mailbox, seen).await;
    let read = || privately(adding(&uids([2]), FlagBits::SEEN));
    let edited = world.store.edit_flags(&permit, read()).await.unwrap();

    world.store.trim_changes(Duration::ZERO).await.unwrap();

    let own = overlay(&world.store, ada, mailbox).await;
    assert_eq!(own.changed_at(uid(2)), edited.modseq);
    let outlines = world.store.outlines(ada, &[mailbox]).await.unwrap();
    let outlines: Vec<_> = outlines.iter().collect();
    let loaded = world
        .store
        .load_images(ada, &outlines, Stamps::Told)
        .await
        .unwrap();
    assert_eq!(loaded[0].1.changed_at(uid(2)), edited.modseq);
    let others = overlay(&world.store, bo, mailbox).await;
    assert_eq!(others.changed_at(uid(2)), mail::ModSeq::ZERO);
    // Whoever knows the state before the change may not overwrite it; whoever knows it may.
    for (known, refused) in [(before, uids([2])), (edited.modseq, uids([]))] {
        let edit = FlagEdit {
            unchanged_since: Some(known),
            ..read()
        };
        let edited = world.store.edit_flags(&permit, edit).await.unwrap();
        assert_eq!(edited.modified, refused);
    }
}

#[tokio::test]
async fn what_was_removed_is_remembered_with_its_place_and_who_removed_it() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["a", "b"]).await;
    expunge_all(&world, ada, mailbox).await;
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let rows: Vec<(i64, i64, i64, i64, bool)> = sqlx::query_as(
        "select mailbox, uid, flags, account, internal_date > 0 and saved_at is not null and size > 0
           from garbage
          order by uid",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let deleted = FlagBits::DELETED.to_i64();
    let row = |uid| (mailbox.0, uid, deleted, ada.0, true);
    assert_eq!(rows, [row(1), row(2)]);
}

#[tokio::test]
async fn partitions_of_activity_are_made_ahead_and_refuse_nobody() {
    let world = World::new().await;
    // Whoever writes while partitions are attached is not refused.
    for round in 0..10 {
        let name = format!("ada{round}");
        let (trimmed, _) = tokio::join!(world.store.trim_activity(LONG), world.account(&name));
        trimmed.unwrap();
    }
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let partitions: i64 = sqlx::query_scalar(
        "select count(*) from pg_inherits where inhparent = 'activity'::regclass",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let strays: i64 = sqlx::query_scalar("select count(*) from activity_of_other_months")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    // This month, the next three, and the one for other months, which has nothing to hold.
    assert_eq!((partitions, strays), (5, 0));
}

/// Flags that go to and fro fill neither the log nor the record of who did what.
#[tokio::test]
async fn what_a_mailbox_logs_is_bounded_however_fresh_it_is() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswite")]).await;
    append(&world.store, ada, mailbox, &["a"]).await;
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::FLAGGED),
    )
    .await;
    for _ in 0..30 {
        for masks in [
            adding(&uids([1]), FlagBits::FLAGGED),
            removing(&uids([1]), FlagBits::FLAGGED),
        ] {
            world.store.edit_flags(&permit, masks).await.unwrap();
        }
    }
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let mut rows = async || -> (i64, i64) {
        sqlx::query_as(
            "select (select count(*) from change), (select count(*) from activity where kind = 2)",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap()
    };
    assert_eq!(rows().await.1, 60);
    world.store.cap_changes(100).await.unwrap();
    assert_eq!(rows().await.1, 60, "it is not too long");
    world.store.cap_changes(20).await.unwrap();
    let (changes, activity) = rows().await;
    assert_eq!(changes, 10);
    assert!((20..=21).contains(&activity), "{activity}");
    // Who knows only what was before is told everything.
    let known = mail::ModSeq::new(3).unwrap();
    let since = world
        .store
        .changes_since(mailbox, known, ada)
        .await
        .unwrap();
    assert!(since.is_none());
}
