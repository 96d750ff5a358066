//! Bringing a database up to date: first the tables, then the functions.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};
use sqlx::{Connection, Executor, PgConnection};

use crate::servers::Servers;
use crate::{Cause, Fault, Store};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The advisory lock under which one migrates: "postroom" in the letters of PostgreSQL's `bigint`.
const MIGRATIONS_LOCK: i64 = i64::from_be_bytes(*b"postroom");

/// The migration that made the table `oldest_release`.
const OLDEST_RELEASE_SINCE: i64 = 18;

/// The migration that made the table `installed_function`.
const FUNCTIONS_SINCE: i64 = 9;

/// Every function of the schema as this release has it, by name.
static FUNCTIONS: &[Function] = include!(concat!(env!("OUT_DIR"), "/functions.rs"));

/// A file of `functions/`: the statements that create one function, and its triggers.
struct Function {
    name: &'static str,
    text: &'static str,
}

/// What a database lacks.
#[derive(Default)]
struct Missing {
    migrations: Vec<&'static Migration>,
    functions: Vec<&'static Function>,
}

impl Missing {
    fn is_anything(&self) -> bool {
        !self.migrations.is_empty() || !self.functions.is_empty()
    }
}

impl Store {
    /// Applies the migrations that are missing, and creates the functions that are not there or are of another
    /// text. Waits for an advisory lock, because several nodes may start at once. Returns what was done.
    ///
    /// Functions that this release does not have stay: an older or a newer one may run beside it.
    ///
    /// # Errors
    ///
    /// [`Fault::Broken`] when a migration fails, was another one when this database ran it, or when a newer release
    /// has left this one behind: then nothing has been changed.
    pub async fn migrate(url: &str) -> Result<Vec<String>, Fault> {
        let mut connection = connect(url).await?;
        lock(&mut connection).await?;
        // Whoever may change no table may find that there is nothing to change.
        if !missing(&mut connection).await?.is_anything() {
            connection.close().await?;
            return Ok(Vec::new());
        }
        if !may_migrate(&mut connection).await? {
            return Err(Fault::Broken(Cause::new(
                "this role may not change the tables: `postroom migrate` is for the role that owns them; where frontends have another \
                 one, database.migrate is false",
            )));
        }
        connection
            .ensure_migrations_table(&MIGRATIONS.table_name)
            .await?;
        let mut done = Vec::new();
        for migration in missing(&mut connection).await?.migrations {
            connection.apply(&MIGRATIONS.table_name, migration).await?;
            done.push(name_of(migration));
        }
        let functions = missing(&mut connection).await?.functions;
        create(&mut connection, &functions).await?;
        done.extend(words_for(&functions));
        // Ends the lock too.
        connection.close().await?;
        Ok(done)
    }

    /// Whether the role of `url` may [`migrate`](Self::migrate): it owns the tables or, where there are none, may make some.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn may_migrate(url: &str) -> Result<bool, Fault> {
        may_migrate(&mut connect(url).await?).await
    }

    /// The tables in which the role of `url` cannot do all that a frontend does, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn lacking_grants(url: &str) -> Result<Vec<String>, Fault> {
        let mut connection = connect(url).await?;
        let tables = sqlx::query_scalar(
            "select c.relname::text
               from pg_class c
              cross join unnest(array['select', 'insert', 'update', 'delete']) as needed
              where c.relnamespace = current_schema()::regnamespace
                and c.relkind in ('r', 'p')
                and not has_table_privilege(c.oid, needed)
              group by c.relname
              order by c.relname",
        );
        Ok(tables.fetch_all(&mut connection).await?)
    }

    /// What [`migrate`](Self::migrate) would do, or that somebody is migrating now. Changes nothing, and needs no right to.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached, [`Fault::Broken`] when it cannot be migrated.
    pub async fn pending_migrations(url: &str) -> Result<Vec<String>, Fault> {
        let mut connection = connect(url).await?;
        if is_being_migrated(&mut connection).await? {
            return Ok(vec!["what somebody else applies now".to_owned()]);
        }
        let missing = missing(&mut connection).await?;
        let migrations = missing.migrations.into_iter().map(name_of);
        Ok(migrations.chain(words_for(&missing.functions)).collect())
    }
}

