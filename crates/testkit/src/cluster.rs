//! The PostgreSQL that tests share, and the databases of the single tests.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use private_pg::{Options, PrivatePg, Tuning};
use store::Store;
use tempfile::TempDir;

use crate::error::TestError;

/// The variable with a superuser's URL of a server that many test processes share.
const VARIABLE: &str = "POSTROOM_TEST_POSTGRES";

/// A PostgreSQL with data that nobody needs later, and a migrated database to copy.
#[derive(Debug)]
pub struct Cluster {
    location: Location,
    template: String,
    /// The private server, which stops when dropped.
    _own: Option<(PrivatePg, TempDir)>,
}

/// A database for one test, for as long as this lives.
#[derive(Debug)]
pub struct Database {
    location: Location,
    name: String,
}

/// A superuser's access to a server.
#[derive(Clone, Debug)]
struct Location {
    /// The credentials as `user:password`.
    credentials: String,
    address: SocketAddr,
}

impl Cluster {
    /// Uses the server that `POSTROOM_TEST_POSTGRES` names; else starts a private one, which runs
    /// until it is dropped.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no server, or it cannot be prepared.
    pub fn start() -> Result<Self, TestError> {
        #[expect(clippy::disallowed_methods, reason = "a dev tool's one variable")]
        let shared = std::env::var(VARIABLE).ok();
        let (location, own) = match shared {
            Some(url) => (Location::parse(&url)?, None),
            None => {
                let dir = tempfile::tempdir().map_err(TestError::machine("a temporary folder"))?;
                let postgres = PrivatePg::start(&Options::new(dir.path(), Tuning::Scratch))?;
                (Location::parse(&postgres.url())?, Some((postgres, dir)))
            }
        };
        let template = format!("postroom_template_{:016x}", migrations_fingerprint()?);
        match own {
            Some(_) => prepare(&location, &template)?,
            None => prepare_once(&location, &template)?,
        }
        Ok(Self {
            location,
            template,
            _own: own,
        })
    }

    /// A copy of the migrated, empty database.
    ///
    /// # Errors
    ///
    /// [`TestError::Program`] when PostgreSQL refuses.
    pub fn clone_database(&self) -> Result<Database, TestError> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{serial}", process::id());
        self.location
            .run("createdb", &["--template", &self.template, &name])?;
        Ok(Database {
            location: self.location.clone(),
            name,
        })
    }
}

impl Database {
    /// The URL that leads directly to PostgreSQL.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_by(self.location.address)
    }

    /// The URL that leads to PostgreSQL by another address.
    #[must_use]
    pub fn url_by(&self, address: SocketAddr) -> String {
        format!(
            "postgres://{}@{address}/{}",
            self.location.credentials, self.name
        )
    }

    /// The address on which PostgreSQL listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.location.address
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A copy that is left over goes with the server; until then it only takes space.
        drop(
            self.location
                .run("dropdb", &["--force", "--if-exists", &self.name]),
        );
    }
}

impl Location {
    /// Parses `postgres://user:password@127.0.0.1:port/database`.
    fn parse(url: &str) -> Result<Self, TestError> {
        let parts = url
            .strip_prefix("postgres://")
            .and_then(|rest| rest.rsplit_once('/'))
            .and_then(|(location, _)| location.rsplit_once('@'))
            .and_then(|(credentials, host)| Some((credentials.to_owned(), host.parse().ok()?)));
        let (credentials, address) = parts.ok_or_else(|| {
            TestError::Sentence(format!(
                "{VARIABLE} is not postgres://user:password@address:port/name"
            ))
        })?;
        Ok(Self {
            credentials,
            address,
        })
    }

    /// Runs one of PostgreSQL's own tools.
    fn run(&self, program: &'static str, arguments: &[&str]) -> Result<(), TestError> {
        let (user, password) = self
            .credentials
            .split_once(':')
            .unwrap_or((&self.credentials, ""));
        let output = Command::new(tool(program))
            .args(["--host", &self.address.ip().to_string()])
            .args(["--port", &self.address.port().to_string()])
            .args(["--username", user, "--no-password"])
            .args(arguments)
            .env("PGPASSWORD", password)
            .output()
            .map_err(TestError::machine(program))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(TestError::Program { program, said })
    }
}

/// Like [`prepare`], when other processes may prepare the same server.
fn prepare_once(location: &Location, template: &str) -> Result<(), TestError> {
    let path = std::env::temp_dir().join(format!("{template}-{}.lock", location.address.port()));
    let error = || TestError::machine(path.display().to_string());
    let lock = File::create(&path).map_err(error())?;
    lock.lock().map_err(error())?;
    prepare(location, template)
}

/// Creates the database that all others are copied from, unless it exists.
fn prepare(location: &Location, template: &str) -> Result<(), TestError> {
    match location.run("createdb", &[template]) {
        Err(TestError::Program { said, .. }) if said.contains("already exists") => return Ok(()),
        other => other?,
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(TestError::machine("a runtime"))?;
    let url = format!(
        "postgres://{}@{}/{template}",
        location.credentials, location.address
    );
    runtime.block_on(Store::migrate(&url))?;
    Ok(())
}

/// A fingerprint of the migrations: other migrations need another template.
fn migrations_fingerprint() -> Result<u64, TestError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let error = || TestError::machine(folder.display().to_string());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(error())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(&file).map_err(error())?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// The path of a PostgreSQL tool. On Debian the tools are not on the PATH, only a slow wrapper of
/// them.
fn tool(program: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .map(|version| version.path().join("bin").join(program))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(program))
}
