//! The NATS server of a demo whose frontends wake each other by one.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::packages;
use crate::tool::ChoreError;

/// Debian's `nats-server` on a port of its own. Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Bus {
    process: Child,
    address: SocketAddr,
}

const PROGRAM: &str = "nats-server";
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Ten seconds.
const LOOKS_MAX: usize = 500;

impl Bus {
    /// Starts it and returns when it takes clients.
    pub(super) fn start() -> Result<Self, ChoreError> {
        packages::wish_for(PROGRAM, "--bus nats needs it");
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr());
        let address = free.map_err(ChoreError::at("a port"))?;
        let process = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "KILL",
                "--",
                PROGRAM,
                "--addr",
                "127.0.0.1",
                "--port",
            ])
            .arg(address.port().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(ChoreError::at(PROGRAM))?;
        let bus = Self { process, address };
        for _ in 0..LOOKS_MAX {
            if TcpStream::connect(address).is_ok() {
                return Ok(bus);
            }
            sleep(LOOK_EVERY);
        }
        Err(ChoreError::new(format!("{PROGRAM} did not start")))
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The settings of who uses it.
    pub(super) fn settings(&self) -> String {
        format!("[bus]\nurl = \"nats://{}\"\n", self.address)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        drop(self.process.kill().and_then(|()| self.process.wait()));
    }
}
