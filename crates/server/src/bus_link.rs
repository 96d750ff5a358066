//! The way to what carries wake-ups beside the database, and a word to the operator while it is away.

use std::sync::Arc;
use std::time::Duration;

use nats::{Link, Nats};
use store::Store;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::{BusConfig, Secret};

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A bus that is away is spoken of at first and each minute.
const LOOKS_PER_WARNING: u32 = 60;
/// A bus that was not there yet when the frontend started has so many looks until it is spoken of.
const LOOKS_AT_START: u32 = 3;

/// The connection of one frontend.
#[derive(Debug)]
pub(crate) struct BusLink {
    nats: Arc<Nats>,
    /// Where the servers are, for people.
    servers: String,
}

impl BusLink {
    /// Begins to connect, where a bus is configured, and makes the store use it. Nobody waits for it.
    pub(crate) async fn start(config: &BusConfig, node: &str, store: &Store) -> Option<Arc<Self>> {
        let link = link(config, config.url.as_ref()?, node, store);
        match Nats::start(&link).await {
            Ok(nats) => {
                let nats = Arc::new(nats);
                store.carry_wakeups_by(nats.clone());
                let servers = link.servers().join(", ");
                Some(Arc::new(Self { nats, servers }))
            }
            Err(cause) => {
                warn!(%cause, "wake-ups go through PostgreSQL: bus.url cannot be used");
                None
            }
        }
    }

    /// Counts for the metrics.
    pub(crate) fn stats(&self) -> nats::Stats {
        self.nats.stats()
    }

    /// Says when it is away and when it is back. Without end.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut looks_down: u32 = 0;
        let mut was_warned = false;
        let mut was_up = false;
        loop {
            sleep(LOOK_EVERY).await;
            if self.nats.stats().is_up {
                if was_warned || !was_up {
                    info!("wake-ups go by the bus");
                }
                (looks_down, was_warned, was_up) = (0, false, true);
                continue;
            }
            let is_starting = !was_up && looks_down < LOOKS_AT_START;
            if !is_starting && (!was_warned || looks_down.is_multiple_of(LOOKS_PER_WARNING)) {
                let cause = self.nats.trouble();
                let cause = cause.as_deref().unwrap_or("no answer");
                warn!(
                    cause,
                    servers = self.servers,
                    "the bus is away: wake-ups go through PostgreSQL; `postroom doctor` tries to connect and says more"
                );
                was_warned = true;
            }
            looks_down = looks_down.saturating_add(1);
        }
    }
}

/// How a node of this name reaches the bus.
pub(crate) fn link(config: &BusConfig, url: &Secret, node: &str, store: &Store) -> Link {
    Link {
        url: url.expose().to_owned(),
        subject: format!("{}.{}", config.subject, store.object_ids().installation()),
        name: format!("postroom {node}"),
        ca: config.ca.clone(),
        certificate: config.certificate.clone(),
    }
}
