//! A world that has been built: its database, its nodes, and what sets up the given state.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mail::{MailboxId, ModSeq};
use rustls::pki_types::CertificateDer;
use server::Frontend;
use server::config::{Config, Sources, Surroundings};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::architect::{Architect, OTHERS, SHARED};
use crate::client::{Client, PASSWORD, PATIENCE};
use crate::cluster::{Cluster, Database};
use crate::error::TestError;
use crate::given::{Given, Seat, is_mta};
use crate::nats_server::NatsServer;
use crate::page::Intervention;
use crate::pattern::Names;
use crate::tap::{Meddling, Tap};
use crate::tls;

/// How many nodes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Everybody is on the same node, whatever the page says.
    OneNode,
    /// As the page says.
    TwoNodes,
    /// As the page says, with wake-ups by a NATS server.
    TwoNodesWithNats,
}

/// A world in which talks are played.
pub struct Stage {
    world: World,
    /// Before the database, which has to be left alone when it goes.
    nodes: Vec<Node>,
    architect: Architect,
    nats: Option<NatsServer>,
    /// Gone when dropped, both of them.
    database: Database,
    state: TempDir,
}

/// A frontend of this process, and its way to the database.
struct Node {
    frontend: Frontend,
    ways: Ways,
}

/// How a node reaches what it works with.
struct Ways {
    tap: Tap,
    /// The way to the NATS server.
    nats_tap: Option<Tap>,
}

/// The pause between two looks at the nodes.
const GLANCE: Duration = Duration::from_millis(2);

impl World {
    /// The worlds of every talk.
    pub const ALL: [Self; 2] = [Self::OneNode, Self::TwoNodes];

    /// The name that tests have after it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneNode => "OneNode",
            Self::TwoNodes => "TwoNodes",
            Self::TwoNodesWithNats => "TwoNodesWithNats",
        }
    }

    /// The index of the node that a page calls `node`, from 0.
    const fn index(self, node: usize) -> usize {
        match self {
            Self::OneNode => 0,
            Self::TwoNodes | Self::TwoNodesWithNats => node - 1,
        }
    }
}

impl Stage {
    /// An empty world with its nodes running, all with these settings, by their names in
    /// `docs/postroom.toml`.
    ///
    /// # Errors
    ///
    /// [`TestError`] of the database or a frontend.
    pub async fn build(
        cluster: &Cluster,
        world: World,
        settings: &[(&str, &str)],
    ) -> Result<Self, TestError> {
        let database = cluster.clone_database()?;
        let architect = Architect::enter_at(&database.url()).await?;
        let state = tempfile::tempdir().map_err(TestError::machine("a temporary folder"))?;
        let nats = match world {
            World::OneNode | World::TwoNodes => None,
            World::TwoNodesWithNats => Some(NatsServer::start("", &[])?),
        };
        let mut nodes = Vec::new();
        for index in 0..=world.index(2) {
            let ways = Ways::open(&database, nats.as_ref()).await?;
            nodes.push(Node::start(index + 1, &database, ways, &state, settings).await?);
        }
        let stage = Self {
            world,
            nodes,
            architect,
            nats,
            database,
            state,
        };
        if stage.nats.is_some() {
            stage.until_carried(true).await?;
        }
        Ok(stage)
    }

    /// The store of a connection of its own.
    #[must_use]
    pub fn store(&self) -> &store::Store {
        self.architect.store()
    }

    /// Waits until wake-ups go by the bus alone on every node, or until they do on none.
    ///
    /// # Errors
    ///
    /// [`TestError`] when that takes too long.
    pub async fn until_carried(&self, is_carried: bool) -> Result<(), TestError> {
        let is_so = |node: &Node| node.frontend.stats().is_carried == is_carried;
        let all_so = async {
            while !self.nodes.iter().all(is_so) {
                sleep(GLANCE).await;
            }
        };
        let waited = timeout(PATIENCE, all_so).await;
        waited.map_err(|_| TestError::Sentence(format!("carried by the bus is not {is_carried}")))
    }

    /// Closes all connections, and takes the world down.
    pub async fn tear_down(self) {
        for node in self.nodes {
            node.frontend.stop().await;
        }
    }

