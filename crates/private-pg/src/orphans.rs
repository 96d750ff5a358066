//! Servers that an earlier process left running in our directory.

use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use rustix::process::{Pid, Signal, kill_process};

use crate::PgError;
use crate::home::{Home, ignore_missing};
use crate::keeper::FAREWELLS;

/// Ends what still runs on our data and takes its mark away. We hold the lock of the directory, so
/// whoever started it is gone.
///
/// PostgreSQL minds a stale mark only when its process number is another process's by now; with
/// nobody left in the data we know better.
pub(crate) fn stop(home: &Home) -> Result<(), PgError> {
    let mark = home.pid_file();
    // Without /proc nobody can say whose process it is, and PostgreSQL decides.
    if !mark.exists() || !Path::new("/proc/self/cwd").exists() {
        return Ok(());
    }
    for (signal, patience) in FAREWELLS.into_iter().chain([(Signal::KILL, KILL_PATIENCE)]) {
        for process in addressees(signal, home) {
            // That it has ended meanwhile is as good.
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

/// The first process tells the others what to do, and they end by themselves when it is gone. Only
/// what does not listen is killed one by one.
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

/// Every process of PostgreSQL that works in `data`, which each of them does from its first moment.
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

/// A killed process is gone as soon as the kernel gets to it.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
