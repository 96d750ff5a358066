//! A NATS server for one test, on a port of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::error::TestError;

/// A NATS server that ends when it is dropped, at once and without a word to its clients.
#[derive(Debug)]
pub struct NatsServer {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

const PROGRAM: &str = "nats-server";
/// The pause between two looks.
const GLANCE: Duration = Duration::from_millis(5);
/// Ten seconds.
const GLANCES_MAX: usize = 2000;

impl NatsServer {
    /// Starts Debian's `nats-server`, which `cargo xtask test` installs where it may, and waits until it takes clients.
    /// `settings` are lines of its configuration, in a folder where it finds the files of `files`.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it does not start.
    pub fn start(settings: &str, files: &[(&str, &str)]) -> Result<Self, TestError> {
        let machine = || TestError::machine(PROGRAM);
        let folder = tempfile::tempdir().map_err(machine())?;
        let path = |name: &str| folder.path().join(name);
        for (name, text) in files {
            std::fs::write(path(name), text).map_err(machine())?;
        }
        std::fs::write(path("nats.conf"), settings).map_err(machine())?;
        let mut child = Command::new(program())
            .args([
                "--addr",
                "127.0.0.1",
                "--port",
                "-1",
                "--config",
                "nats.conf",
            ])
            .args(["--ports_file_dir", ".", "--log", "nats.log"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(machine())?;
        let ports = path(&format!("{PROGRAM}_{}.ports", child.id()));
        let Some(address) = wait_for_port(&ports) else {
            drop(child.kill().and_then(|()| child.wait()));
            let said = std::fs::read_to_string(path("nats.log")).unwrap_or_default();
            return Err(TestError::Program {
                program: PROGRAM,
                said,
            });
        };
        Ok(Self {
            child,
            address,
            _folder: folder,
        })
    }

    /// The id of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it takes clients.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

/// The address in the file that the server writes when it takes clients.
fn wait_for_port(file: &Path) -> Option<SocketAddr> {
    for _ in 0..GLANCES_MAX {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let address = text
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('"'));
        if let Some(address) = address.and_then(|(address, _)| address.parse().ok()) {
            return Some(address);
        }
        std::thread::sleep(GLANCE);
    }
    None
}

/// Debian has it among the programs of the administrator, which are not on everybody's PATH.
fn program() -> &'static str {
    const DEBIAN: &str = "/usr/sbin/nats-server";
    if Path::new(DEBIAN).exists() {
        DEBIAN
    } else {
        PROGRAM
    }
}
