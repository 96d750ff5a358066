//! Connections to the database that are used in turn: whoever asks gets the one that was used last, whose backend has what
//! it needs at hand. Nobody gets one that still waits for an answer (docs/adr/0063-connections-last-in-first-out.md).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use deadpool::managed::{self, Metrics, QueueMode, RecycleError, RecycleResult};
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{BoxStream, StreamExt as _, poll_fn};
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection as _, Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr};

use crate::background::{Clock, Sleep};
use crate::history::{Abandonment, History};
use crate::letters::Letters;
use crate::whereabouts::Whereabouts;
use crate::{Cause, Fault};

/// What was idle for longer may have been forgotten by a firewall on the way.
const RESTED: Duration = Duration::from_secs(60);
/// What nobody needed for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// A backend never forgets what it has read of the catalogue, so it is replaced now and then.
const AGE_MAX: Duration = Duration::from_secs(30 * 60);
/// Between two attempts to reach a database that may be starting: the first pause, and the longest.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(10);
const RETRY_PAUSE_MAX: Duration = Duration::from_millis(250);
/// A database that none could be opened to for so long is away: nobody waits for it any more, as nobody who reads does.
const AWAY: Duration = Duration::from_secs(3);

/// What holds in each session of a pool.
const SESSION_SETTINGS: &str = "
set synchronous_commit = on;
-- Our statements are short; compiling them would take longer than running them.
set jit = off;
-- Each statement is planned once: parameters do not change which plan is best.
set plan_cache_mode = force_generic_plan;
-- And while tables are still small, or were emptied just now: by their indexes, as when they have grown.
set enable_seqscan = off;
set idle_in_transaction_session_timeout = '60s'";

pub(crate) type Pool = managed::Pool<Opener>;

/// Opens the connections of a pool, and finds out whether they live.
pub(crate) struct Opener {
    kind: Kind,
    whereabouts: Arc<Whereabouts>,
    /// How long a statement may take.
    limits: &'static str,
    /// Which grants are told by a letter.
    letters: Letters,
    history: Arc<History>,
    sleep: Sleep,
    clock: Clock,
    /// How often there was reason to believe that connections are dead.
    suspicions: AtomicU64,
    /// Why none could be opened, while attempts go on.
    trouble: Mutex<Option<Trouble>>,
}

/// To what a pool has connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Primary,
    /// Nobody needs one: when it cannot be had at once, the primary is asked.
    Standby,
}

/// Why no connection could be opened, and since when that is so.
struct Trouble {
    began: Duration,
    words: String,
}

/// A connection of a pool. As statements are sent through it, it is known whether it still waits for an answer.
pub(crate) struct PooledConnection {
    connection: PgConnection,
    /// The suspicions that it has outlived.
    outlived: u64,
    whereabouts: Arc<Whereabouts>,
    /// As of which of these it was opened.
    moves: u64,
    abandonment: Abandonment,
    state: State,
}

/// Whether somebody else can have a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// All that was sent is answered.
    Ready,
    /// The answer to a statement was not read to its end, or was an error.
    Waiting,
    /// It was used for more than statements, and that did not come to its end.
    Apart,
}

impl Opener {
    pub(crate) fn new(
        kind: Kind,
        whereabouts: Arc<Whereabouts>,
        (limits, letters): (&'static str, Letters),
        history: Arc<History>,
        (sleep, clock): (Sleep, Clock),
    ) -> Self {
        Self {
            kind,
            whereabouts,
            limits,
            letters,
            history,
            sleep,
            clock,
            suspicions: AtomicU64::new(0),
            trouble: Mutex::default(),
        }
    }

    /// A pool of so many connections at most. None is opened before somebody asks for it.
    pub(crate) fn pool(self, connections: u32) -> Result<Pool, Fault> {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Pool::builder(self)
            .max_size(connections)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| Fault::Broken(Cause::new(error)))
    }

    /// Each connection is asked whether it is alive before its next use.
    pub(crate) fn suspect_all(&self) {
        self.suspicions.fetch_add(1, Ordering::Relaxed);
    }

    /// What PostgreSQL or the way to it said when a connection was asked for last, unless it was opened.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        let trouble = trouble.unwrap_or_else(PoisonError::into_inner);
        trouble.as_ref().map(|trouble| trouble.words.clone())
    }

    /// For how long there has been trouble, if there is.
    fn note_trouble(&self, words: Option<String>) -> Duration {
        let now = (self.clock)();
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let began = trouble.as_ref().map_or(now, |trouble| trouble.began);
        *trouble = words.map(|words| Trouble { began, words });
        now.saturating_sub(began)
    }

    async fn open(&self) -> Result<PooledConnection, sqlx::Error> {
        let outlived = self.suspicions.load(Ordering::Relaxed);
        let moves = self.whereabouts.moves();
        let mut connection = self.whereabouts.now().connect(&self.sleep).await?;
        connection.execute(SESSION_SETTINGS).await?;
        connection.execute(self.limits).await?;
        if let Some(setting) = self.letters.setting() {
            connection.execute(setting).await?;
        }
        let abandonment = match self.kind {
            Kind::Primary => {
                let let_go = || self.whereabouts.let_go();
                self.history.read(&mut connection, let_go).await?
            }
            Kind::Standby => self.history.follow(&mut connection).await?,
        };
        Ok(PooledConnection {
            connection,
            outlived,
            whereabouts: self.whereabouts.clone(),
            moves,
            abandonment,
            state: State::Ready,
        })
    }

    async fn open_patiently(&self) -> Result<PooledConnection, sqlx::Error> {
        let mut pause = RETRY_PAUSE_MIN;
        loop {
            match self.open().await {
                Err(error) if is_starting(&error) => {
                    let lasts = self.note_trouble(Some(error.to_string()));
                    if lasts > AWAY && !is_full(&error) {
                        return Err(error);
                    }
                    (self.sleep)(pause).await;
                }
                opened => {
                    self.note_trouble(opened.as_ref().err().map(ToString::to_string));
                    return opened;
                }
            }
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
    }
}

