//! A directory for one test: Debian's `slapd`, on ports of its own.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::error::TestError;

/// A directory that ends when it is dropped.
#[derive(Debug)]
pub struct Slapd {
    child: Child,
    plain: SocketAddr,
    tls: SocketAddr,
    folder: TempDir,
}

const PROGRAM: &str = "slapd";
/// Debian has it among the programs of the administrator.
const DEBIAN: &str = "/usr/sbin/slapd";
/// The pause between two looks.
const GLANCE: Duration = Duration::from_millis(5);
/// Ten seconds.
const GLANCES_MAX: usize = 2000;
/// Another program may take a port first that was free a moment ago.
const TRIES: usize = 5;

impl Slapd {
    /// Starts Debian's `slapd`, which `cargo xtask test` installs where it may, and waits until it takes clients; `None` where it is
    /// not installed, which is said. `entries` are LDIF, `files` are in its folder, and `settings` are lines of `slapd.conf`.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it does not start.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests shall know")]
    pub fn start(
        settings: &str,
        entries: &str,
        files: &[(&str, &str)],
    ) -> Result<Option<Self>, TestError> {
        if !Path::new(DEBIAN).exists() {
            eprintln!("SKIPPED: slapd is not installed (Debian: apt-get install slapd)");
            return Ok(None);
        }
        let machine = || TestError::machine(PROGRAM);
        let folder = tempfile::tempdir().map_err(machine())?;
        let path = |name: &str| folder.path().join(name);
        for (name, text) in files {
            std::fs::write(path(name), text).map_err(machine())?;
        }
        std::fs::create_dir(path("data")).map_err(machine())?;
        std::fs::write(path("slapd.conf"), settings).map_err(machine())?;
        // A copy, since some systems confine the program of that path to folders of its own.
        std::fs::copy(DEBIAN, path(PROGRAM)).map_err(machine())?;
        fill(folder.path(), entries)?;
        for _ in 0..TRIES {
            let (plain, tls) = (
                free_port().map_err(machine())?,
                free_port().map_err(machine())?,
            );
            let mut child = serve(folder.path(), plain, tls).map_err(machine())?;
            if is_up(&mut child, plain) && is_up(&mut child, tls) {
                return Ok(Some(Self {
                    child,
                    plain,
                    tls,
                    folder,
                }));
            }
            drop(child.kill().and_then(|()| child.wait()));
        }
        Err(TestError::Program {
            program: PROGRAM,
            said: std::fs::read_to_string(path("slapd.log")).unwrap_or_default(),
        })
    }

    /// Starts it again, at the same ports, after it was ended.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it does not start.
    pub fn start_again(&mut self) -> Result<(), TestError> {
        let machine = || TestError::machine(PROGRAM);
        self.child = serve(self.folder.path(), self.plain, self.tls).map_err(machine())?;
        if is_up(&mut self.child, self.plain) && is_up(&mut self.child, self.tls) {
            return Ok(());
        }
        Err(TestError::Program {
            program: PROGRAM,
            said: String::new(),
        })
    }

    /// Ends it, without a word to its clients.
    pub fn end(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }

    /// The id of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it takes clients without TLS, or lets them begin it.
    #[must_use]
    pub fn plain(&self) -> SocketAddr {
        self.plain
    }

    /// Where it takes clients in TLS.
    #[must_use]
    pub fn tls(&self) -> SocketAddr {
        self.tls
    }

    /// A file in its folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.end();
    }
}

/// Writes the entries before it serves.
fn fill(folder: &Path, entries: &str) -> Result<(), TestError> {
    let machine = || TestError::machine(PROGRAM);
    let mut adding = Command::new(folder.join(PROGRAM))
        .args(["-T", "add", "-f", "slapd.conf"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(machine())?;
    if let Some(mut input) = adding.stdin.take() {
        input.write_all(entries.as_bytes()).map_err(machine())?;
    }
    let added = adding.wait_with_output().map_err(machine())?;
    if added.status.success() {
        return Ok(());
    }
    Err(TestError::Program {
        program: PROGRAM,
        said: String::from_utf8_lossy(&added.stderr).into_owned(),
    })
}

fn serve(folder: &Path, plain: SocketAddr, tls: SocketAddr) -> std::io::Result<Child> {
    let log = std::fs::File::create(folder.join("slapd.log"))?;
    Command::new(folder.join(PROGRAM))
        // In the foreground.
        .args(["-d", "0", "-f", "slapd.conf", "-h"])
        .arg(format!("ldap://{plain}/ ldaps://{tls}/"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
}

fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn is_up(child: &mut Child, address: SocketAddr) -> bool {
    for _ in 0..GLANCES_MAX {
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        if !matches!(child.try_wait(), Ok(None)) {
            return false;
        }
        std::thread::sleep(GLANCE);
    }
    false
}
