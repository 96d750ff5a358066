//! Our spans in the words of OpenTelemetry's conventions: kinds, attributes and errors are put on them as they leave, in one
//! place, so that no span of ours need know them.

use std::time::Duration;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::operations::DATABASE;

/// The field of an event that says how a call or a command failed; its span has it as `error.type`.
pub(super) const FAULT: &str = "fault";

/// Fields that lines of the log need. From where somebody came is nothing for a collector, and the trace knows its own number.
const LOG_ONLY: [&str; 2] = ["client.address", "trace_id"];

/// Translates spans, then sends them on.
#[derive(Debug)]
pub(super) struct Conventional<E>(pub(super) E);

impl<E: SpanExporter> SpanExporter for Conventional<E> {
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        batch.iter_mut().for_each(translate);
        self.0.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn translate(span: &mut SpanData) {
    let name = span.name.clone();
    let (kind, more) = match name.split_once('.') {
        Some(_) if name.starts_with(DATABASE) => {
            let operation = name.trim_start_matches(DATABASE).to_owned();
            let system = KeyValue::new("db.system.name", "postgresql");
            let more = vec![system, KeyValue::new("db.operation.name", operation)];
            (SpanKind::Client, more)
        }
        Some((protocol @ ("imap" | "lmtp"), _)) => {
            let protocol = KeyValue::new("network.protocol.name", protocol.to_owned());
            (SpanKind::Server, vec![protocol])
        }
        Some(_) | None => (SpanKind::Internal, Vec::new()),
    };
    span.span_kind = kind;
    span.attributes
        .retain(|attribute| !LOG_ONLY.contains(&attribute.key.as_str()));
    span.attributes.extend(more);
    move_error(span);
}

/// What an event says of how the span failed becomes the span's; answers such as a missing right are no errors of ours.
fn move_error(span: &mut SpanData) {
    let of_error = |attributes: &[KeyValue]| {
        let key = Key::from_static_str(FAULT);
        let found = attributes.iter().find(|attribute| attribute.key == key)?;
        Some(found.value.as_str().into_owned())
    };
    let events = &mut span.events.events;
    let kind = events.iter().find_map(|event| of_error(&event.attributes));
    events.retain(|event| of_error(&event.attributes).is_none());
    let Some(kind) = kind else {
        return;
    };
    if matches!(kind.as_str(), "unavailable" | "broken") {
        span.status = Status::error(kind.clone());
    }
    span.attributes.push(KeyValue::new("error.type", kind));
}
