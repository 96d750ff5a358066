//! A letter is in every mailbox that it is for, once, or whoever brought it was told that it is not.

use std::time::Duration;

use acl::Operation;
use mail::{
    AccountId, EmailAddress, FlagBits, InternalDate, MailboxId, Place, QuotaLimits, QuotaRoot,
    Resource,
};
use sqlx::{Connection, PgConnection};
use store::{
    Activity, ActivityKind, ActivityQuery, Addressee, Delivered, Fault, Letter, Recognition, Store,
};
use tokio::task::JoinSet;

use crate::addresses::{add, address};
use crate::world::{
    World, adding, all_deleted, append, found, image, message, overlay, permit, uids,
};

const DATE: InternalDate = InternalDate {
    unix_seconds: 1_700_000_000,
    offset_minutes: 60,
};

fn letter(subject: &str) -> Letter {
    Letter {
        prepared: store::prepare(message(subject), DATE),
        submitter: None,
        queue_id: Some("4XyZ".into()),
        client: "mta.example.org".into(),
        recognition: None,
        is_junk: false,
    }
}

fn recognised(subject: &str) -> Letter {
    Letter {
        recognition: Some(Recognition {
            key: subject.into(),
            window: Duration::from_secs(600),
        }),
        ..letter(subject)
    }
}

async fn addressees(store: &Store, recipients: &[&str]) -> Vec<Addressee> {
    let mut addressees = Vec::new();
    for recipient in recipients {
        let recipient: EmailAddress = address(recipient);
        let route = store.route(&recipient, "+").await.unwrap();
        assert!(!route.targets.is_empty(), "{recipient}");
        addressees.extend(route.targets.into_iter().map(|target| Addressee {
            recipient: recipient.clone(),
            target,
        }));
    }
    addressees
}

async fn deliver(store: &Store, letter: Letter, to: &[&str]) -> Vec<Result<Delivered, Fault>> {
    let to = addressees(store, to).await;
    store.deliver(letter, &to).await
}

async fn filed(store: &Store, letter: Letter, to: &str) -> MailboxId {
    let outcomes = deliver(store, letter, &[to]).await;
    match outcomes.as_slice() {
        [Ok(Delivered::Filed { mailbox, .. })] => *mailbox,
        other => panic!("{other:?}"),
    }
}

async fn count(store: &Store, mailbox: MailboxId) -> usize {
    image(store, mailbox).await.iter().count()
}

async fn contents(world: &World) -> i64 {
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let count = sqlx::query_scalar("select count(*) from content");
    let count = count.fetch_one(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    count
}

async fn deliveries(store: &Store, mailbox: MailboxId) -> Vec<Activity> {
    let mut query = ActivityQuery::newest_on(mailbox, 100);
    query.kind = Some(ActivityKind::Delivery);
    store.activity(&query).await.unwrap()
}

/// Shared mailboxes with an address each, called like them.
async fn teams(world: &World, paths: &[&str]) -> (AccountId, Vec<MailboxId>) {
    let root = world.admin().await;
    let mut mailboxes = Vec::new();
    for path in paths {
        let mailbox = world.shared(path, &[]).await;
        add(&world.store, root, &format!("{path}@example.org"), mailbox).await;
        mailboxes.push(mailbox);
    }
    (root, mailboxes)
}

#[tokio::test]
async fn a_delivered_letter_is_new_to_everybody_and_on_record() {
    let world = World::new().await;
    let store = &world.store;
    let (_, mailboxes) = teams(&world, &["support"]).await;
    assert_eq!(
        filed(store, letter("one"), "Support@example.org").await,
        mailboxes[0]
    );
    let image = image(store, mailboxes[0]).await;
    let (_, only) = image.iter().next().unwrap();
    assert_eq!(only.flags, FlagBits::NONE.into());
    let ada = world.account("ada").await;
    let own = overlay(store, ada, mailboxes[0]).await;
    assert_eq!(own.flags(only.uid), FlagBits::NONE);
    let records = deliveries(store, mailboxes[0]).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].actor, None);
    assert_eq!(records[0].uids, uids([1]));
    assert_eq!(
        records[0].detail.as_deref(),
        Some("to Support@example.org, as 4XyZ, from mta.example.org")
    );
}

