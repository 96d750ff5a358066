//! `postroom doctor`: looks at configuration, database, certificate and ports, and reports problems.

mod judgements;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nats::Nats;
use serde_json::json;
use store::{Letters, Options, Store};
use tokio::time::timeout;

use self::judgements::{
    judge_clock, judge_frontends, judge_grants, judge_migrations, judge_replication, judge_room,
};
use super::failure::Failure;
use super::readable::{ReadableBy, Secrecy, readable_by, who_cannot_write};
use super::terminal::Terminal;
use crate::bus_link;
use crate::client_certificates::{ClientCertificates, LISTS_ENDED};
use crate::config::{Config, ListenAddress, Sources, TlsFiles};
use crate::database::Database;
use crate::environment;
use crate::http::client;
use crate::identity_provider::IdentityProvider;
use crate::tls::{self, TlsError};
use crate::validity::CertificateState;

/// How long the bus may take to carry something.
const BUS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a notification may take from one connection to another.
const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(2);

/// One thing that was checked, and the result.
struct Finding {
    what: &'static str,
    severity: Severity,
    words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Good,
    /// Works, but somebody should know.
    Note,
    Bad,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

impl Finding {
    fn good(what: &'static str, words: impl Into<String>) -> Self {
        Self::new(what, Severity::Good, words)
    }

    fn note(what: &'static str, words: impl Into<String>) -> Self {
        Self::new(what, Severity::Note, words)
    }

    fn bad(what: &'static str, words: impl Into<String>) -> Self {
        Self::new(what, Severity::Bad, words)
    }

    fn new(what: &'static str, severity: Severity, words: impl Into<String>) -> Self {
        Self {
            what,
            severity,
            words: words.into(),
        }
    }
}

pub(super) async fn run(sources: &Sources, terminal: &Terminal) -> Result<(), Failure> {
    let findings = examine(sources).await;
    let data = findings.iter().map(|finding| {
        json!({
            "what": finding.what,
            "verdict": finding.severity.word(),
            "words": finding.words,
        })
    });
    terminal.show(&data.collect(), || {
        let line = |finding: &Finding| {
            format!(
                "{}  {}: {}\n",
                finding.severity.word(),
                finding.what,
                finding.words
            )
        };
        findings.iter().map(line).collect()
    })?;
    let bad = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Bad);
    match bad.count() {
        0 => Ok(()),
        1 => Err(Failure::failed("one thing is wrong")),
        count => Err(Failure::failed(format!("{count} things are wrong"))),
    }
}

async fn examine(sources: &Sources) -> Vec<Finding> {
    let config = match Config::load(sources) {
        Ok(config) => config,
        Err(mistakes) => {
            let bad = |mistake: &crate::config::Mistake| {
                Finding::bad(
                    "configuration",
                    format!("{}: {}", mistake.key, mistake.words),
                )
            };
            return mistakes.0.iter().map(bad).collect();
        }
    };
    let file = sources.file.as_ref().map_or_else(
        || "defaults and variables".to_owned(),
        |file| file.display().to_string(),
    );
    let mut findings = vec![Finding::good("configuration", file)];
    findings.extend(examine_database(&config).await);
    findings.extend(examine_directory(&config).await);
    findings.extend(examine_provider(&config).await);
    findings.extend(examine_certificates(&config));
    findings.extend(examine_files(&config));
    findings.extend(examine_ports(&config).await);
    findings.extend(examine_sockets(&config));
    findings
}

async fn examine_database(config: &Config) -> Vec<Finding> {
    let what = "database";
    let database = match Database::reach(config).await {
        Ok(database) => database,
        Err(error) => return vec![Finding::bad(what, error.to_string()), not_looked_at()],
    };
    let findings = match examine_store(config, &database).await {
        Ok(findings) => findings,
        Err(fault) => vec![Finding::bad(what, fault.to_string()), not_looked_at()],
    };
    database.stop().await;
    findings
}

fn not_looked_at() -> Finding {
    let words = "without a database: accounts, bus, clock, connections, durability, frontends, standby, wake-ups";
    Finding::note("not looked at", words)
}

