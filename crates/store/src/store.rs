//! The store itself: its connections, its start and its end.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bus::Outbox;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};

use tokio::sync::watch;

use crate::access_cache::AccessCache;
use crate::batch::Batches;
use crate::digest::Digesting;
use crate::login_recorder::{self, LoginRecorder};
use crate::origin::SessionOrigin;
use crate::resolve::ResolveBatcher;
use crate::stats::Counters;
use crate::{Cause, Fault, ObjectIds, Stats, wake};

/// The only way in which a task starts below `server`.
pub type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;

/// Where the database is, and how much of it to take.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host/database`, with `?sslmode=…` where the way is not private.
    pub url: String,
    /// Connections in the pool; 8 to 16 serve a node best.
    pub connections: u32,
    /// How this node is called in `pg_stat_activity`.
    pub application_name: String,
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
    pub(crate) pool: PgPool,
    pub(crate) batches: Batches,
    pub(crate) login_recorder: LoginRecorder,
    pub(crate) questions: ResolveBatcher,
    pub(crate) digesting: Digesting,
    pub(crate) access_cache: AccessCache,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) spawn: Spawn,
    pub(crate) is_drained: watch::Sender<bool>,
    /// How many of the pool's connections may be dead; it hands them out in turn.
    suspects: Arc<AtomicU32>,
    object_ids: ObjectIds,
    database: PgConnectOptions,
}

/// How long a caller waits for a free connection before it hears [`Fault::Unavailable`].
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// What was idle for longer may have been forgotten by a firewall on the way.
const RESTED: Duration = Duration::from_secs(60);

impl Store {
    /// Opens the pool and starts the notifier. The database must have all migrations.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn connect(options: Options, spawn: Spawn) -> Result<Self, Fault> {
        let database = PgConnectOptions::from_str(&options.url)?
            .application_name(&options.application_name)
            .options([
                ("synchronous_commit", "on"),
                // Our statements are short; compiling them would take longer than running them.
                ("jit", "off"),
                // Each statement is planned once: parameters do not change which plan is best.
                ("plan_cache_mode", "force_generic_plan"),
                ("idle_in_transaction_session_timeout", "60s"),
            ]);
        let suspects = Arc::new(AtomicU32::new(0));
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // A ping on each use costs 40 % of the throughput: only those are asked that may be dead.
            .test_before_acquire(false)
            .before_acquire({
                let suspects = suspects.clone();
                move |connection, rest| {
                    let is_suspect = take_one(&suspects) || rest.idle_for > RESTED;
                    Box::pin(async move {
                        if is_suspect {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                }
            })
            .connect_with(database.clone())
            .await?;
        let object_ids = ObjectIds::load(&pool).await?;
        let inner = Arc::new(Inner {
            pool,
            batches: Batches::default(),
            login_recorder: LoginRecorder::default(),
            questions: ResolveBatcher::default(),
            digesting: Digesting::default(),
            access_cache: AccessCache::new(),
            outbox: Arc::new(Outbox::new()),
            counters: Arc::default(),
            spawn,
            is_drained: watch::Sender::new(false),
            suspects,
            object_ids,
            database,
        });
        wake::start_notifier(&inner);
        login_recorder::start(&inner);
        Ok(Self {
            inner,
            origin: None,
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when it does not.
    #[tracing::instrument(name = "db.ping", skip_all)]
    pub async fn ping(&self) -> Result<(), Fault> {
        sqlx::query!(r#"select 1 as "one!""#)
            .fetch_one(self.pool())
            .await?;
        Ok(())
    }

    /// Finishes what is queued, writes down the last logins, says the last wake-ups, and refuses
    /// everything queued later with [`Fault::Unavailable`]. Reading still works.
    ///
    /// # Errors
    ///
    /// As the last wake-ups could not be sent; everything queued is done all the same.
    pub async fn drain(&self) -> Result<(), Fault> {
        self.inner.batches.drain().await;
        self.inner.is_drained.send_replace(true);
        login_recorder::write(&self.inner).await;
        wake::say(&self.inner, &self.inner.outbox.take()).await
    }

    /// Makes the identifiers of this database's objects.
    #[must_use]
    pub fn object_ids(&self) -> &ObjectIds {
        &self.inner.object_ids
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.read(self.pool())
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl Inner {
    /// For a connection outside the pool.
    pub(crate) fn database(&self) -> PgConnectOptions {
        self.database.clone()
    }

    /// One connection broke, so the others may have broken too: each is asked before its next use,
    /// which spares whoever would have used it a [`Fault::Unavailable`].
    pub(crate) fn suspect_all(&self) {
        self.suspects.store(self.pool.size(), Ordering::Relaxed);
    }
}

fn take_one(suspects: &AtomicU32) -> bool {
    let less_one = |suspects: u32| suspects.checked_sub(1);
    suspects
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less_one)
        .is_ok()
}

impl Cause {
    pub(crate) fn draining() -> Self {
        Self::new("the store is being drained")
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("pool", self.pool())
            .finish_non_exhaustive()
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
