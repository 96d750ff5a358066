//! Whether the database answers is known however busy a node is, and where it is may change while the node runs.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use store::{Fault, Heard, Store};
use tokio::task::JoinSet;

use crate::shares::waiting;
use crate::world::{World, append, connect};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_probed_while_all_connections_are_held() {
    let world = World::new().await;
    world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswite")]).await;
    let mut holder = PgConnection::connect(&world.url).await.unwrap();
    let mut holding = holder.begin().await.unwrap();
    let lock = "lock table account, mailbox in access exclusive mode";
    holding.execute(lock).await.unwrap();
    let mut asking = JoinSet::new();
    for _ in 0..12 {
        let store = world.store.clone();
        asking.spawn(async move { store.load_image(mailbox).await.map(drop) });
        let store = world.store.clone();
        asking.spawn(async move { store.find_account("ada").await.map(drop) });
    }
    // All that the pool has.
    while waiting(&world.url).await < 8 {
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        world.store.probe().await.unwrap();
    }
    holding.rollback().await.unwrap();
    asking.join_all().await;
}

#[tokio::test]
async fn a_probe_survives_a_database_that_was_restarted() {
    let world = World::new().await;
    world.store.probe().await.unwrap();
    world.cut_connections().await;
    world.store.probe().await.unwrap();
}

/// A password that was changed, a database that takes no connections, a rule of `pg_hba.conf`: nobody can tell these apart from without.
#[tokio::test]
async fn a_database_that_lets_nobody_in_is_not_available() {
    let world = World::new().await;
    world.account("ada").await;
    let own: PgConnectOptions = world.url.parse().unwrap();
    let name = own.get_database().unwrap().to_owned();
    // Nobody may close the database that they are in.
    let mut admin = own.database("postgres").connect().await.unwrap();
    let mut lets_in = async |anybody: bool| {
        let words = format!(
            "alter database \"{name}\" allow_connections {anybody};
             select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and not {anybody}"
        );
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(words));
        admin.execute(statements).await.unwrap();
    };
    lets_in(false).await;
    let is_away = |fault: Fault| matches!(fault, Fault::Unavailable(_));
    // What was open is found to be dead first.
    drop(world.store.find_account("ada").await);
    assert!(is_away(world.store.find_account("ada").await.unwrap_err()));
    assert!(is_away(world.store.probe().await.unwrap_err()));
    let pending = Store::pending_migrations(&world.url).await;
    assert!(is_away(pending.unwrap_err()));

    lets_in(true).await;
    world.store.find_account("ada").await.unwrap().unwrap();
    world.store.probe().await.unwrap();
}

#[tokio::test]
async fn of_several_servers_the_one_that_takes_writes_is_the_database() {
    let world = World::new().await;
    world.account("ada").await;
    let (before, place) = world.url.split_once('@').unwrap();
    // Nobody is there, and the database; sqlx itself knows one host.
    let both = format!("{before}@127.0.0.1:1,{place}?target_session_attrs=read-write");
    let store = connect(&both).await;
    store.find_account("ada").await.unwrap().unwrap();
    store.probe().await.unwrap();
    assert_eq!(Store::why_not_yet(&both).await.unwrap(), None);
    assert!(
        store
            .hears_notifications(Duration::from_secs(60))
            .await
            .unwrap()
    );

    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let close = "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$";
    admin.execute(close).await.unwrap();
    // Each is told of by its name.
    let why = Store::why_not_yet(&both).await.unwrap().unwrap();
    assert!(why.contains("127.0.0.1:1: Connection refused"), "{why}");
    assert!(why.contains("is read-only"), "{why}");
    let why = Store::why_not_yet(&world.url).await.unwrap().unwrap();
    assert!(why.contains("read-only"), "{why}");
    let pending = Store::pending_migrations(&world.url).await;
    assert!(matches!(pending, Err(Fault::Unavailable(_))));
}

/// Where somebody else logs in to the same database, as after a secret was replaced.
async fn by(world: &World, role: &str, password: &str) -> String {
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let make = format!(
        "do $$ begin create role {role} login superuser; exception when duplicate_object then null; end $$;
         alter role {role} password '{password}'"
    );
    let make = sqlx::raw_sql(sqlx::AssertSqlSafe(make));
    admin.execute(make).await.unwrap();
    let (_, place) = world.url.split_once('@').unwrap();
    format!("postgres://{role}:{password}@{place}")
}

async fn connections_of(world: &World, role: &str) -> i64 {
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let count =
        "select count(*) from pg_stat_activity where datname = current_database() and usename = $1";
    let count = sqlx::query_scalar(count).bind(role);
    count.fetch_one(&mut admin).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_told_another_password_uses_it_and_lets_the_old_connections_go() {
    let world = World::new().await;
    let (old, new) = ("whereabouts_old", "whereabouts_new");
    let before = by(&world, old, "one").await;
    let after = by(&world, new, "two").await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswite")]).await;
    let store = connect(&before).await;
    let mut listener = store.listen().await.unwrap();
    // The pool, the notifier and the probe have a connection each.
    append(&store, ada, mailbox, &["a"]).await;
    assert!(matches!(listener.next().await, Heard::Wakeups(_)));
    store.probe().await.unwrap();
    assert!(connections_of(&world, old).await > 3);

    store.move_to(&after).await.unwrap();
    loop {
        if listener.next().await == Heard::Resync {
            break;
        }
    }
    append(&store, ada, mailbox, &["b"]).await;
    assert!(matches!(listener.next().await, Heard::Wakeups(_)));
    store.probe().await.unwrap();
    // A backend ends a moment after its connection.
    while connections_of(&world, old).await > 0 {}
    assert!(connections_of(&world, new).await > 3);
}

#[tokio::test]
async fn a_wrong_name_and_another_database_change_nothing() {
    let (world, other) = (World::new().await, World::new().await);
    let (_, place) = world.url.split_once('@').unwrap();
    let refused = move_to(
        &world.store,
        &format!("postgres://whereabouts_nobody@{place}"),
    )
    .await;
    assert!(refused.contains("whereabouts_nobody"), "{refused}");
    // Both are copies of one, with its key.
    let mut admin = PgConnection::connect(&other.url).await.unwrap();
    let another = "update object_key set key = set_byte(key, 0, get_byte(key, 0) # 1)";
    admin.execute(another).await.unwrap();
    let refused = move_to(&world.store, &other.url).await;
    assert!(refused.contains("another database"), "{refused}");
    assert!(
        move_to(&world.store, "postgres://127.0.0.1:1/none")
            .await
            .contains("refused")
    );
    world.store.ping().await.unwrap();
}

async fn move_to(store: &Store, url: &str) -> String {
    match store.move_to(url).await {
        Err(fault @ (Fault::Broken(_) | Fault::Unavailable(_))) => format!("{fault} {fault:?}"),
        other => panic!("{other:?}"),
    }
}