async fn examine_store(config: &Config, database: &Database) -> Result<Vec<Finding>, store::Fault> {
    let what = "database";
    let lacking = Store::lacking_grants(database.url()).await?;
    if let Some(finding) = judge_grants(&lacking) {
        return Ok(vec![finding, not_looked_at()]);
    }
    let pending = Store::pending_migrations(database.url()).await?;
    if !pending.is_empty() {
        let may_migrate = Store::may_migrate(database.url()).await?;
        return Ok(vec![judge_migrations(
            pending.len(),
            config.database.migrate,
            may_migrate,
        )]);
    }
    let read_url = config.database.read_url.as_ref();
    let options = Options {
        url: database.url().to_owned(),
        connections: 1,
        standby_url: read_url.map(|url| url.expose().to_owned()),
        application_name: "postroom doctor".to_owned(),
        letters: Letters::None,
    };
    let store = Store::connect(options, environment::background(&Arc::default())).await?;
    store.ping().await?;
    let accounts = store.accounts().await?;
    let admins = accounts.iter().filter(|account| account.is_admin).count();
    let mut findings = vec![Finding::good(what, "answers and is up to date")];
    findings.push(if admins == 0 {
        Finding::note(
            "accounts",
            "no site administrator: postroom user add NAME --admin",
        )
    } else {
        let words = format!(
            "{} users, {admins} of them site administrators",
            accounts.len()
        );
        Finding::good("accounts", words)
    });
    findings.extend(judge_frontends(&store.busy(Duration::ZERO, 0).await?.nodes));
    findings.extend(examine_bus(config, &store).await);
    findings.push(judge_replication(&store.replication().await?));
    let server = store.server_limits().await?;
    findings.push(judge_room(config.database.connections, &server));
    findings.extend(judge_clock(server.unix_seconds));
    if read_url.is_some() {
        findings.push(match store.reach_standby().await {
            Ok(()) => Finding::good("standby", "contents can be read from one"),
            Err(cause) => {
                Finding::note("standby", format!("{cause}; all is read from the primary"))
            }
        });
    }
    findings.push(if store.hears_notifications(NOTIFICATION_TIMEOUT).await? {
        Finding::good("wake-ups", "arrive")
    } else {
        let words = "do not arrive: a pooler on the way must be in session mode";
        Finding::bad("wake-ups", words)
    });
    Ok(findings)
}

/// Whether the LDAP directory answers, and lets whoever searches in.
async fn examine_directory(config: &Config) -> Option<Finding> {
    let what = "directory";
    let ldap = config.ldap.as_ref()?;
    let directory = match super::directory::open(ldap) {
        Ok(directory) => directory,
        Err(failure) => return Some(Finding::bad(what, failure.to_string())),
    };
    Some(match directory.check().await {
        Ok(()) => Finding::good(what, "answers and can be searched"),
        Err(cause) => Finding::bad(what, format!("people cannot log in: {cause}")),
    })
}

/// Whether the identity provider tells its keys, and where people sign in.
async fn examine_provider(config: &Config) -> Option<Finding> {
    let what = "identity provider";
    let oauth = config.oauth.as_ref()?;
    let checked = match IdentityProvider::new(oauth) {
        Ok(provider) => provider.check_presence().await,
        Err(error) => return Some(Finding::bad(what, error.to_string())),
    };
    Some(match checked {
        Ok(()) => Finding::good(what, "answers, and its keys can be read"),
        Err(cause) => Finding::bad(what, format!("people cannot log in by it: {cause}")),
    })
}

/// Whether what carries wake-ups carries one. The name of its subject is known only with a database.
async fn examine_bus(config: &Config, store: &Store) -> Option<Finding> {
    let what = "bus";
    let url = config.bus.url.as_ref()?;
    let link = bus_link::link(&config.bus, url, "doctor", store);
    let cause = match timeout(BUS_TIMEOUT, Nats::check(&link)).await {
        Ok(Ok(words)) => return Some(Finding::good(what, words)),
        Ok(Err(cause)) => cause.to_string(),
        Err(late) => late.to_string(),
    };
    let servers = link.servers().join(", ");
    let words = format!("{servers}: {cause}; wake-ups go through PostgreSQL meanwhile");
    Some(Finding::bad(what, words))
}

