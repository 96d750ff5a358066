//! Inputs that nobody thought of, for a while.

use crate::tool::{Trouble, cargo, run as run_tool};

/// What the continuous integration has for it.
const CI_SECONDS: &str = "60";

pub(crate) fn run(arguments: &[String]) -> Result<(), Trouble> {
    let mut fuzz = cargo(&["run", "--quiet", "--package", "postroom-fuzz", "--"]);
    let outcome = run_tool(fuzz.args(arguments));
    outcome.map_err(|trouble| {
        Trouble::new(format!(
            "{trouble}; the input is in target/fuzz, and belongs into tests/fuzz once it is understood"
        ))
    })
}

pub(crate) fn for_a_minute() -> Result<(), Trouble> {
    run(&["--seconds", CI_SECONDS].map(str::to_owned))
}