    /// Where the client of a seat connects; whoever sits there has an account, or is a mail transfer agent.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node, or the account cannot be made.
    pub async fn address(&mut self, seat: &Seat) -> Result<SocketAddr, TestError> {
        if is_mta(&seat.client) {
            return self.lmtp(seat.node);
        }
        self.architect.admit(&seat.account).await?;
        self.imap(seat.node)
    }

    /// Where its database is, for what no frontend does.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// The plain port of a node, from 1.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub fn imap(&self, node: usize) -> Result<SocketAddr, TestError> {
        let addresses = self.node(node)?.frontend.addresses();
        let first = addresses.imap.first().copied();
        first.ok_or_else(|| TestError::Sentence(format!("node {node} does not listen")))
    }

    /// The port for LMTP of a node, from 1.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub fn lmtp(&self, node: usize) -> Result<SocketAddr, TestError> {
        let addresses = self.node(node)?.frontend.addresses();
        let first = addresses.lmtp.first().copied();
        first.ok_or_else(|| TestError::Sentence(format!("node {node} takes no letters")))
    }

    /// The port for browsers of a node, from 1.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub fn web(&self, node: usize) -> Result<SocketAddr, TestError> {
        let addresses = self.node(node)?.frontend.addresses();
        let first = addresses.web.first().copied();
        first.ok_or_else(|| TestError::Sentence(format!("node {node} has no pages")))
    }

    /// The certificates that the nodes have made for themselves.
    ///
    /// # Errors
    ///
    /// [`TestError`] when one cannot be read.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TestError> {
        (1..=self.nodes.len())
            .map(|number| tls::certificate_of_node(&state_of_node(&self.state, number)))
            .collect::<Result<_, _>>()
            .map_err(TestError::machine("a certificate"))
    }

    /// A client that is connected and logged in.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it is not let in.
    pub async fn log_in(&mut self, account: &str, node: usize) -> Result<Client, TestError> {
        self.architect.admit(account).await?;
        let client = Client::connect(account, self.imap(node)?).await;
        let mut client = client.map_err(TestError::machine("connecting"))?;
        // The greeting comes first, and does not matter here.
        client
            .ask_ok(format!("LOGIN {account} {PASSWORD}"))
            .await
            .map_err(TestError::Sentence)?;
        Ok(client)
    }

    /// Makes true what sentences say, one a line.
    ///
    /// # Errors
    ///
    /// [`TestError`] for the first that cannot be made true.
    pub async fn given(&mut self, sentences: &str) -> Result<Names, TestError> {
        let mut names = Names::new();
        for sentence in sentences
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let given = Given::parse(sentence, None).map_err(TestError::Sentence)?;
            self.make(&given, &mut names).await?;
        }
        Ok(names)
    }

    /// Makes a sentence true. `names` gains the UIDs of messages.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it cannot be made true.
    pub async fn make(&mut self, given: &Given, names: &mut Names) -> Result<(), TestError> {
        self.architect.make(given, names).await
    }

    /// Waits until every node has read every committed change of the mailboxes it has open or watches, and of
    /// the directory where somebody listens.
    ///
    /// # Errors
    ///
    /// [`TestError`] names what a node still does not know.
    pub async fn settle(&self) -> Result<(), TestError> {
        let committed = self.committed().await?;
        for (index, node) in self.nodes.iter().enumerate() {
            let behind = || {
                let is_behind = |&&(mailbox, modseq): &&(MailboxId, ModSeq)| {
                    let live = node.frontend.live();
                    let known = [live.modseq(mailbox), live.notify_watchers().modseq(mailbox)];
                    known.into_iter().flatten().any(|known| known < modseq)
                };
                committed.iter().find(is_behind)
            };
            let caught_up = async {
                while behind().is_some() || self.misses_names(node).await? {
                    sleep(GLANCE).await;
                }
                Ok::<_, TestError>(())
            };
            match timeout(PATIENCE, caught_up).await {
                Ok(caught_up) => caught_up?,
                Err(_) => {
                    return Err(TestError::Sentence(format!(
                        "node {} knows {:?} only up to {:?}",
                        index + 1,
                        behind(),
                        behind().and_then(|&(mailbox, _)| node.frontend.live().modseq(mailbox)),
                    )));
                }
            }
        }
        Ok(())
    }

    /// Whether somebody there listens for names, and something was committed that was not read.
    async fn misses_names(&self, node: &Node) -> Result<bool, TestError> {
        let Some(mark) = node.frontend.live().notify_watchers().mark() else {
            return Ok(false);
        };
        let news = self.architect.store().directory_news(&mark, &[]).await?;
        Ok(news.changes.is_none_or(|changes| !changes.is_empty()))
    }

    /// How often a node has read the numbers of mailboxes that are watched there.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub fn summaries(&self, node: usize) -> Result<u64, TestError> {
        let stats = self.node(node)?.frontend.live().stats();
        Ok(stats.summaries.load(Ordering::Relaxed))
    }

    /// Does to a node what a talk says.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub async fn intervene(
        &self,
        node: usize,
        intervention: Intervention,
    ) -> Result<(), TestError> {
        let node = self.node(node)?;
        match intervention {
            Intervention::DropWakeups => {
                node.ways.taps().for_each(|tap| tap.meddle(Meddling::Drop));
            }
            Intervention::PassWakeups => {
                if timeout(PATIENCE, node.ways.bus_tap().caught(1))
                    .await
                    .is_err()
                {
                    return Err(TestError::Sentence("no wake-up was lost".to_owned()));
                }
                node.ways.taps().for_each(|tap| tap.meddle(Meddling::Pass));
            }
            Intervention::CutListener => node.ways.taps().for_each(Tap::cut_listener),
            Intervention::CutDatabase => node.ways.tap.cut(),
            Intervention::Compare => node.frontend.live().compare().await?,
        }
        Ok(())
    }

    /// The way by which wake-ups come to a node: from the bus where there is one, else from PostgreSQL.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub fn bus_tap(&self, node: usize) -> Result<&Tap, TestError> {
        Ok(self.node(node)?.ways.bus_tap())
    }

    /// What carries wake-ups is gone, for all nodes at once; in a world without NATS it is PostgreSQL.
    pub fn take_bus_away(&mut self) {
        self.nodes
            .iter()
            .for_each(|node| node.ways.bus_tap().close());
        drop(self.nats.take());
    }

    /// It is there again, started anew.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it does not start.
    pub fn bring_bus_back(&mut self) -> Result<(), TestError> {
        let address = match self.world {
            World::OneNode | World::TwoNodes => self.database.address(),
            World::TwoNodesWithNats => {
                let started = NatsServer::start("", &[])?;
                self.nats.insert(started).address()
            }
        };
        self.nodes
            .iter()
            .for_each(|node| node.ways.bus_tap().lead_to(address));
        Ok(())
    }

    /// The store's counts of a node.
    ///
    /// # Errors
    ///
    /// [`TestError`] when there is no such node.
    pub fn stats(&self, node: usize) -> Result<store::Stats, TestError> {
        Ok(self.node(node)?.frontend.stats())
    }

    /// Starts another node with these settings, which has no bus but PostgreSQL unless they name one, and says its number.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it does not start.
    pub async fn add_node(&mut self, settings: &[(&str, &str)]) -> Result<usize, TestError> {
        let number = self.nodes.len() + 1;
        let ways = Ways::open(&self.database, None).await?;
        let node = Node::start(number, &self.database, ways, &self.state, settings).await?;
        self.nodes.push(node);
        Ok(number)
    }

    /// Starts another node, for which the bus is not there until it has asked for it, and says its number.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it does not start.
    pub async fn add_node_before_bus(&mut self) -> Result<usize, TestError> {
        let number = self.nodes.len() + 1;
        let ways = Ways::open(&self.database, self.nats.as_ref()).await?;
        let opening = ways.bus_tap().close_until_asked();
        let starting = Node::start(number, &self.database, ways, &self.state, &[]);
        let (node, ()) = tokio::join!(starting, opening);
        self.nodes.push(node?);
        Ok(number)
    }

    fn node(&self, node: usize) -> Result<&Node, TestError> {
        let found = node
            .checked_sub(1)
            .and_then(|_| self.nodes.get(self.world.index(node)));
        found.ok_or_else(|| TestError::Sentence(format!("there is no node {node}")))
    }

    /// The mod-sequence of every mailbox that anybody can find.
    async fn committed(&self) -> Result<Vec<(MailboxId, ModSeq)>, TestError> {
        let store = self.architect.store();
        let mut ids = Vec::new();
        for account in self.architect.accounts() {
            let visible = store.visible(account).await?;
            ids.extend(visible.iter().map(|listed| listed.id));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(store.counters(&ids).await?)
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("world", &self.world)
            .finish_non_exhaustive()
    }
}

