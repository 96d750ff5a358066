//! What a database of ours was asked and wrote: counted from its own log of statements, its numbers of transactions
//! and its write-ahead log. None of these depends on how fast the machine is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::error::BenchError;
use crate::psql::Psql;
use crate::world::World;

/// A database that logs every statement, for as long as this lives.
#[derive(Debug)]
pub(super) struct Ledger {
    psql: Psql,
    log: PathBuf,
}

/// A moment in the ledger.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    wal_bytes: u64,
    transactions: u64,
    log_bytes: u64,
}

/// What came between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    /// How often each statement was executed, by its first words.
    pub(super) statements: BTreeMap<String, usize>,
    /// Transactions that wrote something.
    pub(super) transactions: u64,
    pub(super) wal_bytes: u64,
}

impl Ledger {
    pub(super) fn open(world: &World) -> Result<Self, BenchError> {
        let postgres = world.postgres.as_ref();
        let postgres = postgres.ok_or_else(|| BenchError::new("a peer has no database"))?;
        let ledger = Self {
            psql: Psql::find(world)?,
            // Where the server's errors go: its log has no other name for us.
            log: PathBuf::from(format!("/proc/{}/fd/2", postgres.pid)),
        };
        ledger.psql.set(&SETTINGS)?;
        Ok(ledger)
    }

    /// The present moment.
    pub(super) fn mark(&self) -> Result<Mark, BenchError> {
        let mut mark = self.written()?;
        let metadata = std::fs::metadata(&self.log).map_err(BenchError::at("PostgreSQL's log"))?;
        mark.log_bytes = metadata.len();
        Ok(mark)
    }

    pub(super) fn since(&self, mark: &Mark) -> Result<Entries, BenchError> {
        // Before we ask for the rest, which is logged too.
        let log = self.log_after(mark.log_bytes);
        let log = log.map_err(BenchError::at("PostgreSQL's log"))?;
        let now = self.written()?;
        Ok(Entries {
            statements: statements(&log),
            transactions: now.transactions - mark.transactions,
            wal_bytes: now.wal_bytes - mark.wal_bytes,
        })
    }

    fn log_after(&self, start: u64) -> std::io::Result<String> {
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn written(&self) -> Result<Mark, BenchError> {
        let said = self.psql.ask(WRITTEN)?;
        let numbers = said.trim().split_once('|');
        let numbers =
            numbers.and_then(|(wal, next)| wal.parse().ok().zip(next.parse::<u64>().ok()));
        let (wal_bytes, transactions) =
            numbers.ok_or_else(|| BenchError::new(format!("psql: {said}")))?;
        Ok(Mark {
            wal_bytes,
            transactions,
            log_bytes: 0,
        })
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.psql.reset(&SETTINGS);
    }
}

/// Counts the statements in a piece of PostgreSQL's log, without those that come every second anyway. A statement
/// is written as it came, its further lines indented.
fn statements(log: &str) -> BTreeMap<String, usize> {
    let mut texts: Vec<String> = Vec::new();
    let mut is_statement = false;
    for line in log.lines() {
        if let Some(more) = line.strip_prefix('\t') {
            if let Some(text) = texts.last_mut().filter(|_| is_statement) {
                text.push(' ');
                text.push_str(more);
            }
        } else {
            let begun = begun_statement(line);
            is_statement = begun.is_some();
            texts.extend(begun.map(str::to_owned));
        }
    }
    let mut counts = BTreeMap::new();
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        if EVERY_SECOND.iter().all(|regular| !text.contains(regular)) {
            let beginning: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
            *counts.entry(beginning).or_insert(0) += 1;
        }
    }
    counts
}

/// The text after `LOG:  execute sqlx_s_7: ` or `LOG:  statement: `.
fn begun_statement(line: &str) -> Option<&str> {
    let (_, said) = line.split_once("LOG:  ")?;
    if let Some(text) = said.strip_prefix("statement: ") {
        return Some(text);
    }
    Some(said.strip_prefix("execute ")?.split_once(": ")?.1)
}

/// A node extends its lease and reports its sessions, whatever the load.
const EVERY_SECOND: [&str; 2] = ["update node_lease", "report_sessions("];
/// As much of a statement as tells it from others.
const SHOWN_CHARACTERS_MAX: usize = 110;

/// Whole pages in the WAL and vacuum depend on when a checkpoint was and how long we take.
const SETTINGS: [(&str, &str); 3] = [
    ("log_statement", "'all'"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
];
const WRITTEN: &str = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn, \
                       pg_snapshot_xmax(pg_current_snapshot())";

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn statements_are_counted_by_their_first_words() {
        let log = "2026-11-29 23:38:55.456 UTC [7] LOG:  execute sqlx_s_5: select m.id\n\
                   \t  from mailbox m\n\
                   2026-11-29 23:38:55.457 UTC [8] LOG:  execute <unnamed>: select m.id from mailbox m\n\
                   2026-11-29 23:38:55.458 UTC [7] LOG:  statement: BEGIN\n\
                   2026-11-29 23:38:55.459 UTC [7] WARNING:  there is a fault: execute it\n\
                   \tnot a statement\n\
                   2026-11-29 23:38:56.387 UTC [7] LOG:  execute sqlx_s_2: update node_lease\n\
                   \t set until = $1\n\
                   2026-11-29 23:38:56.390 UTC [7] LOG:  received SIGHUP\n";
        let found: Vec<_> = statements(log).into_iter().collect();
        let expected = [("BEGIN", 1), ("select m.id from mailbox m", 2)];
        assert_eq!(
            found,
            expected.map(|(text, count)| (text.to_owned(), count))
        );
    }

    #[test]
    fn an_empty_log_has_none() {
        assert!(statements("").is_empty());
    }
}