#[tokio::test]
async fn one_letter_for_many_is_stored_once() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["a", "b", "c"]).await;
    let to = [
        "a@example.org",
        "b@example.org",
        "c@example.org",
        "a@example.org",
    ];
    let outcomes = deliver(store, letter("one"), &to).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(contents(&world).await, 1);
    for (mailbox, expected) in mailboxes.iter().zip([2, 1, 1]) {
        assert_eq!(count(store, *mailbox).await, expected);
    }
    // It is there for as long as one of them has it.
    let delete = permit(store, root, mailboxes[0], Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();
    store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(contents(&world).await, 1);
}

#[tokio::test]
async fn what_a_list_says_of_anyone_decides_for_the_world() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["support"]).await;
    let ada = world.account("ada").await;
    let to = addressees(store, &["support@example.org"]).await;
    let by = async |submitter| {
        let letter = Letter {
            submitter,
            ..letter("one")
        };
        let asked_now = addressees(store, &["support@example.org"]).await;
        let may = store.may_post(submitter, &asked_now[0].target);
        let may = may.await.unwrap();
        let outcome = store.deliver(letter, &to).await.remove(0);
        assert_eq!(outcome.is_ok(), may, "{outcome:?}");
        may
    };
    assert!(by(None).await && by(Some(ada)).await);
    // Routes of before are still there.
    world.grant(root, mailboxes[0], "anyone", "").await;
    assert!(!by(None).await && !by(Some(ada)).await);
    world.grant(root, mailboxes[0], "authenticated", "p").await;
    assert!(!by(None).await && by(Some(ada)).await);
    world.grant(root, mailboxes[0], "ada", "p").await;
    world.grant(root, mailboxes[0], "-authenticated", "p").await;
    world.grant(root, mailboxes[0], "anyone", "p").await;
    assert!(by(None).await && !by(Some(ada)).await);
}

/// Whoever withdraws the right is before a delivery or behind it; none comes afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_delivered_after_a_withdrawal() {
    let world = World::new().await;
    let store = world.store.clone();
    let (root, mailboxes) = teams(&world, &["support"]).await;
    let node = world.another_node().await;
    let to = addressees(&node, &["support@example.org"]).await;
    let mut senders = JoinSet::new();
    for _ in 0..4 {
        let (node, to) = (node.clone(), to.clone());
        senders.spawn(async move {
            let mut delivered = 0;
            loop {
                match node.deliver(letter("one"), &to).await.remove(0) {
                    Ok(_) => delivered += 1,
                    Err(Fault::Denied) => return delivered,
                    Err(fault) => panic!("{fault:?}"),
                }
            }
        });
    }
    // Whatever goes wrong, the withdrawal ends it.
    for _ in 0..100 {
        if count(&store, mailboxes[0]).await >= 10 {
            break;
        }
    }
    world.grant(root, mailboxes[0], "anyone", "").await;
    let at_withdrawal = count(&store, mailboxes[0]).await;
    let delivered: usize = senders.join_all().await.into_iter().sum();
    assert_eq!(delivered, at_withdrawal);
    assert_eq!(count(&store, mailboxes[0]).await, at_withdrawal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_same_letter_at_once_on_two_nodes_one_is_there() {
    let world = World::new().await;
    let (_, mailboxes) = teams(&world, &["support", "other"]).await;
    let nodes = [world.store.clone(), world.another_node().await];
    let to = addressees(&nodes[0], &["support@example.org"]).await;
    for round in 0..10 {
        let mut senders = JoinSet::new();
        for n in 0..8 {
            let (node, to) = (nodes[n % 2].clone(), to.clone());
            let letter = recognised(&format!("round {round}"));
            senders.spawn(async move { node.deliver(letter, &to).await.remove(0).unwrap() });
        }
        let outcomes = senders.join_all().await;
        let doubles = outcomes.iter().filter(|it| **it == Delivered::Duplicate);
        assert_eq!(doubles.count(), 7, "{outcomes:?}");
        assert_eq!(count(&nodes[0], mailboxes[0]).await, round + 1);
    }
    let records = deliveries(&nodes[0], mailboxes[0]).await;
    let suppressed = records
        .iter()
        .filter(|record| record.detail.as_deref().unwrap().ends_with(": came before"));
    assert_eq!((records.len(), suppressed.count()), (80, 70));
    // Elsewhere it is no double, nor is another letter, nor one that is not to be recognised.
    let store = &nodes[0];
    assert_eq!(
        filed(store, recognised("round 0"), "other@example.org").await,
        mailboxes[1]
    );
    filed(store, recognised("another"), "support@example.org").await;
    filed(store, letter("round 0"), "support@example.org").await;
}

#[tokio::test]
async fn a_letter_that_was_not_delivered_may_come_again() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["support"]).await;
    let limits = async |limits: &[(Resource, u64)]| {
        let limits: QuotaLimits = limits.iter().copied().collect();
        let quota_root = QuotaRoot::parse("shared/support").unwrap();
        store.set_quota(root, &quota_root, limits).await.unwrap();
    };
    limits(&[(Resource::Message, 0)]).await;
    let refused = deliver(store, recognised("one"), &["support@example.org"]).await;
    assert!(matches!(refused[0], Err(Fault::OverQuota)), "{refused:?}");
    limits(&[]).await;
    filed(store, recognised("one"), "support@example.org").await;
    // Outside of its window, too.
    let mut soon = recognised("one");
    soon.recognition.as_mut().unwrap().window = Duration::ZERO;
    filed(store, soon, "support@example.org").await;
    assert_eq!(count(store, mailboxes[0]).await, 2);
    store
        .trim_delivery_marks(Duration::from_hours(7 * 24))
        .await
        .unwrap();
    let again = deliver(store, recognised("one"), &["support@example.org"]).await;
    assert!(matches!(again[0], Ok(Delivered::Duplicate)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_letter_is_the_double_of_one_that_was_not_delivered() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["full", "other"]).await;
    let limits: QuotaLimits = [(Resource::Message, 0)].into_iter().collect();
    let quota_root = QuotaRoot::parse("shared/full").unwrap();
    store.set_quota(root, &quota_root, limits).await.unwrap();
    // Once the letter is stored, several mailboxes are written to at once.
    let mut to = vec!["other@example.org"];
    to.extend(["full@example.org"; 20]);
    let to = addressees(store, &to).await;
    for round in 0..5 {
        let outcomes = store.deliver(recognised(&format!("{round}")), &to).await;
        for outcome in &outcomes[1..] {
            assert!(matches!(outcome, Err(Fault::OverQuota)), "{outcome:?}");
        }
    }
    assert_eq!(count(store, mailboxes[0]).await, 0);
}

