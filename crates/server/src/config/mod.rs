//! Configuration: one TOML file, overridden by `POSTROOM_SECTION__KEY`, checked as a whole.
//!
//! `Config::fill` is the one list of settings: name, default, words. The typed values, the list
//! of mistakes and the printed reference all come from it.

mod form;
mod reference;
mod setting;
mod sources;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use acl::Everybody;
use mail::Namespaces;
use session::{Reuse, SubscribeOnGrant};

use form::Form;
pub use form::{Mistake, Mistakes};
pub use reference::reference;
pub(crate) use setting::parse_span;
use setting::{ByteCount, Span};
pub use setting::{Choice, Secret};
pub use sources::{Sources, Surroundings, find_file};

/// Everything an operator may decide, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[node]`
    pub node: NodeConfig,
    /// `[database]`
    pub database: DatabaseConfig,
    /// `[listen]`
    pub listen: ListenConfig,
    /// `[tls]`; `None` asks for a self-made certificate in the state directory.
    pub tls: Option<TlsFiles>,
    /// `[login]`
    pub login: LoginConfig,
    /// `[names]`
    pub namespaces: Namespaces,
    /// `[names]`
    pub subscribe_on_grant: SubscribeOnGrant,
    /// `[acl]`
    pub acl: AclConfig,
    /// `[limits]`
    pub limits: LimitsConfig,
    /// `[activity]`: how long the record of who did what is kept.
    pub activity_keep: Duration,
    /// `[timeouts]`
    pub timeouts: TimeoutsConfig,
    /// `[log]`
    pub log: LogConfig,
    /// `[telemetry]`; `None` sends nothing anywhere.
    pub otlp: Option<OtlpConfig>,
}

/// Who this frontend is.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Told by ID, in logs and in traces.
    pub name: String,
    /// Holds the private PostgreSQL and the self-made certificate, when there are such.
    pub state_dir: PathBuf,
    /// How to reach the administrators, as a URI; told as `/shared/admin` (RFC 5464).
    pub admin_contact: Option<String>,
}

/// The PostgreSQL that holds the mail.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `None` asks for a private PostgreSQL below the state directory.
    pub url: Option<Secret>,
    /// Connections of this frontend's pool.
    pub connections: u32,
    /// How often the counters of open mailboxes are compared, against lost wake-ups.
    pub safety_poll: Duration,
    /// How long the content of a message is kept after its last place in a mailbox is gone.
    pub content_keep: Duration,
    /// How long mailboxes know what changed, for clients and nodes that come back.
    pub changes_keep: Duration,
}

/// Where clients and probes connect.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// IMAP that begins in the clear and may STARTTLS.
    pub imap: Vec<SocketAddr>,
    /// IMAP inside TLS from the first byte (RFC 8314).
    pub imaps: Vec<SocketAddr>,
    /// Health and metrics.
    pub http: Vec<SocketAddr>,
}

/// A certificate chain and its key, both PEM, read again when they change.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// How often the files are looked at.
    pub reload_every: Duration,
}

/// How people get in.
#[derive(Clone, Debug)]
pub struct LoginConfig {
    /// From where a password may come in the clear.
    pub without_tls: WithoutTls,
    /// Logins that may wait for a core to hash on.
    pub waiting_max: usize,
    /// Whether a connection may serve one login after another.
    pub reuse: Reuse,
}

/// From where LOGIN is allowed without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutTls {
    /// From nowhere: LOGINDISABLED until TLS is up (RFC 3501, 6.2.3).
    #[default]
    Never,
    /// From this machine.
    Loopback,
    /// From everywhere; for networks that encrypt below us.
    Always,
}

impl Choice for WithoutTls {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("never", Self::Never),
        ("loopback", Self::Loopback),
        ("always", Self::Always),
    ];
}

/// Who may open mailboxes to whom.
#[derive(Clone, Copy, Debug)]
pub struct AclConfig {
    /// Who may give rights to people whom nobody chose one by one.
    pub everybody: Everybody,
}

impl Choice for Everybody {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("admins", Self::ByAdministrators),
        ("all", Self::ByAnyAdministrator),
    ];
}

