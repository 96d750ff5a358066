//! One load mix, in release mode. Without a mix the bench room lists what it has.

use crate::tool::{ChoreError, cargo, run as run_tool};

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
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
