//! A private PostgreSQL below the state directory, for trials and for machines without another one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use private_pg::{Options, PgError, PrivatePg, Tuning};
use tracing::{info, warn};

use crate::config::Secret;
use crate::environment;
use crate::error::ServerError;

/// A private PostgreSQL that runs for as long as this process needs it.
#[derive(Debug)]
pub(super) struct Private {
    postgres: PrivatePg,
    /// The file that tells the verbs of the command line where it is.
    notice: PathBuf,
}

impl Private {
    /// Where none is named, there is this one.
    #[expect(clippy::unnecessary_wraps, reason = "another program has none")]
    pub(super) fn check() -> Result<(), ServerError> {
        Ok(())
    }

    pub(super) async fn start(state_dir: &Path) -> Result<(Secret, Self), ServerError> {
        let options = Options::new(state_dir.join("postgres"), Tuning::Durable);
        let dir = options.dir.clone();
        let started = environment::run_blocking(move || PrivatePg::start(&options)).await;
        let postgres = started
            .ok_or(ServerError::Panicked)?
            .map_err(ServerError::PrivatePg)?;
        let (url, notice) = (postgres.nearest_url(), notice_path(state_dir));
        if let Err(cause) = write_secret(&notice, &url) {
            warn!(%cause, "other verbs will not find the private PostgreSQL");
        }
        info!(dir = %dir.display(), pid = postgres.pid(), "using a private PostgreSQL");
        Ok((Secret::new(url), Self { postgres, notice }))
    }

    /// Where the one is that another process runs, if `error` says that it does.
    pub(super) fn of_another(error: &ServerError, state_dir: &Path) -> Option<Secret> {
        let ServerError::PrivatePg(PgError::InUse(_)) = error else {
            return None;
        };
        // Without a notice the server is about to start or to stop.
        let url = fs::read_to_string(notice_path(state_dir)).ok()?;
        Some(Secret::new(url))
    }

    pub(super) fn pid(&self) -> u32 {
        self.postgres.pid()
    }

    pub(super) async fn stop(self) {
        let Self { postgres, notice } = self;
        // The file may be gone already.
        drop(fs::remove_file(notice));
        let stopped = environment::run_blocking(move || postgres.stop()).await;
        if let Some(Err(cause)) = stopped {
            warn!(%cause, "the private PostgreSQL did not stop cleanly");
        }
    }
}

fn notice_path(state_dir: &Path) -> PathBuf {
    state_dir.join("database.url")
}

/// Writes a file that only this user can read, from its first byte on.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    // What another process may have left.
    drop(fs::remove_file(&fresh));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?
        .write_all(text.as_bytes())?;
    fs::rename(&fresh, path)
}
