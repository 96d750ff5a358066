//! Quota (RFC 9208): limits hold exactly, and only where they are.

use std::sync::Arc;
use std::time::Duration;

use acl::Operation;
use mail::{AccountId, FlagBits, MailboxId, Place, QuotaLimits, QuotaRoot, Resource};
use sqlx::{Connection, PgConnection};
use store::{Fault, Store};
use tokio::task::JoinSet;

use crate::world::{
    World, adding, all_deleted, append, inbox, message, new_message, permit, uid, uids,
};

const FULL: &str = "lrswitek";

async fn limit(store: &Store, actor: AccountId, root: &str, limits: &[(Resource, u64)]) {
    let root = QuotaRoot::parse(root).unwrap();
    let limits: QuotaLimits = limits.iter().copied().collect();
    store.set_quota(actor, &root, limits).await.unwrap();
}

async fn used(store: &Store, mailbox: MailboxId) -> Vec<u64> {
    let quota = store.quota_of(mailbox).await.unwrap().unwrap();
    quota.usages.iter().map(|usage| usage.used).collect()
}

async fn try_append(
    store: &Store,
    who: AccountId,
    mailbox: MailboxId,
    subjects: &[&str],
) -> Result<usize, Fault> {
    let permit = permit(store, who, mailbox, Operation::Insert(FlagBits::NONE)).await;
    let messages = subjects
        .iter()
        .map(|subject| new_message(subject, FlagBits::NONE, FlagBits::NONE))
        .collect();
    let appended = store.append(&permit, messages).await?;
    Ok(appended.uids.len())
}

fn is_over<T>(outcome: &Result<T, Fault>) -> bool {
    matches!(outcome, Err(Fault::OverQuota))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_limit_holds_exactly_under_32_writers() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let top = world.shared("team", &[("ada", FULL)]).await;
    let below = world.shared("team/below", &[("ada", FULL)]).await;
    limit(
        &world.store,
        ada,
        "shared/team",
        &[(Resource::Message, 100)],
    )
    .await;
    let store = Arc::new(world.store.clone());
    let mut writers = JoinSet::new();
    for writer in 0..32 {
        let store = Arc::clone(&store);
        let mailbox = if writer % 2 == 0 { top } else { below };
        writers.spawn(async move {
            let mut appended = 0;
            for _ in 0..10 {
                match try_append(&store, ada, mailbox, &["x"]).await {
                    Ok(count) => appended += count,
                    Err(fault) => assert!(matches!(fault, Fault::OverQuota), "{fault}"),
                }
            }
            appended
        });
    }
    let appended: usize = writers.join_all().await.into_iter().sum();
    assert_eq!(appended, 100);
    assert_eq!(used(&world.store, top).await, [100]);
}

#[tokio::test]
async fn whoever_asks_for_too_much_does_not_fail_others() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", FULL)]).await;
    limit(&world.store, ada, "shared/team", &[(Resource::Message, 5)]).await;
    let many = ["x"; 6];
    let (first, too_many, second) = tokio::join!(
        try_append(&world.store, ada, team, &["a"]),
        try_append(&world.store, ada, team, &many),
        try_append(&world.store, ada, team, &["b"]),
    );
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    assert!(is_over(&too_many));
}

#[tokio::test]
async fn storage_counts_bytes_to_the_last() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let own = inbox(&world.store, ada).await;
    limit(&world.store, ada, "user/ada", &[(Resource::Storage, 10)]).await;
    // Larger than a kibibyte, which every message takes at least.
    let long = "x".repeat(1500);
    let each = message(&long).len();
    let fitting = 10 * 1024 / each;
    for _ in 0..fitting {
        let fits = try_append(&world.store, ada, own, &[&long]).await;
        fits.unwrap();
    }
    assert!(is_over(&try_append(&world.store, ada, own, &[&long]).await));
    assert!(!world.store.has_room(own, each as u64).await.unwrap());
    let kibibytes = (fitting * each).div_ceil(1024);
    assert_eq!(used(&world.store, own).await, [kibibytes as u64]);
    limit(&world.store, ada, "user/ada", &[]).await;
    try_append(&world.store, ada, own, &["x"]).await.unwrap();
}

