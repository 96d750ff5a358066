//! The connection by which it is asked whether the database answers.

use sqlx::PgConnection;
use tokio::sync::Mutex;

/// The connection that is used for nothing else. All others may be in use.
#[derive(Default)]
pub(crate) struct Probe {
    pub(crate) connection: Mutex<Option<ProbeConnection>>,
}

pub(crate) struct ProbeConnection {
    pub(crate) connection: PgConnection,
    /// As of which of the database's whereabouts it was opened.
    pub(crate) moves: u64,
}

impl Probe {
    /// Closes the connection, unless somebody asks by it now; then the next one to ask does.
    pub(crate) fn let_go(&self) {
        if let Ok(mut kept) = self.connection.try_lock() {
            *kept = None;
        }
    }
}
