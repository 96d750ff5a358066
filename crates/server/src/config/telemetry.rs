//! `[log]` and `[telemetry]`: what operators see.

use std::path::PathBuf;
use std::time::Duration;

use super::form::Form;
use super::setting::{Choice, Span};

/// What the log looks like.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// For people or for machines.
    pub format: LogFormat,
    /// Which events, in the syntax of `tracing`'s filters.
    pub filter: String,
    /// A command that takes longer has a line of its own; `None`: none has.
    pub slow_command: Option<Duration>,
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

impl Choice for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("pretty", Self::Pretty), ("json", Self::Json)];
}

/// The receiver of traces. What is not said here is what the standard variables of OpenTelemetry say.
#[derive(Clone, Debug, Default)]
pub struct OtlpConfig {
    /// Base URL of an OTLP/HTTP receiver; `/v1/traces` is added.
    pub endpoint: Option<String>,
    /// The share of the commands that is traced, from 0 to 1.
    pub ratio: Option<f64>,
    /// The certificates by which a receiver in TLS is known; without them those that the machine trusts.
    pub authorities: Option<PathBuf>,
}

/// The receiver of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsReceiver {
    /// All of it, with its path.
    pub url: String,
    /// What it wants to see, as headers of HTTP.
    pub headers: Vec<(String, String)>,
    /// Between two messages.
    pub every: Duration,
    /// As in [`OtlpConfig`].
    pub authorities: Option<PathBuf>,
}

impl LogConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let Span(slow_command) = form.take(
            "log.slow_command",
            "5s",
            "A command that takes longer has a line of its own; 0s: none has. The time counts in which its client does not \
             read.",
        );
        let log = Self {
            slow_command: Some(slow_command).filter(|bound| !bound.is_zero()),
            format: form.choose("log.format", LogFormat::Pretty, "The shape of a log line."),
            filter: form.take(
                "log.filter",
                "info,sqlx=warn,async_nats=off",
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

/// Where traces and metrics are sent.
pub(super) fn fill_otlp(form: &mut Form) -> (Option<OtlpConfig>, Option<MetricsReceiver>) {
    let endpoint: Option<String> = form.take(
            "telemetry.otlp_endpoint",
            "",
            "Sends traces to this OTLP/HTTP receiver, such as http://collector:4318 or https://…; without it the \
             standard variables decide (OTEL_EXPORTER_OTLP_ENDPOINT and others).",
        );
    let ratio: Option<f64> = form.take(
            "telemetry.ratio",
            "",
            "Which part of the commands is traced, from 0 to 1; without it OTEL_TRACES_SAMPLER decides, else all are.",
        );
    let authorities: Option<PathBuf> = form.take(
            "telemetry.otlp_authorities",
            "",
            "PEM with the certificates by which a receiver in TLS is known; without it those that the machine trusts.",
        );
    form.check(
        ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)),
        "telemetry.ratio",
        "must be from 0 to 1",
    );
    let is_http = endpoint
        .as_ref()
        .is_none_or(|url| url.starts_with("http://") || url.starts_with("https://"));
    form.check(
        is_http,
        "telemetry.otlp_endpoint",
        "must begin with http:// or https://",
    );
    let Span(every) = form.take(
        "telemetry.metrics_every",
        "0s",
        "How often what /metrics says is sent to the receiver, too, such as 60s; 0s: never.",
    );
    let variables = form.otlp();
    let url = endpoint
        .as_ref()
        .map(|base| format!("{}/v1/metrics", base.trim_end_matches('/')));
    let url = url.or_else(|| variables.metrics_url.clone());
    let metrics = url.clone().map(|url| MetricsReceiver {
        url,
        headers: variables.metrics_headers.clone(),
        every,
        authorities: authorities.clone(),
    });
    let is_wanted = endpoint.is_some() || variables.sends_traces;
    form.check(
        every.is_zero() || url.is_some(),
        "telemetry.metrics_every",
        "needs telemetry.otlp_endpoint",
    );
    let traces = is_wanted.then_some(OtlpConfig {
        endpoint,
        ratio,
        authorities,
    });
    (traces, metrics.filter(|_| !every.is_zero()))
}
