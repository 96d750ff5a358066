//! What mail transfer agents ask of us: the sockets around the conversations of the room `mta`, and the answers.

mod logins;
mod maps;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use session::{Authenticator, Hangup};
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::config::Config;
use crate::connection::{ConnectionContext, Stream};
use crate::connection_slots::{ConnectionSlot, ConnectionSlots};
use crate::drain::Drain;
use crate::environment;
use crate::listener::Listener;
use crate::panics::{PanicPlace, Panics};
use crate::trust::Trust;

/// Read at once, in bytes.
const READ_BYTES_MAX: usize = 4 * 1024;

/// What all connections of agents share.
pub(crate) struct AgentsContext {
    pub(crate) node_name: String,
    pub(crate) store: Store,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) separator: String,
    pub(crate) write_timeout: Duration,
    pub(crate) drain: Drain,
    pub(crate) slots: Arc<ConnectionSlots>,
    pub(crate) panics: Arc<Panics>,
    pub(crate) trust: Arc<Trust>,
}

impl AgentsContext {
    /// What is shared with the connections of mail programs is that of `imap`.
    pub(crate) fn new(
        config: &Config,
        store: &Store,
        imap: &ConnectionContext,
        drain: Drain,
    ) -> Arc<Self> {
        Arc::new(Self {
            node_name: config.node.name.clone(),
            store: store.clone(),
            authenticator: Arc::clone(&imap.node.authenticator),
            separator: config.address_separator.clone(),
            write_timeout: config.timeouts.write,
            drain,
            slots: ConnectionSlots::undivided(config.agents.connections),
            panics: Arc::clone(&imap.panics),
            trust: Arc::clone(&imap.trust),
        })
    }
}

/// What is asked for on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Where addresses lead, by socketmap.
    Maps,
    /// Whether a password is right, by Dovecot's protocol.
    Logins,
}

/// The socket of one agent.
struct Agent {
    stream: Stream,
    /// `None` on a Unix socket.
    address: Option<IpAddr>,
    context: Arc<AgentsContext>,
    drain: Drain,
    _slot: ConnectionSlot,
}

/// Lets agents in for ever.
pub(crate) async fn accept(listener: Arc<Listener>, service: Service, context: Arc<AgentsContext>) {
    loop {
        let (stream, peer) = listener.next_client().await;
        let address = peer.map(|peer| peer.ip());
        let Some(slot) = admit(&context, address) else {
            continue;
        };
        let panics = Arc::clone(&context.panics);
        let agent = Agent {
            stream,
            address,
            drain: context.drain.clone(),
            context: Arc::clone(&context),
            _slot: slot,
        };
        environment::start(panics.contain(PanicPlace::Session, converse(agent, service)));
    }
}

/// A place for an agent that may ask; the others are cut off, as neither protocol has words for that.
fn admit(context: &AgentsContext, address: Option<IpAddr>) -> Option<ConnectionSlot> {
    if !context.trust.now().agents.has(address) {
        warn!(
            client.address = address.map(tracing::field::display),
            "a mail transfer agent was refused: its address is not in agents.trusted_networks"
        );
        return None;
    }
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    match context.slots.take(address) {
        Ok(slot) => Some(slot),
        Err(_) => {
            warn!("a mail transfer agent was refused: there are agents.connections already");
            None
        }
    }
}

async fn converse(mut agent: Agent, service: Service) {
    let conversation = async {
        match service {
            Service::Maps => maps::answer(&mut agent).await,
            Service::Logins => logins::answer(&mut agent).await,
        }
    };
    if let Err(Hangup) = conversation.await {
        debug!("a mail transfer agent hung up, or the node stops");
    }
    agent.stream.close().await;
}

impl Agent {
    /// What comes next. Ends with a node that stops: agents ask another one, or ask again.
    async fn hear<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], Hangup> {
        let Self { stream, drain, .. } = self;
        let read = tokio::select! {
            biased;
            () = drain.turn() => Err(Hangup),
            read = stream.read(buffer) => read.map_err(|_| Hangup),
        }?;
        match read {
            0 => Err(Hangup),
            read => Ok(buffer.get(..read).unwrap_or_default()),
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> Result<(), Hangup> {
        let said = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(self.context.write_timeout, said).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Hangup),
        }
    }
}
