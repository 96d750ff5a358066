//! One load mix, in release mode. Without a mix the bench room lists what it has.

use crate::tool::{Trouble, cargo, run as run_tool};

pub(crate) fn run(arguments: &[String]) -> Result<(), Trouble> {
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
