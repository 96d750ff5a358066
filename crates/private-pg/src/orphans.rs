//! Servers that an earlier process left running in our directory.

use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use rustix::process::{Pid, Signal, kill_process};

use crate::PgError;
use crate::home::{Home, ignore_missing};
use crate::keeper::FAREWELLS;

/// Stops a server that still runs on our data and removes its pid file. We hold the lock of the
/// directory, so the process that started it has ended.
///
/// PostgreSQL respects a stale pid file only when another process has that number by now. Nobody
/// uses the data any more, so we may remove the file.
pub(crate) fn stop(home: &Home) -> Result<(), PgError> {
    let mark = home.pid_file();
    // Without /proc we cannot know whose process it is, and leave the decision to PostgreSQL.
    if !mark.exists() || !Path::new("/proc/self/cwd").exists() {
        return Ok(());
    }
    for (signal, patience) in FAREWELLS.into_iter().chain([(Signal::KILL, KILL_PATIENCE)]) {
        for process in addressees(signal, home) {
            // An error means that the process has ended meanwhile, which is as good.
            let _ = kill_process(process, signal);
        }
        if ends_within(patience, home) {
            return fs::remove_file(&mark)
                .or_else(ignore_missing)
                .map_err(PgError::io("remove", &mark));
        }
    }
    let process = running_in(home.data())
        .first()
        .map_or(0, |pid| pid.as_raw_nonzero().get());
    Err(PgError::Killed(process.unsigned_abs()))
}

/// The processes to signal. The first process tells the others what to do, and they end by
/// themselves when it ends; only a process that does not listen is killed itself.
fn addressees(signal: Signal, home: &Home) -> Vec<Pid> {
    let running = running_in(home.data());
    if signal == Signal::KILL {
        return running;
    }
    let mark = fs::read_to_string(home.pid_file()).unwrap_or_default();
    let first = mark
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok());
    let first = first.and_then(Pid::from_raw);
    running
        .into_iter()
        .filter(|process| Some(*process) == first)
        .collect()
}

fn ends_within(patience: Duration, home: &Home) -> bool {
    let polls = patience.as_millis() / POLL.as_millis();
    for _ in 0..polls {
        if running_in(home.data()).is_empty() {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

/// Every process of PostgreSQL that works in `data`; each has it as its directory from the
/// beginning.
fn running_in(data: &Path) -> Vec<Pid> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = entry
                .file_name()
                .to_str()?
                .parse()
                .ok()
                .and_then(Pid::from_raw)?;
            let works_in = fs::read_link(entry.path().join("cwd")).ok()?;
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            (works_in == data && name.trim() == "postgres").then_some(pid)
        })
        .collect()
}

const POLL: Duration = Duration::from_millis(20);

/// How long to wait for the end of a killed process; the kernel ends it as soon as it can.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
