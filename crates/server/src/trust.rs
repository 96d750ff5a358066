//! Which networks are trusted with what, as of now. A reload changes it for whoever connects later.

use std::sync::{Arc, Mutex};

use crate::config::{Config, Peers};
use crate::lock::lock;

/// The networks that settings name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrustedNetworks {
    /// `listen.proxy_from`
    pub(crate) proxies: Peers,
    /// `lmtp.trusted_networks`
    pub(crate) lmtp: Peers,
    /// `lmtp.name_submitters`
    pub(crate) submitters: Peers,
    /// `agents.trusted_networks`
    pub(crate) agents: Peers,
}

/// The networks that are trusted now.
#[derive(Debug)]
pub(crate) struct Trust {
    current: Mutex<Arc<TrustedNetworks>>,
}

impl TrustedNetworks {
    fn of(config: &Config) -> Self {
        Self {
            proxies: config.listen.proxy_from.clone(),
            lmtp: config.lmtp.trusted_networks.clone(),
            submitters: config.lmtp.name_submitters.clone(),
            agents: config.agents.trusted_networks.clone(),
        }
    }
}

impl Trust {
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        Arc::new(Self {
            current: Mutex::new(Arc::new(TrustedNetworks::of(config))),
        })
    }

    pub(crate) fn now(&self) -> Arc<TrustedNetworks> {
        Arc::clone(&lock(&self.current))
    }

    /// Trusts those of `config` from now on.
    pub(crate) fn replace(&self, config: &Config) {
        *lock(&self.current) = Arc::new(TrustedNetworks::of(config));
    }
}
