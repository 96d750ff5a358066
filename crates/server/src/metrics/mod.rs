//! The metrics of `/metrics`. Names and units are listed in `docs/METRICS.md`.

mod page;
mod process;
mod rooms;
mod text;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lmtp::Reply;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry, Unit};
use tokio::runtime::RuntimeMetrics;

use crate::telemetry::operations::{FAULTS, OPERATIONS};
use process::{Machine, Process};
pub(crate) use rooms::StatsCollector;
pub(crate) use text::{Sample, TextFormat};

pub(crate) type Labels<const N: usize> = [(&'static str, &'static str); N];
pub(crate) type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// The metrics that the server counts itself; those of the crates below are read by a collector.
pub(crate) struct Metrics {
    registry: Registry,
    connections: Family<Labels<1>, Gauge>,
    refused: Family<Labels<1>, Counter>,
    handshakes: Family<Labels<1>, Counter>,
    commands: Family<Labels<2>, Counter>,
    durations: Histograms,
    logins: Family<Labels<2>, Counter>,
    held_up: Family<Labels<1>, Counter>,
    waiting_logins: Gauge,
    login_waits: Histogram,
    directory_answers: Histograms,
    draining: Gauge,
    access_letters: Family<Labels<1>, Counter>,
    lmtp: LmtpMetrics,
}

/// What is counted of mail that comes in.
struct LmtpMetrics {
    connections: Gauge,
    refused: Family<Labels<1>, Counter>,
    replies: Family<Labels<2>, Counter>,
    deliveries: Family<Labels<1>, Counter>,
    bytes: Counter,
    duration: Histogram,
}

/// What metrics are read from, beside what is counted here.
pub(crate) struct MetricSources {
    /// The crates below, and the background tasks.
    pub(crate) stats: StatsCollector,
    pub(crate) runtime: RuntimeMetrics,
    pub(crate) state_dir: PathBuf,
}

/// The stage of a connection, as metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not logged in.
    Arriving,
    /// Logged in.
    LoggedIn,
    /// Waiting for news.
    Idling,
}

/// Why a login had to wait, or was refused unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeldUp {
    /// Wrong passwords came from its network, or at its user.
    Guesses,
    /// Too many logins wait for a core.
    Queue,
}

/// How somebody says who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginMethod {
    /// By a password of this site.
    Password,
    /// By a password that a directory knows.
    Directory,
    /// By an access token.
    Token,
    /// By the proof that he knows a password.
    Proof,
    /// By a token of an identity provider.
    Bearer,
    /// By a client's certificate.
    Certificate,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// Takes metrics into a registry, one a line.
struct Table<'a>(&'a mut Registry);

impl Table<'_> {
    fn row<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    /// Of something that has a unit, which is a part of its name.
    fn row_in<M: Metric + Clone>(&mut self, unit: Unit, name: &str, help: &str, metric: M) -> M {
        self.0.register_with_unit(name, help, unit, metric.clone());
        metric
    }
}

/// A family that shows these values of its label from the start, so that a rate over the first of each is right.
fn known<M: Default + Clone>(label: &'static str, words: &[&'static str]) -> Family<Labels<1>, M> {
    let family = Family::<Labels<1>, M>::default();
    for &word in words {
        drop(family.get_or_create(&[(label, word)]));
    }
    family
}

/// Logins of each method with each result, as [`known`] has it.
fn known_logins() -> Family<Labels<2>, Counter> {
    let family = Family::<Labels<2>, Counter>::default();
    for method in LoginMethod::ALL {
        for result in ["welcome", "refused", "too_many", "unavailable"] {
            drop(family.get_or_create(&[("method", method.word()), ("result", result)]));
        }
    }
    family
}

impl LoginMethod {
    const ALL: [Self; 6] = [
        Self::Password,
        Self::Directory,
        Self::Token,
        Self::Proof,
        Self::Bearer,
        Self::Certificate,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Directory => "directory",
            Self::Token => "token",
            Self::Proof => "scram",
            Self::Bearer => "oauth",
            Self::Certificate => "external",
        }
    }
}