#[tokio::test]
async fn what_moves_within_a_root_takes_no_room() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let one = world.shared("team", &[("ada", FULL)]).await;
    let other = world.shared("team/other", &[("ada", FULL)]).await;
    let far = world.shared("far", &[("ada", FULL)]).await;
    append(&world.store, ada, one, &["a", "b"]).await;
    limit(&world.store, ada, "shared/team", &[(Resource::Message, 2)]).await;
    limit(&world.store, ada, "shared/far", &[(Resource::Message, 1)]).await;
    let from = permit(&world.store, ada, one, Operation::MoveFrom).await;
    let to = |mailbox| permit(&world.store, ada, mailbox, Operation::Insert(FlagBits::ALL));
    let (near, far) = (to(other).await, to(far).await);
    let store = &world.store;
    let copied = store.copy(&from, &near, &uids([1]), FlagBits::ALL).await;
    assert!(is_over(&copied));
    let moved = store
        .move_messages(&from, &near, &uids([1]), FlagBits::ALL)
        .await;
    assert_eq!(moved.unwrap().copied.pairs.len(), 1);
    let moved = store
        .move_messages(&from, &far, &uids([2]), FlagBits::ALL)
        .await;
    assert_eq!(moved.unwrap().copied.pairs.len(), 1);
    let from = permit(store, ada, other, Operation::MoveFrom).await;
    let moved = store
        .move_messages(&from, &far, &uids([1]), FlagBits::ALL)
        .await;
    assert!(is_over(&moved));
    // RFC 8508, 3.4: only what REPLACE adds counts.
    let new = new_message("c", FlagBits::NONE, FlagBits::NONE);
    limit(store, ada, "shared/team", &[(Resource::Message, 1)]).await;
    store.replace(&from, &near, uid(1), new).await.unwrap();
}

#[tokio::test]
async fn new_mailboxes_belong_where_they_are_made_up_to_the_limit() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    limit(&world.store, ada, "user/ada", &[(Resource::Mailbox, 3)]).await;
    let create_permit = acl::own_tree(&world.store.who(ada).await.unwrap());
    let create = async |path: &str| {
        let place = Place::Mine(path.to_owned());
        world
            .store
            .create_mailbox(&create_permit, &place, None)
            .await
    };
    let work = create("Work").await.unwrap();
    let below = create("Work/Below").await.unwrap();
    assert!(is_over(&create("More").await));
    for mailbox in [work, below] {
        let quota = world.store.quota_of(mailbox).await.unwrap().unwrap();
        assert_eq!(quota.root, "user/ada");
    }
}

#[tokio::test]
async fn a_root_further_down_keeps_its_own() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let top = world.shared("team", &[("ada", FULL)]).await;
    let below = world.shared("team/below", &[("ada", FULL)]).await;
    let beside = world.shared("teams", &[("ada", FULL)]).await;
    limit(
        &world.store,
        ada,
        "shared/team/below",
        &[(Resource::Message, 1)],
    )
    .await;
    limit(&world.store, ada, "shared/team", &[(Resource::Message, 1)]).await;
    append(&world.store, ada, top, &["a"]).await;
    append(&world.store, ada, below, &["a"]).await;
    append(&world.store, ada, beside, &["a", "b"]).await;
    assert!(is_over(&try_append(&world.store, ada, top, &["b"]).await));
    assert_eq!(world.store.quota_of(beside).await.unwrap(), None);
}

#[tokio::test]
async fn a_root_is_known_to_who_may_read_there() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let bo = world.account("bo").await;
    world.shared("team", &[("ada", "lr"), ("bo", "l")]).await;
    limit(&world.store, ada, "shared/team", &[(Resource::Message, 1)]).await;
    let known = async |who| world.store.quota(who, "shared/team").await.unwrap();
    assert!(known(ada).await.is_some());
    assert_eq!(known(bo).await, None);
    assert_eq!(world.store.quota(ada, "shared/none").await.unwrap(), None);
}

/// What removed mail still takes is bounded by the limit too, so that nobody fills the disk by putting in and removing.
#[tokio::test]
async fn removed_mail_counts_as_far_as_it_is_more_than_the_limit() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    limit(&world.store, ada, "user/ada", &[(Resource::Storage, 5)]).await;
    let store = &world.store;
    let mut removed = 0;
    // Each takes a kilobyte for its rows besides its bytes, so the limit is reached after at most ten.
    let refused = loop {
        let appended = try_append(store, ada, mailbox, &["once"]).await;
        if appended.is_err() {
            break appended;
        }
        remove_all(&world, ada, mailbox).await;
        removed += 1;
        assert!(removed <= 10, "{removed} were removed and put in again");
    };
    assert!(is_over(&refused), "{refused:?}");
    assert!(removed >= 4, "{removed}");

    // Sessions that were not told yet may still read it.
    store.collect_excess(Duration::from_hours(1)).await.unwrap();
    assert!(is_over(&try_append(store, ada, mailbox, &["once"]).await));
    store.collect_excess(Duration::ZERO).await.unwrap();
    try_append(store, ada, mailbox, &["once"]).await.unwrap();
    // What is within the limit is kept for its time.
    assert!(garbage(&world).await > 0);
    remove_all(&world, ada, mailbox).await;
    store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(removed_bytes(&world).await, [0, 0]);
}

