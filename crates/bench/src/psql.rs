//! Statements that the world's database is asked beside what is measured.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::BenchError;
use crate::program::find_program;
use crate::world::World;

/// The database, asked by psql.
#[derive(Debug)]
pub(crate) struct Psql {
    program: PathBuf,
    /// The URL of a database on loopback with its password, which the demo has printed anyway.
    url: String,
}

impl Psql {
    pub(crate) fn find(world: &World) -> Result<Self, BenchError> {
        let postgres = world.postgres.as_ref();
        let postgres = postgres.ok_or_else(|| BenchError::new("a peer has no database"))?;
        let program = find_program("psql");
        Ok(Self {
            program: program.ok_or_else(|| BenchError::new("psql is not installed"))?,
            url: postgres.url.clone(),
        })
    }

    /// What it says, a row a line.
    pub(crate) fn ask(&self, statement: &str) -> Result<String, BenchError> {
        let output = Command::new(&self.program)
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet"])
            .args(["--command", statement])
            .arg(&self.url)
            .stdin(Stdio::null())
            .output()
            .map_err(BenchError::at("psql"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(BenchError::new(format!("psql: {}", said.trim())))
    }

    /// Sets these for the server, until [`reset`](Self::reset).
    pub(crate) fn set(&self, settings: &[(&str, &str)]) -> Result<(), BenchError> {
        for (name, value) in settings {
            self.ask(&format!("alter system set {name} = {value}"))?;
        }
        self.ask(RELOAD).map(drop)
    }

    /// The settings of a database that is gone are gone too.
    pub(crate) fn reset(&self, settings: &[(&str, &str)]) {
        for (name, _) in settings {
            drop(self.ask(&format!("alter system reset {name}")));
        }
        drop(self.ask(RELOAD));
    }
}

const RELOAD: &str = "select pg_reload_conf()";