async fn connect(url: &str) -> Result<PgConnection, Fault> {
    let opened = Servers::parse(url)?.connect_once().await;
    let mut connection = opened.map_err(Fault::of_opening)?;
    let encoding: String = sqlx::query_scalar("show server_encoding")
        .fetch_one(&mut connection)
        .await?;
    if encoding == "UTF8" {
        return Ok(connection);
    }
    let words = format!(
        "it is in {encoding}; mail needs all alphabets: create it with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"
    );
    Err(Fault::Broken(Cause::new(words)))
}

async fn may_migrate(connection: &mut PgConnection) -> Result<bool, Fault> {
    let may = sqlx::query_scalar(
        "select coalesce(
            (select pg_has_role(c.relowner, 'usage') from pg_class c where c.oid = to_regclass($1)),
            has_schema_privilege(current_schema(), 'create'),
            false)",
    );
    let table = &*MIGRATIONS.table_name;
    Ok(may.bind(table).fetch_one(connection).await?)
}

fn name_of(migration: &Migration) -> String {
    format!("{:04} {}", migration.version, migration.description)
}

fn words_for(functions: &[&Function]) -> Option<String> {
    (!functions.is_empty()).then(|| format!("{} functions", functions.len()))
}

/// Takes the lock under which one migrates, and asks again and again rather than once for long: a statement that waits
/// holds a snapshot, and `create index concurrently`, which somebody may run under the lock, waits for all snapshots.
async fn lock(connection: &mut PgConnection) -> Result<(), Fault> {
    loop {
        let is_taken = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock($1) as "is_taken!""#,
            MIGRATIONS_LOCK
        )
        .fetch_one(&mut *connection)
        .await?;
        if is_taken {
            return Ok(());
        }
        connection.execute("select pg_sleep(0.2)").await?;
    }
}

/// Whether somebody has the lock under which one migrates: what is half done then is not broken.
async fn is_being_migrated(connection: &mut PgConnection) -> Result<bool, Fault> {
    // Held for this statement.
    let is_free = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock_shared($1) as "is_free!""#,
        MIGRATIONS_LOCK
    )
    .fetch_one(connection)
    .await?;
    Ok(!is_free)
}

async fn missing(connection: &mut PgConnection) -> Result<Missing, Fault> {
    let table = &MIGRATIONS.table_name;
    let is_new: bool = sqlx::query_scalar("select to_regclass($1) is null")
        .bind(&**table)
        .fetch_one(&mut *connection)
        .await?;
    if is_new {
        return Ok(Missing {
            migrations: MIGRATIONS.iter().collect(),
            functions: FUNCTIONS.iter().collect(),
        });
    }
    if let Some(version) = connection.dirty_version(table).await? {
        return Err(MigrateError::Dirty(version).into());
    }
    let applied = connection.list_applied_migrations(table).await?;
    check_origin(&applied)?;
    check_release(connection, &applied).await?;
    let is_applied = |version| applied.iter().any(|migration| migration.version == version);
    let migrations: Vec<_> = MIGRATIONS
        .iter()
        .filter(|migration| !is_applied(migration.version))
        .collect();
    // Whoever migrated first may have been cut off before that.
    let functions = if is_applied(FUNCTIONS_SINCE) {
        outdated_functions(connection).await?
    } else {
        FUNCTIONS.iter().collect()
    };
    Ok(Missing {
        migrations,
        functions,
    })
}

