//! The references of all settings (`docs/postroom.toml`) and of all keys of a desired state (`docs/desired-state.toml`), as the
//! server itself prints them.

use crate::tool::{ChoreError, cargo, read, root};

/// Each page with the arguments that print it.
const PAGES: [(&str, &[&str]); 2] = [
    ("docs/postroom.toml", &["config"]),
    ("docs/desired-state.toml", &["apply", "--keys"]),
];

/// Writes the pages anew.
pub(crate) fn renew() -> Result<(), ChoreError> {
    for (page, arguments) in PAGES {
        std::fs::write(root().join(page), printed(arguments)?).map_err(ChoreError::at(page))?;
    }
    Ok(())
}

/// An error unless the pages are what the server prints.
pub(crate) fn check() -> Result<(), ChoreError> {
    for (page, arguments) in PAGES {
        let text = std::fs::read_to_string(root().join(page)).map_err(ChoreError::at(page))?;
        if text != printed(arguments)? {
            return Err(ChoreError::new(format!(
                "{page} is out of date: `cargo xtask prepare` renews it"
            )));
        }
    }
    Ok(())
}

fn printed(arguments: &[&str]) -> Result<String, ChoreError> {
    let line = [
        "run",
        "--quiet",
        "--package",
        "postroom-server",
        "--bin",
        "postroom",
        "--",
    ];
    read(&mut cargo(&[&line, arguments].concat()))
}