fn examine_certificates(config: &Config) -> Vec<Finding> {
    let what = "certificate";
    let unreadable = config.tls.unreadable_folders();
    let mut findings: Vec<_> = unreadable
        .iter()
        .map(|(folder, cause)| Finding::bad(what, format!("{}: {cause}", folder.display())))
        .collect();
    let pairs = config.tls.pairs();
    findings.extend(pairs.iter().map(examine_certificate));
    if config.tls.folders.is_empty() && pairs.is_empty() {
        let words = "none is configured: serve makes one, which clients will ask about";
        findings.push(Finding::note(what, words));
    } else if findings.is_empty() {
        findings.push(Finding::bad(what, TlsError::Nothing.to_string()));
    }
    let now = environment::unix_seconds();
    match ClientCertificates::check(config) {
        Ok(Some(ends_at)) if ends_at < now => findings.push(Finding::bad(what, LISTS_ENDED)),
        Ok(_) => {}
        Err(error) => findings.push(Finding::bad(what, format!("of clients: {error}"))),
    }
    findings
}

fn examine_certificate(files: &TlsFiles) -> Finding {
    let what = "certificate";
    let state = match tls::state(files, environment::unix_seconds()) {
        Ok(state) => state,
        Err(error) => return Finding::bad(what, error.to_string()),
    };
    let words = format!("{}: {state}", files.certificate.display());
    match state {
        CertificateState::Valid { .. } => Finding::good(what, words),
        CertificateState::EndsSoon { .. } => Finding::note(what, words),
        CertificateState::Expired { .. } | CertificateState::NotYetValid { .. } => {
            Finding::bad(what, words)
        }
    }
}

/// What a frontend must read: certificates and keys, URLs and passwords.
fn examine_files(config: &Config) -> impl Iterator<Item = Finding> {
    let served = config.tls.pairs().into_iter();
    let served = served.map(|files| (files.certificate, files.key));
    let pairs = served.chain(config.bus.certificate.clone());
    let pairs = pairs
        .flat_map(|(certificate, key)| [(certificate, Secrecy::Public), (key, Secrecy::Secret)]);
    let authorities = config
        .ldap
        .as_ref()
        .and_then(|ldap| ldap.settings.servers.ca.clone());
    let of_provider = config.oauth.as_ref().and_then(|oauth| oauth.ca.clone());
    let authorities = authorities.into_iter().chain(config.bus.ca.clone());
    let authorities = authorities.chain(of_provider);
    let of_clients = config.tls.clients.clone().into_iter();
    let of_clients = of_clients.flat_map(|clients| [Some(clients.authorities), clients.revoked]);
    let authorities = authorities.chain(of_clients.flatten());
    let secrets = config.secret_files.clone().into_iter();
    let files = pairs
        .chain(authorities.map(|ca| (ca, Secrecy::Public)))
        .chain(secrets.map(|secret| (secret, Secrecy::Secret)));
    // What is not there is told elsewhere.
    let files = files.filter(|(file, _)| file.exists());
    files.map(move |(file, secrecy)| examine_file(&file, secrecy, &config.node.state_dir))
}

fn examine_file(file: &Path, secrecy: Secrecy, state_dir: &Path) -> Finding {
    let what = "file";
    let name = file.display();
    match readable_by(file, secrecy, state_dir) {
        ReadableBy::Frontend => Finding::good(what, format!("{name} can be read")),
        ReadableBy::Everybody => Finding::note(
            what,
            format!("everybody on this machine can read {name}: chmod o= {name}"),
        ),
        ReadableBy::RootAlone => Finding::note(
            what,
            format!("only root can read {name}, no other user as whom a frontend may run"),
        ),
        ReadableBy::NotFrontend { uid } => Finding::bad(
            what,
            format!(
                "user {uid}, who has {} and so runs the frontend, cannot read {name}",
                state_dir.display()
            ),
        ),
    }
}