/// Closes what nobody needed for a long time.
pub(crate) fn close_idle(pool: &Pool) {
    drop(pool.retain(|_, metrics| metrics.last_used() < IDLE_MAX));
}

/// Closes what nobody uses now.
pub(crate) fn close_unused(pool: &Pool) {
    drop(pool.retain(|_, _| false));
}

/// Whether the database may be there in a moment: it is being restarted, or has no connection left.
pub(crate) fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("53300" | "57P01" | "57P03"))
        }
        // Foreign and non-exhaustive: nothing else passes by itself.
        _ => false,
    }
}

/// Whether it has no connection left, which somebody may give back at any time.
fn is_full(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some("53300"))
}

impl managed::Manager for Opener {
    type Type = PooledConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PooledConnection, sqlx::Error> {
        // On the heap: whoever asks for a connection would have room for it.
        match self.kind {
            Kind::Primary => Box::pin(self.open_patiently()).await,
            Kind::Standby => Box::pin(self.open()).await,
        }
    }

    /// A ping on each use would cost 40 % of the throughput: only those are asked that may be dead.
    async fn recycle(
        &self,
        connection: &mut PooledConnection,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        if metrics.age() > AGE_MAX {
            return Err(RecycleError::message("it has served its time"));
        }
        if connection.is_outdated() {
            return Err(RecycleError::message("the database is elsewhere by now"));
        }
        let suspicions = self.suspicions.load(Ordering::Relaxed);
        if connection.outlived != suspicions || metrics.last_used() > RESTED {
            Box::pin(connection.settle()).await?;
            connection.outlived = suspicions;
        }
        Ok(())
    }
}

impl PooledConnection {
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Whether the database was said to be elsewhere since this was opened, or another PostgreSQL has taken its place.
    pub(crate) fn is_outdated(&self) -> bool {
        self.moves != self.whereabouts.moves() || self.abandonment.has_come()
    }

    /// For what it is used for [`apart`](Self::apart).
    pub(crate) fn abandonment(&self) -> Abandonment {
        self.abandonment.clone()
    }

    /// Reads the answers that it still waits for, and one more, so that it is known to be alive.
    pub(crate) async fn settle(&mut self) -> Result<(), sqlx::Error> {
        self.state = State::Waiting;
        let abandonment = self.abandonment.clone();
        abandonment.or(self.connection.ping()).await?;
        self.state = State::Ready;
        Ok(())
    }

    /// For more than statements: a transaction, or COPY, of which sqlx does not count the answers that are still to
    /// come. Unless [`end_apart`](Self::end_apart) follows, the connection is closed.
    pub(crate) fn apart(&mut self) -> &mut PgConnection {
        self.state = State::Apart;
        &mut self.connection
    }

    /// Notes that what it was used for [`apart`](Self::apart) has come to its end, with all answers.
    pub(crate) fn end_apart(&mut self) {
        self.state = State::Ready;
    }
}

impl<'c> Executor<'c> for &'c mut PooledConnection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let PooledConnection {
            connection,
            state,
            abandonment,
            ..
        } = self;
        *state = State::Waiting;
        let mut abandoned = abandonment.clone().comes().boxed();
        let mut answers = connection.fetch_many(query);
        let mut has_failed = false;
        poll_fn(move |cx| {
            let mut next = answers.poll_next_unpin(cx);
            if next.is_pending()
                && !has_failed
                && let Poll::Ready(error) = abandoned.poll_unpin(cx)
            {
                next = Poll::Ready(Some(Err(error)));
            }
            match &next {
                Poll::Ready(Some(Err(_))) => has_failed = true,
                Poll::Ready(None) if !has_failed => *state = State::Ready,
                Poll::Ready(_) | Poll::Pending => {}
            }
            next
        })
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            self.state = State::Waiting;
            let abandonment = self.abandonment.clone();
            let found = abandonment
                .or(self.connection.fetch_optional(query))
                .await?;
            self.state = State::Ready;
            Ok(found)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            self.state = State::Waiting;
            let abandonment = self.abandonment.clone();
            let statement = abandonment
                .or(self.connection.prepare_with(sql, parameters))
                .await?;
            self.state = State::Ready;
            Ok(statement)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            self.state = State::Waiting;
            let described = self.connection.describe(sql).await?;
            self.state = State::Ready;
            Ok(described)
        })
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledConnection")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
