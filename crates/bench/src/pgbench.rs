//! Commits of single rows by PostgreSQL's own benchmark, without any code of ours.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::error::BenchError;
use crate::program::find_program;

/// A table in the world's database, dropped at the end.
pub(crate) struct Pgbench {
    program: PathBuf,
    /// The URL of a database on loopback with its password, which the demo has printed anyway.
    url: String,
    insert: NamedTempFile,
}

impl Pgbench {
    /// Finds pgbench; `None` where it is not installed.
    pub(crate) fn find(url: &str) -> Result<Option<Self>, BenchError> {
        let Some(program) = find_program("pgbench") else {
            return Ok(None);
        };
        let pgbench = Self {
            program,
            url: url.to_owned(),
            insert: script("insert into bench_probe (word) values ('one small row')")?,
        };
        pgbench.once("drop table if exists bench_probe")?;
        pgbench.once(
            "create table bench_probe (id bigint generated always as identity, word text not null)",
        )?;
        Ok(Some(pgbench))
    }

    /// How many commits one client does in a second.
    pub(crate) fn rate(&mut self) -> Result<f64, BenchError> {
        let report = self.run(&self.insert, &["--time", "1", "--protocol", "prepared"])?;
        tps(&report).ok_or_else(|| BenchError::new("pgbench does not say how many"))
    }

    fn once(&self, statement: &str) -> Result<(), BenchError> {
        self.run(&script(statement)?, &["--transactions", "1"])
            .map(drop)
    }

    fn run(&self, script: &NamedTempFile, how_long: &[&str]) -> Result<String, BenchError> {
        let output = Command::new(&self.program)
            .args(["--no-vacuum", "--client", "1"])
            .args(how_long)
            .arg("--file")
            .arg(script.path())
            .arg(&self.url)
            .stdin(Stdio::null())
            .output()
            .map_err(BenchError::at("pgbench"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().last().unwrap_or("it said nothing");
        Err(BenchError::new(format!("pgbench: {last}")))
    }
}

impl Drop for Pgbench {
    fn drop(&mut self) {
        // The table of a database that is gone is gone too.
        drop(self.once("drop table if exists bench_probe"));
    }
}

fn script(statement: &str) -> Result<NamedTempFile, BenchError> {
    let written = NamedTempFile::new().and_then(|mut file| {
        writeln!(file, "{statement};")?;
        Ok(file)
    });
    written.map_err(BenchError::at("pgbench"))
}

fn tps(report: &str) -> Option<f64> {
    let line = report
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::tps;

    #[test]
    fn the_rate_is_found_in_the_report() {
        let report = "pgbench (15.14)\nscaling factor: 1\nlatency average = 0.209 ms\n\
                      tps = 4766.250000 (without initial connection time)\n";
        assert_eq!(tps(report), Some(4766.25));
        assert_eq!(tps("pgbench: error"), None);
    }
}
