//! `postroom migrate`: bring the database up to date.

use serde_json::json;
use store::Store;

use super::admin_context::with_a_word;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;
use crate::database::Database;

pub(super) const HELP: &str = "serve does the same when it starts. Several at once wait for each \
    other, and a database that is up to date is left alone.\n\n\
    Example:\n  POSTROOM_DATABASE__URL_FILE=/run/secrets/database-url postroom migrate";

pub(super) async fn run(config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let database = Database::reach(config).await?;
    let migrated = with_a_word(Store::migrate(database.url())).await;
    database.stop().await;
    let applied = migrated?;
    terminal.show(&json!({ "applied": applied }), || {
        if applied.is_empty() {
            return "up to date".to_owned();
        }
        applied
            .iter()
            .map(|name| format!("applied {name}\n"))
            .collect()
    })
}
