//! Logs for people or machines, and traces by OTLP. Never a body, an address, a password.

mod exporter;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Metadata, Subscriber, warn};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{LogConfig, LogFormat, OtlpConfig};
use exporter::HttpExporter;

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
) -> Result<(impl Subscriber + Send + Sync + use<>, Telemetry), ExporterBuildError> {
    let traces = match otlp {
        Some(otlp) => Some(provider(otlp, node_name, runtime)?),
        None => None,
    };
    let to_collector = traces.as_ref().map(|traces| {
        let tracer = traces.tracer("postroom");
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(is_traced))
    });
    let (lines, replace_filter) = lines(log);
    let subscriber = Registry::default().with(to_collector).with(lines);
    let telemetry = Telemetry {
        traces,
        replace_filter,
    };
    Ok((subscriber, telemetry))
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

/// A span for each command and each database call; nothing that libraries say of themselves.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    let name = metadata.name();
    metadata.is_span() && (name.starts_with("imap.") || name.starts_with("db."))
}

fn provider(
    otlp: &OtlpConfig,
    node_name: &str,
    runtime: &Handle,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(HttpExporter::new(runtime.clone()))
        .with_endpoint(format!("{}/v1/traces", otlp.endpoint.trim_end_matches('/')))
        .build()?;
    let resource = Resource::builder()
        .with_service_name("postroom")
        .with_attribute(KeyValue::new("service.instance.id", node_name.to_owned()))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            otlp.ratio,
        ))))
        .with_resource(resource)
        .build())
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
