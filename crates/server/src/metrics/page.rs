//! What collectors write: one metric a call, with its name, what it counts, and its values.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use store::{BATCH_BUCKETS, DURATION_BUCKETS_MICROS, DurationCounts};

/// The text being written.
pub(super) struct Page<'a>(pub(super) DescriptorEncoder<'a>);

impl Page<'_> {
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        counter.encode(self.describe(name, help, MetricType::Counter)?)
    }

    pub(super) fn counter_f64(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        counter.encode(self.describe(name, help, MetricType::Counter)?)
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        gauge(value).encode(self.describe(name, help, MetricType::Gauge)?)
    }

    pub(super) fn gauge_f64(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        ConstGauge::new(value).encode(self.describe(name, help, MetricType::Gauge)?)
    }

    pub(super) fn seconds(&mut self, name: &str, help: &str, value: Duration) -> fmt::Result {
        self.gauge_f64(name, help, value.as_secs_f64())
    }

    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[(&'static str, u64)],
    ) -> fmt::Result {
        let encoder = self.describe(name, help, MetricType::Counter)?;
        family(encoder, label, values, ConstCounter::new)
    }

    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[(&'static str, u64)],
    ) -> fmt::Result {
        let encoder = self.describe(name, help, MetricType::Gauge)?;
        family(encoder, label, values, gauge)
    }

    pub(super) fn gauges_f64(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[(&'static str, f64)],
    ) -> fmt::Result {
        let encoder = self.describe(name, help, MetricType::Gauge)?;
        family(encoder, label, values, ConstGauge::new)
    }

    /// `counts` has one more element than there are [`BATCH_BUCKETS`]: what is larger.
    pub(super) fn batches(
        &mut self,
        name: &str,
        help: &str,
        sum: u64,
        counts: &[u64],
    ) -> fmt::Result {
        let bounds = BATCH_BUCKETS.iter().map(|&bound| to_f64(bound));
        self.histogram(name, help, to_f64(sum), bounds, counts)
    }

    pub(super) fn durations(
        &mut self,
        name: &str,
        help: &str,
        counted: &DurationCounts,
    ) -> fmt::Result {
        let bounds = DURATION_BUCKETS_MICROS.iter();
        let bounds = bounds.map(|&micros| to_f64(micros) / 1e6);
        let sum = to_f64(counted.sum_micros) / 1e6;
        self.histogram(name, help, sum, bounds, &counted.counts)
    }

    fn histogram(
        &mut self,
        name: &str,
        help: &str,
        sum: f64,
        bounds: impl Iterator<Item = f64>,
        counts: &[u64],
    ) -> fmt::Result {
        let buckets: Vec<(f64, u64)> = bounds
            .chain([f64::INFINITY])
            .zip(counts.iter().copied())
            .collect();
        let count = counts.iter().sum();
        let mut encoder = self.describe(name, help, MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn describe<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }
}

/// One metric with a value for each word of `label`.
fn family<V: Copy, M: EncodeMetric>(
    mut encoder: MetricEncoder<'_>,
    label: &'static str,
    values: &[(&'static str, V)],
    metric: impl Fn(V) -> M,
) -> fmt::Result {
    for &(word, value) in values {
        let labels = [(label, word)];
        metric(value).encode(encoder.encode_family(&labels)?)?;
    }
    Ok(())
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count to look at, not to calculate with"
)]
pub(super) fn to_f64(number: u64) -> f64 {
    number as f64
}