impl Metrics {
    /// Makes the metrics; without `sources` those that are counted here.
    pub(crate) fn new(sources: Option<MetricSources>) -> Self {
        let mut registry = Registry::default();
        let ours = registry.sub_registry_with_prefix("postroom");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        let build = Family::<Labels<1>, Gauge>::default();
        build.get_or_create(&version).set(1);
        let mut table = Table(ours);
        table.row("build_info", "The program's version; always 1", build);
        table.row_in(
            Unit::Seconds,
            "database_operation_duration",
            "Time from a call of the store to its answer, with all waiting",
            OPERATIONS.clone(),
        );
        table.row(
            "database_faults",
            "Calls of the store that failed, by how they did",
            FAULTS.clone(),
        );
        let mut metrics = Self {
            connections: table.row(
                "connections",
                "IMAP connections by how far they have come",
                known("state", &Stage::WORDS),
            ),
            refused: table.row(
                "connections_refused",
                "IMAP connections that were turned away, by the bound they met",
                known("bound", &["all", "address", "user"]),
            ),
            handshakes: table.row(
                "tls_handshakes",
                "TLS handshakes by result",
                known("result", &["ok", "failed", "late"]),
            ),
            commands: table.row(
                "commands",
                "IMAP commands by name and result",
                Family::default(),
            ),
            durations: table.row_in(
                Unit::Seconds,
                "command_duration",
                "Time from a whole command to its tagged response",
                Family::new_with_constructor(duration_histogram as fn() -> Histogram),
            ),
            logins: table.row(
                "logins",
                "Logins by how somebody says who he is, and by result",
                known_logins(),
            ),
            held_up: table.row(
                "logins_held_up",
                "Logins that were not tried, by why",
                known("reason", &["guesses", "queue"]),
            ),
            waiting_logins: table.row(
                "logins_waiting",
                "Logins that wait for a core to compare a password on",
                Gauge::default(),
            ),
            login_waits: table.row_in(
                Unit::Seconds,
                "login_wait",
                "Time until a login had a core to compare a password on",
                duration_histogram(),
            ),
            directory_answers: table.row_in(
                Unit::Seconds,
                "directory_answer",
                "Time until the LDAP directory had said whether a password is right, by what it said",
                Family::new_with_constructor(duration_histogram as fn() -> Histogram),
            ),
            draining: table.row(
                "draining",
                "Whether this node is stopping, and lets its clients go",
                Gauge::default(),
            ),
            access_letters: table.row(
                "access_letters",
                "Letters that tell people of shared mailboxes, by what became of them",
                known("result", &["delivered", "postponed", "given_up", "failed"]),
            ),
            lmtp: LmtpMetrics::in_rows_of(&mut table),
            registry: Registry::default(),
        };
        if let Some(sources) = sources {
            ours.register_collector(Box::new(sources.stats));
            ours.register_collector(Box::new(Machine {
                runtime: sources.runtime,
                state_dir: sources.state_dir,
            }));
            registry.register_collector(Box::new(Process));
        }
        metrics.registry = registry;
        metrics
    }

