//! What is generated and committed: the metadata of checked SQL, the reference of settings, the
//! list of landed migrations, and the page of conformance.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use private_pg::Tuning;

use crate::monitoring;
use crate::postgres;
use crate::settings;
use crate::tidy;
use crate::tool::{ChoreError, cargo, read, root, run as run_tool};

/// Generates `.sqlx` from the migrations, the functions and the queries, then the rest.
pub(crate) fn run(_: &[String]) -> Result<(), ChoreError> {
    let folder = postgres::scratch_folder("postroom-prepare-")?;
    let postgres = postgres::start(&folder.path().join("postgres"), Tuning::Scratch)?;
    let migrations = statements("migrations")?;
    for file in migrations
        .into_iter()
        .chain(statements("crates/store/functions")?)
    {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]);
        let text = fs::read_to_string(&file).map_err(ChoreError::at(file.display()))?;
        if !text.starts_with("-- no-transaction") {
            psql.arg("--single-transaction");
        }
        // Functions name each other, in whatever order they are created.
        psql.env("PGOPTIONS", "-c check_function_bodies=off");
        read(psql.arg("--file").arg(file).arg(postgres.url()))?;
    }
    let fresh = folder.path().join("sqlx");
    fs::create_dir(&fresh).map_err(ChoreError::at(fresh.display()))?;
    check_queries(&postgres.url(), &fresh)?;
    replace(&root().join(".sqlx"), &fresh)?;
    settings::renew()?;
    monitoring::renew()?;
    tidy::land(&root())?;
    tidy::renew_conformance(&root())?;
    postgres.stop().map_err(ChoreError::at("PostgreSQL"))
}

/// The files of SQL in a folder, in the order of their names.
pub(crate) fn statements(folder: &str) -> Result<Vec<PathBuf>, ChoreError> {
    let folder = root().join(folder);
    let entries = fs::read_dir(&folder).map_err(ChoreError::at(folder.display()))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// Compiles the store against the database; the macros write the types of queries to `metadata`.
fn check_queries(database: &str, metadata: &Path) -> Result<(), ChoreError> {
    // What is compiled already asks no database: make it look changed.
    let lib = root().join("crates/store/src/lib.rs");
    #[expect(
        clippy::disallowed_methods,
        reason = "a file's time, on a developer's machine"
    )]
    let now = SystemTime::now();
    let touched = File::options()
        .write(true)
        .open(&lib)
        .and_then(|lib| lib.set_modified(now));
    touched.map_err(ChoreError::at(lib.display()))?;
    let mut check = cargo(&[
        "check",
        "--quiet",
        "--package",
        "postroom-store",
        "--all-targets",
    ]);
    check
        .env("DATABASE_URL", database)
        .env("SQLX_OFFLINE", "false");
    run_tool(check.env("SQLX_OFFLINE_DIR", metadata))
}

fn replace(old: &Path, fresh: &Path) -> Result<(), ChoreError> {
    if old.exists() {
        fs::remove_dir_all(old).map_err(ChoreError::at(old.display()))?;
    }
    fs::create_dir(old).map_err(ChoreError::at(old.display()))?;
    for entry in fs::read_dir(fresh).map_err(ChoreError::at(fresh.display()))? {
        let entry = entry.map_err(ChoreError::at(fresh.display()))?;
        let target = old.join(entry.file_name());
        fs::copy(entry.path(), &target).map_err(ChoreError::at(target.display()))?;
    }
    Ok(())
}
