//! Mail that comes in by LMTP: the sockets around the conversations of the room `lmtp`, and what answers their
//! questions.

mod connection;
mod delivery;
mod listen;

use std::sync::Arc;
use std::time::Duration;

use store::Store;
use tokio_rustls::TlsAcceptor;

pub(crate) use listen::{accept, bind};

use crate::config::{Config, LmtpConfig};
use crate::connection::{ComingUploads, ConnectionContext};
use crate::connection_slots::ConnectionSlots;
use crate::drain::Drain;
use crate::memory::SharedMemory;
use crate::metrics::Metrics;
use crate::panics::Panics;
use crate::trust::Trust;

/// What all LMTP connections of a frontend share.
pub(crate) struct LmtpContext {
    pub(crate) node_name: String,
    pub(crate) store: Store,
    pub(crate) config: LmtpConfig,
    pub(crate) separator: String,
    pub(crate) message_bytes_max: usize,
    pub(crate) timeouts: Timeouts,
    pub(crate) tls: TlsAcceptor,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) uploads: SharedMemory,
    pub(crate) coming_uploads: ComingUploads,
    pub(crate) drain: Drain,
    pub(crate) slots: Arc<ConnectionSlots>,
    pub(crate) panics: Arc<Panics>,
    pub(crate) trust: Arc<Trust>,
}

impl LmtpContext {
    /// What is shared with the connections of mail programs is that of `imap`.
    pub(crate) fn new(
        config: &Config,
        store: &Store,
        imap: &ConnectionContext,
        drain: Drain,
    ) -> Arc<Self> {
        Arc::new(Self {
            node_name: ::lmtp::host_name(&config.node.name),
            store: store.clone(),
            config: config.lmtp.clone(),
            separator: config.address_separator.clone(),
            message_bytes_max: config.limits.message_bytes,
            timeouts: Timeouts {
                handshake: config.timeouts.login,
                write: config.timeouts.write,
            },
            tls: imap.tls_of_agents.clone(),
            metrics: Arc::clone(&imap.metrics),
            uploads: imap.uploads.clone(),
            coming_uploads: imap.coming_uploads.clone(),
            drain,
            slots: ConnectionSlots::undivided(config.lmtp.connections),
            panics: Arc::clone(&imap.panics),
            trust: Arc::clone(&imap.trust),
        })
    }
}

/// How long anything may take that is no command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) handshake: Duration,
    pub(crate) write: Duration,
}
