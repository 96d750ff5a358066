//! One frontend: its parts are put together, started and stopped here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ldap::Directory;
use live::Live;
use store::{NodeRun, Store};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{info, warn};

use crate::agents::{self, AgentsContext, Service};
use crate::bus_link::BusLink;
use crate::client_certificates::ClientCertificates;
use crate::config::{Config, ListenConfig, TimeoutsConfig};
use crate::connection::{ComingUploads, ConnectionContext};
use crate::connection_slots::ConnectionSlots;
use crate::database::Database;
use crate::database_link::DatabaseLink;
use crate::directory_sync::Follower;
use crate::drain::{DrainTrigger, drain};
use crate::environment;
use crate::error::ServerError;
use crate::http::{self, Health};
use crate::identities::{Identities, authenticator, node};
use crate::lease::Lease;
use crate::listen::{self, Beginning};
use crate::listener::{self, Listener};
use crate::lmtp::{self, LmtpContext};
use crate::memory::SharedMemory;
use crate::metrics::{MetricSources, Metrics, StatsCollector};
use crate::panics::Panics;
use crate::registry::Registry;
use crate::telemetry::MetricsSender;
use crate::tls::Certificates;
use crate::trust::Trust;
use crate::upkeep::{self, Leadership, LetterWriter, Upkeep};
use crate::web::{self, WebContext, WebListener};

/// How often a node that may not migrate looks whether somebody else has.
const MIGRATIONS_PAUSE: Duration = Duration::from_secs(1);
/// How often a node that starts asks for a database that is not there yet.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);
/// What the database has at least to hear that a frontend leaves, however long its clients took.
const LEAVE_TIME_MIN: Duration = Duration::from_secs(3);

/// A running frontend. Dropping it without [`stop`](Self::stop) closes all connections at once.
#[derive(Debug)]
pub struct Frontend {
    addresses: Addresses,
    database: Database,
    store: Store,
    live: Arc<Live>,
    health: Arc<Health>,
    slots: Arc<ConnectionSlots>,
    lmtp_slots: Arc<ConnectionSlots>,
    agent_slots: Arc<ConnectionSlots>,
    web_slots: Arc<ConnectionSlots>,
    registry: Arc<Registry>,
    lease: Arc<Lease>,
    leadership: Arc<Leadership>,
    drain_trigger: DrainTrigger,
    certificates: Arc<Certificates>,
    clients: Option<Arc<ClientCertificates>>,
    trust: Arc<Trust>,
    link: Arc<DatabaseLink>,
    timeouts: TimeoutsConfig,
    listeners: JoinSet<()>,
    background: JoinSet<()>,
    probes: JoinSet<()>,
}

/// The addresses on which a frontend listens, with the ports that the machine has chosen.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The listeners for IMAP that begins without TLS.
    pub imap: Vec<SocketAddr>,
    /// The listeners for IMAP inside TLS.
    pub imaps: Vec<SocketAddr>,
    /// The listeners for LMTP that begins without TLS.
    pub lmtp: Vec<SocketAddr>,
    /// The listeners for LMTP inside TLS.
    pub lmtps: Vec<SocketAddr>,
    /// The listeners for look-ups by socketmap.
    pub maps: Vec<SocketAddr>,
    /// The listeners for logins by Dovecot's auth protocol.
    pub auth: Vec<SocketAddr>,
    /// The listeners for health and metrics.
    pub http: Vec<SocketAddr>,
    /// The listeners for the pages for people.
    pub web: Vec<SocketAddr>,
    /// The sockets in the file system, whatever is spoken there.
    pub sockets: Vec<PathBuf>,
}

impl Frontend {
    /// Brings the database up to date and listens.
    ///
    /// # Errors
    ///
    /// [`ServerError`] says what to look at; nothing is left running.
    pub async fn start(config: &Config) -> Result<Self, ServerError> {
        let state_dir = &config.node.state_dir;
        std::fs::create_dir_all(state_dir).map_err(|cause| ServerError::StateDir {
            path: state_dir.display().to_string(),
            cause,
        })?;
        let panics = Arc::<Panics>::default();
        // Before anything that takes time, so that probes see a process that is alive.
        let probes = Probes::start(&config.listen.http, &panics)?;
        let database = Database::open(config).await?;
        match Self::start_on(config, &database, probes, panics).await {
            Ok(started) => Ok(started(database)),
            Err(error) => {
                database.stop().await;
                Err(error)
            }
        }
    }

