//! While frontends are rolled, forth or back, those of the release before say what they always said, to the schema of
//! this one. `cargo xtask keep-release` keeps that when a release is made.

use std::fs;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr};

use crate::world::World;

const STATEMENTS: &str = include_str!("../release_before/statements.json");
/// Beside the statements: the functions that this release has no more.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/release_before");

/// A release that comes back creates those of its functions that this one has not, and leaves all others as they are.
async fn create_missing_functions(connection: &mut PgConnection) {
    connection
        .execute("set check_function_bodies = off")
        .await
        .unwrap();
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "sql") {
            let text = fs::read_to_string(path).unwrap();
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(text)))
                .await
                .unwrap();
        }
    }
}

/// What a statement takes and returns in this database, as it was kept.
async fn described(connection: &mut PgConnection, query: &'static str) -> Result<Value, String> {
    let described = connection.describe(query.into_sql_str()).await;
    let described = described.map_err(|error| error.to_string())?;
    let described = serde_json::to_value(&described).unwrap();
    let columns: Vec<_> = described["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| json!([column["name"], column["type_info"]]))
        .collect();
    Ok(json!({
        "query": query,
        "parameters": described["parameters"]["Left"],
        "columns": columns,
    }))
}

#[tokio::test]
async fn every_statement_of_the_release_before_means_the_same() {
    let world = World::new().await;
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    create_missing_functions(&mut connection).await;
    let mut count = 0;
    for line in STATEMENTS.lines() {
        let kept: Value = serde_json::from_str(line).unwrap();
        let query = kept["query"].as_str().unwrap().to_owned().leak();
        assert_eq!(described(&mut connection, query).await, Ok(kept), "{line}");
        count += 1;
    }
    assert!(count > 50, "only {count} statements are kept");
}

/// The check can fail: a function that takes or returns something else is found.
#[tokio::test]
async fn another_signature_is_found() {
    let world = World::new().await;
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    let query = "select levels_of('a') as n";
    let before = described(&mut connection, query).await;
    connection
        .execute(sqlx::raw_sql(
            "drop function levels_of cascade;
             create function levels_of(_path text) returns bigint language sql as 'select 0::bigint'",
        ))
        .await
        .unwrap();
    assert_ne!(described(&mut connection, query).await, before);
}