/// What one client, one user and all together may take.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Connections of this frontend.
    pub connections: usize,
    /// Connections from one address; of IPv6 from one /64.
    pub connections_per_address: usize,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// One message.
    pub message_bytes: usize,
    /// Parts of messages that are kept in memory for all sessions.
    pub cache_bytes: u64,
    /// All messages that are being uploaded to this frontend at one time.
    pub literal_bytes_in_flight: usize,
}

/// How long anything may take.
#[derive(Clone, Debug)]
pub struct TimeoutsConfig {
    /// From connecting to being logged in.
    pub login: Duration,
    /// Without a command, once logged in; at least 30 minutes (RFC 3501, 5.4).
    pub autologout: Duration,
    /// Between two untagged OK of an IDLE, against NATs that forget.
    pub keep_alive: Duration,
    /// For a client to take what it asked for.
    pub write: Duration,
    /// Over which BYE is spread when the server stops.
    pub drain: Duration,
    /// After which the server stops whatever is left.
    pub stop: Duration,
}

/// What the log looks like.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// For people or for machines.
    pub format: LogFormat,
    /// Which events, in the syntax of `tracing`'s filters.
    pub filter: String,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Choice for SubscribeOnGrant {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("always", Self::Always), ("never", Self::Never)];
}

impl Choice for Reuse {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("offered", Self::Offered), ("refused", Self::Refused)];
}

impl Choice for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("pretty", Self::Pretty), ("json", Self::Json)];
}

/// Where traces go.
#[derive(Clone, Debug)]
pub struct OtlpConfig {
    /// Base URL of an OTLP/HTTP receiver; `/v1/traces` is added.
    pub endpoint: String,
    /// Which part of the commands is traced, 0 to 1.
    pub ratio: f64,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    ///
    /// All [`Mistakes`] at once.
    pub fn load(sources: &Sources) -> Result<Self, Mistakes> {
        let mut form = Form::new(sources.collect()?, &sources.surroundings);
        let config = Self::fill(&mut form);
        form.finish().map(|()| config)
    }

    fn fill(form: &mut Form) -> Self {
        Self {
            node: NodeConfig::fill(form),
            database: DatabaseConfig::fill(form),
            listen: ListenConfig::fill(form),
            tls: TlsFiles::fill(form),
            login: LoginConfig::fill(form),
            namespaces: fill_namespaces(form),
            subscribe_on_grant: form.choose(
                "names.subscribe_on_grant",
                SubscribeOnGrant::Always,
                "Whether users are subscribed to mailboxes of others that they may read, until they \
                 unsubscribe: many clients show nothing else.",
            ),
            acl: AclConfig::fill(form),
            limits: LimitsConfig::fill(form),
            timeouts: TimeoutsConfig::fill(form),
            activity_keep: form.at_least(
                "activity.keep",
                "90d",
                Duration::from_secs(60),
                "How long the record of who did what is kept (postroom activity).",
            ),
            log: LogConfig::fill(form),
            otlp: OtlpConfig::fill(form),
        }
    }
}

impl NodeConfig {
    fn fill(form: &mut Form) -> Self {
        let (host_name, state_dir) = form.surroundings();
        let name: String = form.take(
            "node.name",
            &host_name,
            "This frontend's name, in ID answers, logs and traces. Default: the host's name.",
        );
        form.check(!name.is_empty(), "node.name", "a node needs a name");
        let admin_contact: Option<String> = form.take(
            "node.admin_contact",
            "",
            "How users reach the administrators, as a URI such as mailto:postmaster@example.org. \
             Told to clients as the annotation /shared/admin (RFC 5464).",
        );
        let is_uri = |text: &String| text.is_ascii() && text.contains(':');
        form.check(
            admin_contact.as_ref().is_none_or(is_uri),
            "node.admin_contact",
            "must be a URI",
        );
        Self {
            name,
            admin_contact,
            state_dir: form.take(
                "node.state_dir",
                &state_dir,
                "Holds the private PostgreSQL and the self-made certificate, when they are needed.",
            ),
        }
    }
}

