//! One frontend does what is done for all, and what it does asks for no more the longer a database lives.

use std::time::Duration;

use acl::Operation;
use mail::FlagBits;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{Fault, NodeRun};

use crate::world::{World, adding, all_deleted, append, inbox, permit, uids};

const LONG: Duration = Duration::from_hours(1);

fn run(id: i64) -> NodeRun {
    NodeRun {
        id,
        name: format!("node-{id}"),
    }
}

#[tokio::test]
async fn one_leads_until_it_leaves_or_says_nothing_for_its_lease() {
    let world = World::new().await;
    let store = &world.store;
    let lead = async |id, lease| store.lead_upkeep(&run(id), lease).await.unwrap();
    let leader = async || {
        let leader = store.upkeep_leader().await.unwrap().unwrap();
        (leader.node, leader.is_present)
    };
    assert!(lead(1, LONG).await);
    assert!(!lead(2, LONG).await);
    assert!(lead(1, LONG).await);
    assert_eq!(leader().await, ("node-1".to_owned(), true));

    store.leave_upkeep(&run(2)).await.unwrap();
    assert!(!lead(2, LONG).await);
    store.leave_upkeep(&run(1)).await.unwrap();
    assert_eq!(leader().await, ("node-1".to_owned(), false));
    assert!(lead(2, LONG).await);
    assert!(!lead(1, LONG).await);

    // It says nothing for longer than its lease, as a frontend whose connection hangs.
    assert!(!lead(2, Duration::ZERO).await);
    assert!(lead(1, LONG).await);
    assert!(!lead(2, LONG).await);
}

#[tokio::test]
async fn of_many_at_once_one_leads() {
    let world = World::new().await;
    let claims = (1..=8).map(|id| {
        let store = world.store.clone();
        async move { store.lead_upkeep(&run(id), LONG).await.unwrap() }
    });
    let leading = futures_util::future::join_all(claims).await;
    assert_eq!(leading.iter().filter(|leads| **leads).count(), 1);
}

#[tokio::test]
async fn how_a_job_went_is_known_to_all() {
    let world = World::new().await;
    let (store, other) = (&world.store, world.another_node().await);
    assert!(store.lead_upkeep(&run(1), LONG).await.unwrap());
    let history = async || {
        let mut jobs = other.upkeep_jobs().await.unwrap();
        assert_eq!(jobs.len(), 1);
        jobs.remove(0)
    };
    let work = async {
        let begun = history().await;
        assert!(begun.running_for.is_some() && begun.succeeded_at.is_none());
        // Another one takes over: what the first began is not being done any more.
        store.leave_upkeep(&run(1)).await.unwrap();
        assert!(other.lead_upkeep(&run(2), LONG).await.unwrap());
        assert_eq!(history().await.running_for, None);
        Ok::<u64, Fault>(7)
    };
    assert_eq!(store.record_job("sweep", "node-1", work).await.unwrap(), 7);
    let done = history().await;
    assert_eq!(
        (done.removed, done.node.as_deref(), done.failures),
        (7, Some("node-1"), 0)
    );

    let failed = store.record_job("sweep", "node-2", async { Err(Fault::Gone) });
    assert!(matches!(failed.await, Err(Fault::Gone)));
    let failed = history().await;
    assert_eq!((failed.failures, failed.removed), (1, 7));
    assert_eq!(failed.node.as_deref(), Some("node-1"), "who succeeded last");
    assert!(failed.failure_age.is_some() && failed.cause.is_some());
    assert_eq!(failed.running_for, None);
}

#[tokio::test]
async fn months_of_activity_go_as_a_whole_and_nobody_waits_for_that() {
    let world = World::new().await;
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let count = async |admin: &mut PgConnection, what: &str| -> i64 {
        let query = format!("select count(*) from {what}");
        sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(admin)
            .await
            .unwrap()
    };
    // Of the last five months one row each, and of a year ago one that is in no month's partition.
    admin
        .execute(
            "do $$
             declare
               _month timestamptz;
             begin
               for _month in select date_trunc('month', now(), 'UTC') - make_interval(months => n) from generate_series(1, 5) n
               loop
                 execute format('create table %I partition of activity for values from (%L) to (%L)',
                                'activity_' || to_char(_month at time zone 'UTC', 'YYYY_MM'), _month,
                                date_trunc('month', _month + interval '40 days', 'UTC'));
                 insert into activity (at, kind) values (_month + interval '1 hour', 1);
               end loop;
               insert into activity (at, kind) values (now() - interval '1 year', 1);
             end $$",
        )
        .await
        .unwrap();
    let months = "pg_inherits where inhparent = 'activity'::regclass";
    let all = count(&mut admin, months).await;

    // Somebody reads them for long: others write meanwhile, and it is tried again.
    let mut reader = admin.begin().await.unwrap();
    assert_eq!(count(&mut reader, "activity where kind = 1").await, 6);
    let keep = Duration::from_hours(95 * 24);
    let trimming = world.store.trim_activity(keep);
    let (trimmed, ada) = tokio::join!(trimming, world.account("ada"));
    trimmed.unwrap();
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["a"]).await;
    reader.commit().await.unwrap();
    assert_eq!(count(&mut admin, months).await, all);

    world.store.trim_activity(keep).await.unwrap();
    let old = "activity where kind = 1 and at < now() - interval '127 days'";
    assert_eq!(count(&mut admin, old).await, 0);
    let young = "activity where kind = 1 and at > now() - interval '95 days' and at < date_trunc('month', now())";
    assert!(count(&mut admin, young).await >= 2);
    // Besides those of three months to come.
    let left = count(&mut admin, months).await - 3;
    assert!((all - 2..all).contains(&left), "{left} of {all}");
}

#[tokio::test]
async fn to_collect_some_looks_at_what_is_removed_once() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["x"; 600]).await;
    let flags = Operation::ChangeFlags(FlagBits::DELETED);
    let flags = permit(&world.store, ada, mailbox, flags).await;
    let expunge = permit(&world.store, ada, mailbox, Operation::Expunge).await;
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    for range in [1..11, 11..601] {
        let masks = adding(&uids(range), FlagBits::DELETED);
        world.store.edit_flags(&flags, masks).await.unwrap();
        world.store.expunge(&expunge, all_deleted()).await.unwrap();
        admin
            .execute("update garbage set at = now() - interval '1 hour' where uid <= 10")
            .await
            .unwrap();
    }
    world.analyze().await;
    let before = world.rows_read("garbage").await;
    let node = world.another_node().await;
    let half_an_hour = Duration::from_secs(30 * 60);
    assert_eq!(node.collect_garbage(half_an_hour).await.unwrap(), 10);
    let read = world.rows_read("garbage").await - before;
    assert!(
        read < 700,
        "{read} rows were read to collect 10 of 600 messages"
    );
}
