//! `[listen]` and `[tls]`: where clients and probes connect, and by which certificate.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::form::Form;
use super::network::Peers;
use super::setting::Choice;

/// The addresses to which clients and probes connect.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// IMAP that begins in the clear and may STARTTLS.
    pub imap: Vec<SocketAddr>,
    /// IMAP inside TLS from the first byte (RFC 8314).
    pub imaps: Vec<SocketAddr>,
    /// LMTP that begins in the clear.
    pub lmtp: Vec<ListenAddress>,
    /// LMTP inside TLS from the first byte.
    pub lmtps: Vec<SocketAddr>,
    /// Look-ups by socketmap.
    pub maps: Vec<ListenAddress>,
    /// Logins by Dovecot's auth protocol.
    pub auth: Vec<ListenAddress>,
    /// Health and metrics.
    pub http: Vec<SocketAddr>,
    /// The pages for people.
    pub web: Vec<SocketAddr>,
    /// The proxies that say by the PROXY protocol who their clients are.
    pub proxy_from: Peers,
}

/// Where clients connect that may be on the same machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// By the network.
    Tcp(SocketAddr),
    /// By a socket in the file system.
    Unix(PathBuf),
}

/// The certificates that are served, read again when their files change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// The pair for clients that ask for no name, or for one that no certificate has.
    pub default: Option<TlsFiles>,
    /// Folders with further pairs, each for the names of its certificate.
    pub folders: Vec<PathBuf>,
    /// By which certificates clients log in; `None` asks them for none.
    pub clients: Option<ClientTls>,
    /// How often the files are looked at.
    pub reload_every: Duration,
}

/// Which certificates of clients are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientTls {
    /// The authorities that sign them, PEM.
    pub authorities: PathBuf,
    /// What they have revoked, PEM.
    pub revoked: Option<PathBuf>,
    /// What in a certificate names an account.
    pub name: CertificateName,
}

/// What in a certificate names an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateName {
    /// The first address of mail among its alternative names.
    Email,
    /// The common name of its subject.
    CommonName,
    /// The address; without one the common name.
    EmailOrCommonName,
}

impl Choice for CertificateName {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("email-or-cn", Self::EmailOrCommonName),
        ("email", Self::Email),
        ("cn", Self::CommonName),
    ];
}

/// A certificate chain and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl ListenConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let listen = Self {
            imap: form.take(
                "listen.imap",
                "0.0.0.0:1143",
                "IMAP that begins in the clear and may STARTTLS. One address or a list; \
                 port 0 takes a free one.",
            ),
            imaps: form.take(
                "listen.imaps",
                "0.0.0.0:1993",
                "IMAP inside TLS from the first byte.",
            ),
            lmtp: form.take(
                "listen.lmtp",
                "",
                "LMTP, by which a mail transfer agent delivers: addresses with ports, and sockets such as \
                 unix:/run/postroom/lmtp. On an address STARTTLS is offered.",
            ),
            lmtps: form.take(
                "listen.lmtps",
                "",
                "LMTP inside TLS from the first byte.",
            ),
            maps: form.take(
                "listen.maps",
                "",
                "Where addresses lead and who may send as them, for a mail transfer agent that asks by Postfix's \
                 socketmap: addresses with ports, and sockets such as unix:/run/postroom/maps.",
            ),
            auth: form.take(
                "listen.auth",
                "",
                "Whether a password is right, for a mail transfer agent that asks by Dovecot's auth protocol: as \
                 above.",
            ),
            http: form.take(
                "listen.http",
                "127.0.0.1:8080",
                "Health (/healthz/live, /healthz/ready) and /metrics. Speaks to anybody: keep it \
                 inside.",
            ),
            web: form.take(
                "listen.web",
                "",
                "The pages on which team leads say who works in their mailboxes, and everybody keeps the own devices: HTTPS with \
                 the certificates of [tls]; on an address of loopback HTTP.",
            ),
            proxy_from: form.take(
                "listen.proxy_from",
                "",
                "Networks of proxies and load balancers whose connections to imap, imaps, lmtp and lmtps begin with a header of \
                 the PROXY protocol (version 1 or 2), and must. Whoever else sends one is refused.",
            ),
        };
        form.check(
            !(listen.imap.is_empty() && listen.imaps.is_empty()),
            "listen.imap",
            "and listen.imaps are both empty: nobody could connect",
        );
        listen.note_clashes(form);
        listen
    }

    /// An address that is there twice is found here rather than when the second of them is taken.
    fn note_clashes(&self, form: &mut Form) {
        let tcp = |key, addresses: &[SocketAddr]| {
            let addresses = addresses.iter();
            addresses
                .map(|address| (key, ListenAddress::Tcp(*address)))
                .collect::<Vec<_>>()
        };
        let any = |key, addresses: &[ListenAddress]| {
            let addresses = addresses.iter().cloned();
            addresses.map(|address| (key, address)).collect()
        };
        let all = [
            tcp("listen.imap", &self.imap),
            tcp("listen.imaps", &self.imaps),
            any("listen.lmtp", &self.lmtp),
            tcp("listen.lmtps", &self.lmtps),
            any("listen.maps", &self.maps),
            any("listen.auth", &self.auth),
            tcp("listen.http", &self.http),
            tcp("listen.web", &self.web),
        ]
        .concat();
        for (at, (key, address)) in all.iter().enumerate() {
            if let Some((other, _)) = all[..at].iter().find(|(_, other)| other.clashes(address)) {
                form.check(false, key, &format!("{address} is taken by {other}"));
            }
        }
    }
}

