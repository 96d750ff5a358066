//! The start and the end of a store: its connections, and what it does in the background.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bus::Outbox;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor};
use tokio::sync::watch;

use crate::access_cache::AccessCache;
use crate::answers::Answers;
use crate::batch::Batches;
use crate::digest::Digesting;
use crate::login_recorder::{self, LoginRecorder};
use crate::query_batcher::QueryBatcher;
use crate::store::Inner;
use crate::{Background, Fault, ObjectIds, Options, Store, latest, resolve, wake};

/// How long a caller waits for a free connection before it hears [`Fault::Unavailable`].
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// What was idle for longer may have been forgotten by a firewall on the way.
const RESTED: Duration = Duration::from_secs(60);

/// What holds in each session of the pool.
const SESSION_SETTINGS: &str = "
set synchronous_commit = on;
-- Our statements are short; compiling them would take longer than running them.
set jit = off;
-- Each statement is planned once: parameters do not change which plan is best.
set plan_cache_mode = force_generic_plan;
set idle_in_transaction_session_timeout = '60s'";

/// Where the database is. A session is opened without settings of our own, since poolers refuse those that they do not
/// know: what must hold is set afterwards.
pub(crate) fn address_of(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    // All floats are sent in full since PostgreSQL 12, whatever this says.
    Ok(PgConnectOptions::from_str(url)?.extra_float_digits(None))
}

impl Store {
    /// Opens the pool and starts the notifier. The database must have all migrations.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn connect(options: Options, background: Background) -> Result<Self, Fault> {
        let database = address_of(&options.url)?.application_name(&options.application_name);
        let suspects = Arc::new(AtomicU32::new(0));
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // A ping on each use costs 40 % of the throughput: only those are asked that may be dead.
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SESSION_SETTINGS).await.map(drop) })
            })
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
        let resolve = {
            let pool = pool.clone();
            let read = move |names| resolve::read(pool.clone(), names);
            QueryBatcher::new(resolve::BOUNDS, background.spawn.clone(), read)
        };
        let latest = {
            let pool = pool.clone();
            let read = move |mailboxes| latest::read(pool.clone(), mailboxes);
            QueryBatcher::new(latest::BOUNDS, background.spawn.clone(), read)
        };
        let inner = Arc::new(Inner {
            pool,
            batches: Batches::default(),
            login_recorder: LoginRecorder::default(),
            resolve,
            latest,
            answers: Answers::default(),
            digesting: Digesting::default(),
            access_cache: AccessCache::new(),
            outbox: Arc::new(Outbox::new()),
            counters: Arc::default(),
            background,
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
}

fn take_one(suspects: &AtomicU32) -> bool {
    let less_one = |suspects: u32| suspects.checked_sub(1);
    suspects
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less_one)
        .is_ok()
}
