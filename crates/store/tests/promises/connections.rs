//! Connections are used in turn, and whoever gets one is answered what was asked there and nothing else.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use acl::Operation;
use futures_util::StreamExt as _;
use mail::{FlagBits, MailboxId};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::Store;
use tokio::task::JoinSet;

use crate::logins::session;
use crate::shares::waiting;
use crate::world::{World, append, permit, uids};

/// More than there are connections for work.
const AT_ONCE: u64 = 12;

#[tokio::test]
async fn what_is_asked_one_after_the_other_takes_one_connection() {
    let world = World::new().await;
    world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswite")]).await;
    // One for work, and one of those that are kept.
    let opened = world.store.stats().connections;
    for _ in 0..50 {
        world.store.load_image(mailbox).await.unwrap().unwrap();
        world.store.latest(mailbox).await.unwrap().unwrap();
    }
    let stats = world.store.stats();
    assert_eq!(
        (stats.connections, stats.connections_idle),
        (opened, opened)
    );
    assert_eq!(opened, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_thousand_cancelled_statements_each_connection_answers_right() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mut mailboxes = Vec::new();
    for number in 1..=AT_ONCE {
        let name = format!("team{number}");
        let mailbox = world.shared(&name, &[("ada", "lrswite")]).await;
        // So many that their rows come in several packets.
        let many = vec!["a"; usize::try_from(number * 100).unwrap()];
        append(&world.store, ada, mailbox, &many).await;
        mailboxes.push((mailbox, number * 100));
    }
    for round in 0..84 {
        let mut cancelled = JoinSet::new();
        for (mailbox, _) in mailboxes.clone() {
            let store = world.store.clone();
            cancelled.spawn(async move {
                give_up_after(round % 12, read(&store, mailbox)).await;
                give_up_after(round % 7, store.latest(mailbox)).await;
            });
        }
        cancelled.join_all().await;
        if round % 12 == 0 {
            all_answer_right(&world.store, &mailboxes).await;
        }
    }
    for _ in 0..5 {
        all_answer_right(&world.store, &mailboxes).await;
    }
    // Nothing is missing: all have come back, or others in their place.
    let stats = world.store.stats();
    assert!(stats.connections <= 8, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_was_given_up_keeps_its_place_and_nobody_waits_for_it() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let from = world.shared("from", &[("ada", "lrswite")]).await;
    let to = world.shared("to", &[("ada", "lrswite")]).await;
    let bos = world.shared("bos", &[("bo", "lrswite")]).await;
    append(&world.store, ada, from, &["a"]).await;
    let source = permit(&world.store, ada, from, Operation::MoveFrom).await;
    let target = permit(&world.store, ada, to, Operation::Insert(FlagBits::ALL)).await;

    let mut holder = PgConnection::connect(&world.url).await.unwrap();
    let mut holding = holder.begin().await.unwrap();
    let lock = format!("select from mailbox where id = {} for update", to.0);
    holding.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    let mut copies = JoinSet::new();
    for _ in 0..20 {
        let store = session(&world.store, "ada", None).await;
        copies.spawn(async move {
            let one = uids([1]);
            store.copy(&source, &target, &one, FlagBits::ALL).await
        });
    }
    // As many as are Ada's share.
    while waiting(&world.url).await < 2 {
        tokio::task::yield_now().await;
    }
    copies.shutdown().await;

    // Bo is not given what Ada's statements wait on, however often he asks.
    for _ in 0..20 {
        append(&world.store, bo, bos, &["b"]).await;
        world.store.load_image(bos).await.unwrap().unwrap();
    }
    // Ada has not got another share by giving up.
    let store = session(&world.store, "ada", None).await;
    let mut again = JoinSet::new();
    again.spawn(async move { store.open_sessions(&Default::default()).await });
    append(&world.store, bo, bos, &["b"]).await;
    assert_eq!(waiting(&world.url).await, 2);
    assert!(again.try_join_next().is_none());

    holding.rollback().await.unwrap();
    again.join_next().await.unwrap().unwrap().unwrap();
}

/// Why COPY is used apart. Where this fails sqlx has learned to count, and a connection can be kept after it.
#[tokio::test]
async fn sqlx_does_not_count_the_answers_of_a_copy() {
    let world = World::new().await;
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let one = || sqlx::query_scalar::<_, i32>("select 1");
    assert_eq!(
        one().fetch_optional(&mut connection).await.unwrap(),
        Some(1)
    );
    let copy = "copy (select generate_series(1, 100000)) to stdout";
    let mut rows = connection.copy_out_raw(copy).await.unwrap();
    rows.next().await.unwrap().unwrap();
    drop(rows);
    connection.ping().await.unwrap();
    assert_eq!(one().fetch_optional(&mut connection).await.unwrap(), None);
}

/// Lets it wait so often, and no longer.
async fn give_up_after(waits: u32, work: impl Future) {
    let mut work = pin!(work);
    let mut left = waits;
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Pending if left > 0 => {
            left -= 1;
            Poll::Pending
        }
        Poll::Pending | Poll::Ready(_) => Poll::Ready(()),
    })
    .await;
}

async fn read(store: &Store, mailbox: MailboxId) -> u64 {
    let loaded = store.load_image(mailbox).await.unwrap().unwrap();
    loaded.image.len().into()
}

/// As many at once as there are connections, and more.
async fn all_answer_right(store: &Store, mailboxes: &[(MailboxId, u64)]) {
    let mut asked = JoinSet::new();
    for (mailbox, messages) in mailboxes.iter().copied() {
        let store = store.clone();
        asked.spawn(async move {
            assert_eq!(read(&store, mailbox).await, messages);
            let latest = store.latest(mailbox).await.unwrap();
            assert!(latest.is_some());
        });
    }
    asked.join_all().await;
}