/// Refuses a database that ran other migrations under the same numbers. Numbers that this release does not know
/// are those of a newer one, which older ones can live with.
fn check_origin(applied: &[AppliedMigration]) -> Result<(), Fault> {
    let is_ours = |applied: &AppliedMigration| {
        MIGRATIONS
            .iter()
            .filter(|migration| migration.version == applied.version)
            .all(|migration| migration.checksum == applied.checksum)
    };
    if applied.iter().all(is_ours) {
        return Ok(());
    }
    Err(Fault::Broken(Cause::new(
        "it was made by a Postroom of before the first release, whose migrations were others. Nothing was changed: \
         give this version a new database, and copy the mail from the old one over IMAP",
    )))
}

/// Refuses a database that a newer release has carried on so far that this one would do harm, as its migrations say.
async fn check_release(
    connection: &mut PgConnection,
    applied: &[AppliedMigration],
) -> Result<(), Fault> {
    if !applied
        .iter()
        .any(|migration| migration.version == OLDEST_RELEASE_SINCE)
    {
        return Ok(());
    }
    let oldest = sqlx::query_scalar!("select release from oldest_release")
        .fetch_one(&mut *connection)
        .await?;
    if release() >= oldest {
        return Ok(());
    }
    let oldest: Vec<_> = oldest.iter().map(ToString::to_string).collect();
    Err(Fault::Broken(Cause::new(format!(
        "a newer release has changed it; it needs Postroom {} or newer, and this is {}. Nothing was changed",
        oldest.join("."),
        env!("CARGO_PKG_VERSION"),
    ))))
}

/// The functions that are not in the database, or with another text and of no newer release.
async fn outdated_functions(
    connection: &mut PgConnection,
) -> Result<Vec<&'static Function>, Fault> {
    let rows = sqlx::query!("select name, hash, release from installed_function")
        .fetch_all(connection)
        .await?;
    let installed: HashMap<_, _> = rows
        .into_iter()
        .map(|row| (row.name, (row.hash, row.release)))
        .collect();
    let release = release();
    let is_outdated = |function: &&Function| match installed.get(function.name) {
        None => true,
        Some((hash, theirs)) => *hash != function.hash() && *theirs <= release,
    };
    Ok(FUNCTIONS.iter().filter(is_outdated).collect())
}

/// Creates functions in one transaction, so that nobody ever sees some of them.
async fn create(connection: &mut PgConnection, functions: &[&Function]) -> Result<(), Fault> {
    let mut transaction = connection.begin().await?;
    // They name each other, in whatever order they are created.
    transaction
        .execute("set local check_function_bodies = off")
        .await?;
    for function in functions {
        transaction.execute(sqlx::raw_sql(function.text)).await?;
        sqlx::query!(
            "insert into installed_function (name, hash, release)
             values ($1, $2, $3)
             on conflict (name) do update
                set hash = excluded.hash, release = excluded.release",
            function.name,
            function.hash(),
            &release(),
        )
        .execute(&mut *transaction)
        .await?;
    }
    check_signatures(&mut transaction).await?;
    Ok(transaction.commit().await?)
}

/// Refuses a function that is there twice: the older release, which calls it by the older signature, would not
/// know which is meant.
async fn check_signatures(connection: &mut PgConnection) -> Result<(), Fault> {
    let twice = sqlx::query_scalar!(
        r#"select p.proname::text as "name!"
             from pg_proc p
             join installed_function f on f.name = p.proname
            where p.pronamespace = current_schema()::regnamespace
            group by p.proname
           having count(*) > 1
            limit 1"#,
    )
    .fetch_optional(connection)
    .await?;
    match twice {
        None => Ok(()),
        Some(name) => Err(Fault::Broken(Cause::new(format!(
            "the function {name} is there already with other arguments or another result: \
             a function with another signature takes another name"
        )))),
    }
}

impl Function {
    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.text).to_vec()
    }
}

/// The version of this program, in a form that PostgreSQL and Rust compare alike.
fn release() -> Vec<i32> {
    let parts = env!("CARGO_PKG_VERSION").split('.');
    parts.filter_map(|part| part.parse().ok()).collect()
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
