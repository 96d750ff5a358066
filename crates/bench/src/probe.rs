//! What the machine can do at this moment, without us: the yardstick that every figure is put beside.
//! A machine that compiles something else is twenty times slower at this, and so are we.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::pgbench::Pgbench;
use crate::usage::Processes;
use crate::world::World;

/// A thing that no mail server can go around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Yardstick {
    /// 8 KB written over what is there, and fdatasync, on the database's file system.
    Fdatasync,
    /// One small row inserted and committed by one client.
    Commit,
}

impl Yardstick {
    /// In the plural, as it is counted.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fdatasync => "fdatasync",
            Self::Commit => "commits",
        }
    }
}

/// Both yardsticks, ready to be read again and again.
pub(crate) struct Probes {
    disk: Disk,
    commits: Option<Pgbench>,
    /// Whose share of the processors is told beside them.
    pub(crate) processes: Processes,
}

impl Probes {
    /// Beside the database's files where we may write there.
    pub(crate) fn new(world: &World) -> Result<Self, BenchError> {
        let probes = Self {
            disk: Disk::new(world.postgres.pid)?,
            commits: Pgbench::find(&world.postgres.url)?,
            processes: Processes::of(world),
        };
        if probes.commits.is_none() {
            eprintln!("pgbench is not installed: nothing is put beside commits");
        }
        Ok(probes)
    }

    /// How many a second now; `None` where this yardstick is missing. Blocks for up to a second.
    pub(crate) fn read(&mut self, yardstick: Yardstick) -> Result<Option<f64>, BenchError> {
        match yardstick {
            Yardstick::Fdatasync => self.disk.rate().map(Some),
            Yardstick::Commit => self.commits.as_mut().map(Pgbench::rate).transpose(),
        }
    }
}

struct Disk {
    /// Without a name, so nothing is left behind.
    file: File,
}

impl Disk {
    fn new(postgres_pid: u32) -> Result<Self, BenchError> {
        // PostgreSQL works in its data directory.
        let beside = PathBuf::from(format!("/proc/{postgres_pid}/cwd"));
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

    /// As the database does with its log: blocks are there before they are needed.
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
/// One segment of a write-ahead log.
const PAGES: u64 = 2048;
const WRITES_MAX: u64 = 4000;
const PROBE_TIME_MAX: Duration = Duration::from_millis(400);
