//! The manifests of `deploy/kustomize`: rendered, and compared with the schemas of several releases of Kubernetes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tool::{ChoreError, is_installed, read, root, run};

/// Renders the base, the job for a restored database and every overlay, without and with the components, and checks what came of it.
pub(crate) fn check() -> Result<(), ChoreError> {
    if !is_installed("kubectl") {
        eprintln!("kubectl is not installed: deploy/kustomize was not rendered");
        return Ok(());
    }
    let target = root().join("target/deployment");
    std::fs::create_dir_all(&target).map_err(ChoreError::at(target.display()))?;
    let kustomize = root().join("deploy/kustomize");
    let mut rendered = Vec::new();
    for alone in ["base", "after-restore"] {
        let file = target.join(format!("{alone}.yaml"));
        rendered.push(render(&kustomize.join(alone), &file)?);
    }
    for folder in [kustomize, with_components(&target)?] {
        for overlay in names_in(&folder.join("overlays"))? {
            let file = format!("{overlay} of {}.yaml", last(&folder));
            rendered.push(render(
                &folder.join("overlays").join(overlay),
                &target.join(file),
            )?);
        }
    }
    let mut validate = Command::new(root().join("tests/deployment/validate"));
    run(validate.arg(target.join("venv")).args(rendered))
}

/// A copy of all of it in `target` whose overlays include every component, as their users write it.
fn with_components(target: &Path) -> Result<PathBuf, ChoreError> {
    let copy = target.join("with-components");
    run(Command::new("rm")
        .args(["--recursive", "--force"])
        .arg(&copy))?;
    run(Command::new("cp")
        .arg("--recursive")
        .arg(root().join("deploy/kustomize"))
        .arg(&copy))?;
    let components: String = names_in(&copy.join("components"))?
        .iter()
        .map(|name| format!("  - ../../components/{name}\n"))
        .collect();
    for overlay in names_in(&copy.join("overlays"))? {
        let file = copy
            .join("overlays")
            .join(overlay)
            .join("kustomization.yaml");
        let at = || ChoreError::at(file.display());
        let text = std::fs::read_to_string(&file).map_err(at())?;
        std::fs::write(&file, format!("{text}\ncomponents:\n{components}")).map_err(at())?;
    }
    Ok(copy)
}

fn names_in(folder: &Path) -> Result<Vec<String>, ChoreError> {
    let entries = std::fs::read_dir(folder).map_err(ChoreError::at(folder.display()))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(last(&entry.ok()?.path())))
        .collect();
    names.sort();
    Ok(names)
}

fn last(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn render(folder: &Path, file: &Path) -> Result<PathBuf, ChoreError> {
    let rendered = read(Command::new("kubectl").arg("kustomize").arg(folder))?;
    std::fs::write(file, rendered).map_err(ChoreError::at(file.display()))?;
    Ok(file.to_path_buf())
}
