//! `docs/postroom.toml`: the reference of all settings, as the server itself prints it.

use crate::tool::{ChoreError, cargo, read, root};

const PAGE: &str = "docs/postroom.toml";

/// Writes the page anew.
pub(crate) fn renew() -> Result<(), ChoreError> {
    std::fs::write(root().join(PAGE), printed()?).map_err(ChoreError::at(PAGE))
}

/// An error unless the page is what the server prints.
pub(crate) fn check() -> Result<(), ChoreError> {
    let page = std::fs::read_to_string(root().join(PAGE)).map_err(ChoreError::at(PAGE))?;
    if page == printed()? {
        return Ok(());
    }
    Err(ChoreError::new(format!(
        "{PAGE} is out of date: `cargo xtask prepare` renews it"
    )))
}

fn printed() -> Result<String, ChoreError> {
    let line = [
        "run",
        "--quiet",
        "--package",
        "postroom-server",
        "--bin",
        "postroom",
        "config",
    ];
    read(&mut cargo(&line))
}
