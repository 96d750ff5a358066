//! The manifests of `deploy/kustomize`: rendered, and compared with the schemas of several releases of Kubernetes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tool::{ChoreError, is_installed, read, root, run};

/// Renders the base and every overlay, and checks what came of it.
pub(crate) fn check() -> Result<(), ChoreError> {
    if !is_installed("kubectl") {
        eprintln!("kubectl is not installed: deploy/kustomize was not rendered");
        return Ok(());
    }
    let target = root().join("target/deployment");
    std::fs::create_dir_all(&target).map_err(ChoreError::at(target.display()))?;
    let rendered = folders()?
        .iter()
        .map(|folder| render(folder, &target))
        .collect::<Result<Vec<_>, _>>()?;
    let mut validate = Command::new(root().join("tests/deployment/validate"));
    run(validate.arg(target.join("venv")).args(rendered))
}

/// The base, and the overlays by their names.
fn folders() -> Result<Vec<PathBuf>, ChoreError> {
    let kustomize = root().join("deploy/kustomize");
    let overlays =
        std::fs::read_dir(kustomize.join("overlays")).map_err(ChoreError::at("overlays"))?;
    let mut folders: Vec<_> = overlays
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    folders.insert(0, kustomize.join("base"));
    Ok(folders)
}

fn render(folder: &Path, target: &Path) -> Result<PathBuf, ChoreError> {
    let rendered = read(Command::new("kubectl").arg("kustomize").arg(folder))?;
    let name = folder.file_name().unwrap_or_default();
    let file = target.join(name).with_extension("yaml");
    std::fs::write(&file, rendered).map_err(ChoreError::at(file.display()))?;
    Ok(file)
}
