//! Programs that test two real frontends: a demo runs for as long as they do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::monitoring;
use crate::tool::{ChoreError, build_program, is_installed, root, run_until_last_word};

/// Compares Postroom with other servers that hold the same mail.
pub(crate) fn peers(arguments: &[String]) -> Result<(), ChoreError> {
    run("tests/peers/run", arguments)
}

/// Injects faults into a frontend, and sees which alerts Prometheus raises.
pub(crate) fn alerts(arguments: &[String]) -> Result<(), ChoreError> {
    monitoring::install_promtool();
    run("tests/alerts/run", arguments)
}

/// Injects faults into PostgreSQL, its standby and three frontends while clients work, and compares what they were answered.
pub(crate) fn faults(arguments: &[String]) -> Result<(), ChoreError> {
    run_with_program("tests/fault/run", arguments)
}

/// Restores backups that lack what clients have seen, and compares what they know afterwards with what is there.
pub(crate) fn restore_drill(arguments: &[String]) -> Result<(), ChoreError> {
    run_with_program("tests/fault/restore", arguments)
}

/// One that must do no harm, one that the checker must find, and all restores.
pub(crate) fn sample_of_faults() -> Result<(), ChoreError> {
    faults(&["postgres-killed", "planted-early-answer"].map(str::to_owned))?;
    restore_drill(&[])
}

fn run_with_program(script: &str, arguments: &[String]) -> Result<(), ChoreError> {
    let program = build_program(
        &["--package", "postroom-server", "--bin", "postroom"],
        "postroom",
    )?;
    let mut run = Command::new(root().join(script));
    run_until_last_word(run.arg("--program").arg(program).args(arguments))
}

/// What Prometheus says of the metrics of a running demo, whether each query of the dashboard finds something, and a
/// sample of the faults.
pub(crate) fn metrics() -> Result<(), ChoreError> {
    if !is_installed("prometheus") {
        eprintln!("prometheus is not installed: metrics, dashboard and faults were not tried");
        return Ok(());
    }
    let chosen = ["dashboard", "listener-dead", "panic"];
    run("tests/alerts/run", &chosen.map(str::to_owned))
}

/// `program` lies in the repository; its first argument is a file with what the demo has said.
pub(crate) fn run(program: &str, arguments: &[String]) -> Result<(), ChoreError> {
    let mut demo = Command::new(std::env::current_exe().map_err(ChoreError::at("xtask"))?);
    demo.args(["demo", "--json", "--debug"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut demo = demo.spawn().map_err(ChoreError::at("demo"))?;
    let outcome = meet(&mut demo, program, arguments);
    stop(demo)?;
    outcome
}

/// Passes the demo's line on as soon as it is there.
fn meet(demo: &mut Child, program: &str, arguments: &[String]) -> Result<(), ChoreError> {
    let output = demo
        .stdout
        .take()
        .ok_or_else(|| ChoreError::new("the demo has no output"))?;
    let mut invitation = String::new();
    BufReader::new(output)
        .read_line(&mut invitation)
        .map_err(ChoreError::at("demo"))?;
    if invitation.is_empty() {
        return Err(ChoreError::new("the demo did not become ready"));
    }
    let file = tempfile::NamedTempFile::new().map_err(ChoreError::at("invitation"))?;
    std::fs::write(file.path(), invitation).map_err(ChoreError::at("invitation"))?;
    let mut visitor = Command::new(root().join(program));
    run_until_last_word(visitor.arg(file.path()).args(arguments))
}

fn stop(mut demo: Child) -> Result<(), ChoreError> {
    let pid = i32::try_from(demo.id()).ok().and_then(Pid::from_raw);
    // One that has ended by itself needs no telling.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    let status = demo.wait().map_err(ChoreError::at("demo"))?;
    if status.success() {
        Ok(())
    } else {
        Err(ChoreError::new(format!("demo: {status}")))
    }
}
