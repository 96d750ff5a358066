//! `cargo xtask fuzz`: random inputs against what reads bytes from strangers.

use crate::tool::{ChoreError, cargo, run as run_tool};

/// The time that continuous integration spends on it.
const CI_SECONDS: &str = "60";

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    let mut fuzz = cargo(&["run", "--quiet", "--package", "postroom-fuzz", "--"]);
    let outcome = run_tool(fuzz.args(arguments));
    outcome.map_err(|error| {
        ChoreError::new(format!(
            "{error}; the input is in target/fuzz, and belongs into tests/fuzz once it is understood"
        ))
    })
}

pub(crate) fn for_a_minute() -> Result<(), ChoreError> {
    run(&["--seconds", CI_SECONDS].map(str::to_owned))
}
