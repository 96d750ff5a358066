//! Metrics by OTLP: what `/metrics` says, sent again and again (docs/adr/0065-metrics-are-scraped-and-sent.md). The page is what is
//! translated, so that both ways tell the same, under the same names.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::header::CONTENT_TYPE;
use opentelemetry_http::{Bytes, HttpError};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsConnector;
use tracing::{info, warn};

use super::exporter::{connector, send_in_time};
use super::{TelemetryError, resource};
use crate::config::MetricsReceiver;
use crate::environment;
use crate::failures::Failures;
use crate::metrics::{Metrics, Sample, TextFormat};

/// What fails again and again is said at first and then once in so many times.
const FAILURES_PER_WARNING: u32 = 60;

/// What sends the metrics of this process to a receiver.
pub(crate) struct MetricsSender {
    url: String,
    headers: Vec<(String, String)>,
    every: Duration,
    tls: TlsConnector,
    resource: Resource,
    metrics: Arc<Metrics>,
    began_nanos: u64,
}

impl MetricsSender {
    /// # Errors
    ///
    /// When the certificates by which the receiver is known cannot be read.
    pub(crate) fn new(
        receiver: &MetricsReceiver,
        node_name: &str,
        metrics: Arc<Metrics>,
    ) -> Result<Self, TelemetryError> {
        let ours = resource(node_name);
        let attributes = ours
            .iter()
            .map(|(key, value)| attribute(key.as_str(), &value.as_str()));
        Ok(Self {
            url: receiver.url.clone(),
            headers: receiver.headers.clone(),
            every: receiver.every,
            tls: connector(receiver.authorities.as_deref())?,
            resource: Resource {
                attributes: attributes.collect(),
                ..Resource::default()
            },
            metrics,
            began_nanos: now_nanos(),
        })
    }

    /// Sends, without end.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = Failures::default();
        loop {
            ticks.tick().await;
            match self.send().await {
                Err(cause) if failures.add(FAILURES_PER_WARNING) => {
                    warn!(%cause, "metrics were not sent");
                }
                Err(_) => {}
                Ok(()) => {
                    if let Some(failures) = failures.end() {
                        info!(failures, "metrics are sent again");
                    }
                }
            }
        }
    }

    async fn send(&self) -> Result<(), HttpError> {
        let page = self.metrics.text(TextFormat::OpenMetrics);
        let scope_metrics = ScopeMetrics {
            scope: Some(InstrumentationScope {
                name: "postroom".to_owned(),
                ..InstrumentationScope::default()
            }),
            metrics: translate(&page, self.began_nanos, now_nanos()),
            ..ScopeMetrics::default()
        };
        let message = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics: vec![scope_metrics],
                ..ResourceMetrics::default()
            }],
        };
        let mut request = Request::post(&self.url).header(CONTENT_TYPE, "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Bytes::from(message.encode_to_vec()))?;
        let answer = send_in_time(self.tls.clone(), request).await?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("the receiver answers {}", answer.status()).into())
        }
    }
}

fn now_nanos() -> u64 {
    u64::try_from(environment::unix_seconds()).unwrap_or_default() * 1_000_000_000
}

fn attribute(key: &str, text: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(text.to_owned())),
        }),
        ..KeyValue::default()
    }
}

/// The metrics of a page in the format of `OpenMetrics`: each is described before its values come.
fn translate(page: &str, began: u64, now: u64) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for line in page.lines() {
        let described = line.strip_prefix("# ").and_then(|line| {
            let (what, line) = line.split_once(' ')?;
            let (name, text) = line.split_once(' ')?;
            Some((what, name, text))
        });
        match described {
            Some((what, name, text)) => {
                if metrics.last().is_none_or(|metric| metric.name != name) {
                    metrics.push(Metric {
                        name: name.to_owned(),
                        ..Metric::default()
                    });
                }
                if let Some(metric) = metrics.last_mut() {
                    describe(metric, what, text);
                }
            }
            None => {
                if let (Some(metric), Some(sample)) = (metrics.last_mut(), Sample::parse(line)) {
                    add(metric, &sample, began, now);
                }
            }
        }
    }
    for metric in &mut metrics {
        if let Some(Data::Histogram(histogram)) = &mut metric.data {
            histogram.data_points.iter_mut().for_each(divide);
        }
    }
    metrics
}

