//! The whole test suite, by the best runner that is there.

use crate::postgres;
use crate::tool::{Trouble, cargo, has_cargo_command, run as run_tool};

/// Runs every test of the workspace. Tests that need PostgreSQL start one of their own, so any
/// number of suites may run side by side.
pub(crate) fn run(arguments: &[String]) -> Result<(), Trouble> {
    postgres::ensure()?;
    // nextest leaves examples in documentation to the older runner; its summary comes last.
    let mut runner = if has_cargo_command("nextest") {
        if arguments.is_empty() {
            run_tool(&mut cargo(&["test", "--doc", "--quiet"]))?;
        }
        cargo(&["nextest", "run", "--no-fail-fast"])
    } else {
        cargo(&["test", "--no-fail-fast"])
    };
    run_tool(runner.args(arguments))
}