    async fn start_on(
        config: &Config,
        database: &Database,
        probes: Probes,
        panics: Arc<Panics>,
    ) -> Result<impl FnOnce(Database) -> Self + use<>, ServerError> {
        let certificates = Certificates::open(config)?;
        let store = open_store(config, database, &panics).await?;
        let identities = Identities::open(config, &panics)?;
        let clients = identities.certificates.clone();
        let (tls, tls_of_agents) = (
            certificates.acceptor(clients.as_ref())?,
            certificates.acceptor(None)?,
        );
        let directory = identities.directory.as_ref();
        let bus = BusLink::start(&config.bus, &config.node.name, &store).await;
        let run = environment::random_bytes().ok_or(ServerError::NoRandomness)?;
        let run = NodeRun {
            id: i64::from_be_bytes(run),
            name: config.node.name.clone(),
        };
        let lease = Lease::new(run.id);
        let live = Live::new(
            store.clone(),
            environment::spawn(&panics),
            config.limits.cache_bytes,
            lease.for_live(),
        );
        let limits = &config.limits;
        let uploads = SharedMemory::new(limits.literal_bytes_in_flight, limits.message_bytes);
        let upkeep = Upkeep::new(config.ldap.is_some());
        let leadership = Leadership::new(run.clone());
        let stats = StatsCollector {
            store: store.clone(),
            live: Arc::clone(&live),
            uploads: uploads.clone(),
            panics: Arc::clone(&panics),
            certificates: Arc::clone(&certificates),
            upkeep: Arc::clone(&upkeep),
            bus: bus.clone(),
        };
        let metrics = Arc::new(Metrics::new(Some(MetricSources {
            stats,
            runtime: Handle::current().metrics(),
            state_dir: config.node.state_dir.clone(),
        })));
        let (drain_trigger, drain) = drain(config.timeouts.drain);
        let (lmtp_drain, agents_drain, web_drain) = (drain.apart(), drain.apart(), drain.apart());
        let registry = Registry::new(run);
        let authenticator = authenticator(config, &store, &metrics, &identities)?;
        let context = Arc::new(ConnectionContext {
            node: Arc::new(node(config, &store, &live, &authenticator)),
            tls,
            tls_of_agents,
            metrics: Arc::clone(&metrics),
            uploads,
            coming_uploads: ComingUploads::default(),
            timeouts: config.timeouts.clone(),
            slow_command: config.log.slow_command,
            drain,
            registry: Arc::clone(&registry),
            panics: Arc::clone(&panics),
            trust: Trust::new(config),
        });
        let slots = ConnectionSlots::new(&config.limits);
        let lmtp = LmtpContext::new(config, &store, &context, lmtp_drain);
        let agents = AgentsContext::new(config, &store, &context, agents_drain);
        let (lmtp_slots, agent_slots) = (Arc::clone(&lmtp.slots), Arc::clone(&agents.slots));

        let sockets = Sockets::bind(&config.listen)?;
        let addresses = sockets.addresses(probes.addresses);
        let imaps_port = addresses.imaps.first().map(SocketAddr::port);
        let web = WebContext::new(config, &context, imaps_port, web_drain, &authenticator);
        let web_slots = Arc::clone(&web.slots);
        let mut background = upkeep::start(
            config,
            &store,
            &live,
            &registry,
            &upkeep,
            &leadership,
            &panics,
        );
        let (kept, live_kept, store_kept) = (Arc::clone(&lease), Arc::clone(&live), store.clone());
        background.spawn(Arc::clone(&panics).keep_running(move || {
            Arc::clone(&kept).keep(store_kept.clone(), Arc::clone(&live_kept))
        }));
        let (writer, leading) = (
            LetterWriter::new(config, &store, &metrics),
            Arc::clone(&leadership),
        );
        background.spawn(
            Arc::clone(&panics).keep_running(move || writer.clone().follow(Arc::clone(&leading))),
        );
        if let Some((follower, every)) = follower(config, directory, &store) {
            let leading = Arc::clone(&leadership);
            background.spawn(Arc::clone(&panics).keep_running(move || {
                upkeep::follow_people(follower.clone(), Arc::clone(&leading), every)
            }));
        }
        if let Some(provider) = identities.provider {
            background
                .spawn(Arc::clone(&panics).keep_running(move || Arc::clone(&provider).follow()));
        }
        if let Some(followed) = clients.clone() {
            background
                .spawn(Arc::clone(&panics).keep_running(move || Arc::clone(&followed).follow()));
        }
        let link = DatabaseLink::new(&config.database, store.clone());
        let (followed, linked) = (Arc::clone(&certificates), Arc::clone(&link));
        background.spawn(Arc::clone(&panics).keep_running(move || Arc::clone(&followed).follow()));
        background.spawn(Arc::clone(&panics).keep_running(move || Arc::clone(&linked).follow()));
        if let Some(bus) = bus {
            background.spawn(Arc::clone(&panics).keep_running(move || Arc::clone(&bus).watch()));
        }
        if let Some(receiver) = &config.metrics_receiver {
            let sender = MetricsSender::new(receiver, &config.node.name, Arc::clone(&metrics));
            let sender = sender.map_err(|cause| ServerError::Telemetry(cause.to_string()))?;
            let sender = Arc::new(sender);
            background.spawn(Arc::clone(&panics).keep_running(move || Arc::clone(&sender).run()));
        }
        let trust = Arc::clone(&context.trust);
        let doors = Doors {
            imap: context,
            imap_slots: Arc::clone(&slots),
            lmtp,
            agents,
            web,
            panics,
        };
        let listeners = sockets.serve(Beginning::Plain(config.login.without_tls), &doors);
        let health = probes.health;
        health.start(ping(store.clone()), metrics);
        let timeouts = config.timeouts.clone();
        Ok(move |database| Self {
            addresses,
            database,
            store,
            live,
            health,
            slots,
            lmtp_slots,
            agent_slots,
            web_slots,
            registry,
            lease,
            leadership,
            drain_trigger,
            certificates,
            clients,
            trust,
            link,
            timeouts,
            listeners,
            background,
            probes: probes.tasks,
        })
    }