#[tokio::test]
async fn who_has_no_room_does_not_fail_the_others() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["full", "a", "b"]).await;
    let limits: QuotaLimits = [(Resource::Message, 0)].into_iter().collect();
    let quota_root = QuotaRoot::parse("shared/full").unwrap();
    store.set_quota(root, &quota_root, limits).await.unwrap();
    for to in [
        ["full@example.org", "a@example.org", "b@example.org"],
        ["a@example.org", "full@example.org", "b@example.org"],
    ] {
        for (outcome, recipient) in deliver(store, letter("one"), &to).await.iter().zip(to) {
            let is_over = matches!(outcome, Err(Fault::OverQuota));
            assert_eq!(is_over, recipient.starts_with("full"), "{outcome:?}");
        }
    }
    assert_eq!(contents(&world).await, 2);
    assert_eq!(count(store, mailboxes[0]).await, 0);
}

/// Letters and APPENDs of one batch: each message is what its owner brought, at the UID that was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn letters_and_appends_go_together() {
    let world = World::new().await;
    let store = world.store.clone();
    let (root, mailboxes) = teams(&world, &["support", "other"]).await;
    let ada = world.account("ada").await;
    world.grant(root, mailboxes[0], "ada", "lrip").await;
    let to = addressees(&store, &["other@example.org", "support@example.org"]).await;
    let mut writers = JoinSet::new();
    for n in 0..40 {
        let (store, to, support) = (store.clone(), to.clone(), mailboxes[0]);
        writers.spawn(async move {
            let subject = format!("number {n} {}", "x".repeat(n));
            let size = u32::try_from(message(&subject).len()).unwrap();
            let uid = match n % 4 {
                0 => {
                    append(&store, ada, support, &[&subject, &subject])
                        .await
                        .uids[1]
                }
                // Its content comes from the other mailbox.
                1 => match store.deliver(letter(&subject), &to).await.remove(1) {
                    Ok(Delivered::Filed { uid, .. }) => uid,
                    other => panic!("{other:?}"),
                },
                _ => match store
                    .deliver(recognised(&subject), &to[1..])
                    .await
                    .remove(0)
                {
                    Ok(Delivered::Filed { uid, .. }) => uid,
                    other => panic!("{other:?}"),
                },
            };
            (uid, size)
        });
    }
    let written = writers.join_all().await;
    let image = image(&store, mailboxes[0]).await;
    assert_eq!(image.iter().count(), 50);
    for (uid, size) in written {
        let found = image.iter().find(|(_, message)| message.uid == uid);
        assert_eq!(found.unwrap().1.size, size);
    }
}

