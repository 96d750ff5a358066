//! `cargo xtask check`: everything that is checked without running the code.

use crate::steps::Steps;
use crate::tidy;
use crate::tool::{ChoreError, cargo, has_cargo_command, run as run_tool};

pub(crate) fn run(_: &[String]) -> Result<(), ChoreError> {
    let mut steps = Steps::default();
    steps.run("fmt", || run_tool(&mut cargo(&["fmt", "--all", "--check"])));
    steps.run("clippy", || {
        let line = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ];
        run_tool(&mut cargo(&line))
    });
    steps.run("doc", || {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
        run_tool(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.run("tidy", || tidy::run(&[]));
    steps.run("deny", deny);
    steps.verdict()
}

fn deny() -> Result<(), ChoreError> {
    if !has_cargo_command("deny") {
        eprintln!("cargo-deny is not installed: licences and advisories were not checked");
        return Ok(());
    }
    run_tool(&mut cargo(&[
        "deny",
        "--all-features",
        "check",
        "--hide-inclusion-graph",
    ]))
}
