//! A private PostgreSQL: found on the machine, set up, started, stopped.
//!
//! `serve` without a database, the demo and the tests run on it. Nothing here knows what the
//! database is for: no SQL, no schema. Every call blocks, for a second or two at the start and for
//! as long as a checkpoint takes at the end. Call it from `main`, a test, or a thread that may
//! block, never from an async task.

mod binaries;
mod error;
mod escape;
mod home;
mod keeper;
mod orphans;
mod password;
mod port;
mod settings;
mod user;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use binaries::Binaries;
use home::Home;
use keeper::{Keeper, Start};

pub use error::PgError;
pub use password::{BadPassword, Password};
pub use settings::Tuning;

/// A running PostgreSQL that belongs to this process alone.
///
/// It stops with [`stop`](Self::stop) or when it is dropped. If this process is killed, the kernel
/// stops it where `setpriv` from util-linux is installed; elsewhere it is found and stopped when
/// its directory is used next.
pub struct PrivatePg {
    keeper: Keeper,
    port: u16,
    password: Password,
    server_version: String,
    /// Holds the lock of the directory, and is therefore dropped last.
    home: Home,
}

/// How to start a [`PrivatePg`].
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory for all files: one that we made before, or an empty or new one. As root its
    /// owner becomes the user that runs PostgreSQL, who must be able to reach it.
    pub dir: PathBuf,
    /// What the server is for.
    pub tuning: Tuning,
    /// The superuser's password when the directory is set up; `None` draws one. A directory that
    /// is set up already keeps the password that it has.
    pub password: Option<Password>,
    /// The directory of `postgres` and `initdb`; `None` looks in the usual places.
    pub binaries: Option<PathBuf>,
}

impl Options {
    /// Options with a random password and the binaries from the usual places.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, tuning: Tuning) -> Self {
        Self {
            dir: dir.into(),
            tuning,
            password: None,
            binaries: None,
        }
    }
}

impl PrivatePg {
    /// Sets the directory up if it is new, stops what an earlier process may have left running in
    /// it, and starts PostgreSQL. Returns when it takes connections, recovery included.
    ///
    /// # Errors
    ///
    /// [`PgError`], each a line that tells a person what to do.
    pub fn start(options: &Options) -> Result<Self, PgError> {
        let home = Home::open(&options.dir)?;
        orphans::stop(&home)?;
        let data_version = home.data_version()?;
        let made_by = data_version
            .as_deref()
            .map(|version| (home.data(), version));
        let binaries = Binaries::find(options.binaries.as_deref(), made_by)?;
        if data_version.is_none() {
            set_up(&home, &binaries, options)?;
        }
        let password = home.load_password()?;
        let (keeper, port) = start_on_a_free_port(&home, &binaries, options.tuning)?;
        Ok(Self {
            keeper,
            port,
            password,
            server_version: binaries.version,
            home,
        })
    }

    /// The URL of the superuser's connection to the database `postgres`, over TCP on 127.0.0.1. It
    /// holds the password: do not log it.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Like [`url`](Self::url), for another database. Its name must need no escape in a URL.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let Self { port, password, .. } = self;
        format!(
            "postgres://{SUPERUSER}:{}@127.0.0.1:{port}/{database}",
            escape::in_url(password.as_str().as_bytes())
        )
    }

    /// Like [`url`](Self::url), by the Unix socket where there is one: a round trip takes a third
    /// less time.
    #[must_use]
    pub fn nearest_url(&self) -> String {
        let url = self.url();
        match self.socket_dir() {
            Some(dir) => format!("{url}?host={}", escape::in_url(dir.as_os_str().as_bytes())),
            None => url,
        }
    }

    /// The TCP port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The directory of the Unix socket; `None` where its path would be too long for one.
    #[must_use]
    pub fn socket_dir(&self) -> Option<&Path> {
        self.home.socket_dir()
    }

    /// The process id of the server.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.keeper.pid()
    }

    /// The server's version as it prints it, such as `15.14 (Debian 15.14-0+deb12u1)`.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.server_version
    }

    /// The server's log. The log of the run before is beside it, as `.old`.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        self.home.log()
    }

    /// Whether the server has not ended by itself.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.keeper.is_running()
    }

    /// Closes all connections, writes everything out and waits for the end.
    ///
    /// # Errors
    ///
    /// [`PgError::Killed`] when the server did not end in time; the next start recovers what was
    /// committed.
    pub fn stop(self) -> Result<(), PgError> {
        self.keeper.stop()
    }
}

impl Drop for PrivatePg {
    fn drop(&mut self) {
        // The error has nobody to go to; the next start recovers what was committed.
        drop(self.keeper.stop());
    }
}

/// Prints everything but the password.
impl fmt::Debug for PrivatePg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivatePg")
            .field("dir", &self.home.dir())
            .field("pid", &self.pid())
            .field("port", &self.port)
            .field("server_version", &self.server_version)
            .finish_non_exhaustive()
    }
}

/// Sets the directory up. `initdb` works beside the final place, so that an interrupted run leaves
/// nothing behind that looks complete.
fn set_up(home: &Home, binaries: &Binaries, options: &Options) -> Result<(), PgError> {
    let password = match &options.password {
        Some(password) => password.clone(),
        None => Password::draw()?,
    };
    home.save_password(&password)?;
    let unfinished = home.unfinished();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(PgError::io("remove", &unfinished))?;
    }
    let mut initdb = home.command(&binaries.initdb());
    settings::initdb(
        &mut initdb,
        SUPERUSER,
        home.password(),
        &unfinished,
        options.tuning,
    );
    let output = initdb
        .output()
        .map_err(PgError::io("run", &binaries.initdb()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(PgError::SetUp(error::line_of("error:", &said)));
    }
    fs::rename(&unfinished, home.data()).map_err(PgError::io("rename", &unfinished))
}

fn start_on_a_free_port(
    home: &Home,
    binaries: &Binaries,
    tuning: Tuning,
) -> Result<(Keeper, u16), PgError> {
    for _ in 0..PORTS_TRIED_MAX {
        let port = port::find_free()?;
        let mut postgres = home.command_until_we_end(&binaries.postgres());
        settings::postgres(&mut postgres, home.data(), home.socket_dir(), port, tuning);
        postgres.stderr(home.start_log()?);
        match Keeper::start(postgres, home)? {
            Start::Ready(keeper) => return Ok((keeper, port)),
            Start::PortTaken => {}
        }
    }
    Err(PgError::NoPort)
}

const SUPERUSER: &str = "postroom";

/// How many ports are tried: another process may take a free port before the server uses it.
const PORTS_TRIED_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{Binaries, Home, Keeper, Options, Start, Tuning, set_up, settings};

    #[test]
    fn a_port_that_was_taken_meanwhile_is_told_from_trouble() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path()).unwrap();
        let binaries = Binaries::find(None, None).unwrap();
        set_up(&home, &binaries, &Options::new(dir.path(), Tuning::Scratch)).unwrap();
        let rival = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = rival.local_addr().unwrap().port();
        let mut postgres = home.command_until_we_end(&binaries.postgres());
        settings::postgres(
            &mut postgres,
            home.data(),
            home.socket_dir(),
            port,
            Tuning::Scratch,
        );
        postgres.stderr(home.start_log().unwrap());
        let start = Keeper::start(postgres, &home).unwrap();
        assert!(matches!(start, Start::PortTaken));
    }
}
