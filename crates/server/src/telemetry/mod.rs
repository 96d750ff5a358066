//! Logs for people or machines, and traces by OTLP. Never a body, an address, a password.

mod conventions;
mod exporter;
mod metrics;
pub(crate) mod operations;

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Metadata, Span, Subscriber, error, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{LogConfig, LogFormat, OtlpConfig};
use conventions::{Conventional, FAULT};
use exporter::HttpExporter;
pub(crate) use exporter::{connector, send_in_time};
pub(crate) use metrics::MetricsSender;
use operations::{DATABASE, OperationTimer, is_measured};

/// Whether this process sends traces: lines of the log then say to which trace they belong.
static SENDS_TRACES: AtomicBool = AtomicBool::new(false);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    /// The endpoint is none.
    #[error(transparent)]
    Endpoint(#[from] ExporterBuildError),
    /// The certificates by which the receiver is known cannot be read.
    #[error("{0}")]
    Authorities(String),
}

/// The exporter that must be flushed before the process ends.
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
    replace_filter: ReplaceFilter,
}

/// Puts another filter in the place of that of the log lines.
type ReplaceFilter = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

/// The subscriber that `log` and `otlp` ask for, and what to flush in the end. Spans are sent
/// from tasks on `runtime`.
///
/// # Errors
///
/// When the trace exporter cannot be built; the endpoint is at fault.
pub(crate) fn subscriber(
    log: &LogConfig,
    otlp: Option<&OtlpConfig>,
    node_name: &str,
    runtime: &Handle,
) -> Result<(impl Subscriber + Send + Sync + use<>, Telemetry), TelemetryError> {
    let traces = match otlp {
        Some(otlp) => Some(provider(otlp, node_name, runtime)?),
        None => None,
    };
    SENDS_TRACES.store(traces.is_some(), Ordering::Relaxed);
    let to_collector = traces.as_ref().map(|traces| {
        let tracer = traces.tracer("postroom");
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_traced))
    });
    let measured = OperationTimer.with_filter(filter_fn(is_measured));
    let (lines, replace_filter) = lines(log);
    let subscriber = Registry::default()
        .with(measured)
        .with(to_collector)
        .with(lines);
    let telemetry = Telemetry {
        traces,
        replace_filter,
    };
    Ok((subscriber, telemetry))
}

/// Tells a log for machines why there is no frontend, whether or not a subscriber was made.
pub(crate) fn log_failure(cause: &impl Display) {
    let log = LogConfig {
        format: LogFormat::Json,
        filter: "error".to_owned(),
        slow_command: None,
    };
    let subscriber = Registry::default().with(lines(&log).0);
    tracing::subscriber::with_default(subscriber, || {
        error!(%cause, "the frontend ends");
    });
}

impl Telemetry {
    /// Lets those lines through from now on that `filter` says.
    pub(crate) fn replace_filter(&self, filter: &str) -> Result<(), reload::Error> {
        (self.replace_filter)(EnvFilter::new(filter))
    }

    /// Sends the remaining spans. It blocks, so it must not run on a runtime's own threads.
    pub(crate) fn stop(&self) {
        let stopped = self.traces.as_ref().map(SdkTracerProvider::shutdown);
        if let Some(Err(cause)) = stopped {
            warn!(%cause, "the last traces were not sent");
        }
    }
}

/// The trace that a span is part of, to find it by what the log says; `None` where it is not sent.
pub(crate) fn trace_id(span: &Span) -> Option<String> {
    if !SENDS_TRACES.load(Ordering::Relaxed) {
        return None;
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_sampled().then(|| context.trace_id().to_string())
}

/// A span for each command, letter and database call, and how they failed; nothing that libraries say of themselves.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    if metadata.is_event() {
        return metadata.fields().field(FAULT).is_some();
    }
    let name = metadata.name();
    [DATABASE, "imap.", "lmtp."]
        .iter()
        .any(|ours| name.starts_with(ours))
}

fn provider(
    otlp: &OtlpConfig,
    node_name: &str,
    runtime: &Handle,
) -> Result<SdkTracerProvider, TelemetryError> {
    let client = HttpExporter::new(runtime.clone(), otlp.authorities.as_deref())?;
    let mut exporter = SpanExporter::builder().with_http().with_http_client(client);
    if let Some(endpoint) = &otlp.endpoint {
        let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        exporter = exporter.with_endpoint(endpoint);
    }
    let mut provider = SdkTracerProvider::builder()
        .with_batch_exporter(Conventional(exporter.build()?))
        .with_resource(resource(node_name));
    if let Some(ratio) = otlp.ratio {
        let ratio = Sampler::TraceIdRatioBased(ratio);
        provider = provider.with_sampler(Sampler::ParentBased(Box::new(ratio)));
    }
    Ok(provider.build())
}

/// What sends the spans. The standard variables (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) come first.
fn resource(node_name: &str) -> Resource {
    let given = Resource::builder().build();
    let is_given = |key| {
        let value = given.get(&Key::from_static_str(key));
        value.is_some_and(|value| !value.as_str().starts_with("unknown_service"))
    };
    let ours = [
        ("service.name", "postroom"),
        ("service.instance.id", node_name),
        ("service.version", env!("CARGO_PKG_VERSION")),
    ];
    let missing = ours.into_iter().filter(|(key, _)| !is_given(key));
    let missing = missing.map(|(key, value)| KeyValue::new(key, value.to_owned()));
    Resource::builder().with_attributes(missing).build()
}

fn lines<S>(log: &LogConfig) -> (Box<dyn Layer<S> + Send + Sync>, ReplaceFilter)
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let (filter, handle) = reload::Layer::new(EnvFilter::new(&log.filter));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Pretty => {
            let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
            lines.with_ansi(is_terminal).with_filter(filter).boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    (lines, Box::new(move |filter| handle.reload(filter)))
}

#[cfg(test)]
mod tests;