#[tokio::test]
async fn what_deleted_mailboxes_had_removed_is_counted_by_the_root() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let top = world.shared("team", &[("ada", FULL)]).await;
    let below = world.shared("team/below", &[("ada", "lrswitekx")]).await;
    limit(&world.store, ada, "shared/team", &[(Resource::Storage, 50)]).await;
    try_append(&world.store, ada, below, &["gone"])
        .await
        .unwrap();
    remove_all(&world, ada, below).await;
    try_append(&world.store, ada, below, &["there"])
        .await
        .unwrap();
    try_append(&world.store, ada, top, &["stays"])
        .await
        .unwrap();
    let delete = permit(&world.store, ada, below, Operation::DeleteMailbox).await;
    world.store.delete_mailbox(&delete).await.unwrap();
    let [of_mailboxes, of_roots] = removed_bytes(&world).await;
    assert_eq!(of_mailboxes, 0);
    assert!(of_roots > 2 * 1024, "{of_roots}");
    world.store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(removed_bytes(&world).await, [0, 0]);
}

#[tokio::test]
async fn what_is_over_the_limit_is_not_written_first() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    limit(&world.store, ada, "user/ada", &[(Resource::Message, 2)]).await;
    let fits = try_append(&world.store, ada, mailbox, &["one", "two"]).await;
    fits.unwrap();
    // Numbers are given to rows that are taken back, too.
    let given = "select nextval(pg_get_serial_sequence('content', 'id'))";
    let before = number(&world, given).await;
    for subjects in [&["three"][..], &["four", "five"]] {
        let refused = try_append(&world.store, ada, mailbox, subjects).await;
        assert!(is_over(&refused));
    }
    assert_eq!(number(&world, given).await, before + 1);
}

#[tokio::test]
async fn what_replaces_a_message_is_not_written_first_either() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let full = inbox(store, ada).await;
    let free = world.shared("team", &[("ada", FULL)]).await;
    for mailbox in [full, free] {
        try_append(store, ada, mailbox, &["one"]).await.unwrap();
    }
    let limits = [(Resource::Message, 1), (Resource::Storage, 1)];
    limit(store, ada, "user/ada", &limits).await;
    let given = "select nextval(pg_get_serial_sequence('content', 'id'))";
    let before = number(&world, given).await;
    let to = permit(store, ada, full, Operation::Insert(FlagBits::NONE)).await;
    // One more from elsewhere, and a larger one in the same place.
    for (source, subject) in [(free, "two"), (full, "long".repeat(500).as_str())] {
        let from = permit(store, ada, source, Operation::MoveFrom).await;
        let message = new_message(subject, FlagBits::NONE, FlagBits::NONE);
        let replaced = store.replace(&from, &to, uid(1), message).await;
        assert!(is_over(&replaced));
    }
    assert_eq!(number(&world, given).await, before + 1);
}

/// Rows take room whatever is in them.
#[tokio::test]
async fn a_limit_of_storage_is_one_of_messages() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    limit(&world.store, ada, "user/ada", &[(Resource::Storage, 3)]).await;
    for subject in ["one", "two", "three"] {
        let fits = try_append(&world.store, ada, mailbox, &[subject]).await;
        fits.unwrap();
    }
    assert_eq!(used(&world.store, mailbox).await, [3]);
    assert!(is_over(
        &try_append(&world.store, ada, mailbox, &["four"]).await
    ));
    let source = permit(&world.store, ada, mailbox, Operation::Read).await;
    let target = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let first = uids([1]);
    let copied = world.store.copy(&source, &target, &first, FlagBits::NONE);
    assert!(is_over(&copied.await));
}

async fn remove_all(world: &World, who: AccountId, mailbox: MailboxId) {
    let store = &world.store;
    let deleted = Operation::ChangeFlags(FlagBits::DELETED);
    let flags = permit(store, who, mailbox, deleted).await;
    let expunge = permit(store, who, mailbox, Operation::Expunge).await;
    store
        .edit_flags(&flags, adding(&uids(1..1000), FlagBits::DELETED))
        .await
        .unwrap();
    store.expunge(&expunge, all_deleted()).await.unwrap();
}

async fn number(world: &World, query: &'static str) -> i64 {
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let number = sqlx::query_scalar(query).fetch_one(&mut connection).await;
    connection.close().await.unwrap();
    number.unwrap()
}

async fn garbage(world: &World) -> i64 {
    number(world, "select count(*) from garbage").await
}

/// Of all mailboxes, and of all roots.
async fn removed_bytes(world: &World) -> [i64; 2] {
    [
        number(
            world,
            "select coalesce(sum(removed_bytes), 0)::bigint from mailbox",
        )
        .await,
        number(
            world,
            "select coalesce(sum(removed_bytes), 0)::bigint from quota_root",
        )
        .await,
    ]
}