impl DatabaseConfig {
    fn fill(form: &mut Form) -> Self {
        let url = form.secret(
            "database.url",
            "The PostgreSQL that holds the mail, as postgres://user:password@host/name. \
             Without it a private PostgreSQL is started below node.state_dir.",
        );
        let is_postgres = url.as_ref().is_none_or(|url: &Secret| {
            url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://")
        });
        form.check(is_postgres, "database.url", "must begin with postgres://");
        let connections = form.take(
            "database.connections",
            "8",
            "Connections of this frontend's pool: about 4 to 8 for each core of the database, \
             shared out among the frontends.",
        );
        form.check(
            (2..=200).contains(&connections),
            "database.connections",
            "must be from 2 to 200",
        );
        Self {
            url,
            connections,
            safety_poll: form.at_least(
                "database.safety_poll",
                "5s",
                Duration::from_millis(100),
                "How often the counters of open mailboxes are compared, against lost wake-ups.",
            ),
            content_keep: form.at_least(
                "database.content_keep",
                "14d",
                Duration::from_hours(1),
                "How long the content of a message is kept after its last place in a mailbox is \
                 gone. Sessions that were not told yet can still read it.",
            ),
            changes_keep: form.at_least(
                "database.changes_keep",
                "30d",
                Duration::from_hours(1),
                "How long mailboxes know what changed. A client that was away for longer is told \
                 everything anew (RFC 7162).",
            ),
        }
    }
}

impl ListenConfig {
    fn fill(form: &mut Form) -> Self {
        let listen = Self {
            imap: form.take(
                "listen.imap",
                "0.0.0.0:1143",
                "IMAP that begins in the clear and may STARTTLS. One address or a list; \
                 port 0 takes a free one.",
            ),
            imaps: form.take(
                "listen.imaps",
                "0.0.0.0:1993",
                "IMAP inside TLS from the first byte.",
            ),
            http: form.take(
                "listen.http",
                "127.0.0.1:8080",
                "Health (/healthz/live, /healthz/ready) and /metrics. Speaks to anybody: keep it \
                 inside.",
            ),
        };
        form.check(
            !(listen.imap.is_empty() && listen.imaps.is_empty()),
            "listen.imap",
            "and listen.imaps are both empty: nobody could connect",
        );
        listen
    }
}

impl TlsFiles {
    fn fill(form: &mut Form) -> Option<Self> {
        let certificate: Option<PathBuf> = form.take(
            "tls.certificate",
            "",
            "The certificate chain, PEM. Without it a self-made one is kept in node.state_dir.",
        );
        let key: Option<PathBuf> =
            form.take("tls.key", "", "The private key of the certificate, PEM.");
        let reload_every = form.at_least(
            "tls.reload_every",
            "10s",
            Duration::from_millis(10),
            "How often both files are looked at; a change is served without a restart.",
        );
        form.check(
            certificate.is_some() == key.is_some(),
            "tls.certificate",
            "and tls.key need each other",
        );
        Some(Self {
            certificate: certificate?,
            key: key?,
            reload_every,
        })
    }
}

impl LoginConfig {
    fn fill(form: &mut Form) -> Self {
        Self {
            without_tls: form.choose(
                "login.without_tls",
                WithoutTls::Never,
                "From where a password is taken without TLS.",
            ),
            waiting_max: form.take(
                "login.waiting_max",
                "200",
                "Logins that may wait for a core to check their password on; more are told to \
                 come back.",
            ),
            reuse: form.choose(
                "login.unauthenticate",
                Reuse::Offered,
                "Whether a connection may serve one login after another (RFC 8437): webmail keeps \
                 its connections so. Refuse it where a proxy decides who may log in and then only \
                 passes on what is said.",
            ),
        }
    }
}

fn fill_namespaces(form: &mut Form) -> Namespaces {
    let others: String = form.take(
        "names.others",
        "Other Users",
        "The first level of other users' mailboxes (RFC 2342).",
    );
    let shared: String = form.take(
        "names.shared",
        "Shared Folders",
        "The first level of mailboxes that nobody owns.",
    );
    Namespaces::new(&others, &shared).unwrap_or_else(|_| {
        form.check(
            false,
            "names.others",
            "and names.shared must be two different single levels of a mailbox name",
        );
        Namespaces::default()
    })
}

impl AclConfig {
    fn fill(form: &mut Form) -> Self {
        Self {
            everybody: form.choose(
                "acl.anyone_grantable_by",
                Everybody::ByAdministrators,
                "Who may give rights to anyone, authenticated, anonymous and whole domains: site \
                 administrators only, or all who administer the mailbox.",
            ),
        }
    }
}

