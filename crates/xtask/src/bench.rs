//! One load mix, in release mode. Without a mix the bench room lists what it has.

use crate::tool::{ChoreError, cargo, run as run_tool};

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    let mut bench = cargo(&["run", "--quiet", "--package", "postroom-bench"]);
    // Smoke measures no time, and continuous integration makes no release build.
    if arguments.first().is_none_or(|mix| mix != SMOKE) {
        bench.arg("--release");
    }
    run_tool(bench.arg("--").args(arguments))
}

/// A little of each mix, and counts.
pub(crate) fn smoke() -> Result<(), ChoreError> {
    run(&[SMOKE.to_owned()])
}

const SMOKE: &str = "smoke";
