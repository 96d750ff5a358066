//! One load mix, in release mode. Without a mix the bench room lists what it has.

use std::process::Command;

use crate::tool::{ChoreError, build_program, cargo, root, run as run_tool};

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    if arguments.first().is_some_and(|mix| mix == SMOKE) {
        return run_debug(arguments);
    }
    let mut bench = cargo(&[
        "run",
        "--release",
        "--quiet",
        "--package",
        "postroom-bench",
        "--",
    ]);
    run_tool(bench.args(arguments))
}

/// A little of each mix, and counts.
pub(crate) fn smoke() -> Result<(), ChoreError> {
    run(&[SMOKE.to_owned()])
}

/// Without optimisation, because no time is measured. It is built together with the server, so that both share what they
/// depend on.
fn run_debug(arguments: &[String]) -> Result<(), ChoreError> {
    let what = [
        "--package",
        "postroom-bench",
        "--package",
        "postroom-server",
        "--bins",
    ];
    let program = build_program(&what, "postroom-bench")?;
    run_tool(Command::new(program).args(arguments).current_dir(root()))
}

const SMOKE: &str = "smoke";
