//! Hearing from other nodes that a mailbox has news, and leaving such news for the notifier.

use std::fmt;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bus::{Carried, Carrier, Wakeup};
use futures_util::future::{Either, select};
use mail::{AccountId, MailboxId, ModSeq};
use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};
use tokio::sync::watch;
use tracing::warn;

use crate::answers::{ANSWER_CHANNEL, QUESTION_CHANNEL, Withdrawal};
use crate::notifier::RETRY_PAUSE;
use crate::store::Inner;
use crate::{Fault, Store};

/// Wake-ups as they come in from all nodes, this one among them.
pub struct Listener {
    store: Store,
    connection: Option<PgListener>,
    /// The next connection, while it is being made.
    connecting: Option<Pin<Box<dyn Future<Output = PgListener> + Send>>>,
    /// What carries wake-ups beside the database.
    carrier: Option<Arc<dyn Carrier>>,
    /// Received and not yet handed out.
    waiting: Option<PgNotification>,
    is_drained: watch::Receiver<bool>,
    /// How often the database was said to be elsewhere.
    moves: watch::Receiver<u64>,
}

/// What a [`Listener`] heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// News, as somebody told them.
    Wakeups(Vec<Wakeup>),
    /// Whether this account may still be logged in has changed.
    Account(AccountId),
    /// Something was withdrawn, and somebody waits until this node has taken note.
    Withdrawal(Withdrawal),
    /// An administrator wants sessions to end.
    SessionsEnd,
    /// A connection was lost or is back, so anything may have been missed: compare counters.
    Resync,
    /// The store was drained; there is nobody left to hear for.
    Closed,
}

/// A mailbox to wake, as the database's functions return it.
pub(crate) struct Row {
    pub(crate) mailbox: i64,
    pub(crate) modseq: i64,
}

pub(crate) const CHANNEL: &str = "postroom_wakeup";
/// Everything that a listener hears.
const CHANNELS: [&str; 5] = [
    CHANNEL,
    ACCOUNT_CHANNEL,
    SESSIONS_CHANNEL,
    QUESTION_CHANNEL,
    ANSWER_CHANNEL,
];
/// Seldom used, and apart: a frontend of the release before drops a payload that it cannot read.
const ACCOUNT_CHANNEL: &str = "postroom_account";
/// Somebody wants sessions to end; says no more.
const SESSIONS_CHANNEL: &str = "postroom_sessions";

impl Store {
    /// Listens on a connection of its own, which is never in a transaction: a listener that lags
    /// would fill the queue of the whole database. What was committed before is not heard of.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn listen(&self) -> Result<Listener, Fault> {
        let moves = self.inner().whereabouts.watch();
        let connection = Some(connect_listener(self.inner(), CHANNELS).await?);
        self.inner().answers.count_listeners(1);
        self.inner().note_listening(true);
        Ok(Listener {
            store: self.clone(),
            connection,
            connecting: None,
            carrier: self.inner().carrier.get().cloned(),
            waiting: None,
            is_drained: self.inner().is_drained.subscribe(),
            moves,
        })
    }

    /// Tells all nodes that sessions of `account` may have to end. A hint like every wake-up: what is
    /// lost is found by comparison.
    pub(crate) async fn wake_account(&self, account: AccountId) {
        if let Err(fault) = self.tell(ACCOUNT_CHANNEL, &account.to_string()).await {
            warn!(cause = %fault, "cannot tell that an account changed");
        }
    }

    /// Tells all nodes that sessions are to end. What is lost is found by their reports.
    pub(crate) async fn wake_sessions(&self) {
        if let Err(fault) = self.tell(SESSIONS_CHANNEL, "").await {
            warn!(cause = %fault, "cannot tell that sessions are to end");
        }
    }

    async fn tell(&self, channel: &str, payload: &str) -> Result<(), Fault> {
        sqlx::query!("select pg_notify($1, $2)", channel, payload)
            .execute(&mut *self.kept().await?)
            .await?;
        Ok(())
    }

    /// Leaves wake-ups for the notifier, after a change of names or rights.
    pub(crate) fn wake(&self, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            if let Some(modseq) = ModSeq::from_i64(row.modseq) {
                self.inner().post(Wakeup {
                    mailbox: MailboxId(row.mailbox),
                    modseq,
                });
            }
        }
        self.wake_directory();
    }
}

impl Listener {
    /// Waits for the next thing to be heard. Loses nothing when dropped and called again.
    pub async fn next(&mut self) -> Heard {
        loop {
            let (mut is_drained, mut moves) = (self.is_drained.clone(), self.moves.clone());
            let (inner, carrier) = (self.store.inner().clone(), self.carrier.clone());
            let heard = {
                let drained = pin!(is_drained.wait_for(|is_drained| *is_drained));
                let moved = pin!(moves.changed());
                let carried = pin!(hear_carrier(&inner, carrier.as_deref()));
                let heard = pin!(self.hear());
                let hearing = select(heard, carried);
                match select(hearing, select(drained, moved)).await {
                    Either::Left((Either::Left((heard, _)) | Either::Right((heard, _)), _)) => {
                        Some(heard)
                    }
                    Either::Right((Either::Left(_), _)) => Some(Heard::Closed),
                    Either::Right((Either::Right(_), _)) => None,
                }
            };
            if let Some(heard) = heard {
                return heard;
            }
            // The database is elsewhere by now: as if the connection were lost.
            self.moves.mark_unchanged();
            (self.connection, self.connecting) = (None, None);
        }
    }

