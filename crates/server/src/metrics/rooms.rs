//! What the crates below count for themselves, and what the background tasks have seen: read whenever `/metrics` is
//! asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live::Live;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use store::{SiteSurvey, Store};

use super::page::{Page, to_f64};

use crate::bus_link::BusLink;
use crate::memory::SharedMemory;
use crate::panics::{PanicPlace, Panics};
use crate::tls::Certificates;
use crate::upkeep::{JobRecord, Upkeep};

/// The sources of these metrics.
pub(crate) struct StatsCollector {
    pub(crate) store: Store,
    pub(crate) live: Arc<Live>,
    pub(crate) uploads: SharedMemory,
    pub(crate) panics: Arc<Panics>,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) upkeep: Arc<Upkeep>,
    /// What carries wake-ups beside the database, where something does.
    pub(crate) bus: Option<Arc<BusLink>>,
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
        self.write_pool(&mut page)?;
        self.write_live(&mut page)?;
        self.write_panics(&mut page)?;
        self.write_upkeep(&mut page)?;
        self.write_site(&mut page)?;
        if let Some(ends_at) = self.certificates.ends_at() {
            page.gauge(
                "tls_certificate_end_time_seconds",
                "When the certificate that is served ends, in seconds since 1970",
                u64::try_from(ends_at).unwrap_or(0),
            )?;
        }
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
        )?;
        let stats = self.store.stats();
        page.gauge(
            "listener_connected",
            "Whether this node listens for wake-ups",
            u64::from(stats.is_listening),
        )?;
        page.gauge(
            "lease_held",
            "Whether the lease of this node holds, which is prolonged in the database every second",
            u64::from(self.live.holds_lease()),
        )?;
        page.durations(
            "wakeup_heard_seconds",
            "Time from a commit on this node until it hears its own wake-up",
            &stats.wakeups_heard,
        )?;
        page.durations(
            "wakeup_told_seconds",
            "Time from hearing a wake-up until the sessions that have the mailbox open see its news",
            &live.told.read(),
        )?;
        page.seconds(
            "wakeup_waiting_seconds",
            "For how long a wake-up of this node is under way that it has not heard",
            stats.wakeup_waits_for,
        )?;
        page.counter(
            "wakeup_notifications",
            "Notifications by which wake-ups went through the database",
            stats.notifications_sent,
        )?;
        let Some(bus) = self.bus.as_ref().map(|bus| bus.stats()) else {
            return Ok(());
        };
        page.gauge(
            "bus_connected",
            "Whether this node hears what goes by the bus",
            u64::from(bus.is_up),
        )?;
        page.gauge(
            "bus_complete",
            "Whether all nodes hear the bus, so that no wake-up of this node goes through the database",
            u64::from(stats.is_carried),
        )?;
        page.counter(
            "bus_connections",
            "Connections that were made to the bus: one, and as many more as were lost",
            bus.connections,
        )?;
        page.counters(
            "bus_payloads",
            "Payloads of wake-ups; lost are those that came too fast, foreign those that are not ours",
            "kind",
            &[
                ("sent", bus.sent),
                ("heard", bus.heard),
                ("lost", bus.lost),
                ("foreign", bus.foreign),
            ],
        )
    }

    fn write_store(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.store.stats();
        let sum = stats.batched_requests;
        page.batches(
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
        page.gauge(
            "store_queued_writes",
            "Writes that are queued or under way",
            stats.queued_writes,
        )?;
        page.seconds(
            "store_queue_age_seconds",
            "For how long the oldest of them has waited",
            stats.queued_for,
        )?;
        page.counter(
            "store_deltas",
            "Deltas read from the database",
            stats.deltas,
        )?;
        page.counter(
            "live_commits_taken",
            "Writes of this node that open mailboxes took without reading a delta",
            self.live.stats().commits_taken.load(Ordering::Relaxed),
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
        page.counters(
            "store_standby_contents",
            "Contents asked of a standby, where database.read_url names some",
            "outcome",
            &[
                ("found", stats.contents_from_standbys),
                ("missed", stats.contents_missed_by_standbys),
            ],
        )
    }

    fn write_pool(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.store.stats();
        page.durations(
            "pool_wait_seconds",
            "Time until a caller had a connection to the database",
            &stats.connection_waits,
        )?;
        page.counter(
            "pool_timeouts",
            "Callers that waited for a connection to the database in vain",
            stats.connection_timeouts,
        )?;
        page.gauge(
            "pool_waiting",
            "Callers that wait for a connection to the database now",
            stats.connections_wanted,
        )?;
        page.gauge(
            "pool_connections_max",
            "Connections to the database that this node may have",
            stats.connections_max,
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

    fn write_upkeep(&self, page: &mut Page<'_>) -> fmt::Result {
        let records = self.upkeep.records.read();
        let each = |value: fn(&JobRecord) -> f64| -> Vec<(&'static str, f64)> {
            let values = records.iter();
            values
                .map(|(job, record)| (job.name(), value(record)))
                .collect()
        };
        page.gauges_f64(
            "upkeep_last_success_time_seconds",
            "When a job succeeded last, in seconds since 1970; before that is known, the start of the node",
            "task",
            &each(|record| to_f64(u64::try_from(record.succeeded_at).unwrap_or(0))),
        )?;
        page.gauges_f64(
            "upkeep_duration_seconds",
            "How long a job took when it succeeded last",
            "task",
            &each(|record| record.took.as_secs_f64()),
        )?;
        page.gauges_f64(
            "upkeep_running_seconds",
            "For how long a job has been running",
            "task",
            &each(|record| record.running_for().as_secs_f64()),
        )?;
        let periods: Vec<_> = records
            .iter()
            .map(|(job, _)| (job.name(), job.period().as_secs()))
            .collect();
        page.gauges(
            "upkeep_period_seconds",
            "How often a job is due",
            "task",
            &periods,
        )?;
        let failures: Vec<_> = records
            .iter()
            .filter_map(|(job, record)| Some((job.name(), record.failures?)))
            .collect();
        page.counters("upkeep_failures", "Jobs that failed", "task", &failures)
    }

    /// What this node has seen of the site, if it has looked already.
    fn write_site(&self, page: &mut Page<'_>) -> fmt::Result {
        let seen = self.upkeep.survey.seen();
        if let Some(SiteSurvey {
            storage,
            quota_roots: roots,
        }) = seen.site
        {
            page.gauges(
                "storage_bytes",
                "What the tables take on the disk of the database, by what is in them",
                "kind",
                &[
                    ("contents", storage.contents),
                    ("messages", storage.messages),
                    ("digests", storage.digests),
                    ("snapshots", storage.snapshots),
                    ("changes", storage.changes),
                    ("activity", storage.activity),
                    ("garbage", storage.garbage),
                    ("others", storage.others),
                ],
            )?;
            page.gauge(
                "removed_bytes",
                "Messages that were removed and whose contents are still kept, as they came",
                storage.removed,
            )?;
            page.gauges(
                "quota_roots",
                "Quota roots with a limit: all, those where nine tenths are used, those where all is",
                "state",
                &[
                    ("limited", roots.limited),
                    ("nearly_full", roots.nearly_full),
                    ("full", roots.full),
                ],
            )?;
        }
        if let Some(replication) = seen.replication {
            page.gauge(
                "database_timeline",
                "The timeline of the database: another one after a failover",
                replication.timeline,
            )?;
            page.gauge(
                "database_standbys",
                "Standbys that are connected to the database",
                replication.standbys,
            )?;
            page.seconds(
                "database_standby_wait_seconds",
                "For how long the oldest commit has been waiting for a standby",
                replication.awaited_for,
            )?;
            // What cannot be known is left out: zero would say that all is well.
            if let Some(lag) = replication.lag_bytes {
                page.gauge(
                    "database_replication_lag_bytes",
                    "What the standby that is furthest behind has not applied",
                    lag,
                )?;
            }
            if let Some(lag) = replication.lag {
                page.seconds(
                    "database_replication_lag_seconds",
                    "How long ago that standby was where it is now",
                    lag,
                )?;
            }
        }
        Ok(())
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
