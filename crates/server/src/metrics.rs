//! The metrics of `/metrics`. Names and units are listed in `docs/LOGGING.md`.

use std::fmt;
use std::time::Duration;

use lmtp::Reply;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// The metrics that the server counts itself; those of the crates below are read by a collector.
pub(crate) struct Metrics {
    registry: Registry,
    connections: Family<Labels<1>, Gauge>,
    refused: Family<Labels<1>, Counter>,
    commands: Family<Labels<2>, Counter>,
    durations: Histograms,
    logins: Family<Labels<1>, Counter>,
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

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Makes the metrics, with `stats_collector` for those of the crates below.
    pub(crate) fn new(stats_collector: Option<Box<dyn Collector>>) -> Self {
        let mut registry = Registry::with_prefix("postroom");
        let metrics = Self {
            connections: Family::default(),
            refused: Family::default(),
            commands: Family::default(),
            durations: Family::new_with_constructor(duration_histogram),
            logins: Family::default(),
            lmtp: LmtpMetrics::register(&mut registry),
            registry: Registry::default(),
        };
        registry.register(
            "connections",
            "IMAP connections by how far they have come",
            metrics.connections.clone(),
        );
        registry.register(
            "connections_refused",
            "IMAP connections that were turned away, by the bound they met",
            metrics.refused.clone(),
        );
        registry.register(
            "commands",
            "IMAP commands by name and result",
            metrics.commands.clone(),
        );
        registry.register_with_unit(
            "command_duration",
            "Time from a whole command to its tagged response",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register("logins", "Logins by result", metrics.logins.clone());
        if let Some(stats_collector) = stats_collector {
            registry.register_collector(stats_collector);
        }
        Self {
            registry,
            ..metrics
        }
    }

    /// All metrics in the text format of `OpenMetrics`.
    pub(crate) fn text(&self) -> String {
        let mut page = String::new();
        match text::encode(&mut page, &self.registry) {
            Ok(()) => page,
            Err(fmt::Error) => String::new(),
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

    /// Counts a login by its result.
    pub(crate) fn count_login(&self, result: &'static str) {
        self.logins.get_or_create(&[("result", result)]).inc();
    }
}

impl LmtpMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            connections: Gauge::default(),
            refused: Family::default(),
            replies: Family::default(),
            deliveries: Family::default(),
            bytes: Counter::default(),
            duration: duration_histogram(),
        };
        registry.register(
            "lmtp_connections",
            "LMTP connections",
            metrics.connections.clone(),
        );
        registry.register(
            "lmtp_connections_refused",
            "LMTP connections that were turned away, by the bound they met",
            metrics.refused.clone(),
        );
        registry.register(
            "lmtp_replies",
            "What was answered for recipients, to RCPT and after the letter",
            metrics.replies.clone(),
        );
        registry.register(
            "deliveries",
            "Letters by what became of them, counted in each mailbox",
            metrics.deliveries.clone(),
        );
        registry.register_with_unit(
            "delivery",
            "Letters that came as a whole",
            Unit::Bytes,
            metrics.bytes.clone(),
        );
        registry.register_with_unit(
            "delivery_duration",
            "Time from a whole letter to the answer for its last recipient",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        metrics
    }
}

impl Stage {
    fn labels(self) -> Labels<1> {
        let state = match self {
            Self::Arriving => "arriving",
            Self::LoggedIn => "logged_in",
            Self::Idling => "idling",
        };
        [("state", state)]
    }
}

/// A histogram with buckets from 50 µs to 26 s.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 20))
}