    /// All metrics.
    pub(crate) fn text(&self, format: TextFormat) -> String {
        let mut page = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut page, &self.registry);
        match format {
            TextFormat::OpenMetrics => page,
            TextFormat::Prometheus => text::to_prometheus(&page),
        }
    }

    /// Counts a connection in another stage; `None` is before it is accepted and after it is closed.
    pub(crate) fn move_connection(&self, from: Option<Stage>, to: Option<Stage>) {
        if from == to {
            return;
        }
        if let Some(stage) = from {
            self.connections.get_or_create(&stage.labels()).dec();
        }
        if let Some(stage) = to {
            self.connections.get_or_create(&stage.labels()).inc();
        }
    }

    /// Counts a connection that was refused because of `bound`.
    pub(crate) fn count_refused(&self, bound: &'static str) {
        self.refused.get_or_create(&[("bound", bound)]).inc();
    }

    /// Counts a TLS handshake; `None` is one that took too long.
    pub(crate) fn count_handshake(&self, has_worked: Option<bool>) {
        let result = match has_worked {
            Some(true) => "ok",
            Some(false) => "failed",
            None => "late",
        };
        self.handshakes.get_or_create(&[("result", result)]).inc();
    }

    /// Counts a command that has run.
    pub(crate) fn count_command(&self, name: &'static str, result: &'static str, took: Duration) {
        let labels = [("command", name), ("result", result)];
        self.commands.get_or_create(&labels).inc();
        let took_s = took.as_secs_f64();
        self.durations
            .get_or_create(&[("command", name)])
            .observe(took_s);
    }

    /// Counts LMTP connections that begin (1) or end (-1).
    pub(crate) fn count_lmtp_connection(&self, change: i64) {
        self.lmtp.connections.inc_by(change);
    }

    /// Counts an LMTP connection that was refused because of `bound`.
    pub(crate) fn count_lmtp_refused(&self, bound: &'static str) {
        self.lmtp.refused.get_or_create(&[("bound", bound)]).inc();
    }

    /// Counts what was answered for a recipient, to RCPT or after the letter.
    pub(crate) fn count_lmtp_reply(&self, command: &'static str, reply: Reply) {
        let status = reply.enhanced().unwrap_or("none");
        let labels = [("command", command), ("status", status)];
        self.lmtp.replies.get_or_create(&labels).inc();
    }

    /// Counts what became of a letter that tells somebody of a shared mailbox.
    pub(crate) fn count_access_letter(&self, result: &'static str) {
        let letters = &self.access_letters;
        letters.get_or_create(&[("result", result)]).inc();
    }

    /// Counts what became of a letter in one mailbox.
    pub(crate) fn count_delivery(&self, result: &'static str) {
        let deliveries = &self.lmtp.deliveries;
        deliveries.get_or_create(&[("result", result)]).inc();
    }

    /// Takes note of a letter that came as a whole: how large it was, and how long it took until all was answered.
    pub(crate) fn note_delivery(&self, bytes: usize, took: Duration) {
        self.lmtp.bytes.inc_by(bytes as u64);
        self.lmtp.duration.observe(took.as_secs_f64());
    }

    /// Counts logins that begin to wait for a core (1) or no longer do (-1).
    pub(crate) fn count_waiting_login(&self, change: i64) {
        self.waiting_logins.inc_by(change);
    }

    /// Takes note of how long a login waited for a core.
    pub(crate) fn note_login_wait(&self, took: Duration) {
        self.login_waits.observe(took.as_secs_f64());
    }

    /// Takes note of what the LDAP directory said of a password, and after how long.
    pub(crate) fn note_directory_answer(&self, result: &'static str, took: Duration) {
        let answers = self.directory_answers.get_or_create(&[("result", result)]);
        answers.observe(took.as_secs_f64());
    }

    /// Counts a login that was not tried.
    pub(crate) fn count_held_up(&self, why: HeldUp) {
        let reason = match why {
            HeldUp::Guesses => "guesses",
            HeldUp::Queue => "queue",
        };
        self.held_up.get_or_create(&[("reason", reason)]).inc();
    }

    /// Takes note that this node lets its clients go.
    pub(crate) fn begin_drain(&self) {
        self.draining.set(1);
    }

    /// Counts a login by its method and result.
    pub(crate) fn count_login(&self, method: LoginMethod, result: &'static str) {
        let labels = [("method", method.word()), ("result", result)];
        self.logins.get_or_create(&labels).inc();
    }
}

/// What may become of a letter.
const DELIVERY_RESULTS: [&str; 6] = [
    "delivered",
    "duplicate",
    "not_permitted",
    "over_quota",
    "unavailable",
    "failed",
];

impl LmtpMetrics {
    fn in_rows_of(table: &mut Table<'_>) -> Self {
        Self {
            connections: table.row("lmtp_connections", "LMTP connections", Gauge::default()),
            refused: table.row(
                "lmtp_connections_refused",
                "LMTP connections that were turned away, by the bound they met",
                known("bound", &["untrusted", "all"]),
            ),
            replies: table.row(
                "lmtp_replies",
                "What was answered for recipients, to RCPT and after the letter",
                Family::default(),
            ),
            deliveries: table.row(
                "deliveries",
                "Letters by what became of them, counted in each mailbox",
                known("result", &DELIVERY_RESULTS),
            ),
            bytes: table.row_in(
                Unit::Bytes,
                "delivery",
                "Letters that came as a whole",
                Counter::default(),
            ),
            duration: table.row_in(
                Unit::Seconds,
                "delivery_duration",
                "Time from a whole letter to the answer for its last recipient",
                duration_histogram(),
            ),
        }
    }
}

impl Stage {
    const WORDS: [&'static str; 3] = ["arriving", "logged_in", "idling"];

    const fn labels(self) -> Labels<1> {
        [("state", Self::WORDS[self as usize])]
    }
}

/// A histogram with buckets from 50 µs to 26 s.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 20))
}
