//! The web pages and the HTTP API: the sockets around the rooms `web` and `api`, and what they ask of the outside. Addresses of loopback are served in the
//! clear, all others in TLS.

mod api;
mod listen;
mod password_check;
mod request;

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

use web::Site;

use self::api::Api;
pub(crate) use listen::{WebListener, accept, bind};
use password_check::Passwords;

use crate::authenticator::PasswordAuthenticator;
use crate::config::Config;
use crate::connection::ConnectionContext;
use crate::connection_slots::ConnectionSlots;
use crate::drain::Drain;
use crate::environment;
use crate::metrics::Metrics;
use crate::panics::Panics;

/// The port of IMAP in TLS where this frontend has none.
const IMAPS_PORT: u16 = 993;

/// What all connections to the pages share.
pub(crate) struct WebContext {
    site: Site,
    api: Option<Api>,
    tls: TlsAcceptor,
    handshake_timeout: Duration,
    metrics: Arc<Metrics>,
    drain: Drain,
    pub(crate) slots: Arc<ConnectionSlots>,
    panics: Arc<Panics>,
}

impl WebContext {
    /// What is shared with the connections of mail programs is that of `imap`.
    pub(crate) fn new(
        config: &Config,
        imap: &ConnectionContext,
        imaps_port: Option<u16>,
        drain: Drain,
        authenticator: &Arc<PasswordAuthenticator>,
    ) -> Arc<Self> {
        let node = &imap.node;
        let mut mail_servers = config.web.mail_servers.clone();
        if mail_servers.imap_port == 0 {
            mail_servers.imap_port = imaps_port.unwrap_or(IMAPS_PORT);
        }
        let oauth = config.oauth.as_ref();
        let signs_in = oauth.is_some_and(|oauth| oauth.sign_in.is_some());
        let site = Site {
            node_name: config.node.name.clone(),
            store: node.store.clone(),
            namespaces: config.namespaces.clone(),
            everybody: config.acl.everybody,
            letters: config.letters.access,
            password_check: Arc::new(Passwords(Arc::clone(&node.authenticator))),
            takes_passwords: config.web.takes_passwords,
            provider: signs_in.then(|| Arc::<PasswordAuthenticator>::clone(authenticator) as _),
            pages: config.web.pages.clone(),
            serves_api: config.web.api.is_some_and(|served| served.serves_api),
            mail_servers,
            tells_who_is_here: config.web.tells_who_is_here,
            random: environment::random_bytes,
        };
        Arc::new(Self {
            site,
            api: Api::new(config, imap, authenticator),
            tls: imap.tls_of_agents.clone(),
            handshake_timeout: config.timeouts.login,
            metrics: Arc::clone(&imap.metrics),
            drain,
            slots: ConnectionSlots::by_address(
                config.web.connections,
                config.limits.connections_per_address,
            ),
            panics: Arc::clone(&imap.panics),
        })
    }
}