    /// The addresses on which it listens.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The mailboxes that are open here.
    #[must_use]
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// What its store has counted.
    #[must_use]
    pub fn stats(&self) -> store::Stats {
        self.store.stats()
    }

    /// The process id of its private PostgreSQL, if it runs one.
    #[must_use]
    pub fn postgres_pid(&self) -> Option<u32> {
        self.database.pid()
    }

    /// Takes over from `config` what can be taken over by a frontend that runs: certificates, trusted networks and the
    /// way to the database. The log says what is not as it should be, and stays as it was.
    pub async fn reload(&self, config: &Config) {
        if let Err(cause) = self.certificates.reload(config) {
            warn!(%cause, "keeping the old certificates");
        }
        if let Some(clients) = &self.clients {
            clients.reload(config);
        }
        self.trust.replace(config);
        self.link.reload(&config.database).await;
    }

    /// Stops: reports that it is not ready, accepts no new clients once balancers had time to notice, says BYE to each
    /// client in turn, finishes what was begun, and shuts everything down.
    pub async fn stop(mut self) {
        let TimeoutsConfig { linger, stop, .. } = self.timeouts;
        let stop_at = Instant::now() + stop;
        self.health.drain();
        info!(
            linger_ms = linger.as_millis(),
            "stopping: not ready from now on"
        );
        sleep(linger).await;
        info!("no new clients from now on");
        self.listeners.shutdown().await;
        self.drain_trigger.begin();
        let all_left = async {
            tokio::join!(
                self.slots.empty(),
                self.lmtp_slots.empty(),
                self.agent_slots.empty(),
                self.web_slots.empty()
            )
        };
        if timeout_at(stop_at, all_left).await.is_err() {
            warn!("some clients did not leave in time");
        }
        // One time for all that the database is still told: where it is away, it is not waited for again and again.
        let leave_at = stop_at.max(Instant::now() + LEAVE_TIME_MIN);
        match timeout_at(leave_at, self.store.drain()).await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => {
                warn!(%cause, "the last wake-ups were not sent; other nodes notice at their next comparison");
            }
            Err(_) => warn!("the database did not take the last wake-ups in time"),
        }
        self.background.shutdown().await;
        let leaving = async {
            self.lease.end(&self.store).await;
            self.leadership.leave(&self.store).await;
            self.registry.leave(&self.store).await;
        };
        if timeout_at(leave_at, leaving).await.is_err() {
            warn!(
                "the database did not hear in time that this frontend is gone; its lease ends by itself"
            );
        }
        self.database.stop().await;
        self.probes.shutdown().await;
        info!("stopped");
    }
}

