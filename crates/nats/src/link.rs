//! How a NATS server is reached: URLs, credentials, TLS.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;

/// Where the servers are, and as who and for what they are used.
#[derive(Clone)]
pub struct Link {
    /// One or several, with commas between them: `nats://host`, or `tls://user:password@host:4222`. A user without a
    /// password is a token.
    pub url: String,
    /// What all subjects begin with. Who uses another one hears nothing of this.
    pub subject: String,
    /// How this node is called at the server.
    pub name: String,
    /// Certificates of the authorities that are trusted, in PEM, instead of those of the system.
    pub ca: Option<PathBuf>,
    /// This node's own certificate and its key, in PEM, for servers that ask for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// The URL of the servers cannot be used. Its words do not tell what it was, as there is a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be nats://host:4222 or tls://host:4222, or several of them with commas between")]
pub struct BadUrl;

/// A server that says nothing for about three times as long is given up.
const PING_EVERY: Duration = Duration::from_secs(2);
/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// What waits to be heard, in payloads of at most 8 KB; beyond that they are lost, and counters are compared.
const HEARD_MAX: usize = 1024;
/// What waits to be sent.
const SENT_MAX: usize = 256;
/// The longest pause between two attempts to connect.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);
/// The first pause.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(20);

/// Whether `url` can lead to servers.
///
/// # Errors
///
/// [`BadUrl`] when it cannot.
pub fn check_url(url: &str) -> Result<(), BadUrl> {
    servers(url).map(drop)
}

fn servers(url: &str) -> Result<Vec<ServerAddr>, BadUrl> {
    url.split(',')
        .map(|one| {
            let is_known = one.starts_with("nats://") || one.starts_with("tls://");
            let server = one.parse::<ServerAddr>().ok();
            server
                .filter(|server| is_known && !server.host().is_empty())
                .ok_or(BadUrl)
        })
        .collect()
}

impl Link {
    /// Hosts and ports, as people look for them.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        let servers = servers(&self.url).unwrap_or_default();
        let named = servers.iter();
        named
            .map(|server| format!("{}:{}", server.host(), server.port()))
            .collect()
    }

    /// The servers, and all options but what happens on events.
    pub(crate) fn options(&self) -> Result<(Vec<ServerAddr>, ConnectOptions), BadUrl> {
        let servers = servers(&self.url)?;
        let mut options = ConnectOptions::new()
            .name(&self.name)
            // All servers have one cluster's certificates: none of them is spoken to without.
            .require_tls(servers.iter().any(ServerAddr::tls_required))
            .ignore_discovered_servers()
            .custom_inbox_prefix(format!("{}.echo", self.subject))
            .connection_timeout(CONNECT_TIMEOUT)
            .ping_interval(PING_EVERY)
            .client_capacity(SENT_MAX)
            .subscription_capacity(HEARD_MAX)
            .max_reconnects(None)
            .reconnect_delay_callback(pause);
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let with_user = servers.iter().find(|server| server.has_user_pass());
        if let Some(server) = with_user {
            let user = decoded(server.username().unwrap_or_default());
            options = match server.password() {
                Some(password) => options.user_and_password(user, decoded(password)),
                None => options.token(user),
            };
        }
        if let Some(ca) = &self.ca {
            options = options.add_root_certificates(ca.clone());
        }
        if let Some((certificate, key)) = &self.certificate {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        Ok((servers, options))
    }
}

/// Before the attempt of this number, from 1. The first is made at once.
fn pause(attempt: usize) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(2)).unwrap_or(u32::MAX);
    match attempt {
        0 | 1 => Duration::ZERO,
        _ => RETRY_PAUSE_MIN
            .saturating_mul(2_u32.saturating_pow(doublings))
            .min(RETRY_PAUSE_MAX),
    }
}

/// Without the URL, which holds a password.
impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("subject", &self.subject)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_of_nats_and_of_nothing_else() {
        for url in [
            "nats://localhost",
            "tls://a:4222,tls://b:4222",
            "nats://user:p%40ss@[::1]:1",
            "nats://token@host",
        ] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for url in [
            "",
            "localhost:4222",
            "http://a",
            "ws://a",
            "nats://a,",
            "nats://a, nats://b",
            "nats://",
            "postgres://a",
        ] {
            assert_eq!(check_url(url), Err(BadUrl), "{url}");
        }
    }

    #[test]
    fn pauses_grow_up_to_a_second() {
        let millis = [0, 1, 2, 3, 7, 8, 1000].map(|attempt| pause(attempt).as_millis());
        assert_eq!(millis, [0, 0, 20, 40, 640, 1000, 1000]);
    }
}
