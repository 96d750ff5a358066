//! Who says who people are, beside the passwords of this site, and what all sessions share that they let in.

use std::sync::Arc;

use ldap::Directory;
use live::Live;
use session::{BearerHint, Node, Trees};
use store::Store;

use crate::authenticator::PasswordAuthenticator;
use crate::client_certificates::ClientCertificates;
use crate::config::Config;
use crate::environment;
use crate::error::ServerError;
use crate::identity_provider::{IdentityProvider, described_at};
use crate::memory::SharedMemory;
use crate::metrics::Metrics;
use crate::panics::Panics;

/// Who says who people are.
pub(crate) struct Identities {
    /// What knows people and their passwords.
    pub(crate) directory: Option<Arc<Directory>>,
    /// What gives them tokens.
    pub(crate) provider: Option<Arc<IdentityProvider>>,
    /// What judges their certificates.
    pub(crate) certificates: Option<Arc<ClientCertificates>>,
}

impl Identities {
    /// Nobody connects to them yet.
    pub(crate) fn open(config: &Config, panics: &Arc<Panics>) -> Result<Self, ServerError> {
        let provider = config.oauth.as_ref().map(IdentityProvider::new);
        Ok(Self {
            directory: open_directory(config, panics)?,
            provider: provider.transpose()?.map(Arc::new),
            certificates: ClientCertificates::open(config)?,
        })
    }
}

/// The directory that knows people, where one is configured. Nobody connects to it yet.
fn open_directory(
    config: &Config,
    panics: &Arc<Panics>,
) -> Result<Option<Arc<Directory>>, ServerError> {
    let Some(ldap) = &config.ldap else {
        return Ok(None);
    };
    let directory = Directory::new(ldap.settings.clone(), environment::spawn(panics));
    directory
        .map(|directory| Some(Arc::new(directory)))
        .map_err(|cause| ServerError::Directory(cause.to_string()))
}

/// What lets people in.
pub(crate) fn authenticator(
    config: &Config,
    store: &Store,
    metrics: &Arc<Metrics>,
    identities: &Identities,
) -> Result<Arc<PasswordAuthenticator>, ServerError> {
    let key = environment::random_bytes().ok_or(ServerError::NoRandomness)?;
    let authenticator = PasswordAuthenticator::new(config, store, identities, metrics, &key);
    Ok(Arc::new(authenticator))
}

/// What all sessions of a frontend share.
pub(crate) fn node(
    config: &Config,
    store: &Store,
    live: &Arc<Live>,
    authenticator: &Arc<PasswordAuthenticator>,
) -> Node {
    Node {
        name: config.node.name.clone(),
        store: store.clone(),
        live: Arc::clone(live),
        namespaces: config.namespaces.clone(),
        address_separator: config.address_separator.clone(),
        everybody: config.acl.everybody,
        message_bytes_max: config.limits.message_bytes,
        message_limit: config.limits.messages,
        subscribe_on_grant: config.subscribe_on_grant,
        reuse: config.login.reuse,
        mechanisms: config.login.mechanisms.clone(),
        admin_contact: config.node.admin_contact.clone(),
        bearer_hint: bearer_hint(config),
        authenticator: Arc::<PasswordAuthenticator>::clone(authenticator),
        trees: Trees::default(),
        message_memory: Arc::new(SharedMemory::new(
            config.limits.fetch_bytes_in_flight,
            config.limits.message_bytes,
        )),
    }
}

/// The identity provider describes itself where `OpenID` Connect Discovery 1.0, 4, says.
fn bearer_hint(config: &Config) -> BearerHint {
    let rules = config.oauth.as_ref().map(|oauth| &oauth.rules);
    BearerHint {
        scope: rules.and_then(|rules| rules.scope.clone()),
        configuration: rules.map(|rules| described_at(&rules.issuer)),
    }
}
