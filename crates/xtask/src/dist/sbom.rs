//! What the program is made of, as `CycloneDX` 1.5 has it: each crate with its version, licence and checksum.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Release, write};
use crate::tool::{ChoreError, cargo, read};

const PROGRAM: &str = "postroom-server";

pub(super) fn build(release: &Release) -> Result<PathBuf, ChoreError> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata = read(&mut cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        &target,
    ]))?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(ChoreError::at("cargo metadata"))?;
    let document = document(&metadata, &release.version)
        .ok_or_else(|| ChoreError::new("cargo metadata does not say what the server is made of"))?;
    let path = release
        .folder
        .join(format!("postroom-{}.cdx.json", release.version));
    write(&path, &format!("{document:#}\n"))?;
    Ok(path)
}

fn document(metadata: &Value, version: &str) -> Option<Value> {
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()?
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()?
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let (program, _) = packages
        .iter()
        .find(|(_, package)| package["name"] == PROGRAM)?;
    let mut found = BTreeSet::new();
    let mut waiting = vec![*program];
    while let Some(id) = waiting.pop() {
        if found.insert(id) {
            waiting.extend(built_in(nodes.get(id)?));
        }
    }
    let components = found.iter().filter(|id| *id != program).filter_map(|id| {
        let package = packages.get(id)?;
        let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
        Some(json!({
            "type": "library",
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
            "licenses": [{ "expression": package["license"].as_str().unwrap_or("NOASSERTION") }],
        }))
    });
    Some(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": "postroom", "version": version } },
        "components": components.collect::<Vec<_>>(),
    }))
}

/// What a crate has in the program: no dependencies of its tests or of its build script.
fn built_in(node: &Value) -> impl Iterator<Item = &str> {
    let dependencies = node["deps"].as_array().into_iter().flatten();
    dependencies
        .filter(|dependency| {
            let kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
            kinds.into_iter().any(|kind| kind["kind"].is_null())
        })
        .filter_map(|dependency| dependency["pkg"].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::document;

    #[test]
    fn what_is_built_in_is_listed_and_nothing_else() {
        let package =
            |name: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT" });
        let node = |id: &str, on: &[(&str, Option<&str>)]| {
            let deps: Vec<_> = on
                .iter()
                .map(|(pkg, kind)| json!({ "pkg": pkg, "dep_kinds": [{ "kind": kind }] }))
                .collect();
            json!({ "id": id, "deps": deps })
        };
        let packages = ["postroom-server", "tokio", "mio", "tempfile", "cc"].map(package);
        let metadata = json!({
            "packages": packages,
            "resolve": { "nodes": [
                node("postroom-server", &[("tokio", None), ("tempfile", Some("dev")), ("cc", Some("build"))]),
                node("tokio", &[("mio", None)]),
                node("mio", &[]),
                node("tempfile", &[]),
                node("cc", &[]),
            ] },
        });
        let document = document(&metadata, "0.1.0").unwrap();
        let names: Vec<_> = document["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| &c["name"])
            .collect();
        assert_eq!(names, ["mio", "tokio"]);
    }
}
