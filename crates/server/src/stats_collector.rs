//! The metrics that the crates below count for themselves, read whenever `/metrics` is asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live::Live;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use store::{BATCH_BUCKETS, Store};

use crate::memory::SharedMemory;
use crate::panics::{PanicPlace, Panics};

/// The sources of these metrics.
pub(crate) struct StatsCollector {
    store: Store,
    live: Arc<Live>,
    uploads: SharedMemory,
    panics: Arc<Panics>,
}

impl StatsCollector {
    pub(crate) fn new(
        store: Store,
        live: Arc<Live>,
        uploads: SharedMemory,
        panics: &Arc<Panics>,
    ) -> Self {
        Self {
            store,
            live,
            uploads,
            panics: Arc::clone(panics),
        }
    }
}

impl fmt::Debug for StatsCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatsCollector")
    }
}

impl Collector for StatsCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.write_wakeups(&mut page)?;
        self.write_store(&mut page)?;
        self.write_live(&mut page)?;
        self.write_panics(&mut page)?;
        page.gauge(
            "literals_in_flight_bytes",
            "Memory that is reserved for messages being uploaded",
            self.uploads.used_bytes(),
        )
    }
}

impl StatsCollector {
    fn write_wakeups(&self, page: &mut Page<'_>) -> fmt::Result {
        let live = self.live.stats();
        page.counters(
            "wakeups",
            "Wake-ups between nodes; missed are those that only the safety comparison found",
            "kind",
            &[
                ("sent", self.store.stats().wakeups_sent),
                ("received", read(&live.wakeups_received)),
                ("missed", read(&live.wakeups_missed)),
            ],
        )
    }

    fn write_store(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.store.stats();
        let sum = stats.batched_requests;
        page.histogram(
            "store_batch_requests",
            "Requests that one database call did together",
            sum,
            &stats.batches,
        )?;
        page.counter(
            "store_batches_failed",
            "Database calls that wrote and failed",
            stats.batches_failed,
        )?;
        page.gauge(
            "store_queues",
            "Mailboxes with something queued or under way",
            stats.queues,
        )?;
        page.counter(
            "store_deltas",
            "Deltas read from the database",
            stats.deltas,
        )?;
        page.counters(
            "store_images",
            "Whole mailbox indexes read from the database",
            "source",
            &[
                ("rows", stats.images_from_rows),
                ("snapshot", stats.images_from_snapshots),
            ],
        )?;
        let open = stats.connections;
        page.gauges(
            "pool_connections",
            "Connections of this node to the database",
            "state",
            &[
                ("idle", stats.connections_idle),
                ("used", open.saturating_sub(stats.connections_idle)),
            ],
        )
    }

    fn write_panics(&self, page: &mut Page<'_>) -> fmt::Result {
        let (store, live) = (self.store.stats(), self.live.stats());
        let own = |place| self.panics.count(place);
        let background = own(PanicPlace::Background) + store.background_panics;
        page.counters(
            "panics",
            "Panics by what they ended",
            "place",
            &[
                ("session", own(PanicPlace::Session)),
                ("message", store.message_panics),
                ("batch", store.batch_panics),
                ("mailbox", read(&live.panics)),
                ("background", background),
                ("http", own(PanicPlace::Http)),
            ],
        )
    }

    fn write_live(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.live.stats();
        let open = self.live.open_mailboxes() as u64;
        page.gauge(
            "mailboxes_open",
            "Mailboxes that somebody here has open",
            open,
        )?;
        page.gauge(
            "mailboxes_watched",
            "Mailboxes that somebody here hears of by NOTIFY without having them open",
            self.live.notify_watchers().watched_mailboxes() as u64,
        )?;
        page.counter(
            "live_mailbox_summaries",
            "Reads of mailboxes that are watched, however many at once",
            read(&stats.summaries),
        )?;
        page.counters(
            "responses_encoded",
            "Untagged responses by whether this watcher's were encoded or another's reused",
            "kind",
            &[
                ("encoded", read(&stats.responses_encoded)),
                ("shared", read(&stats.responses_shared)),
            ],
        )?;
        let contents = self.live.contents().stats();
        page.counters(
            "content_reads",
            "Parts of messages by where they were found",
            "source",
            &[
                ("memory", read(&contents.hits)),
                ("database", read(&contents.misses)),
            ],
        )
    }
}

/// The text being written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let counter = ConstCounter::new(value);
        counter.encode(self.describe(name, help, MetricType::Counter)?)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        gauge(value).encode(self.describe(name, help, MetricType::Gauge)?)
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[(&'static str, u64)],
    ) -> fmt::Result {
        let encoder = self.describe(name, help, MetricType::Counter)?;
        family(encoder, label, values, ConstCounter::new)
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: &[(&'static str, u64)],
    ) -> fmt::Result {
        let encoder = self.describe(name, help, MetricType::Gauge)?;
        family(encoder, label, values, gauge)
    }

    /// `counts` has one more element than there are [`BATCH_BUCKETS`]: what is larger.
    fn histogram(&mut self, name: &str, help: &str, sum: u64, counts: &[u64]) -> fmt::Result {
        let bounds = BATCH_BUCKETS.iter().map(|&bound| to_f64(bound));
        let buckets: Vec<(f64, u64)> = bounds
            .chain([f64::INFINITY])
            .zip(counts.iter().copied())
            .collect();
        let count = counts.iter().sum();
        let mut encoder = self.describe(name, help, MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(to_f64(sum), count, &buckets, None)
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
fn family<M: EncodeMetric>(
    mut encoder: MetricEncoder<'_>,
    label: &'static str,
    values: &[(&'static str, u64)],
    metric: impl Fn(u64) -> M,
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

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count to look at, not to calculate with"
)]
fn to_f64(number: u64) -> f64 {
    number as f64
}
