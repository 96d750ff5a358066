//! What continuous integration runs, and nothing that a person cannot.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::steps::Steps;
use crate::tool::{Trouble, is_installed, read, root, run as run_tool};
use crate::{check, fuzz, settings, suite};

/// A step's name and what it runs.
type Step = (&'static str, fn() -> Result<(), Trouble>);

/// The tests come last, so that the runner's summary is what one sees.
const STEPS: &[Step] = &[
    ("check", || check::run(&[])),
    ("deployment", render),
    ("settings", settings::check),
    ("foreign", foreign),
    ("fuzz", fuzz::for_a_minute),
    ("test", || suite::run(&[])),
];

/// Runs all steps, or those that are named.
pub(crate) fn run(arguments: &[String]) -> Result<(), Trouble> {
    let is_step = |name: &String| STEPS.iter().any(|(step, _)| step == name);
    if let Some(unknown) = arguments.iter().find(|name| !is_step(name)) {
        let names: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(Trouble::new(format!(
            "{unknown} is none of {}",
            names.join(", ")
        )));
    }
    let mut steps = Steps::default();
    for (name, step) in STEPS {
        if arguments.is_empty() || arguments.iter().any(|wanted| wanted == name) {
            steps.run(name, step);
        }
    }
    steps.verdict()
}

/// Programs of others against two real frontends.
fn foreign() -> Result<(), Trouble> {
    let mut demo = Command::new(std::env::current_exe().map_err(Trouble::at("xtask"))?);
    demo.args(["demo", "--json", "--debug"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut demo = demo.spawn().map_err(Trouble::at("demo"))?;
    let outcome = meet(&mut demo);
    stop(demo)?;
    outcome
}

/// Hands the demo's line to `tests/foreign/run` as soon as it is there.
fn meet(demo: &mut Child) -> Result<(), Trouble> {
    let output = demo
        .stdout
        .take()
        .ok_or_else(|| Trouble::new("the demo has no output"))?;
    let mut invitation = String::new();
    BufReader::new(output)
        .read_line(&mut invitation)
        .map_err(Trouble::at("demo"))?;
    if invitation.is_empty() {
        return Err(Trouble::new("the demo did not become ready"));
    }
    let file = tempfile::NamedTempFile::new().map_err(Trouble::at("invitation"))?;
    std::fs::write(file.path(), invitation).map_err(Trouble::at("invitation"))?;
    run_tool(Command::new(root().join("tests/foreign/run")).arg(file.path()))
}

fn stop(mut demo: Child) -> Result<(), Trouble> {
    let pid = i32::try_from(demo.id()).ok().and_then(Pid::from_raw);
    // One that has ended by itself needs no telling.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
    let status = demo.wait().map_err(Trouble::at("demo"))?;
    if status.success() {
        Ok(())
    } else {
        Err(Trouble::new(format!("demo: {status}")))
    }
}

/// Renders the kustomize base and every overlay. What they mean is for the cluster to say; that
/// they are whole is for us.
fn render() -> Result<(), Trouble> {
    if !is_installed("kubectl") {
        eprintln!("kubectl is not installed: deploy/kustomize was not rendered");
        return Ok(());
    }
    let kustomize = root().join("deploy/kustomize");
    let overlays =
        std::fs::read_dir(kustomize.join("overlays")).map_err(Trouble::at("overlays"))?;
    let overlays = overlays.filter_map(Result::ok).map(|entry| entry.path());
    for folder in std::iter::once(kustomize.join("base")).chain(overlays) {
        let mut kubectl = Command::new("kubectl");
        let rendered = read(kubectl.arg("kustomize").arg(&folder))?;
        let objects = rendered.split("\n---\n").count();
        eprintln!("{}: {objects} objects", folder.display());
    }
    Ok(())
}
