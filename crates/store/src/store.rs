//! The store itself: what its handles share.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bus::{Carrier, Outbox, Wakeup};
use mail::MailboxId;
use tokio::sync::watch;

use crate::access_cache::AccessCache;
use crate::answers::Answers;
use crate::background::{Background, Compute};
use crate::batch::Batches;
use crate::committed::{CommitListener, Committed};
use crate::connections::{Connections, Held};
use crate::digest::Digesting;
use crate::filled::Filled;
use crate::history::History;
use crate::latest::Latest;
use crate::letters::Letters;
use crate::login_recorder::LoginRecorder;
use crate::origin::SessionOrigin;
use crate::probe::Probe;
use crate::query_batcher::QueryBatcher;
use crate::resolve::{Answer, Name};
use crate::routes::Routes;
use crate::servers::Servers;
use crate::stats::Counters;
use crate::unseen_cache::UnseenCache;
use crate::whereabouts::Whereabouts;
use crate::{Cause, Fault, ObjectIds, Stats};

/// Where the database is, and how much of it to take.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host/database`, with `?sslmode=…` where the way is not private.
    pub url: String,
    /// Of standbys, from which what never changes is read; `None` where everything is read from the primary.
    pub standby_url: Option<String>,
    /// Connections in the pool; 8 to 16 serve a node best.
    pub connections: u32,
    /// How this node is called in `pg_stat_activity`.
    pub application_name: String,
    /// Which grants of what is done through it are told by a letter.
    pub letters: Letters,
}

/// Everything that is promised of mail. Clones share one pool and one set of queues.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
    /// From where this handle writes; see [`Store::from_origin`].
    pub(crate) origin: Option<Arc<SessionOrigin>>,
}

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) connections: Arc<Connections>,
    pub(crate) batches: Batches,
    pub(crate) login_recorder: LoginRecorder,
    pub(crate) resolve: QueryBatcher<Name, Answer>,
    pub(crate) latest: QueryBatcher<MailboxId, Option<Latest>>,
    pub(crate) routes: Routes,
    pub(crate) commit_listener: CommitListener,
    pub(crate) answers: Answers,
    pub(crate) digesting: Digesting,
    /// Whether a task of this node empties deleted mailboxes.
    pub(crate) is_clearing: AtomicBool,
    pub(crate) filled: Filled,
    pub(crate) access_cache: AccessCache,
    pub(crate) unseen_cache: UnseenCache,
    pub(crate) history: Arc<History>,
    pub(crate) outbox: Arc<Outbox>,
    /// What carries wake-ups beside the database, where something does.
    pub(crate) carrier: OnceLock<Arc<dyn Carrier>>,
    /// Whether every other node heard the carrier when this node's lease was prolonged last.
    pub(crate) is_carrier_heard: AtomicBool,
    pub(crate) counters: Arc<Counters>,
    pub(crate) background: Background,
    pub(crate) is_drained: watch::Sender<bool>,
    /// Nobody sends wake-ups any more: what the notifier had taken is sent, or was put back.
    pub(crate) has_notifier_ended: watch::Sender<bool>,
    pub(crate) object_ids: ObjectIds,
    pub(crate) whereabouts: Arc<Whereabouts>,
    pub(crate) probe: Probe,
}

impl Store {
    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when it does not.
    #[tracing::instrument(name = "db.ping", skip_all)]
    pub async fn ping(&self) -> Result<(), Fault> {
        let answered = sqlx::query!(r#"select 1 as "one!""#)
            .fetch_one(&mut *self.kept().await?)
            .await;
        if let Err(error) = answered {
            self.inner().suspect_all();
            return Err(error.into());
        }
        Ok(())
    }

    /// How far a mailbox is: no older than the moment of this call. `None` for one that is gone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.latest", skip_all)]
    pub async fn latest(&self, mailbox: MailboxId) -> Result<Option<Latest>, Fault> {
        self.inner.latest.ask(mailbox).await
    }

    /// Calls `hear` with what batches of this node commit, before those who wrote it are answered, as far as it is known
    /// without reading it. What it does takes no longer than a look at an image; it waits for nothing. Only the first is called.
    pub fn hear_commits(&self, hear: impl Fn(MailboxId, &Committed) + Send + Sync + 'static) {
        self.inner.commit_listener.set(Box::new(hear));
    }

    /// Sends wake-ups by `carrier` from now on, and by the database only while some node does not hear it. A listener that
    /// begins later hears both. Only the first counts.
    pub fn carry_wakeups_by(&self, carrier: Arc<dyn Carrier>) {
        // One that is there stays.
        let _first = self.inner.carrier.set(carrier);
    }

    /// Makes the identifiers of this database's objects.
    #[must_use]
    pub fn object_ids(&self) -> &ObjectIds {
        &self.inner.object_ids
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let inner = &self.inner;
        let counters = &inner.counters;
        Stats {
            is_carried: inner.is_carried(),
            ..counters.read(&inner.connections, inner.batches.backlog(), inner.now())
        }
    }

    /// The time, for whoever measures how long something takes.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.inner.now()
    }

    /// Where what takes long is computed on this node: within the user's share, where this handle is a session's.
    #[must_use]
    pub fn compute(&self) -> &Compute {
        match &self.origin {
            Some(session_origin) => session_origin.compute(),
            None => &self.inner.background.compute,
        }
    }

    /// A connection for work: within the user's share, where this handle writes for a session.
    pub(crate) async fn connection(&self) -> Result<Held, Fault> {
        let share = self.origin.as_ref().map(|origin| origin.share());
        // On the heap: every call of the store would have room for it.
        Box::pin(self.inner.connections.work(share)).await
    }

    /// One of the connections that are kept for what must not wait.
    pub(crate) async fn kept(&self) -> Result<Held, Fault> {
        Box::pin(self.inner.connections.kept()).await
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl Inner {
    /// The time by the clock of the program.
    pub(crate) fn now(&self) -> Duration {
        (self.background.clock)()
    }

    /// Leaves a wake-up for the notifier: something was committed.
    pub(crate) fn post(&self, wakeup: Wakeup) {
        self.counters.lateness.post(wakeup, self.now());
        self.outbox.post(wakeup);
    }

    /// For a connection outside the pool.
    pub(crate) fn database(&self) -> Servers {
        self.whereabouts.now()
    }

    /// One connection broke, so the others may have broken too: each is asked before its next use,
    /// which spares whoever would have used it a [`Fault::Unavailable`].
    pub(crate) fn suspect_all(&self) {
        self.connections.suspect_all();
    }
}

impl Cause {
    pub(crate) fn draining() -> Self {
        Self::new("the store is being drained")
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Without the URL, which holds a password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("connections", &self.connections)
            .field("application_name", &self.application_name)
            .finish_non_exhaustive()
    }
}
