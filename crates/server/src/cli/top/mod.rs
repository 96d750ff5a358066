//! `postroom top`: who is doing what now, by the database; and how the frontends are, by their metrics.

mod figures;
mod page;
mod reading;

use std::io::IsTerminal as _;
use std::time::Duration;

use store::Busy;
use tokio::time::sleep;

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::stops::Stops;
use super::terminal::Terminal;
use crate::config::{Config, parse_span};
use crate::environment;
use crate::http::client::{self, Failed};
use figures::{Figure, figures};
use reading::{Between, Reading};

pub(super) const HELP: &str = "Rates and times are of the time between two looks. Changes are what `postroom activity` knows of the \
    last minute; who only reads has none. What nodes report of sessions is some seconds old. Without a \
    database it shows the frontends all the same.\n\n\
    Examples:\n  \
    postroom top\n  \
    postroom top 10.0.0.1:8080 10.0.0.2:8080\n  \
    postroom top --once --json | jq .mailboxes";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where frontends answer HTTP; without one, where the settings say that this machine's does (`listen.http`).
    #[arg(value_name = "HOST:PORT")]
    frontends: Vec<String>,
    /// One look and no more, as it is with --json and where standard output is no terminal.
    #[arg(long)]
    once: bool,
    /// Between two looks.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = period)]
    every: Duration,
}

/// Of what the activity knows, as far back.
const WINDOW: Duration = Duration::from_secs(60);
/// Mailboxes and users that are shown.
const BUSY_MAX: u32 = 8;

/// Goes to the upper left; long lines are cut.
const BEGIN: &str = "\x1b[H\x1b[?7l";
/// Clears the rest of a line.
const END_LINE: &str = "\x1b[K\n";
/// Clears the rest of the screen.
const END: &str = "\x1b[J\x1b[?7h";
const CLEAR: &str = "\x1b[2J";

/// A frontend that is looked at.
struct Frontend {
    address: String,
    state: String,
    before: Option<Reading>,
    now: Option<Reading>,
}

/// What the database says, and why it does not.
type Answer = Result<Busy, String>;

fn period(text: &str) -> Result<Duration, String> {
    let period = parse_span(text).filter(|period| !period.is_zero());
    period.ok_or_else(|| "say 2s or 500ms".to_owned())
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let mut frontends: Vec<Frontend> = addresses(args, config).map(Frontend::new).collect();
    let mut context = None;
    let watched = watch(args, config, terminal, &mut frontends, &mut context);
    // Whoever has seen enough says so by a signal.
    let watched = Stops::listen()?.unless_stopped(watched).await;
    if let Some(context) = context {
        context.close().await?;
    }
    watched.unwrap_or(Ok(()))
}

fn addresses(args: &Args, config: &Config) -> impl Iterator<Item = String> {
    let named = args.frontends.iter().cloned();
    let own = config.listen.http.iter().map(ToString::to_string);
    let own = own.filter(|_| args.frontends.is_empty());
    named.chain(own)
}

async fn watch(
    args: &Args,
    config: &Config,
    terminal: &Terminal,
    frontends: &mut [Frontend],
    context: &mut Option<AdminContext>,
) -> Result<(), Failure> {
    let is_once = args.once || terminal.is_json() || !std::io::stdout().is_terminal();
    look(frontends).await;
    let mut clear = CLEAR;
    loop {
        sleep(args.every).await;
        look(frontends).await;
        let answer = ask(config, context).await;
        if is_once {
            let data = page::data(context.as_ref(), frontends, &answer);
            let words = || page::words(context.as_ref(), frontends, &answer);
            return terminal.show(&data, words);
        }
        let page = page::words(context.as_ref(), frontends, &answer).replace('\n', END_LINE);
        terminal.print(format_args!("{clear}{BEGIN}{page}{END}"))?;
        clear = "";
    }
}

async fn look(frontends: &mut [Frontend]) {
    futures_util::future::join_all(frontends.iter_mut().map(Frontend::look)).await;
}

/// Asks the database, to which this may be the first way that works.
async fn ask(config: &Config, context: &mut Option<AdminContext>) -> Answer {
    let context = match context {
        Some(context) => context,
        None => {
            let opened = AdminContext::open(config).await;
            context.insert(opened.map_err(|failure| failure.to_string())?)
        }
    };
    let asked = context.store.busy(WINDOW, BUSY_MAX).await;
    asked.map_err(|fault| fault.to_string())
}

impl Frontend {
    fn new(address: String) -> Self {
        Self {
            address,
            state: String::new(),
            before: None,
            now: None,
        }
    }

    async fn look(&mut self) {
        match self.ask().await {
            Ok((state, reading)) => {
                self.state = state;
                self.before = self.now.replace(reading);
            }
            Err(cause) => {
                self.state = format!("no answer: {cause}");
                (self.before, self.now) = (None, None);
            }
        }
    }

    async fn ask(&self) -> Result<(String, Reading), Failed> {
        let ready = client::get(&self.address, "/healthz/ready").await?;
        let state = String::from_utf8_lossy(ready.body()).trim().to_owned();
        let metrics = client::get(&self.address, "/metrics").await?;
        let page = String::from_utf8_lossy(metrics.body());
        Ok((state, Reading::parse(environment::now(), &page)))
    }

    /// None before there are two readings, which an answer that failed begins anew.
    fn figures(&self) -> Vec<Figure> {
        match (&self.before, &self.now) {
            (Some(before), Some(now)) => figures(&Between { before, now }),
            (Some(_) | None, _) => Vec::new(),
        }
    }
}
