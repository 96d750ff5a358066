//! How a database is brought up to date.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{Fault, Store};

use tokio::task::JoinSet;

use crate::world::World;

async fn run(world: &World, statement: &'static str) {
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

/// The text of a function as the database has it.
async fn text_of(world: &World, function: &str) -> String {
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let text = sqlx::query_scalar("select prosrc from pg_proc where proname = $1")
        .bind(function)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    text
}

const FORGED: &str = "create or replace function levels_of(_path text) returns integer language sql immutable as 'select 0'";

#[tokio::test]
async fn a_database_that_is_up_to_date_is_left_alone() {
    let world = World::new().await;
    assert_eq!(
        Store::pending_migrations(&world.url).await.unwrap(),
        [""; 0]
    );
    run(&world, FORGED).await;
    assert_eq!(Store::migrate(&world.url).await.unwrap(), [""; 0]);
    assert_eq!(text_of(&world, "levels_of").await, "select 0");
}

#[tokio::test]
async fn a_function_of_another_text_is_created_anew() {
    let world = World::new().await;
    run(&world, FORGED).await;
    run(
        &world,
        "update installed_function set hash = '' where name = 'levels_of'",
    )
    .await;
    assert_eq!(Store::migrate(&world.url).await.unwrap(), ["1 functions"]);
    assert_ne!(text_of(&world, "levels_of").await, "select 0");
}

#[tokio::test]
async fn a_newer_release_keeps_its_functions_and_migrations() {
    let world = World::new().await;
    run(&world, FORGED).await;
    run(
        &world,
        "update installed_function set hash = '', release = '{999}' where name = 'levels_of'",
    )
    .await;
    run(
        &world,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of a newer release', true, '', 0)",
    )
    .await;
    assert_eq!(Store::migrate(&world.url).await.unwrap(), [""; 0]);
    assert_eq!(text_of(&world, "levels_of").await, "select 0");
}

#[tokio::test]
async fn another_signature_under_the_same_name_is_refused() {
    let world = World::new().await;
    run(
        &world,
        "create function levels_of(_path text, _more text) returns integer language sql as 'select 0'",
    )
    .await;
    run(
        &world,
        "update installed_function set hash = '' where name = 'levels_of'",
    )
    .await;
    let fault = Store::migrate(&world.url).await.unwrap_err();
    assert!(fault.to_string().contains("levels_of"), "{fault}");
}

#[tokio::test]
async fn a_database_of_before_the_schema_began_anew_is_left_as_it_is() {
    let world = World::new().await;
    run(
        &world,
        "update _sqlx_migrations set checksum = 'another' where version = 1",
    )
    .await;
    run(&world, "delete from _sqlx_migrations where version = 9").await;
    run(&world, "drop table installed_function").await;
    for asked in [
        Store::migrate(&world.url).await,
        Store::pending_migrations(&world.url).await,
    ] {
        let Err(Fault::Broken(cause)) = asked else {
            panic!("{asked:?}");
        };
        assert!(
            cause
                .to_string()
                .contains("give this version a new database")
        );
    }
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_tables where tablename = 'installed_function'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(tables, 0, "nothing was changed");
}

/// Another name than the lock of the program would not be waited for, so that the test would fail.
const LOCK: &str = "select pg_advisory_lock(('x' || encode('postroom', 'hex'))::bit(64)::bigint)";

#[tokio::test]
async fn who_waits_for_the_lock_does_not_hold_up_an_index_that_is_built_under_it() {
    let world = World::new().await;
    let mut first = PgConnection::connect(&world.url).await.unwrap();
    first.execute(LOCK).await.unwrap();
    let url = world.url.clone();
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { Store::migrate(&url).await });
    let mut watcher = PgConnection::connect(&world.url).await.unwrap();
    loop {
        let asking: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()
                and (query like '%advisory%' or query like '%pg_sleep%')",
        )
        .fetch_one(&mut watcher)
        .await
        .unwrap();
        // The first is one of them.
        if asking > 1 {
            break;
        }
    }
    let built = first.execute("create index concurrently of_a_test on account (name)");
    tokio::time::timeout(std::time::Duration::from_secs(20), built)
        .await
        .unwrap()
        .unwrap();
    assert!(waiting.try_join_next().is_none());
    first.close().await.unwrap();
    let migrated = waiting.join_next().await.unwrap().unwrap();
    assert_eq!(migrated.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_release_that_was_left_behind_changes_nothing() {
    let world = World::new().await;
    run(&world, "update oldest_release set release = '{999,1}'").await;
    run(&world, FORGED).await;
    run(
        &world,
        "update installed_function set hash = '' where name = 'levels_of'",
    )
    .await;
    for asked in [
        Store::migrate(&world.url).await,
        Store::pending_migrations(&world.url).await,
    ] {
        let fault = asked.unwrap_err().to_string();
        assert!(fault.contains("needs Postroom 999.1 or newer"), "{fault}");
    }
    assert_eq!(text_of(&world, "levels_of").await, "select 0");
}

#[tokio::test]
async fn what_is_missing_is_told_to_a_role_that_may_change_nothing() {
    let world = World::new().await;
    run(
        &world,
        "create role reader_of_migrations login password 'pass';
         grant select on all tables in schema public to reader_of_migrations;
         revoke create on schema public from public, reader_of_migrations",
    )
    .await;
    let (_, place) = world.url.rsplit_once('@').unwrap();
    let url = format!("postgres://reader_of_migrations:pass@{place}");
    assert_eq!(Store::pending_migrations(&url).await.unwrap(), [""; 0]);
    run(
        &world,
        "update installed_function set hash = '' where name = 'levels_of'",
    )
    .await;
    assert_eq!(
        Store::pending_migrations(&url).await.unwrap(),
        ["1 functions"]
    );
    run(
        &world,
        "drop owned by reader_of_migrations; drop role reader_of_migrations",
    )
    .await;
}

/// The migrations up to and without `last`, and that one.
fn migrations_before(last: &str) -> (Vec<String>, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
        .collect();
    files.sort();
    let is_before = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap() < last;
    let before = files.iter().filter(is_before);
    let last = files.iter().find(|path| !is_before(path)).unwrap();
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    (before.map(text).collect(), text(last))
}

#[tokio::test]
async fn a_database_that_cannot_hold_all_alphabets_is_refused() {
    let world = World::new().await;
    run(&world, "drop database if exists of_latin1").await;
    let create = "create database of_latin1 encoding 'LATIN1' locale 'C' template template0";
    run(&world, create).await;
    let url = world.url.rsplit_once('/').unwrap().0.to_owned() + "/of_latin1";
    let fault = Store::migrate(&url).await.unwrap_err();
    assert!(fault.to_string().contains("it is in LATIN1"), "{fault}");
}

#[tokio::test]
async fn a_list_that_is_equal_to_the_one_above_becomes_that() {
    let world = World::new().await;
    // The server's directory is used again by the next run.
    run(&world, "drop database if exists of_before").await;
    run(&world, "create database of_before").await;
    let url = world.url.rsplit_once('/').unwrap().0.to_owned() + "/of_before";
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let (before, migration) = migrations_before("0012");
    for text in before {
        let text = format!("begin; set local check_function_bodies = off; {text}; commit");
        connection.execute(AssertSqlSafe(text)).await.unwrap();
    }
    connection
        .execute(
            "insert into mailbox (id) overriding system value select generate_series(1, 6);
             insert into mailbox_name (mailbox, owner, path)
             values (1, 0, 'a'), (2, 0, 'a/b'), (3, 0, 'a/b/x/c'), (4, 0, 'a/d'), (5, 0, 'a/d/e'), (6, 0, 'f');
             insert into acl_entry (mailbox, identifier, is_negative, rights)
             select m, 'ada', false, 3 from generate_series(1, 6) m
              union all values (4, 'bo', true, 1), (5, 'bo', true, 1)",
        )
        .await
        .unwrap();
    let text = format!("begin; {migration}; commit");
    connection.execute(AssertSqlSafe(text)).await.unwrap();
    let lists: Vec<i64> = sqlx::query_scalar("select list_of from mailbox_name order by mailbox")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(lists, [1, 1, 1, 4, 4, 6]);
    let holding = "select distinct mailbox from acl_entry order by mailbox";
    let holding: Vec<i64> = sqlx::query_scalar(holding)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(holding, [1, 4, 6]);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_which_migrating_was_cut_off_early_is_carried_on() {
    let world = World::new().await;
    run(&world, "delete from _sqlx_migrations where version >= 9").await;
    run(&world, "drop table installed_function").await;
    let pending = Store::pending_migrations(&world.url).await.unwrap();
    assert_eq!(pending.first().map(String::as_str), Some("0009 functions"));
}

#[tokio::test]
async fn what_somebody_is_migrating_is_pending_and_not_broken() {
    let world = World::new().await;
    let mut migrating = PgConnection::connect(&world.url).await.unwrap();
    let lock = i64::from_be_bytes(*b"postroom");
    sqlx::query("select pg_advisory_lock($1)")
        .bind(lock)
        .execute(&mut migrating)
        .await
        .unwrap();
    let half_done = "update _sqlx_migrations set success = false where version = 9";
    run(&world, half_done).await;
    assert_eq!(
        Store::pending_migrations(&world.url).await.unwrap(),
        ["what somebody else applies now"]
    );
    migrating.close().await.unwrap();
    assert!(Store::pending_migrations(&world.url).await.is_err());
}
