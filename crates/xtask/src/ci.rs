//! What continuous integration runs, and nothing that a person cannot.

use std::process::Command;

use crate::steps::Steps;
use crate::tool::{Trouble, is_installed, read, root};
use crate::{check, suite};

pub(crate) fn run(_: &[String]) -> Result<(), Trouble> {
    let mut steps = Steps::default();
    steps.run("check", || check::run(&[]));
    steps.run("deployment files", render);
    // Last, so that the runner's summary is what one sees.
    steps.run("test", || suite::run(&[]));
    steps.verdict()
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
