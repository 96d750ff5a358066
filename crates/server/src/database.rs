//! The PostgreSQL to work on: the configured one, or a private one below the state directory.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use private_pg::{Options, PgError, PrivatePg, Tuning};
use tracing::{info, warn};

use crate::config::{Config, Secret};
use crate::environment;
use crate::error::ServerError;

/// The database's URL, and the private PostgreSQL that must be stopped in the end.
#[derive(Debug)]
pub(crate) struct Database {
    url: Secret,
    private: Option<Private>,
}

/// A private PostgreSQL that runs for as long as this process needs it.
#[derive(Debug)]
struct Private {
    postgres: PrivatePg,
    /// The file that tells the verbs of the command line where it is.
    notice: PathBuf,
}

impl Database {
    /// Opens the database for a server, which runs the private PostgreSQL if there is one.
    pub(crate) async fn open(config: &Config) -> Result<Self, ServerError> {
        match &config.database.url {
            Some(url) => Ok(Self::elsewhere(url.clone())),
            None => Self::start(&config.node.state_dir).await,
        }
    }

    /// Opens the database for a verb of the command line. It uses the private PostgreSQL of a server that
    /// runs one.
    pub(crate) async fn reach(config: &Config) -> Result<Self, ServerError> {
        if let Some(url) = &config.database.url {
            return Ok(Self::elsewhere(url.clone()));
        }
        match Self::start(&config.node.state_dir).await {
            // Without a notice the server is about to start or to stop.
            Err(error @ ServerError::PrivatePg(PgError::InUse(_))) => {
                let url = fs::read_to_string(notice_path(&config.node.state_dir));
                url.map_or(Err(error), |url| Ok(Self::elsewhere(Secret::new(url))))
            }
            started => started,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.url.expose()
    }

    /// The process id of the private PostgreSQL, if there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.private.as_ref().map(|private| private.postgres.pid())
    }

    /// Stops the private PostgreSQL, if there is one.
    pub(crate) async fn stop(self) {
        let Some(Private { postgres, notice }) = self.private else {
            return;
        };
        // The file may be gone already.
        drop(fs::remove_file(notice));
        let stopped = environment::run_blocking(move || postgres.stop()).await;
        if let Some(Err(cause)) = stopped {
            warn!(%cause, "the private PostgreSQL did not stop cleanly");
        }
    }

    fn elsewhere(url: Secret) -> Self {
        Self { url, private: None }
    }

    async fn start(state_dir: &Path) -> Result<Self, ServerError> {
        let options = Options::new(state_dir.join("postgres"), Tuning::Durable);
        let dir = options.dir.clone();
        let started = environment::run_blocking(move || PrivatePg::start(&options)).await;
        let postgres = started.ok_or(ServerError::Panicked)??;
        let (url, notice) = (postgres.nearest_url(), notice_path(state_dir));
        if let Err(cause) = write_secret(&notice, &url) {
            warn!(%cause, "other verbs will not find the private PostgreSQL");
        }
        info!(dir = %dir.display(), pid = postgres.pid(), "using a private PostgreSQL");
        Ok(Self {
            url: Secret::new(url),
            private: Some(Private { postgres, notice }),
        })
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
