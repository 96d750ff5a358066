//! `postroom serve`: run a frontend until it is told to stop.

use std::net::SocketAddr;

use sd_notify::NotifyState;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::signal::unix::SignalKind;
use tracing::{info, warn};

use super::failure::Failure;
use super::reload::Reloader;
use super::runtime;
use super::stops::{Stops, listen};
use super::terminal::Terminal;
use crate::config::{Config, Sources};
use crate::environment;
use crate::frontend::Frontend;
use crate::panics::log_panics;
use crate::telemetry::{self, Telemetry};

pub(super) const HELP: &str = "Without settings it listens on ports 1143 (STARTTLS) and 1993 \
    (TLS), and starts a PostgreSQL of its own if it was built with one; packages and images are not, and want database.url. \
    `postroom config` prints all settings.\n\n\
    SIGTERM or SIGINT: not ready, after timeouts.linger no new clients, BYE to all, what was begun is finished. A \
    second one ends it at once.\n\
    SIGHUP: certificates, trusted networks, database.url and log.filter are read again.\n\
    With --json one line says when it is ready, and on which ports.\n\n\
    Examples:\n  \
    postroom serve\n  \
    POSTROOM_LISTEN__IMAP=127.0.0.1:0 postroom serve --json\n  \
    postroom serve --config /etc/postroom/postroom.toml";

/// Ended by a second signal, as the shell has it for SIGINT.
const ENDED_AT_ONCE: i32 = 130;

/// Files that are no connections of clients or agents: listeners, probes, the database's connections, certificates.
const FILES_KEPT: usize = 256;

/// How a frontend is run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave the schema alone: wait, not ready, until `postroom migrate` has brought it up to date.
    #[arg(long)]
    no_migrate: bool,
}

pub(super) fn run(args: &Args, sources: &Sources, terminal: &Terminal) -> Result<(), Failure> {
    let mut config = Config::load(sources)?;
    config.database.migrate &= !args.no_migrate;
    let config = &config;
    let runtime = runtime()?;
    let telemetry = start_telemetry(config, runtime.handle())?;
    log_panics();
    let config = &bound_connections(config);
    let limits = &config.limits;
    info!(
        memory_bytes = limits.memory_bytes,
        cores = environment::cores(),
        connections = limits.connections,
        cache_bytes = limits.cache_bytes,
        literal_bytes_in_flight = limits.literal_bytes_in_flight,
        fetch_bytes_in_flight = limits.fetch_bytes_in_flight,
        "the budgets of this frontend"
    );
    let reloader = Reloader::new(sources, &telemetry, config);
    let served = runtime.block_on(serve(config, reloader, terminal));
    // While the runtime still runs, because it sends the last traces.
    telemetry.stop();
    served
}

fn start_telemetry(config: &Config, runtime: &Handle) -> Result<Telemetry, Failure> {
    let name = &config.node.name;
    let (subscriber, telemetry) =
        telemetry::subscriber(&config.log, config.otlp.as_ref(), name, runtime)
            .map_err(|cause| Failure::usage(format!("telemetry: {cause}")))?;
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|cause| Failure::failed(cause.to_string()))?;
    Ok(telemetry)
}

/// No more connections than the machine allows open files: a socket is one. Who comes then is told so, and probes are still
/// answered; without files nobody could be accepted at all.
fn bound_connections(config: &Config) -> Config {
    let mut config = config.clone();
    let Some(files_max) = environment::raise_files_max() else {
        return config;
    };
    let others =
        config.lmtp.connections + config.agents.connections + config.web.connections + FILES_KEPT;
    let allowed = connections_within(files_max, others);
    if allowed < config.limits.connections {
        warn!(
            files_max,
            files_wanted = config.limits.connections + others,
            connections = allowed,
            "the machine allows too few open files for limits.connections, so there are fewer: lower it, or raise `ulimit -n`"
        );
        config.limits.connections = allowed;
    }
    config
}

/// How many clients there may be beside `others` that hold files. At least half of all files are for clients.
fn connections_within(files_max: u64, others: usize) -> usize {
    let files_max = usize::try_from(files_max).unwrap_or(usize::MAX);
    files_max.saturating_sub(others).max(files_max / 2)
}

async fn serve(
    config: &Config,
    mut reloader: Reloader<'_>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut stops = Stops::listen()?;
    let mut hang_up = listen(SignalKind::hangup())?;
    // Nothing was promised to anybody before it has started.
    let Some(started) = stops.unless_stopped(Frontend::start(config)).await else {
        return Ok(());
    };
    let frontend = started?;
    announce(&frontend, terminal)?;
    notify_systemd(NotifyState::Ready);
    loop {
        let reloading = async {
            let _signal = hang_up.recv().await;
            let said = reloader.reload(&frontend).await;
            notify_systemd(NotifyState::Status(&said));
        };
        if stops.unless_stopped(reloading).await.is_none() {
            break;
        }
    }
    notify_systemd(NotifyState::Stopping);
    if stops.unless_stopped(frontend.stop()).await.is_none() {
        warn!("told twice to stop: ending at once");
        std::process::exit(ENDED_AT_ONCE)
    }
    Ok(())
}

fn announce(frontend: &Frontend, terminal: &Terminal) -> Result<(), Failure> {
    let addresses = frontend.addresses();
    info!(
        imap = ?addresses.imap,
        imaps = ?addresses.imaps,
        lmtp = ?addresses.lmtp,
        lmtps = ?addresses.lmtps,
        maps = ?addresses.maps,
        auth = ?addresses.auth,
        http = ?addresses.http,
        web = ?addresses.web,
        sockets = ?addresses.sockets,
        "ready"
    );
    if !terminal.is_json() {
        return Ok(());
    }
    let texts = |addresses: &[SocketAddr]| -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    };
    terminal.print(json!({
        "imap": texts(&addresses.imap),
        "imaps": texts(&addresses.imaps),
        "lmtp": texts(&addresses.lmtp),
        "lmtps": texts(&addresses.lmtps),
        "maps": texts(&addresses.maps),
        "auth": texts(&addresses.auth),
        "http": texts(&addresses.http),
        "web": texts(&addresses.web),
        "sockets": addresses.sockets,
        "pid": std::process::id(),
        "postgres": frontend.postgres_pid(),
    }))
}

/// Tells systemd, where it started this process as a unit that says when it is ready: `systemctl start` waits for that, and
/// `systemctl status` shows what was said last.
fn notify_systemd(state: NotifyState<'_>) {
    if let Err(cause) = sd_notify::notify(&[state]) {
        warn!(%cause, "systemd is not told");
    }
}

#[cfg(test)]
mod tests {
    use super::connections_within;

    #[test]
    fn clients_leave_files_for_everything_else() {
        for (files_max, others, connections) in [
            (20_000, 1456, 18_544),
            (1_048_576, 1456, 1_047_120),
            (1024, 1456, 512),
        ] {
            assert_eq!(connections_within(files_max, others), connections);
        }
    }
}
