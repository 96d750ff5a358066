//! `cargo xtask fuzz`: random inputs against what reads bytes from strangers.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::tool::{ChoreError, cargo, root, run as run_tool};

/// The time that continuous integration spends on it, and always the same numbers: a change is not refused for what
/// luck has found in other code. New numbers are for those who look for faults, by hand.
const CI: [&str; 4] = ["--seconds", "60", "--seed", "1"];

/// Of an input, as much as one can look at, escaped.
const SHOWN_MAX: usize = 2_000;

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    run_tool(&mut cargo(&[
        "build",
        "--quiet",
        "--package",
        "postroom-fuzz",
    ]))?;
    let mut fuzz = cargo(&["run", "--quiet", "--package", "postroom-fuzz", "--"]);
    let outcome = run_tool(fuzz.args(arguments));
    outcome.map_err(|error| {
        let input = last_input().unwrap_or_else(|| "none".to_owned());
        ChoreError::new(format!(
            "{error}; the input belongs into tests/fuzz once it is understood: {input}"
        ))
    })
}

pub(crate) fn in_ci() -> Result<(), ChoreError> {
    run(&CI.map(str::to_owned))
}

/// What was tried last, by which target: who reads the log of another machine has nothing else of it.
fn last_input() -> Option<String> {
    let tried = root().join("target/fuzz").read_dir().ok()?.flatten();
    let tried = tried.filter_map(|entry| Some((written(&entry)?, entry.path())));
    let (_, path): (_, PathBuf) = tried.max()?;
    let input = std::fs::read(&path).ok()?;
    let (size, words) = (input.len(), input.escape_ascii().to_string());
    let shown = words.get(..SHOWN_MAX).unwrap_or(&words);
    Some(format!("{}, {size} bytes: {shown}", path.display()))
}

fn written(entry: &std::fs::DirEntry) -> Option<SystemTime> {
    entry.metadata().ok()?.modified().ok()
}
