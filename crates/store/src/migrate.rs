//! Bringing a database up to date.

use std::str::FromStr;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use crate::{Cause, Fault, Store};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

impl Store {
    /// Applies what is missing, under an advisory lock: several nodes may start at once. Returns what
    /// was applied.
    ///
    /// # Errors
    ///
    /// [`Fault::Broken`] when a migration fails or was edited since it was applied.
    pub async fn migrate(url: &str) -> Result<Vec<String>, Fault> {
        let pending = Self::pending_migrations(url).await?;
        MIGRATIONS.run(&mut connect(url).await?).await?;
        Ok(pending)
    }

    /// What [`migrate`](Self::migrate) would apply.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn pending_migrations(url: &str) -> Result<Vec<String>, Fault> {
        let mut connection = connect(url).await?;
        let table = &MIGRATIONS.table_name;
        connection.ensure_migrations_table(table).await?;
        let applied = connection.list_applied_migrations(table).await?;
        let is_pending = |version| applied.iter().all(|migration| migration.version != version);
        Ok(MIGRATIONS
            .iter()
            .filter(|migration| is_pending(migration.version))
            .map(|migration| format!("{:04} {}", migration.version, migration.description))
            .collect())
    }
}

async fn connect(url: &str) -> Result<PgConnection, Fault> {
    Ok(PgConnectOptions::from_str(url)?.connect().await?)
}

impl From<MigrateError> for Fault {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            // Foreign and non-exhaustive: a migration that does not fit is ours to look into.
            other => Self::Broken(Cause::new(other)),
        }
    }
}
