//! Counts for whoever watches over the store.

use std::array;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::backlog::Backlog;
use crate::connections::Connections;
use crate::lateness::Lateness;
use crate::standbys::Standbys;
use crate::timing::DurationCounts;

/// Upper bounds of the batch sizes that are counted apart; larger ones count in the last bucket.
pub const BATCH_BUCKETS: [u64; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

const BUCKETS: usize = BATCH_BUCKETS.len() + 1;

/// The store's counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls that wrote, by how many requests each of them did together.
    pub batches: [u64; BUCKETS],
    /// Requests that went through the queues.
    pub batched_requests: u64,
    /// Calls that wrote and failed.
    pub batches_failed: u64,
    /// Panics in calls that wrote; only the guilty request failed.
    pub batch_panics: u64,
    /// Panics over a message that was to be stored; it was refused.
    pub message_panics: u64,
    /// Panics in what the store does in the background.
    pub background_panics: u64,
    /// Mailboxes that have something queued or under way.
    pub queues: u64,
    /// Writes that are queued or under way.
    pub queued_writes: u64,
    /// For how long the oldest of them has waited.
    pub queued_for: Duration,
    /// Wake-ups sent to the other nodes, after merging.
    pub wakeups_sent: u64,
    /// Notifications of the database that these were packed into, as far as they went that way.
    pub notifications_sent: u64,
    /// From a commit to the moment when this node heard its own wake-up.
    pub wakeups_heard: DurationCounts,
    /// For how long a wake-up is under way that this node has not heard.
    pub wakeup_waits_for: Duration,
    /// Whether this node listens for wake-ups.
    pub is_listening: bool,
    /// Whether all nodes hear what carries wake-ups beside the database, so that none go through it.
    pub is_carried: bool,
    /// Images read row by row, because there was no snapshot to begin with.
    pub images_from_rows: u64,
    /// Images read from a snapshot and what happened since.
    pub images_from_snapshots: u64,
    /// Deltas read.
    pub deltas: u64,
    /// How long callers waited for a connection of the pool.
    pub connection_waits: DurationCounts,
    /// Callers that waited for one in vain.
    pub connection_timeouts: u64,
    /// Contents that were read from a standby.
    pub contents_from_standbys: u64,
    /// Contents that were to be, but were read from the primary.
    pub contents_missed_by_standbys: u64,
    /// Callers that wait for one now.
    pub connections_wanted: u64,
    /// How many connections the pool may have.
    pub connections_max: u64,
    /// Connections of the pool.
    pub connections: u64,
    /// Those of them that nobody uses now.
    pub connections_idle: u64,
}

/// What [`Stats`] are read from.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    batches: [AtomicU64; BUCKETS],
    pub(crate) batched_requests: AtomicU64,
    pub(crate) batches_failed: AtomicU64,
    pub(crate) batch_panics: AtomicU64,
    pub(crate) message_panics: AtomicU64,
    pub(crate) background_panics: AtomicU64,
    pub(crate) queues: AtomicU64,
    pub(crate) wakeups_sent: AtomicU64,
    pub(crate) notifications_sent: AtomicU64,
    pub(crate) images_from_rows: AtomicU64,
    pub(crate) images_from_snapshots: AtomicU64,
    pub(crate) deltas: AtomicU64,
    pub(crate) lateness: Lateness,
    pub(crate) is_listening: AtomicBool,
}

impl Counters {
    pub(crate) fn count_batch(&self, requests: usize) {
        let requests = u64::try_from(requests).unwrap_or(u64::MAX);
        let bucket = BATCH_BUCKETS.partition_point(|&bound| bound < requests);
        if let Some(count) = self.batches.get(bucket) {
            add(count, 1);
        }
        add(&self.batched_requests, requests);
    }

    pub(crate) fn read(&self, connections: &Connections, backlog: Backlog, now: Duration) -> Stats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let of_standbys = |count: fn(&Standbys) -> &AtomicU64| {
            connections
                .standbys
                .as_ref()
                .map_or(0, |of| read(count(of)))
        };
        Stats {
            batches: array::from_fn(|bucket| self.batches.get(bucket).map_or(0, read)),
            batched_requests: read(&self.batched_requests),
            batches_failed: read(&self.batches_failed),
            batch_panics: read(&self.batch_panics),
            message_panics: read(&self.message_panics),
            background_panics: read(&self.background_panics),
            queues: read(&self.queues),
            queued_writes: length(backlog.writes),
            queued_for: backlog
                .since
                .map_or(Duration::ZERO, |since| now.saturating_sub(since)),
            wakeups_sent: read(&self.wakeups_sent),
            notifications_sent: read(&self.notifications_sent),
            wakeups_heard: self.lateness.heard.read(),
            wakeup_waits_for: self.lateness.waiting(now),
            is_listening: self.is_listening.load(Ordering::Relaxed),
            is_carried: false,
            images_from_rows: read(&self.images_from_rows),
            images_from_snapshots: read(&self.images_from_snapshots),
            deltas: read(&self.deltas),
            connection_waits: connections.waits.took.read(),
            connection_timeouts: read(&connections.waits.timeouts),
            contents_from_standbys: of_standbys(|of| &of.given),
            contents_missed_by_standbys: of_standbys(|of| &of.missed),
            connections_wanted: length(connections.wanted()),
            connections_max: length(connections.max()),
            connections: length(connections.count()),
            connections_idle: length(connections.idle()),
        }
    }
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(crate) fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}
