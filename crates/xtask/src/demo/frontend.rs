//! One running `postroom serve`: its ports, its process, and how it is stopped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::postroom::Postroom;
use crate::tool::ChoreError;

/// One node of the demo. Stops when it is dropped.
#[derive(Debug)]
pub(super) struct Frontend {
    pub(super) ports: Ports,
    process: Child,
    is_asked_to_stop: bool,
}

/// The ports on 127.0.0.1 on which it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) imap: u16,
    pub(super) imaps: u16,
    pub(super) lmtp: u16,
    pub(super) maps: u16,
    pub(super) auth: u16,
    pub(super) http: u16,
    pub(super) web: u16,
}

impl Frontend {
    /// Starts node `number` and returns when it takes clients.
    pub(super) fn start(postroom: &Postroom, number: usize) -> Result<Self, ChoreError> {
        let name = format!("node-{number}");
        let folder = postroom.folder();
        let settings = format!(
            "[node]\nname = \"{name}\"\nstate_dir = \"{}\"\n\
             [listen]\nimap = \"127.0.0.1:0\"\nimaps = \"127.0.0.1:0\"\nlmtp = \"127.0.0.1:0\"\n\
             maps = \"127.0.0.1:0\"\nauth = \"127.0.0.1:0\"\nhttp = \"127.0.0.1:0\"\nweb = \"127.0.0.1:0\"\n\
             [web]\napi = true\nscim = true\napi_requests_per_minute = 100000\n",
            folder.join(&name).display(),
        );
        let log_path = folder.join(format!("{name}.log"));
        let log = File::create(&log_path).map_err(ChoreError::at(log_path.display()))?;
        let mut serve = postroom.command_until_we_end(&name, &settings)?;
        serve
            .args(["serve", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut process = serve.spawn().map_err(ChoreError::at(&name))?;
        match announced(&mut process) {
            Some(ports) => Ok(Self {
                ports,
                process,
                is_asked_to_stop: false,
            }),
            None => {
                drop(process.kill().and_then(|()| process.wait()));
                let words = last_words(&log_path);
                Err(ChoreError::new(format!("{name} did not start: {words}")))
            }
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop; it goes on finishing what it has begun. Asked a second time it would end
    /// at once, so it is asked only once.
    pub(super) fn ask_to_stop(&mut self) {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| !self.is_asked_to_stop) {
            // One that has ended already needs no telling.
            let _ = kill_process(pid, Signal::TERM);
            self.is_asked_to_stop = true;
        }
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
        drop(self.process.kill().and_then(|()| self.process.wait()));
    }
}

/// The line that says it is ready; none when it ends without one.
fn announced(process: &mut Child) -> Option<Ports> {
    let mut line = String::new();
    BufReader::new(process.stdout.take()?)
        .read_line(&mut line)
        .ok()?;
    ports(&line)
}

fn ports(line: &str) -> Option<Ports> {
    let said: Value = serde_json::from_str(line).ok()?;
    let port = |listener: &str| {
        let address: SocketAddr = said.get(listener)?.get(0)?.as_str()?.parse().ok()?;
        Some(address.port())
    };
    Some(Ports {
        imap: port("imap")?,
        imaps: port("imaps")?,
        lmtp: port("lmtp")?,
        maps: port("maps")?,
        auth: port("auth")?,
        http: port("http")?,
        web: port("web")?,
    })
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    last.unwrap_or("it said nothing").to_owned()
}

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A little longer than `timeouts.stop`.
const LOOKS_MAX: usize = 600;

#[cfg(test)]
mod tests {
    use super::{Ports, ports};

    #[test]
    fn ports_are_read_from_the_line() {
        let line = r#"{"http":["127.0.0.1:3"],"imap":["127.0.0.1:1"],"imaps":["127.0.0.1:2"],
            "lmtp":["127.0.0.1:4"],"lmtps":[],"maps":["127.0.0.1:5"],"auth":["127.0.0.1:6"],"web":["127.0.0.1:7"],"pid":9}"#;
        assert_eq!(
            ports(line),
            Some(Ports {
                imap: 1,
                imaps: 2,
                lmtp: 4,
                maps: 5,
                auth: 6,
                http: 3,
                web: 7
            })
        );
        assert_eq!(ports(r#"{"imap":[],"imaps":[],"http":[]}"#), None);
        assert_eq!(ports(""), None);
    }
}
