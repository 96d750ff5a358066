//! `docs/postroom.toml`: the reference of all settings, as the server itself prints it.

use crate::tool::{Trouble, cargo, read, root};

const PAGE: &str = "docs/postroom.toml";

/// Writes it anew.
pub(crate) fn renew() -> Result<(), Trouble> {
    std::fs::write(root().join(PAGE), printed()?).map_err(Trouble::at(PAGE))
}

/// Good when it is what the server prints.
pub(crate) fn check() -> Result<(), Trouble> {
    let page = std::fs::read_to_string(root().join(PAGE)).map_err(Trouble::at(PAGE))?;
    if page == printed()? {
        return Ok(());
    }
    Err(Trouble::new(format!(
        "{PAGE} is out of date: `cargo xtask prepare` renews it"
    )))
}

fn printed() -> Result<String, Trouble> {
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