impl Node {
    /// Starts a node on free ports. Its safety comparison is left to the talk, so that it cannot hide that a
    /// wake-up was lost.
    async fn start(
        number: usize,
        database: &Database,
        ways: Ways,
        state: &TempDir,
        chosen: &[(&str, &str)],
    ) -> Result<Self, TestError> {
        let bus = ways.nats_tap.as_ref().map(|tap| {
            let url = format!("nats://{}", tap.address());
            ("POSTROOM_BUS__URL".to_owned(), url)
        });
        let settings = [
            ("DATABASE__URL", database.url_by(ways.tap.address())),
            ("DATABASE__CONNECTIONS", "4".to_owned()),
            ("DATABASE__SAFETY_POLL", "1h".to_owned()),
            ("LISTEN__IMAP", "127.0.0.1:0".to_owned()),
            ("LISTEN__IMAPS", "127.0.0.1:0".to_owned()),
            ("LISTEN__LMTP", "127.0.0.1:0".to_owned()),
            ("LISTEN__HTTP", "127.0.0.1:0".to_owned()),
            ("LISTEN__WEB", "127.0.0.1:0".to_owned()),
            ("LOGIN__WITHOUT_TLS", "loopback".to_owned()),
            ("WEB__API", "true".to_owned()),
            ("WEB__SCIM", "true".to_owned()),
            ("NODE__ADMIN_CONTACT", "mailto:zoe@example.org".to_owned()),
            ("NAMES__SHARED", SHARED.to_owned()),
            ("NAMES__OTHERS", OTHERS.to_owned()),
            ("TIMEOUTS__KEEP_ALIVE", "1h".to_owned()),
            ("TIMEOUTS__DRAIN", "0s".to_owned()),
        ];
        let chosen = chosen.iter().map(|(name, value)| {
            let name = name.replace('.', "__").to_uppercase();
            (name, (*value).to_owned())
        });
        let variables: HashMap<String, String> = settings
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .chain(chosen)
            .map(|(name, value)| (format!("POSTROOM_{name}"), value))
            .chain(bus)
            .collect();
        let sources = Sources {
            file: None,
            variables,
            surroundings: Surroundings {
                host_name: format!("node{number}"),
                state_dir: state_of_node(state, number),
                ..Surroundings::default()
            },
        };
        let config = Config::load(&sources)
            .map_err(|mistakes| TestError::Sentence(format!("configuration: {mistakes}")))?;
        Ok(Self {
            frontend: Frontend::start(&config).await?,
            ways,
        })
    }
}

impl Ways {
    async fn open(database: &Database, nats: Option<&NatsServer>) -> Result<Self, TestError> {
        let port = || TestError::machine("a port");
        let tap = Tap::open(database.address()).await.map_err(port())?;
        let nats_tap = match nats {
            Some(nats) => Some(Tap::open_nats(nats.address()).await.map_err(port())?),
            None => None,
        };
        Ok(Self { tap, nats_tap })
    }

    fn bus_tap(&self) -> &Tap {
        self.nats_tap.as_ref().unwrap_or(&self.tap)
    }

    fn taps(&self) -> impl Iterator<Item = &Tap> {
        [&self.tap].into_iter().chain(&self.nats_tap)
    }
}

fn state_of_node(state: &TempDir, number: usize) -> PathBuf {
    state.path().join(format!("node{number}"))
}