#[tokio::test]
async fn junk_is_filed_as_junk_by_the_right_to_post_where_it_is_addressed() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["support"]).await;
    let found = found(store, root, mailboxes[0]).await;
    let may = acl::special_below(&found.access).unwrap();
    let place = Place::Shared("support/Junk".into());
    let junk = store
        .create_mailbox(&may, &place, Some("\\Junk"))
        .await
        .unwrap();
    // Its own list says nothing of anyone.
    world.grant(root, junk, "anyone", "").await;
    let is_junk = || Letter {
        is_junk: true,
        ..letter("one")
    };
    assert_eq!(
        filed(store, letter("one"), "support@example.org").await,
        mailboxes[0]
    );
    assert_eq!(filed(store, is_junk(), "support@example.org").await, junk);
    let to = addressees(store, &["support@example.org"]).await;
    world.grant(root, mailboxes[0], "anyone", "").await;
    let refused = store.deliver(is_junk(), &to).await.remove(0);
    assert!(matches!(refused, Err(Fault::Denied)), "{refused:?}");
    assert_eq!(count(store, junk).await, 1);
    // A tree that has none any more files it like all else.
    world.grant(root, mailboxes[0], "anyone", "p").await;
    let delete = permit(store, root, junk, Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();
    let outcome = store.deliver(is_junk(), &to).await.remove(0);
    assert!(
        matches!(outcome, Ok(Delivered::Filed { mailbox, .. }) if mailbox == mailboxes[0]),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_subfolder_takes_what_it_lets_in() {
    let world = World::new().await;
    let store = &world.store;
    let (root, mailboxes) = teams(&world, &["support"]).await;
    let below = world.shared("support/Invoices", &[]).await;
    let to = "support+invoices@example.org";
    assert_eq!(filed(store, letter("one"), to).await, below);
    world.grant(root, below, "anyone", "").await;
    assert_eq!(filed(store, letter("one"), to).await, mailboxes[0]);
}

/// The content that others refer to may be gone by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_without_its_content() {
    let world = World::new().await;
    let store = world.store.clone();
    let (root, mailboxes) = teams(&world, &["a", "b", "c", "d"]).await;
    world.grant(root, mailboxes[0], "root", "lrwtea").await;
    let collecting = world.another_node().await;
    let first = mailboxes[0];
    let mut collector = JoinSet::new();
    collector.spawn(async move {
        for _ in 0..60 {
            let all = uids(1..=1000);
            let flags = permit(
                &collecting,
                root,
                first,
                Operation::ChangeFlags(FlagBits::ALL),
            )
            .await;
            let edit = adding(&all, FlagBits::DELETED);
            collecting.edit_flags(&flags, edit).await.unwrap();
            let expunge = permit(&collecting, root, first, Operation::Expunge).await;
            collecting.expunge(&expunge, all_deleted()).await.unwrap();
            collecting.collect_garbage(Duration::ZERO).await.unwrap();
        }
    });
    let names = [
        "a@example.org",
        "b@example.org",
        "c@example.org",
        "d@example.org",
    ];
    let to = addressees(&store, &names).await;
    let ended = loop {
        if let Some(ended) = collector.try_join_next() {
            break ended;
        }
        for outcome in store.deliver(letter("one"), &to).await {
            assert!(outcome.is_ok(), "{outcome:?}");
        }
    };
    ended.unwrap();
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let dangling: i64 = sqlx::query_scalar(
        "select count(*) from entry e where not exists (select from content c where c.id = e.content)",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    admin.close().await.unwrap();
    assert_eq!(dangling, 0);
}
