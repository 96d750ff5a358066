//! `[log]` and `[telemetry]`: what operators see.

use super::form::Form;
use super::setting::Choice;

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

impl Choice for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("pretty", Self::Pretty), ("json", Self::Json)];
}

/// The receiver of traces.
#[derive(Clone, Debug)]
pub struct OtlpConfig {
    /// Base URL of an OTLP/HTTP receiver; `/v1/traces` is added.
    pub endpoint: String,
    /// The share of the commands that is traced, from 0 to 1.
    pub ratio: f64,
}

impl LogConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
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
    pub(super) fn fill(form: &mut Form) -> Option<Self> {
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
