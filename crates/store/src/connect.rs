//! The start and the end of a store: its connections, and what it does in the background.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use bus::Outbox;
use tokio::sync::watch;

use crate::access_cache::AccessCache;
use crate::answers::Answers;
use crate::batch::Batches;
use crate::committed::CommitListener;
use crate::connections::{Connections, Division};
use crate::digest::Digesting;
use crate::filled::Filled;
use crate::history::History;
use crate::login_recorder::{self, LoginRecorder};
use crate::pool::{Kind, Opener};
use crate::probe::Probe;
use crate::query_batcher::QueryBatcher;
use crate::routes::Routes;
use crate::servers::Servers;
use crate::standbys::Standbys;
use crate::store::Inner;
use crate::unseen_cache::UnseenCache;
use crate::whereabouts::Whereabouts;
use crate::{
    Background, Fault, ObjectIds, Options, Store, latest, notifier, resolve, snapshot_writer,
};

/// Work that takes longer is given up by the database: the largest COPY takes a fraction of it. Whoever waits for
/// a lock does so behind a fraction of that.
const LIMITS_OF_WORK: &str = "set statement_timeout = '120s'; set lock_timeout = '30s'";
/// What must not wait takes milliseconds.
const LIMITS_OF_KEPT: &str = "set statement_timeout = '10s'; set lock_timeout = '5s'";
/// Whoever reads there has asked the primary by then.
const LIMITS_OF_STANDBY: &str = "set statement_timeout = '10s'";

impl Store {
    /// Opens the pool and starts the notifier. The database must have all migrations.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database cannot be reached.
    pub async fn connect(options: Options, background: Background) -> Result<Self, Fault> {
        let database = Servers::parse(&options.url)?.application_name(&options.application_name);
        let whereabouts = Arc::new(Whereabouts::new(database));
        let history = Arc::<History>::default();
        let opener = |kind, whereabouts: &Arc<Whereabouts>, limits| {
            let (sleep, clock) = (background.sleep.clone(), background.clock.clone());
            let (whereabouts, history) = (whereabouts.clone(), history.clone());
            let limits = (limits, options.letters);
            Opener::new(kind, whereabouts, limits, history, (sleep, clock))
        };
        let primary = |limits| opener(Kind::Primary, &whereabouts, limits);
        let division = Division::of(options.connections);
        let standbys = match &options.standby_url {
            Some(url) => {
                let servers = Servers::parse_standbys(url)?;
                let servers = servers.application_name(&options.application_name);
                let whereabouts = Arc::new(Whereabouts::new(servers));
                let pool = opener(Kind::Standby, &whereabouts, LIMITS_OF_STANDBY);
                let pool = pool.pool(division.work)?;
                Some(Standbys::new(pool, whereabouts))
            }
            None => None,
        };
        let openers = (primary(LIMITS_OF_WORK), primary(LIMITS_OF_KEPT));
        let connections = Connections::new(openers, standbys, division, background.clone())?;
        let connections = Arc::new(connections);
        // Whoever starts a node learns at once where the database cannot be reached.
        drop(connections.work(None).await?);
        let object_ids = ObjectIds::load(&connections).await?;
        let resolve = {
            let connections = connections.clone();
            let read = move |names| resolve::read(connections.clone(), names);
            QueryBatcher::new(resolve::BOUNDS, background.spawn.clone(), read)
        };
        let latest = {
            let connections = connections.clone();
            let read = move |mailboxes| latest::read(connections.clone(), mailboxes);
            QueryBatcher::new(latest::BOUNDS, background.spawn.clone(), read)
        };
        let routes = Routes::new(
            connections.clone(),
            history.clone(),
            background.spawn.clone(),
        );
        let inner = Arc::new(Inner {
            connections,
            batches: Batches::default(),
            login_recorder: LoginRecorder::default(),
            resolve,
            latest,
            routes,
            commit_listener: CommitListener::default(),
            answers: Answers::default(),
            digesting: Digesting::default(),
            is_clearing: AtomicBool::new(false),
            filled: Filled::default(),
            access_cache: AccessCache::new(),
            unseen_cache: UnseenCache::new(),
            history,
            outbox: Arc::new(Outbox::new()),
            carrier: OnceLock::new(),
            is_carrier_heard: AtomicBool::new(false),
            counters: Arc::default(),
            background,
            is_drained: watch::Sender::new(false),
            has_notifier_ended: watch::Sender::new(false),
            object_ids,
            whereabouts,
            probe: Probe::default(),
        });
        notifier::start(&inner);
        login_recorder::start(&inner);
        let store = Self {
            inner,
            origin: None,
        };
        snapshot_writer::start(&store);
        store.note_history().await?;
        Ok(store)
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
        let mut notifier = self.inner.has_notifier_ended.subscribe();
        // It cannot be closed: the sender is ours.
        drop(notifier.wait_for(|has_ended| *has_ended).await);
        login_recorder::write(&self.inner).await;
        notifier::say(&self.inner, &self.inner.outbox.take()).await
    }
}
