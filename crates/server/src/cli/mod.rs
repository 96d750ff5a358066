//! The command line: one file a verb.
//!
//! Exit codes: 0 done, 1 failed, 2 not understood (arguments or configuration); `deliver` has those of sysexits. What went wrong
//! is on standard error; what was asked for is on standard output.

mod acl;
mod activity;
mod address;
mod admin_context;
mod after_restore;
mod apply;
mod completions;
mod config;
mod deliver;
mod directory;
mod doctor;
mod failure;
mod group;
mod input;
mod letter_choice;
mod mailbox;
mod mailbox_report;
mod manual;
mod migrate;
mod password;
mod quota;
mod readable;
mod reload;
mod remote;
mod serve;
mod session;
mod setup;
mod snapshot;
mod stops;
mod team;
mod terminal;
mod token;
mod top;
mod upkeep;
mod user;
mod user_import;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use crate::config::{Config, Sources, find_file, is_log_json};
use crate::environment;
use crate::telemetry;
use failure::Failure;
use remote::{Remote, ServerChoice};
use terminal::Terminal;

/// IMAP for mailboxes that many people work in at once.
#[derive(Debug, Parser)]
#[command(
    name = "postroom",
    version,
    arg_required_else_help = true,
    after_help = "A first shared mailbox, from nothing:\n  \
        postroom serve &\n  \
        postroom user add admin --admin --password-file admin.secret\n  \
        postroom user add ada --password-stdin < ada.secret\n  \
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
    #[command(flatten)]
    remote: remote::Options,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a frontend until SIGTERM or SIGINT.
    #[command(after_help = serve::HELP)]
    Serve(serve::Args),
    /// Bring the database up to date.
    #[command(after_help = migrate::HELP)]
    Migrate,
    /// Accounts: who can log in.
    #[command(subcommand, after_help = user::HELP)]
    User(user::Verb),
    /// Access tokens: a password for each device, and seats at shared mailboxes.
    #[command(subcommand, after_help = token::HELP)]
    Token(token::Verb),
    /// Groups of accounts, for access control lists.
    #[command(subcommand, after_help = group::HELP)]
    Group(group::Verb),
    /// The directory that knows people, by LDAP.
    #[command(subcommand, after_help = directory::HELP)]
    Directory(directory::Verb),
    /// Mailboxes, under the names that a site administrator sees.
    #[command(after_help = mailbox::HELP)]
    Mailbox(mailbox::Args),
    /// Who may do what in a mailbox (RFC 4314).
    #[command(after_help = acl::HELP)]
    Acl(acl::Args),
    /// Addresses: where mail goes that comes to them.
    #[command(subcommand, after_help = address::HELP)]
    Address(address::Verb),
    /// Deliver a letter from standard input, as an MTA would.
    #[command(after_help = deliver::HELP)]
    Deliver(deliver::Args),
    /// Teams: a mailbox with folders, addresses and members, at once.
    #[command(subcommand, after_help = team::HELP)]
    Team(team::Verb),
    /// Make accounts, groups and shared mailboxes as a file says, and say first what that changes.
    #[command(after_help = apply::HELP)]
    Apply(apply::Args),
    /// Write what there is as a file for `apply`.
    #[command(after_help = snapshot::HELP)]
    Snapshot(snapshot::Args),
    /// How much room there is (RFC 9208).
    #[command(subcommand, after_help = quota::HELP)]
    Quota(quota::Verb),
    /// Who did what, when and from where.
    #[command(after_help = activity::HELP)]
    Activity(activity::Args),
    /// How a mail program is set up for an address: what one types, and the records of its domain.
    #[command(after_help = setup::HELP)]
    Setup(setup::Args),
    /// Who is logged in, and ending that.
    #[command(subcommand, after_help = session::HELP)]
    Session(session::Verb),
    /// Who is doing what now, and how the frontends are.
    #[command(after_help = top::HELP)]
    Top(top::Args),
    /// What is done in the background: how each job goes, and doing it now.
    #[command(subcommand, after_help = upkeep::HELP)]
    Upkeep(upkeep::Verb),
    /// Look at configuration, database, certificate and ports, and say what is wrong.
    #[command(after_help = after_restore::HELP)]
    Doctor(after_restore::Args),
    /// Print every setting with its default, as a file to start from; or check those that are there.
    #[command(after_help = config::HELP)]
    Config(config::Args),
    /// Print what a shell needs to complete these commands.
    #[command(after_help = completions::HELP)]
    Completions(completions::Args),
    /// Write the manual pages, one for each verb, into a folder.
    #[command(hide = true)]
    Manual(manual::Args),
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
    let sources = sources(&cli);
    match run(&cli, &sources, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever reads a frontend's log reads no terminal.
            if matches!(cli.verb, Verb::Serve(_)) && is_log_json(&sources) {
                telemetry::log_failure(&failure);
            } else {
                terminal.complain(&failure);
            }
            failure.code()
        }
    }
}

