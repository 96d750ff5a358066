//! The demo as the world to measure: started by its own command, read from its output, stopped as a
//! person would stop it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::BenchError;
use crate::extent::Bus;
use crate::scale::Scale;
use crate::world::World;

/// A demo of our own, which stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Demo {
    process: Child,
}

impl Demo {
    /// Builds and starts frontends with so many people, and returns when they accept clients.
    pub(crate) fn start(
        scale: Scale,
        people: usize,
        (nodes, bus): (usize, Bus),
    ) -> Result<(Self, World), BenchError> {
        let mut command = cargo_until_we_end();
        command
            .args(["xtask", "demo", "--json", "--nodes"])
            .arg(nodes.to_string())
            .args(["--bus", bus.word(), "--people"])
            .arg(people.to_string())
            // What does not measure time needs no release build.
            .args((scale == Scale::Smoke).then_some("--debug"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = command.spawn().map_err(BenchError::at("the demo"))?;
        let output = process.stdout.take();
        let demo = Self { process };
        let mut line = String::new();
        if let Some(output) = output {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(BenchError::at("the demo"))?;
        }
        if line.is_empty() {
            return Err(BenchError::new("the demo did not start"));
        }
        Ok((demo, World::parse(&line)?))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        // A demo that has ended already needs no signal.
        let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
        for _ in 0..LOOKS_MAX {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            sleep(LOOK_EVERY);
        }
        let killed = self.process.kill().and_then(|()| self.process.wait());
        drop(killed);
    }
}

/// `cargo run` becomes the program that it runs, so the demo is signalled whenever and however we
/// end.
fn cargo_until_we_end() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(cargo);
    // Cargo's variables for this crate are removed: build scripts that read them would compile
    // again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    command.current_dir(here.ancestors().nth(2).unwrap_or(here));
    command
}

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Half a minute: frontends finish their commands, and the database writes everything out.
const LOOKS_MAX: usize = 600;
