//! `cargo xtask talk`: plays one talk and prints its transcript.

use crate::tool::{ChoreError, cargo, root, run as run_tool};

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    let [page] = arguments else {
        return Err(ChoreError::new("which talk? cargo xtask talk FILE"));
    };
    let page = std::fs::canonicalize(page).map_err(ChoreError::at(page))?;
    if !page.starts_with(root()) {
        return Err(ChoreError::new(format!(
            "{} is not in this repository",
            page.display()
        )));
    }
    let mut testkit = cargo(&["run", "--quiet", "--package", "postroom-testkit", "--"]);
    run_tool(testkit.arg(page))
}
