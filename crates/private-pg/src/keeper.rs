//! The running server: a thread that waits for its end, and the ways to stop it.

use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;
use std::{fs, io, thread};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::PgError;
use crate::error::line_of;
use crate::home::Home;

/// One server process.
#[derive(Debug)]
pub(crate) struct Keeper {
    pid: Pid,
    end: Arc<End>,
}

/// How a start succeeded, or that it should be tried again.
pub(crate) enum Start {
    Ready(Keeper),
    PortTaken,
}

#[derive(Debug, Default)]
struct End {
    has_come: Mutex<bool>,
    told: Condvar,
}

impl Keeper {
    /// Starts `postgres` and returns when it accepts connections.
    pub(crate) fn start(postgres: Command, home: &Home) -> Result<Start, PgError> {
        let keeper = Self::spawn(postgres).map_err(PgError::io("start", home.data()))?;
        for _ in 0..START_POLLS_MAX {
            if keeper.is_ready(home) {
                return Ok(Start::Ready(keeper));
            }
            if keeper.wait(START_POLL) {
                let log = fs::read_to_string(home.log()).unwrap_or_default();
                let port_is_taken = log.contains("could not bind") && log.contains("in use");
                return if port_is_taken {
                    Ok(Start::PortTaken)
                } else {
                    Err(not_started(line_of("FATAL:", &log), home))
                };
            }
        }
        // The log says more than that the server was killed.
        drop(keeper.stop());
        Err(not_started("it took too long".to_owned(), home))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(crate) fn is_running(&self) -> bool {
        !*self.end.lock()
    }

    /// Stops the server and returns when it has ended; at once if it had ended before.
    pub(crate) fn stop(&self) -> Result<(), PgError> {
        for (signal, patience) in FAREWELLS {
            if !self.is_running() {
                return Ok(());
            }
            // An error means that the process has ended, which is what we are about to wait for.
            let _ = kill_process(self.pid, signal);
            if self.wait(patience) {
                return Ok(());
            }
        }
        let _ = kill_process_group(self.pid, Signal::KILL);
        Err(PgError::Killed(self.pid()))
    }

    /// The thread that spawns the server also waits for it: the kernel tells the server that its
    /// parent has ended when this thread ends.
    fn spawn(mut command: Command) -> io::Result<Self> {
        let end = Arc::new(End::default());
        let (report, started) = mpsc::sync_channel(1);
        let keep = {
            let end = Arc::clone(&end);
            move || match command.spawn() {
                Ok(mut child) => {
                    drop(report.send(Ok(Pid::from_child(&child))));
                    drop(child.wait());
                    *end.lock() = true;
                    end.told.notify_all();
                }
                Err(cause) => drop(report.send(Err(cause))),
            }
        };
        thread::Builder::new()
            .name("private-pg".to_owned())
            .spawn(keep)?;
        let pid = started
            .recv()
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { pid, end })
    }

    /// Whether the server ends within `patience`.
    fn wait(&self, patience: Duration) -> bool {
        let waited = self
            .end
            .told
            .wait_timeout_while(self.end.lock(), patience, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Whether the server accepts connections, as `pg_ctl` finds out: the eighth line of the file
    /// says so, and the first line is the process that we started.
    fn is_ready(&self, home: &Home) -> bool {
        let file = fs::read_to_string(home.pid_file()).unwrap_or_default();
        let mut lines = file.lines();
        lines
            .next()
            .is_some_and(|pid| pid == self.pid().to_string())
            && lines.nth(6).is_some_and(|status| status.trim() == "ready")
    }
}

impl End {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.has_come.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_started(complaint: String, home: &Home) -> PgError {
    PgError::NotStarted {
        complaint,
        log: home.log().to_owned(),
    }
}

/// The signals to stop the server, from gentle to final, each with the time that it gets
/// (PostgreSQL manual, "Shutting Down the Server").
pub(crate) const FAREWELLS: [(Signal, Duration); 2] = [
    // Fast shutdown: connections are closed and everything is written out.
    (Signal::INT, Duration::from_secs(60)),
    // Immediate shutdown: the next start recovers from the log.
    (Signal::QUIT, Duration::from_secs(10)),
];

/// Recovery after a crash replays up to `max_wal_size` of log.
const START_POLLS_MAX: u32 = 30_000;
const START_POLL: Duration = Duration::from_millis(10);