    async fn hear(&mut self) -> Heard {
        loop {
            let Some(connection) = &mut self.connection else {
                let inner = self.store.inner();
                // Kept when this is dropped: what comes by the carrier meanwhile must not begin it anew.
                let connecting = self
                    .connecting
                    .get_or_insert_with(|| Box::pin(reconnect(inner.clone())));
                self.connection = Some(connecting.await);
                self.connecting = None;
                inner.counters.lateness.lose();
                inner.note_listening(true);
                return Heard::Resync;
            };
            let notification = match self.waiting.take() {
                Some(notification) => Ok(Some(notification)),
                None => connection.try_recv().await,
            };
            match notification {
                Ok(Some(notification)) if notification.channel() != CHANNEL => {
                    if let Some(heard) = self.read_other(&notification) {
                        return heard;
                    }
                    continue;
                }
                Ok(Some(notification)) => {
                    let mut wakeups = read(&notification);
                    while let Some(notification) = connection.next_buffered() {
                        if notification.channel() != CHANNEL {
                            self.waiting = Some(notification);
                            break;
                        }
                        wakeups.extend(read(&notification));
                    }
                    let inner = self.store.inner();
                    inner.counters.lateness.hear(&wakeups, inner.now());
                    return Heard::Wakeups(wakeups);
                }
                Ok(None) => warn!("the database ended the connection that listens for wake-ups"),
                Err(error) => {
                    warn!(cause = %error, "lost the connection that listens for wake-ups");
                }
            }
            self.connection = None;
            self.store.inner().note_listening(false);
            self.store.inner().suspect_all();
        }
    }
}

impl Listener {
    /// What came on another channel than that of wake-ups, if it is for whoever listens.
    fn read_other(&self, notification: &PgNotification) -> Option<Heard> {
        match notification.channel() {
            ACCOUNT_CHANNEL => read_account(notification).map(Heard::Account),
            SESSIONS_CHANNEL => Some(Heard::SessionsEnd),
            QUESTION_CHANNEL => {
                let withdrawal = Withdrawal::read(notification.payload());
                if withdrawal.is_none() {
                    warn!("somebody else writes to our channel of withdrawals");
                }
                withdrawal.map(Heard::Withdrawal)
            }
            _ => {
                self.store.inner().answers.hear(notification.payload());
                None
            }
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("carrier", &self.carrier)
            .finish_non_exhaustive()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.store.inner().answers.count_listeners(-1);
        self.store.inner().note_listening(false);
    }
}

impl Inner {
    /// Notes whether this node listens, for whoever watches over it.
    fn note_listening(&self, is_listening: bool) {
        let noted = &self.counters.is_listening;
        noted.store(is_listening, Ordering::Relaxed);
    }
}

fn read_account(notification: &PgNotification) -> Option<AccountId> {
    let account = notification.payload().parse().ok().map(AccountId);
    if account.is_none() {
        warn!("somebody else writes to our channel of accounts");
    }
    account
}

fn read(notification: &PgNotification) -> Vec<Wakeup> {
    bus::unpack(notification.payload()).unwrap_or_else(|bad| {
        warn!(cause = %bad, "somebody else writes to our channel");
        Vec::new()
    })
}

/// Waits for what a carrier brings; for ever where there is none.
async fn hear_carrier(inner: &Inner, carrier: Option<&dyn Carrier>) -> Heard {
    let Some(carrier) = carrier else {
        return pending().await;
    };
    match carrier.hear().await {
        Carried::Wakeups(wakeups) => {
            inner.counters.lateness.hear(&wakeups, inner.now());
            Heard::Wakeups(wakeups)
        }
        Carried::Resync => {
            inner.counters.lateness.lose();
            Heard::Resync
        }
    }
}

async fn reconnect(inner: Arc<Inner>) -> PgListener {
    loop {
        match connect_listener(&inner, CHANNELS).await {
            Ok(listener) => return listener,
            Err(error) => {
                warn!(cause = %error, "cannot listen for wake-ups");
                (inner.background.sleep)(RETRY_PAUSE).await;
            }
        }
    }
}

/// A pool of one, since that is what a listener takes its connection from.
pub(crate) async fn connect_listener(
    inner: &Inner,
    channels: impl IntoIterator<Item = &str>,
) -> Result<PgListener, sqlx::Error> {
    let database = inner.database().primary(&inner.background.sleep).await?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(database)
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen_all(channels).await?;
    Ok(listener)
}
