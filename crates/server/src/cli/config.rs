//! `postroom config`: the reference of all settings, and whether those of this machine are right.

use serde_json::json;

use super::failure::Failure;
use super::terminal::Terminal;
use crate::client_certificates::ClientCertificates;
use crate::config::{Config, Sources, reference};
use crate::database::Database;
use crate::environment;
use crate::tls;

pub(super) const HELP: &str = "Examples:\n  \
    postroom config > postroom.toml\n  \
    postroom config --check && systemctl reload postroom";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Say instead whether a frontend could take over the settings and the certificates that are there now. It asks no
    /// database.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args, sources: &Sources, terminal: &Terminal) -> Result<(), Failure> {
    if !args.check {
        return terminal.print(reference().trim_end());
    }
    let config = Config::load(sources)?;
    Database::check(&config)?;
    if let Some((folder, cause)) = config.tls.unreadable_folders().first() {
        let words = format!("tls.certificates: {}: {cause}", folder.display());
        return Err(Failure::usage(words));
    }
    let now = environment::unix_seconds();
    for files in config.tls.pairs() {
        tls::state(&files, now).map_err(|cause| Failure::usage(cause.to_string()))?;
    }
    ClientCertificates::check(&config).map_err(|cause| Failure::usage(cause.to_string()))?;
    terminal.show(&json!({ "settings": "good" }), || {
        "the settings are good\n".to_owned()
    })
}
