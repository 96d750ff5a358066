//! The scheduler's time slice. Beside compilers a process that sleeps for every fdatasync waits for
//! whole slices of others before it runs again; with a slice of a tenth of a millisecond it does
//! not. Priorities are not changed. The slice is inherited, so the processes that we start have it
//! too.

use std::process::{Command, Stdio};

/// Asks for a short slice for this process, and says in words whether it worked. Only chrt of
/// util-linux 2.41 and later can do this, or a launcher that calls `sched_setattr`.
pub(crate) fn shorten() -> String {
    let asked = Command::new("chrt")
        .args([
            "--other",
            "--all-tasks",
            "--sched-runtime",
            SLICE_NANOSECONDS,
        ])
        .args(["--pid", "0", &std::process::id().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if asked.is_ok_and(|status| status.success()) {
        return "0.1 ms".into();
    }
    match slice_nanoseconds() {
        Some(slice) => format!(
            "{} ms, as it was found: chrt cannot set it",
            slice as f64 / 1e6
        ),
        None => "unknown: chrt cannot set it".into(),
    }
}

/// Our slice as the kernel reports it, where it does.
fn slice_nanoseconds() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/sched").ok()?)
}

fn parse(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("se.slice"))?;
    line.rsplit_once(':')?.1.trim().parse().ok()
}

const SLICE_NANOSECONDS: &str = "100000";

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_kernel_is_understood() {
        let text = "bench (1, #threads: 1)\nse.load.weight   :   1048576\nse.slice   :   100000\n";
        assert_eq!(parse(text), Some(100_000));
        assert_eq!(parse(""), None);
    }
}
