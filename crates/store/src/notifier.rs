//! Telling the other nodes that a mailbox has news.
//!
//! Never inside the transaction that writes: a notification there makes every commit of the whole
//! database wait for every other. By the carrier where there is one, and by NOTIFY where there is none, or a node does not hear it
//! (docs/adr/0084-nats-beside-listen.md).

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bus::Wakeup;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use sqlx::{Executor, PgConnection, PgExecutor};
use tracing::{info, warn};

use crate::Fault;
use crate::stats::add;
use crate::store::Inner;
use crate::wake::CHANNEL;

/// Between two attempts to reach a database that is away.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// How long a carrier may take before wake-ups go by the database.
const CARRIER_PATIENCE: Duration = Duration::from_millis(250);
/// Between two notifications, each a transaction and a wake-up of every node: the first after a rest goes at once, and those of
/// a node that writes one thing after the other go together. Timers tick by the millisecond, so it may be nearly twice as long.
const NOTIFY_PAUSE: Duration = Duration::from_millis(1);
/// What fails again and again is said at first and each minute.
const FAILURES_PER_WARNING: u32 = 120;

/// Starts the one task of this node that sends wake-ups. It ends when the store is drained.
pub(crate) fn start(inner: &Arc<Inner>) {
    let notifier = Notifier {
        inner: inner.clone(),
        connection: None,
        has_notified: false,
        failures: 0,
    };
    (inner.background.spawn)(Box::pin(notifier.run()));
}

struct Notifier {
    inner: Arc<Inner>,
    connection: Option<PgConnection>,
    /// What was sent last was a notification.
    has_notified: bool,
    /// In a row.
    failures: u32,
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.inner.has_notifier_ended.send_replace(true);
    }
}

impl Notifier {
    async fn run(mut self) {
        let mut is_drained = self.inner.is_drained.subscribe();
        let mut moves = self.inner.whereabouts.watch();
        let outbox = self.inner.outbox.clone();
        loop {
            let drained = pin!(is_drained.wait_for(|is_drained| *is_drained));
            let moved = pin!(moves.changed());
            let next = pin!(next_wakeups(self.inner.clone(), self.has_notified));
            let wakeups = match select(next, select(drained, moved)).await {
                Either::Left((wakeups, _)) => wakeups,
                Either::Right((Either::Left(_), _)) => return,
                Either::Right((Either::Right(_), _)) => {
                    // The next one is opened where the database is by now.
                    self.connection = None;
                    continue;
                }
            };
            let sent = AssertUnwindSafe(self.send(&wakeups)).catch_unwind().await;
            let Ok(sent) = sent else {
                // They are hints, so they are dropped: sent again they might panic again.
                add(&self.inner.counters.background_panics, 1);
                self.connection = None;
                continue;
            };
            if let Err(error) = sent {
                if self.failures.is_multiple_of(FAILURES_PER_WARNING) {
                    warn!(cause = %error, "cannot send wake-ups");
                }
                self.failures = self.failures.saturating_add(1);
                self.connection = None;
                wakeups.into_iter().for_each(|wakeup| outbox.post(wakeup));
                if *self.inner.is_drained.borrow() {
                    // Whoever drains the store tries once more.
                    return;
                }
                (self.inner.background.sleep)(RETRY_PAUSE).await;
            } else if std::mem::take(&mut self.failures) > 0 {
                info!("wake-ups are sent again");
            }
        }
    }

    async fn send(&mut self, wakeups: &[Wakeup]) -> Result<(), sqlx::Error> {
        let payloads = bus::pack(wakeups);
        self.has_notified = !self.inner.carry(&payloads).await;
        if self.has_notified {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                None => {
                    let inner = &self.inner;
                    let mut connection = inner.database().connect(&inner.background.sleep).await?;
                    // A hint need not be durable.
                    connection.execute("set synchronous_commit = off").await?;
                    self.connection.insert(connection)
                }
            };
            notify(connection, &payloads, &self.inner).await?;
        }
        add(&self.inner.counters.wakeups_sent, length(wakeups));
        Ok(())
    }
}

/// What is to be sent next; after a notification, not at once.
async fn next_wakeups(inner: Arc<Inner>, has_notified: bool) -> Vec<Wakeup> {
    if has_notified {
        (inner.background.sleep)(NOTIFY_PAUSE).await;
    }
    inner.outbox.wait().await
}

/// Sends `wakeups` at once, for whoever leaves.
pub(crate) async fn say(inner: &Inner, wakeups: &[Wakeup]) -> Result<(), Fault> {
    let payloads = bus::pack(wakeups);
    if !payloads.is_empty() && !inner.carry(&payloads).await {
        notify(&mut *inner.connections.kept().await?, &payloads, inner).await?;
    }
    add(&inner.counters.wakeups_sent, length(wakeups));
    Ok(())
}

impl Inner {
    /// Whether this node hears what carries wake-ups beside the database.
    pub(crate) fn hears_carrier(&self) -> bool {
        self.carrier.get().is_some_and(|carrier| carrier.is_up())
    }

    /// Whether all nodes do, as far as this one knows.
    pub(crate) fn is_carried(&self) -> bool {
        self.hears_carrier() && self.is_carrier_heard.load(Ordering::Relaxed)
    }

    /// Notes whether all other nodes do.
    pub(crate) fn note_carrier_heard(&self, is_heard: bool) {
        self.is_carrier_heard.store(is_heard, Ordering::Relaxed);
    }

    /// Sends payloads by the carrier, if there is one; true when nobody needs to hear of them by the database.
    async fn carry(&self, payloads: &[String]) -> bool {
        let Some(carrier) = self.carrier.get().filter(|carrier| carrier.is_up()) else {
            return false;
        };
        let too_late = (self.background.sleep)(CARRIER_PATIENCE);
        let is_carried = match select(carrier.send(payloads.to_vec()), too_late).await {
            Either::Left((sent, _)) => sent.is_ok(),
            Either::Right(_) => false,
        };
        is_carried && self.is_carrier_heard.load(Ordering::Relaxed)
    }
}

async fn notify(
    executor: impl PgExecutor<'_>,
    payloads: &[String],
    inner: &Inner,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select pg_notify($1, payload) from unnest($2::text[]) as p (payload)",
        CHANNEL,
        payloads
    )
    .execute(executor)
    .await?;
    add(&inner.counters.notifications_sent, length(payloads));
    Ok(())
}

fn length<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}
