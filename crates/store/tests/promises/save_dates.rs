//! The save date is when a message came into its mailbox (RFC 8514).

use acl::Operation;
use mail::FlagBits;

use crate::world::{World, append, inbox, permit, uid, uids};

/// The internal date that all messages of these tests have.
const INTERNAL: i64 = 1_700_000_000;
/// After it, and before anybody runs these tests.
const LATER: i64 = 1_750_000_000;

#[tokio::test]
async fn a_save_date_is_set_on_arrival_and_by_each_copy_anew() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = world.shared("from", &[("ada", "lrswite")]).await;
    let to = world.shared("to", &[("ada", "lrswite")]).await;
    append(&world.store, ada, from, &["a", "b"]).await;
    let source = permit(&world.store, ada, from, Operation::Read).await;
    let target = permit(&world.store, ada, to, Operation::Insert(FlagBits::ALL)).await;
    let copied = world
        .store
        .copy(&source, &target, &uids([2]), FlagBits::ALL)
        .await
        .unwrap();
    let asked = [(from, uids([1, 2, 77])), (to, uids([1]))];
    let saved = world.store.save_dates(&asked).await.unwrap();
    assert_eq!(copied.pairs, [(uid(2), uid(1))]);
    assert_eq!(saved.len(), 3);
    for date in saved.values() {
        assert!(date.unix_seconds > LATER, "{date}");
        assert_eq!(date.offset_minutes, 0);
    }
    assert!(saved[&(to, uid(1))] >= saved[&(from, uid(2))]);
}

#[tokio::test]
async fn what_came_before_save_dates_were_kept_has_its_internal_date() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["a", "b"]).await;
    world.forget_save_dates().await;
    let asked = [(mailbox, uids([1, 2]))];
    let saved = world.store.save_dates(&asked).await.unwrap();
    assert_eq!(saved.len(), 2);
    for date in saved.values() {
        assert_eq!((date.unix_seconds, date.offset_minutes), (INTERNAL, 0));
    }
}
