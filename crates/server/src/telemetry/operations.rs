//! How long each call of the store takes and how it fails, measured by its span: the store has no clock of ours, and
//! says nothing of a call that succeeds.

use std::fmt;
use std::sync::LazyLock;
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::conventions::FAULT;
use crate::environment;
use crate::metrics::Histograms;

/// The name of a span of the store begins with this.
pub(super) const DATABASE: &str = "db.";

/// Durations by operation. As spans do, they belong to the process.
pub(crate) static OPERATIONS: LazyLock<Histograms> = LazyLock::new(|| {
    let operations: Histograms = Family::new_with_constructor(operation_histogram);
    drop(operations.get_or_create(&[("operation", "ping")]));
    operations
});

/// Faults by operation and kind.
pub(crate) static FAULTS: LazyLock<Family<[(&'static str, String); 2], Counter>> =
    LazyLock::new(|| {
        let faults = Family::<_, Counter>::default();
        for kind in ["unavailable", "broken"] {
            drop(faults.get_or_create(&labels("ping", kind)));
        }
        faults
    });

/// Measures the spans of the store.
pub(super) struct OperationTimer;

/// When a span began.
struct Begun(Instant);

/// Whether it is a span of the store, or says that one failed.
pub(super) fn is_measured(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.name().starts_with(DATABASE)
        || metadata.target() == store::FAULTS
}

impl<S> Layer<S> for OperationTimer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Begun(environment::now()));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context.event_span(event);
        let operation = span.and_then(|span| span.name().strip_prefix(DATABASE));
        let mut kind = Kind::default();
        event.record(&mut kind);
        FAULTS
            .get_or_create(&labels(operation.unwrap_or("other"), &kind.0))
            .inc();
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        if let Some(operation) = span.name().strip_prefix(DATABASE)
            && let Some(Begun(begun)) = span.extensions().get()
        {
            let took = environment::now() - *begun;
            OPERATIONS
                .get_or_create(&[("operation", operation)])
                .observe(took.as_secs_f64());
        }
    }
}

/// How a call failed, as the event has it.
#[derive(Default)]
struct Kind(String);

impl Visit for Kind {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FAULT {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn labels(operation: &'static str, kind: &str) -> [(&'static str, String); 2] {
    [
        ("operation", operation.to_owned()),
        ("kind", kind.to_owned()),
    ]
}

/// A histogram with buckets from 250 µs to 16 s, few, since there are many operations.
fn operation_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 4.0, 9))
}