fn describe(metric: &mut Metric, what: &str, text: &str) {
    let cumulative = AggregationTemporality::Cumulative.into();
    match (what, text) {
        ("HELP", text) => text.clone_into(&mut metric.description),
        ("UNIT", "seconds") => "s".clone_into(&mut metric.unit),
        ("UNIT", "bytes") => "By".clone_into(&mut metric.unit),
        ("TYPE", "counter") => {
            metric.data = Some(Data::Sum(Sum {
                aggregation_temporality: cumulative,
                is_monotonic: true,
                ..Sum::default()
            }));
        }
        ("TYPE", "histogram") => {
            metric.data = Some(Data::Histogram(Histogram {
                aggregation_temporality: cumulative,
                ..Histogram::default()
            }));
        }
        ("TYPE", _) => metric.data = Some(Data::Gauge(Gauge::default())),
        _ => {}
    }
}

fn add(metric: &mut Metric, sample: &Sample<'_>, began: u64, now: u64) {
    let point = || NumberDataPoint {
        attributes: attributes(sample),
        start_time_unix_nano: began,
        time_unix_nano: now,
        value: Some(Number::AsDouble(sample.value)),
        ..NumberDataPoint::default()
    };
    match &mut metric.data {
        Some(Data::Sum(sum)) => sum.data_points.push(point()),
        Some(Data::Gauge(gauge)) => gauge.data_points.push(point()),
        Some(Data::Histogram(histogram)) => add_to_histogram(histogram, sample, began, now),
        _ => {}
    }
}

fn attributes(sample: &Sample<'_>) -> Vec<KeyValue> {
    let labels = sample.labels().filter(|(name, _)| *name != "le");
    labels.map(|(name, text)| attribute(name, text)).collect()
}

fn add_to_histogram(histogram: &mut Histogram, sample: &Sample<'_>, began: u64, now: u64) {
    let attributes = attributes(sample);
    let points = &mut histogram.data_points;
    if points
        .last()
        .is_none_or(|point| point.attributes != attributes)
    {
        points.push(HistogramDataPoint {
            attributes,
            start_time_unix_nano: began,
            time_unix_nano: now,
            ..HistogramDataPoint::default()
        });
    }
    let Some(point) = points.last_mut() else {
        return;
    };
    let end = sample.labels().find(|(name, _)| *name == "le");
    if let Some((_, end)) = end {
        point.bucket_counts.push(to_count(sample.value));
        point
            .explicit_bounds
            .extend(end.parse().ok().filter(|end: &f64| end.is_finite()));
    } else if sample.name.ends_with("_sum") {
        point.sum = Some(sample.value);
    } else {
        point.count = to_count(sample.value);
    }
}

/// Of buckets that count all below their ends, those that count what is in them.
fn divide(point: &mut HistogramDataPoint) {
    let mut below = 0;
    for count in &mut point.bucket_counts {
        let all = *count;
        *count = all.saturating_sub(below);
        below = all;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count that was written as a whole number"
)]
fn to_count(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_metrics_with_the_same_names() {
        let page = "# HELP a Things.\n# TYPE a counter\na_total{x=\"1\",y=\"z\"} 5\na_total{x=\"2\",y=\"z\"} 1\n\
                    # HELP t_seconds Time.\n# TYPE t_seconds histogram\n# UNIT t_seconds seconds\n\
                    t_seconds_sum{c=\"A\"} 50.5\nt_seconds_count{c=\"A\"} 9\n\
                    t_seconds_bucket{le=\"0.1\",c=\"A\"} 4\nt_seconds_bucket{le=\"+Inf\",c=\"A\"} 9\n\
                    # HELP g Some.\n# TYPE g gauge\ng -3\n# EOF\n";
        let metrics = translate(page, 1, 2);
        let names: Vec<_> = metrics.iter().map(|m| (&*m.name, &*m.unit)).collect();
        assert_eq!(names, [("a", ""), ("t_seconds", "s"), ("g", "")]);
        let [
            Some(Data::Sum(sum)),
            Some(Data::Histogram(histogram)),
            Some(Data::Gauge(gauge)),
        ] = [0, 1, 2].map(|at| metrics[at].data.clone())
        else {
            panic!("{metrics:?}");
        };
        assert!(sum.is_monotonic);
        let [first, _] = sum.data_points.as_slice() else {
            panic!("{sum:?}");
        };
        assert_eq!(first.attributes, [attribute("x", "1"), attribute("y", "z")]);
        assert_eq!(first.value, Some(Number::AsDouble(5.0)));
        let [point] = histogram.data_points.as_slice() else {
            panic!("{histogram:?}");
        };
        assert_eq!((point.sum, point.count), (Some(50.5), 9));
        assert_eq!(point.explicit_bounds, [0.1]);
        assert_eq!(point.bucket_counts, [4, 5]);
        assert_eq!(point.attributes, [attribute("c", "A")]);
        assert_eq!(gauge.data_points[0].value, Some(Number::AsDouble(-3.0)));
    }
}
