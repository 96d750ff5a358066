//! The steps of continuous integration; each can be run by hand, too.

use crate::steps::Steps;
use crate::tool::ChoreError;
use crate::{bench, check, deployment, dist, fuzz, monitoring, settings, suite, visit};

/// A step's name and the function that it runs.
type Step = (&'static str, fn() -> Result<(), ChoreError>);

/// The tests come last, so that the runner's summary is what one sees.
const STEPS: &[Step] = &[
    ("check", || check::run(&[])),
    ("deployment", deployment),
    ("settings", settings::check),
    ("package", dist::check),
    ("foreign", || visit::run("tests/foreign/run", &[])),
    ("api", || visit::run("tests/api/run", &[])),
    ("scim", || visit::run("tests/api/scim", &[])),
    ("faults", visit::sample_of_faults),
    ("smoke", bench::smoke),
    ("fuzz", fuzz::in_ci),
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
    deployment::check()?;
    monitoring::check()?;
    visit::metrics()
}
