//! The command line: one file a verb.
//!
//! Exit codes: 0 done, 1 failed, 2 not understood (arguments or configuration). What went wrong
//! is one line on standard error; what was asked for is on standard output.

mod config;
mod failure;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Sources, find_file};
use crate::outside;
use failure::Failure;
use terminal::Terminal;

/// IMAP for mailboxes that many people work in at once.
#[derive(Debug, Parser)]
#[command(
    name = "postroom",
    version,
    arg_required_else_help = true,
    after_help = "A first mailbox, from nothing:\n  \
        postroom serve &\n  \
        postroom user add ada --password-stdin < secret\n  \
        postroom user add admin --admin --password-file admin.secret\n  \
        postroom mailbox create 'Shared Folders/support'\n  \
        postroom acl set 'Shared Folders/support' ada lrswipte\n\n\
        Exit codes: 0 done, 1 failed, 2 arguments or configuration not understood."
)]
struct Cli {
    /// The TOML file of settings; else `$POSTROOM_CONFIG`, else /etc/postroom/postroom.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print data as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print every setting with its default, as a file to start from.
    Config,
}

/// Does what this process's arguments ask for.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version come this way too, and clap knows their codes.
            let code = u8::try_from(answer.exit_code()).unwrap_or(2);
            drop(answer.print());
            return ExitCode::from(code);
        }
    };
    let terminal = Terminal::new(cli.json);
    match run(cli, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.complain(&failure);
            failure.code()
        }
    }
}

fn run(cli: Cli, terminal: &Terminal) -> Result<(), Failure> {
    match cli.verb {
        Verb::Config => config::run(terminal),
    }
}

fn load_config(named: Option<PathBuf>) -> Result<Config, Failure> {
    let variables = outside::variables();
    let sources = Sources {
        file: find_file(named.as_deref(), &variables),
        surroundings: outside::surroundings(&variables),
        variables,
    };
    Ok(Config::load(&sources)?)
}
