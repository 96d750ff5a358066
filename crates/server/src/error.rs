//! Why a frontend does not start.

use std::io;
use std::net::SocketAddr;

use store::Fault;

use crate::tls::TlsError;

/// Each a line that tells an operator what to look at.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The database is away, or does not do as asked.
    #[error("database: {0}")]
    Database(#[from] Fault),
    /// The private PostgreSQL does not run.
    #[cfg(feature = "private-pg")]
    #[error("private PostgreSQL: {0}")]
    PrivatePg(#[source] private_pg::PgError),
    /// None is configured, and this program cannot run one.
    #[cfg(not(feature = "private-pg"))]
    #[error(
        "database.url is not set; this program was built to use a PostgreSQL that runs elsewhere"
    )]
    NoDatabase,
    /// There is no certificate to serve.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// The directory cannot be asked as configured.
    #[error("ldap: {0}")]
    Directory(String),
    /// The identity provider cannot be asked as configured.
    #[error("oauth: {0}")]
    IdentityProvider(String),
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address}: {cause}; `postroom doctor` says for which setting, and `ss -ltnp` who has it"
    )]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// What the machine says.
        cause: io::Error,
    },
    /// A socket of the file system cannot be listened on.
    #[error("cannot listen on unix:{path}: {cause}")]
    ListenUnix {
        /// As configured.
        path: String,
        /// What the machine says.
        cause: io::Error,
    },
    /// Metrics cannot be sent as configured.
    #[error("telemetry: {0}")]
    Telemetry(String),
    /// The machine has no random numbers to give.
    #[error("this machine gives no random numbers")]
    NoRandomness,
    /// A bug of ours, on a thread of its own.
    #[error("a thread panicked")]
    Panicked,
    /// The state directory cannot be made.
    #[error("cannot make {path}: {cause}")]
    StateDir {
        /// As configured.
        path: String,
        /// What the machine says.
        cause: io::Error,
    },
}