/// The HTTP listeners, which are there from the first moment to the last.
struct Probes {
    addresses: Vec<SocketAddr>,
    health: Arc<Health>,
    tasks: JoinSet<()>,
}

impl Probes {
    fn start(addresses: &[SocketAddr], panics: &Arc<Panics>) -> Result<Self, ServerError> {
        let listeners = listen::bind(addresses)?;
        let addresses = self::addresses(&listeners);
        let health = Arc::<Health>::default();
        let served = Arc::new(http::Served {
            health: Arc::clone(&health),
            panics: Arc::clone(panics),
        });
        let mut tasks = JoinSet::new();
        for listener in listeners.into_iter().map(Arc::new) {
            let served = Arc::clone(&served);
            tasks.spawn(
                Arc::clone(panics)
                    .keep_running(move || http::serve(Arc::clone(&listener), Arc::clone(&served))),
            );
        }
        Ok(Self {
            addresses,
            health,
            tasks,
        })
    }
}

/// Connects to the database once all migrations have run.
async fn open_store(
    config: &Config,
    database: &Database,
    panics: &Arc<Panics>,
) -> Result<Store, ServerError> {
    wait_for_database(database.url()).await?;
    if config.database.migrate {
        for migration in Store::migrate(database.url()).await? {
            info!("migrated the database: {migration}");
        }
    } else {
        wait_for_migrations(database.url()).await?;
    }
    let read_url = config.database.read_url.as_ref();
    let options = store::Options {
        url: database.url().to_owned(),
        standby_url: read_url.map(|url| url.expose().to_owned()),
        connections: config.database.connections,
        application_name: format!("postroom {}", config.node.name),
        letters: config.letters.access,
    };
    Ok(Store::connect(options, environment::background(panics)).await?)
}

/// Waits for a database that is about to start, as frontends and databases are often started together. One that refuses is an error.
async fn wait_for_database(url: &str) -> Result<(), ServerError> {
    let mut said = String::new();
    while let Some(cause) = Store::why_not_yet(url).await? {
        if cause != said {
            warn!(%cause, "waiting for the database");
            said = cause;
        }
        sleep(DATABASE_PAUSE).await;
    }
    Ok(())
}

/// Waits until somebody has brought the schema up to date that may do so.
async fn wait_for_migrations(url: &str) -> Result<(), ServerError> {
    let mut said = Vec::new();
    loop {
        let pending = Store::pending_migrations(url).await?;
        if pending.is_empty() {
            return Ok(());
        }
        if pending != said {
            let missing = pending.len();
            info!(missing, "waiting for `postroom migrate`");
            said = pending;
        }
        sleep(MIGRATIONS_PAUSE).await;
    }
}

/// What follows the directory, and how often.
fn follower(
    config: &Config,
    directory: Option<&Arc<Directory>>,
    store: &Store,
) -> Option<(Follower, Duration)> {
    let (ldap, directory) = (config.ldap.as_ref()?, directory?);
    let follower = Follower {
        directory: Arc::clone(directory),
        store: store.clone(),
        newcomers: ldap.newcomers_at_sync(),
    };
    Some((follower, ldap.sync_every))
}

