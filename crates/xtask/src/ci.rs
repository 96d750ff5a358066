//! The steps of continuous integration; each can be run by hand, too.

use std::process::Command;

use crate::steps::Steps;
use crate::tool::{ChoreError, is_installed, read, root};
use crate::{check, fuzz, monitoring, settings, suite, visit};

/// A step's name and the function that it runs.
type Step = (&'static str, fn() -> Result<(), ChoreError>);

/// The tests come last, so that the runner's summary is what one sees.
const STEPS: &[Step] = &[
    ("check", || check::run(&[])),
    ("deployment", deployment),
    ("settings", settings::check),
    ("foreign", || visit::run("tests/foreign/run", &[])),
    ("fuzz", fuzz::for_a_minute),
    ("test", || suite::run(&[])),
];

/// Runs all steps, or those that are named.
pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    let is_step = |name: &String| STEPS.iter().any(|(step, _)| step == name);
    if let Some(unknown) = arguments.iter().find(|name| !is_step(name)) {
        let names: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(ChoreError::new(format!(
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

/// The manifests, then the alerts, then metrics and dashboard of a running demo.
fn deployment() -> Result<(), ChoreError> {
    render()?;
    monitoring::check()?;
    visit::metrics()
}

/// Renders the kustomize base and every overlay. Only the cluster can check what they mean; that
/// they are complete is checked here.
fn render() -> Result<(), ChoreError> {
    if !is_installed("kubectl") {
        eprintln!("kubectl is not installed: deploy/kustomize was not rendered");
        return Ok(());
    }
    let kustomize = root().join("deploy/kustomize");
    let overlays =
        std::fs::read_dir(kustomize.join("overlays")).map_err(ChoreError::at("overlays"))?;
    let overlays = overlays.filter_map(Result::ok).map(|entry| entry.path());
    for folder in std::iter::once(kustomize.join("base")).chain(overlays) {
        let mut kubectl = Command::new("kubectl");
        let rendered = read(kubectl.arg("kustomize").arg(&folder))?;
        let objects = rendered.split("\n---\n").count();
        eprintln!("{}: {objects} objects", folder.display());
    }
    Ok(())
}