impl LimitsConfig {
    fn fill(form: &mut Form) -> Self {
        let limits = Self {
            connections: form.take(
                "limits.connections",
                "20000",
                "Connections of this frontend.",
            ),
            connections_per_address: form.take(
                "limits.connections_per_address",
                "500",
                "Connections from one address; of IPv6 from one /64.",
            ),
            connections_per_user: form.take(
                "limits.connections_per_user",
                "100",
                "Connections of one user to this frontend.",
            ),
            message_bytes: form
                .take::<ByteCount>("limits.message_bytes", "64MiB", "One message.")
                .0,
            cache_bytes: form
                .take::<ByteCount>(
                    "limits.cache_bytes",
                    "128MiB",
                    "Parts of messages that are kept in memory for all sessions.",
                )
                .0 as u64,
            literal_bytes_in_flight: form
                .take::<ByteCount>(
                    "limits.literal_bytes_in_flight",
                    "512MiB",
                    "All messages that are being uploaded to this frontend at one time; who comes \
                     when it is used up waits.",
                )
                .0,
        };
        form.check(
            limits.connections > 0,
            "limits.connections",
            "must be at least 1",
        );
        form.check(
            limits.literal_bytes_in_flight >= limits.message_bytes,
            "limits.literal_bytes_in_flight",
            "must have room for one message (limits.message_bytes)",
        );
        limits
    }
}

impl TimeoutsConfig {
    fn fill(form: &mut Form) -> Self {
        let timeouts = Self {
            login: form.at_least(
                "timeouts.login",
                "60s",
                Duration::from_millis(100),
                "From connecting to being logged in.",
            ),
            autologout: form.at_least(
                "timeouts.autologout",
                "30min",
                Duration::from_secs(30 * 60),
                "Without a command, once logged in. RFC 3501 asks for at least 30 minutes.",
            ),
            keep_alive: form.at_least(
                "timeouts.keep_alive",
                "2min",
                Duration::from_millis(100),
                "Between two untagged OK of an IDLE, against NATs that forget.",
            ),
            write: form.at_least(
                "timeouts.write",
                "60s",
                Duration::from_millis(100),
                "For a client to take what it asked for; a slower one is dropped.",
            ),
            drain: form
                .take::<Span>(
                    "timeouts.drain",
                    "5s",
                    "Over which BYE is spread when the server stops, so that clients do not come \
                     back all at once.",
                )
                .0,
            stop: form
                .take::<Span>(
                    "timeouts.stop",
                    "25s",
                    "After which a stopping server leaves whatever is unfinished.",
                )
                .0,
        };
        form.check(
            timeouts.stop >= timeouts.drain,
            "timeouts.stop",
            "must not be shorter than timeouts.drain",
        );
        timeouts
    }
}

impl LogConfig {
    fn fill(form: &mut Form) -> Self {
        let log = Self {
            format: form.choose("log.format", LogFormat::Pretty, "The shape of a log line."),
            filter: form.take(
                "log.filter",
                "info,sqlx=warn",
                "Which events, by level and target: warn, info,store=debug, …",
            ),
        };
        form.check(
            tracing_subscriber::EnvFilter::try_new(&log.filter).is_ok(),
            "log.filter",
            "is no filter such as info,store=debug",
        );
        log
    }
}

impl OtlpConfig {
    fn fill(form: &mut Form) -> Option<Self> {
        let endpoint: Option<String> = form.take(
            "telemetry.otlp_endpoint",
            "",
            "Sends traces to this OTLP/HTTP receiver, such as http://collector:4318. Plain HTTP: \
             put a collector beside the server.",
        );
        let ratio: f64 = form.take(
            "telemetry.ratio",
            "1",
            "Which part of the commands is traced, from 0 to 1.",
        );
        form.check(
            (0.0..=1.0).contains(&ratio),
            "telemetry.ratio",
            "must be from 0 to 1",
        );
        let is_http = endpoint
            .as_ref()
            .is_none_or(|url| url.starts_with("http://"));
        form.check(
            is_http,
            "telemetry.otlp_endpoint",
            "must begin with http://",
        );
        endpoint.map(|endpoint| Self { endpoint, ratio })
    }
}

#[cfg(test)]
mod tests;
