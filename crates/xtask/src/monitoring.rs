//! The alerts: the object that a cluster takes is made from the plain file, each alert has a page that says what to do,
//! and Prometheus' own tool reads and tries them.

use std::collections::BTreeSet;
use std::process::Command;

use crate::packages;
use crate::tool::{ChoreError, is_installed, root, run as run_tool};

const RULES: &str = "deploy/prometheus/postroom.rules.yml";
const RULES_TESTS: &str = "deploy/prometheus/postroom.tests.yml";
const OBJECT: &str = "deploy/kustomize/components/monitoring/prometheus-rule.yaml";
const RUNBOOKS: &str = "docs/runbooks";
const ALERTS: &str = "docs/ALERTS.md";

/// Writes the object anew.
pub(crate) fn renew() -> Result<(), ChoreError> {
    std::fs::write(root().join(OBJECT), object(&read(RULES)?)).map_err(ChoreError::at(OBJECT))
}

/// Compares what belongs together, then asks `promtool`.
pub(crate) fn check() -> Result<(), ChoreError> {
    compare()?;
    install_promtool();
    if !is_installed("promtool") {
        eprintln!("promtool is not installed: the alerts were not tried");
        return Ok(());
    }
    for (what, file) in [("check", RULES), ("test", RULES_TESTS)] {
        let mut promtool = Command::new("promtool");
        run_tool(promtool.current_dir(root()).args([what, "rules", file]))?;
    }
    Ok(())
}

/// Debian's package brings the server, too.
pub(crate) fn install_promtool() {
    if !is_installed("promtool") && packages::may_install() {
        // What is missing then is said by whoever needs it.
        drop(packages::install("prometheus"));
    }
}

fn compare() -> Result<(), ChoreError> {
    let rules = read(RULES)?;
    if read(OBJECT)? != object(&rules) {
        let words = format!("{OBJECT} is not {RULES}: `cargo xtask prepare` renews it");
        return Err(ChoreError::new(words));
    }
    let (alerts, runbooks) = (alerts(&rules), runbooks()?);
    let listed = read(ALERTS)?;
    if let Some(alert) = alerts.symmetric_difference(&runbooks).next() {
        let words = format!("{alert}: an alert has a page in {RUNBOOKS}, and a page its alert");
        return Err(ChoreError::new(words));
    }
    for alert in alerts {
        if !rules.contains(&format!("{RUNBOOKS}\" }}}}/{alert}.md'")) {
            return Err(ChoreError::new(format!("{alert} does not name its page")));
        }
        if !listed.contains(&format!("| [{alert}](runbooks/{alert}.md) |")) {
            return Err(ChoreError::new(format!("{alert} has no row in {ALERTS}")));
        }
    }
    Ok(())
}

/// The rules as an object of the Prometheus Operator.
fn object(rules: &str) -> String {
    let mut object = format!(
        "# Made from {RULES} by `cargo xtask prepare`.\napiVersion: monitoring.coreos.com/v1\n\
         kind: PrometheusRule\nmetadata:\n  name: postroom\nspec:\n"
    );
    for line in rules.lines().skip_while(|line| line.starts_with('#')) {
        let indent = if line.is_empty() { "" } else { "  " };
        object.push_str(&format!("{indent}{line}\n"));
    }
    object
}

fn alerts(rules: &str) -> BTreeSet<String> {
    let lines = rules.lines().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix("- alert: "))
        .map(str::to_owned)
        .collect()
}

fn runbooks() -> Result<BTreeSet<String>, ChoreError> {
    let entries = std::fs::read_dir(root().join(RUNBOOKS)).map_err(ChoreError::at(RUNBOOKS))?;
    let names = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name());
    Ok(names
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".md")?.to_owned()))
        .collect())
}

fn read(file: &str) -> Result<String, ChoreError> {
    std::fs::read_to_string(root().join(file)).map_err(ChoreError::at(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_their_object_their_page_and_their_row() {
        compare().unwrap();
    }

    #[test]
    fn an_object_holds_the_rules() {
        let object = object("# Words.\ngroups:\n  - name: a\n\n    rules: []\n");
        assert!(
            object.ends_with("spec:\n  groups:\n    - name: a\n\n      rules: []\n"),
            "{object}"
        );
    }
}