async fn examine_ports(config: &Config) -> impl Iterator<Item = Finding> {
    let listen = &config.listen;
    let is_running = is_frontend(&listen.http).await;
    let by_network = |addresses: &[ListenAddress]| {
        let by_network = addresses.iter().filter_map(|address| match address {
            ListenAddress::Tcp(address) => Some(*address),
            ListenAddress::Unix(_) => None,
        });
        by_network.collect::<Vec<_>>()
    };
    let all = [
        ("listen.imap", listen.imap.clone()),
        ("listen.imaps", listen.imaps.clone()),
        ("listen.lmtp", by_network(&listen.lmtp)),
        ("listen.lmtps", listen.lmtps.clone()),
        ("listen.maps", by_network(&listen.maps)),
        ("listen.auth", by_network(&listen.auth)),
        ("listen.http", listen.http.clone()),
        ("listen.web", listen.web.clone()),
    ];
    all.into_iter()
        .flat_map(|(what, addresses)| addresses.into_iter().map(move |address| (what, address)))
        .map(move |(what, address)| examine_port(what, address, is_running))
}

/// Whether the folders are there in which a frontend makes its sockets, and it may.
fn examine_sockets(config: &Config) -> impl Iterator<Item = Finding> {
    let listen = &config.listen;
    let all = [
        ("listen.lmtp", &listen.lmtp),
        ("listen.maps", &listen.maps),
        ("listen.auth", &listen.auth),
    ];
    let sockets = all.into_iter().flat_map(|(what, addresses)| {
        let paths = addresses.iter().filter_map(|address| match address {
            ListenAddress::Tcp(_) => None,
            ListenAddress::Unix(path) => Some(path),
        });
        paths.map(move |path| (what, path))
    });
    sockets.map(|(what, path)| examine_socket(what, path, &config.node.state_dir))
}

fn examine_socket(what: &'static str, path: &Path, state_dir: &Path) -> Finding {
    let name = path.display();
    let folder = path.parent().unwrap_or(path);
    if !folder.is_dir() {
        return Finding::bad(
            what,
            format!("{name}: there is no folder {}", folder.display()),
        );
    }
    if let Some(uid) = who_cannot_write(folder, state_dir) {
        let words = format!(
            "{name}: user {uid}, who has {} and so runs the frontend, cannot make files in {}",
            state_dir.display(),
            folder.display()
        );
        return Finding::bad(what, words);
    }
    match UnixStream::connect(path) {
        Ok(_) => Finding::note(
            what,
            format!("{name} answers: somebody listens there already"),
        ),
        Err(_) => Finding::good(what, format!("{name} is free")),
    }
}

/// Whether a frontend answers where one of these would.
async fn is_frontend(http: &[SocketAddr]) -> bool {
    for address in http {
        let answer = client::get(&address.to_string(), "/healthz/live").await;
        if answer.is_ok_and(|answer| answer.body() == "alive\n") {
            return true;
        }
    }
    false
}

fn examine_port(what: &'static str, address: SocketAddr, is_running: bool) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::good(what, format!("{address} is free")),
        Err(cause) if cause.kind() == io::ErrorKind::AddrInUse && is_running => Finding::note(
            what,
            format!("{address} is in use, and a frontend runs here"),
        ),
        Err(cause) if cause.kind() == io::ErrorKind::AddrInUse => {
            let words =
                "is in use, but no frontend answers on listen.http; `ss -ltnp` says who has it";
            Finding::bad(what, format!("{address} {words}"))
        }
        Err(cause) => Finding::bad(what, format!("{address}: {cause}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_needs_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth");
        let severity = |path: &Path| examine_socket("listen.auth", path, folder.path()).severity;
        assert_eq!(severity(&path), Severity::Good);
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(severity(&path), Severity::Note);
        assert_eq!(severity(&folder.path().join("not/there")), Severity::Bad);
    }
}
