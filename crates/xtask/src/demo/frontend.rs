//! One running `postroom serve`: its ports, its process, its end.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::postroom::Postroom;
use crate::tool::Trouble;

/// One node of the demo. Stops when it is dropped.
#[derive(Debug)]
pub(super) struct Frontend {
    pub(super) imap: u16,
    pub(super) imaps: u16,
    pub(super) http: u16,
    process: Child,
}

/// What came of starting one.
enum Start {
    Ready(Frontend),
    /// It ended by itself; somebody may have taken one of its ports.
    Ended(String),
}

impl Frontend {
    /// Starts node `number` and returns when it takes clients.
    pub(super) fn start(postroom: &Postroom, number: usize) -> Result<Self, Trouble> {
        let mut last_words = String::new();
        for _ in 0..STARTS_MAX {
            match Self::try_start(postroom, number)? {
                Start::Ready(frontend) => return Ok(frontend),
                Start::Ended(words) => last_words = words,
            }
        }
        Err(Trouble::new(format!(
            "node {number} did not start: {last_words}"
        )))
    }

    fn try_start(postroom: &Postroom, number: usize) -> Result<Start, Trouble> {
        let [imap, imaps, http] = free_ports().map_err(Trouble::at("free ports"))?;
        let name = format!("node-{number}");
        let settings = format!(
            "[node]\nname = \"{name}\"\nstate_dir = \"{}\"\n\
             [listen]\nimap = \"127.0.0.1:{imap}\"\nimaps = \"127.0.0.1:{imaps}\"\n\
             http = \"127.0.0.1:{http}\"\n",
            postroom.folder().join(&name).display(),
        );
        let log_path = postroom.folder().join(format!("{name}.log"));
        let log = File::create(&log_path).map_err(Trouble::at(log_path.display()))?;
        let errors = log.try_clone().map_err(Trouble::at(log_path.display()))?;
        let mut serve = postroom.command_until_we_end(&name, &settings)?;
        serve
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        let process = serve.spawn().map_err(Trouble::at(&name))?;
        let mut frontend = Self {
            imap,
            imaps,
            http,
            process,
        };
        for _ in 0..LOOKS_MAX {
            if is_ready(http) {
                return Ok(Start::Ready(frontend));
            }
            if frontend
                .process
                .try_wait()
                .map_err(Trouble::at(&name))?
                .is_some()
            {
                return Ok(Start::Ended(last_words(&log_path)));
            }
            sleep(LOOK_EVERY);
        }
        Err(Trouble::new(format!(
            "{name} does not become ready: {}",
            last_words(&log_path)
        )))
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop; it goes on finishing what it has begun.
    pub(super) fn ask_to_stop(&self) {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        // One that has ended already needs no telling.
        let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    }
}

impl Drop for Frontend {
    fn drop(&mut self) {
        self.ask_to_stop();
        for _ in 0..LOOKS_MAX {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            sleep(LOOK_EVERY);
        }
        // It had its time. What was committed is safe.
        let killed = self.process.kill().and_then(|()| self.process.wait());
        drop(killed);
    }
}

/// Ports that were free a moment ago.
fn free_ports() -> std::io::Result<[u16; 3]> {
    let find = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // All are held before the first is given back, so they differ.
    let found = [find()?, find()?, find()?];
    let [a, b, c] = found.each_ref().map(TcpListener::local_addr);
    Ok([a?.port(), b?.port(), c?.port()])
}

/// Whether the health port says that clients may come.
fn is_ready(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.write_all(
            b"GET /healthz/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        std::io::Result::Ok(&status == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    last.unwrap_or("it said nothing").to_owned()
}

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Half a minute.
const LOOKS_MAX: usize = 1500;

/// Between looking for free ports and using them somebody else may take one.
const STARTS_MAX: usize = 5;