fn run(cli: &Cli, sources: &Sources, terminal: &Terminal) -> Result<(), Failure> {
    match &cli.verb {
        // What is the same on every machine.
        Verb::Completions(_) | Verb::Manual(_) => {}
        verb => {
            if let Some(server) = cli.remote.chosen(&sources.variables)? {
                return runtime()?.block_on(run_remotely(verb, &server, terminal));
            }
        }
    }
    match &cli.verb {
        Verb::Config(args) => return config::run(args, sources, terminal),
        Verb::Completions(args) => return completions::run(args, &mut Cli::command(), terminal),
        Verb::Manual(args) => return manual::run(args, Cli::command()),
        Verb::Apply(args) if args.keys => return apply::keys(terminal),
        Verb::Doctor(args) if !args.after_restore => {
            return runtime()?.block_on(doctor::run(sources, terminal));
        }
        Verb::Deliver(args) => return runtime()?.block_on(deliver::run(args, sources, terminal)),
        Verb::Serve(args) => return serve::run(args, sources, terminal),
        Verb::Migrate
        | Verb::User(_)
        | Verb::Token(_)
        | Verb::Group(_)
        | Verb::Directory(_)
        | Verb::Mailbox(_)
        | Verb::Acl(_)
        | Verb::Team(_)
        | Verb::Apply(_)
        | Verb::Snapshot(_)
        | Verb::Address(_)
        | Verb::Quota(_)
        | Verb::Activity(_)
        | Verb::Session(_)
        | Verb::Setup(_)
        | Verb::Top(_)
        | Verb::Upkeep(_)
        | Verb::Doctor(_) => {}
    }
    let config = Config::load(sources)?;
    runtime()?.block_on(async {
        match &cli.verb {
            Verb::Migrate => migrate::run(&config, terminal).await,
            Verb::User(verb) => user::run(verb, &config, terminal).await,
            Verb::Token(verb) => token::run(verb, &config, terminal).await,
            Verb::Group(verb) => group::run(verb, &config, terminal).await,
            Verb::Directory(verb) => directory::run(verb, &config, terminal).await,
            Verb::Mailbox(args) => mailbox::run(args, &config, terminal).await,
            Verb::Acl(args) => acl::run(args, &config, terminal).await,
            Verb::Address(verb) => address::run(verb, &config, terminal).await,
            Verb::Team(verb) => team::run(verb, &config, terminal).await,
            Verb::Apply(args) => apply::run(args, &config, terminal).await,
            Verb::Snapshot(args) => snapshot::run(args, &config, terminal).await,
            Verb::Quota(verb) => quota::run(verb, &config, terminal).await,
            Verb::Session(verb) => session::run(verb, &config, terminal).await,
            Verb::Setup(args) => setup::run(args, &config, terminal).await,
            Verb::Activity(args) => activity::run(args, &config, terminal).await,
            Verb::Top(args) => top::run(args, &config, terminal).await,
            Verb::Upkeep(verb) => upkeep::run(verb, &config, terminal).await,
            Verb::Doctor(args) => after_restore::run(args, &config, terminal).await,
            Verb::Serve(_)
            | Verb::Config(_)
            | Verb::Deliver(_)
            | Verb::Completions(_)
            | Verb::Manual(_) => Ok(()),
        }
    })
}

/// Does what is asked for by the API of a frontend.
async fn run_remotely(
    verb: &Verb,
    server: &ServerChoice,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let remote = Remote::new(server)?;
    match verb {
        Verb::User(verb) => user::run_on(&remote, verb, terminal).await,
        Verb::Group(verb) => group::run_remotely(&remote, verb, terminal).await,
        Verb::Mailbox(args) => mailbox::run_remotely(&remote, args, terminal).await,
        Verb::Acl(args) => acl::run_remotely(&remote, args, terminal).await,
        Verb::Address(verb) => address::run_on(&remote, verb, terminal).await,
        Verb::Quota(verb) => quota::run_on(&remote, verb, terminal).await,
        Verb::Token(verb) => token::run_on(&remote, verb, terminal).await,
        Verb::Session(verb) => session::run_on(&remote, verb, terminal).await,
        Verb::Activity(args) => activity::run_on(&remote, args, terminal).await,
        Verb::Serve(_) => Err(Failure::only_here("serve")),
        Verb::Migrate => Err(Failure::only_here("migrate")),
        Verb::Directory(_) => Err(Failure::only_here("directory")),
        Verb::Deliver(_) => Err(Failure::only_here("deliver")),
        Verb::Team(_) => Err(Failure::only_here("team")),
        Verb::Apply(_) => Err(Failure::only_here("apply")),
        Verb::Snapshot(_) => Err(Failure::only_here("snapshot")),
        Verb::Setup(_) => Err(Failure::only_here("setup")),
        Verb::Top(_) => Err(Failure::only_here("top")),
        Verb::Upkeep(_) => Err(Failure::only_here("upkeep")),
        Verb::Doctor(_) => Err(Failure::only_here("doctor")),
        Verb::Config(_) => Err(Failure::only_here("config")),
        Verb::Completions(_) | Verb::Manual(_) => Ok(()),
    }
}

fn sources(cli: &Cli) -> Sources {
    let variables = environment::variables();
    Sources {
        file: find_file(cli.config.as_deref(), &variables),
        surroundings: environment::surroundings(&variables),
        variables,
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Failure::failed(format!("cannot start threads: {cause}")))
}
