//! One user's work never takes all connections.

use acl::Operation;
use mail::FlagBits;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::task::JoinSet;

use crate::logins::session;
use crate::world::{World, append, permit, uids};

/// More than there are connections, many times over.
const COPIES: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_copies_of_one_user_keep_nobody_out() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let from = world.shared("from", &[("ada", "lrswite")]).await;
    let to = world.shared("to", &[("ada", "lrswite")]).await;
    let bos = world.shared("bos", &[("bo", "lrswite")]).await;
    append(&world.store, ada, from, &["a"]).await;
    let source = permit(&world.store, ada, from, Operation::MoveFrom).await;
    let target = permit(&world.store, ada, to, Operation::Insert(FlagBits::ALL)).await;

    // Who copies waits for this for as long as the test wants.
    let mut holder = PgConnection::connect(&world.url).await.unwrap();
    let mut holding = holder.begin().await.unwrap();
    let lock = format!("select from mailbox where id = {} for update", to.0);
    holding.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    let mut copies = JoinSet::new();
    for _ in 0..COPIES {
        let store = session(&world.store, "ada", None).await;
        copies.spawn(async move {
            let one = uids([1]);
            store.copy(&source, &target, &one, FlagBits::ALL).await
        });
    }
    // Those that come first wait in the database.
    while waiting(&world.url).await == 0 {
        tokio::task::yield_now().await;
    }

    // Bo logs in, and works, and the node is well, while all of Ada's copies wait.
    let theirs = session(&world.store, "bo", None).await;
    world.store.ping().await.unwrap();
    theirs.latest(bos).await.unwrap().unwrap();
    append(&theirs, bo, bos, &["b"]).await;
    assert!(copies.try_join_next().is_none());

    holding.rollback().await.unwrap();
    while let Some(copied) = copies.join_next().await {
        assert_eq!(copied.unwrap().unwrap().pairs.len(), 1);
    }
}

/// How many statements wait for a lock of this database.
pub(crate) async fn waiting(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let waiting = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'",
    );
    waiting.fetch_one(&mut connection).await.unwrap()
}
