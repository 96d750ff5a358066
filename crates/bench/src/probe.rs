//! What the machine can do at this time, without us: the yardstick for every figure. On a machine
//! that compiles something at the same time it is twenty times slower, and so are we.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::pgbench::Pgbench;
use crate::scale::Scale;
use crate::turns::Turns;
use crate::usage::Processes;
use crate::world::World;

/// An operation that every mail server needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Yardstick {
    /// 8 KB are written over existing data and synced by fdatasync, on the database's file system.
    Fdatasync,
    /// One small row is inserted and committed by one client.
    Commit,
}

impl Yardstick {
    /// The name in the plural.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fdatasync => "fdatasync",
            Self::Commit => "commits",
        }
    }
}

/// Both yardsticks, which can be read repeatedly.
pub(crate) struct Probes {
    disk: Disk,
    commits: Option<Pgbench>,
    /// The processes whose shares of the processors are reported.
    pub(crate) processes: Processes,
    /// Shared with the places that are measured together with this one.
    pub(crate) turns: Turns,
    pub(crate) scale: Scale,
}

impl Probes {
    /// Prepares the probes, beside the database's files where we may write there.
    pub(crate) fn new(world: &World, scale: Scale) -> Result<Self, BenchError> {
        let probes = Self {
            disk: Disk::new(world.data_pid()?)?,
            commits: match &world.postgres {
                Some(postgres) if scale == Scale::Full => Pgbench::find(&postgres.url)?,
                _ => None,
            },
            processes: Processes::of(world),
            turns: Turns::alone(),
            scale,
        };
        if probes.commits.is_none() && world.postgres.is_some() && scale == Scale::Full {
            eprintln!("pgbench is not installed: nothing is put beside commits");
        }
        Ok(probes)
    }

    /// The current rate in a second; `None` where this yardstick is missing or nobody compares. Blocks for up to
    /// a second.
    pub(crate) fn read(&mut self, yardstick: Yardstick) -> Result<Option<f64>, BenchError> {
        if self.scale == Scale::Smoke {
            return Ok(None);
        }
        match yardstick {
            Yardstick::Fdatasync => self.disk.rate().map(Some),
            Yardstick::Commit => self.commits.as_mut().map(Pgbench::rate).transpose(),
        }
    }
}

struct Disk {
    /// A file without a name, so that nothing is left behind.
    file: File,
}

impl Disk {
    fn new(pid: u32) -> Result<Self, BenchError> {
        // PostgreSQL works in its data directory, and Dovecot beside it.
        let beside = PathBuf::from(format!("/proc/{pid}/cwd"));
        let file = tempfile::tempfile_in(beside).or_else(|cause| {
            let elsewhere = std::env::temp_dir();
            eprintln!(
                "fdatasync is probed in {}, not beside the database: {cause}",
                elsewhere.display()
            );
            tempfile::tempfile_in(elsewhere)
        });
        let disk = Self {
            file: file.map_err(BenchError::at("the probe's file"))?,
        };
        disk.fill().map_err(BenchError::at("the probe's file"))?;
        Ok(disk)
    }

    /// Allocates the blocks before they are needed, as the database does for its log.
    fn fill(&self) -> std::io::Result<()> {
        for page in 0..PAGES {
            self.file.write_all_at(&PAGE, page * PAGE_BYTES)?;
        }
        self.file.sync_all()
    }

    fn rate(&self) -> Result<f64, BenchError> {
        let start = Instant::now();
        let mut written = 0;
        while written < WRITES_MAX && start.elapsed() < PROBE_TIME_MAX {
            let at = written % PAGES * PAGE_BYTES;
            let synced = self
                .file
                .write_all_at(&PAGE, at)
                .and_then(|()| self.file.sync_data());
            synced.map_err(BenchError::at("the probe's file"))?;
            written += 1;
        }
        Ok(written as f64 / start.elapsed().as_secs_f64())
    }
}

const PAGE_BYTES: u64 = 8192;
const PAGE: [u8; 8192] = [b'p'; 8192];
/// The pages of one segment of a write-ahead log.
const PAGES: u64 = 2048;
const WRITES_MAX: u64 = 4000;
const PROBE_TIME_MAX: Duration = Duration::from_millis(400);