impl ListenAddress {
    /// Whether only one of two listeners could have both: all addresses of a port are also each of them, and all of IPv6 those
    /// of IPv4, too.
    fn clashes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unix(one), Self::Unix(other)) => one == other,
            (Self::Tcp(one), Self::Tcp(other)) => {
                let covers = |wide: &SocketAddr, it: &SocketAddr| {
                    wide.ip().is_unspecified() && (wide.is_ipv6() || it.is_ipv4())
                };
                let is_shared = one.ip() == other.ip() || covers(one, other) || covers(other, one);
                one.port() == other.port() && one.port() != 0 && is_shared
            }
            (Self::Unix(_), Self::Tcp(_)) | (Self::Tcp(_), Self::Unix(_)) => false,
        }
    }
}

/// As it is written in the settings.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl TlsConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let certificate: Option<PathBuf> = form.take(
            "tls.certificate",
            "",
            "The certificate chain, PEM. Without it and tls.certificates a self-signed one is kept in node.state_dir.",
        );
        let key: Option<PathBuf> =
            form.take("tls.key", "", "The private key of the certificate, PEM.");
        let folders = form.take(
            "tls.certificates",
            "",
            "Further certificates, each for clients that ask for one of its names (SNI): folders with tls.crt and \
             tls.key, or fullchain.pem and privkey.pem, or with folders that have them. Whoever asks for another name, \
             or none, gets tls.certificate, or the first of these.",
        );
        let authorities: Option<PathBuf> = form.take(
            "tls.client_ca",
            "",
            "The authorities whose certificates let clients of imap and imaps log in by EXTERNAL, PEM; login.mechanisms names it, \
             too. Clients are then asked for one. Who has none logs in otherwise; who shows one that is not believed is not served.",
        );
        let revoked: Option<PathBuf> = form.take(
            "tls.client_crl",
            "",
            "What these authorities have revoked, PEM: a list of each, those between them and the client, too.",
        );
        let name = form.choose(
            "tls.client_name",
            CertificateName::EmailOrCommonName,
            "What in a client's certificate is the name of an account: the first address of mail of its alternative names, the common \
             name of its subject, or that where there is no address.",
        );
        form.check(
            authorities.is_some() || revoked.is_none(),
            "tls.client_crl",
            "needs tls.client_ca",
        );
        let reload_every = form.at_least(
            "tls.reload_every",
            "10s",
            Duration::from_millis(10),
            "How often the files are looked at; a change is served without a restart.",
        );
        form.check(
            certificate.is_some() == key.is_some(),
            "tls.certificate",
            "and tls.key need each other",
        );
        let pair = certificate.zip(key);
        Self {
            default: pair.map(|(certificate, key)| TlsFiles { certificate, key }),
            folders,
            clients: authorities.map(|authorities| ClientTls {
                authorities,
                revoked,
                name,
            }),
            reload_every,
        }
    }
}