/// What waits behind the sockets.
struct Doors {
    imap: Arc<ConnectionContext>,
    imap_slots: Arc<ConnectionSlots>,
    lmtp: Arc<LmtpContext>,
    agents: Arc<AgentsContext>,
    web: Arc<WebContext>,
    panics: Arc<Panics>,
}

/// The sockets on which a frontend listens for clients.
struct Sockets {
    imap: Vec<TcpListener>,
    imaps: Vec<TcpListener>,
    lmtp: Vec<Listener>,
    maps: Vec<Listener>,
    auth: Vec<Listener>,
    web: Vec<WebListener>,
}

impl Sockets {
    fn bind(config: &ListenConfig) -> Result<Self, ServerError> {
        Ok(Self {
            imap: listen::bind(&config.imap)?,
            imaps: listen::bind(&config.imaps)?,
            lmtp: lmtp::bind(config)?,
            maps: listener::bind(&config.maps)?,
            auth: listener::bind(&config.auth)?,
            web: web::bind(&config.web)?,
        })
    }

    /// Lets clients and agents in by all of them.
    fn serve(self, plain: Beginning, doors: &Doors) -> JoinSet<()> {
        let mut listeners = JoinSet::new();
        let Doors { panics, .. } = doors;
        let imap = self.imap.into_iter().map(|listener| (listener, plain));
        let imaps = self.imaps.into_iter();
        for (listener, beginning) in imap.chain(imaps.map(|listener| (listener, Beginning::Tls))) {
            let (context, slots) = (Arc::clone(&doors.imap), Arc::clone(&doors.imap_slots));
            let listener = Arc::new(listener);
            listeners.spawn(Arc::clone(panics).keep_running(move || {
                let (context, slots) = (Arc::clone(&context), Arc::clone(&slots));
                listen::accept(Arc::clone(&listener), beginning, context, slots)
            }));
        }
        for listener in self.lmtp.into_iter().map(Arc::new) {
            let context = Arc::clone(&doors.lmtp);
            listeners.spawn(
                Arc::clone(panics).keep_running(move || {
                    lmtp::accept(Arc::clone(&listener), Arc::clone(&context))
                }),
            );
        }
        let maps = self.maps.into_iter().map(|it| (it, Service::Maps));
        let logins = self.auth.into_iter().map(|it| (it, Service::Logins));
        for (listener, service) in maps.chain(logins) {
            let (listener, context) = (Arc::new(listener), Arc::clone(&doors.agents));
            listeners.spawn(Arc::clone(panics).keep_running(move || {
                agents::accept(Arc::clone(&listener), service, Arc::clone(&context))
            }));
        }
        for listener in self.web.into_iter().map(Arc::new) {
            let context = Arc::clone(&doors.web);
            listeners
                .spawn(Arc::clone(panics).keep_running(move || {
                    web::accept(Arc::clone(&listener), Arc::clone(&context))
                }));
        }
        listeners
    }

    fn addresses(&self, http: Vec<SocketAddr>) -> Addresses {
        let (lmtps, lmtp): (Vec<_>, Vec<_>) = self.lmtp.iter().partition(|one| one.is_tls());
        let of_listeners = |listeners: Vec<&Listener>| {
            let addresses = listeners.into_iter();
            addresses.filter_map(Listener::address).collect()
        };
        Addresses {
            imap: addresses(&self.imap),
            imaps: addresses(&self.imaps),
            lmtp: of_listeners(lmtp),
            lmtps: of_listeners(lmtps),
            maps: of_listeners(self.maps.iter().collect()),
            auth: of_listeners(self.auth.iter().collect()),
            http,
            web: self.web.iter().filter_map(WebListener::address).collect(),
            sockets: [&self.lmtp, &self.maps, &self.auth]
                .into_iter()
                .flatten()
                .filter_map(Listener::path)
                .map(Path::to_owned)
                .collect(),
        }
    }
}

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners
        .iter()
        .filter_map(|listener| listener.local_addr().ok())
        .collect()
}

fn ping(store: Store) -> http::Ping {
    Box::new(move || {
        let store = store.clone();
        Box::pin(async move { store.probe().await.is_ok() })
    })
}
