//! Finds a free port.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::PgError;

/// A port on 127.0.0.1 that nobody used a moment ago.
pub(crate) fn find_free() -> Result<u16, PgError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(PgError::io("listen on", Path::new("127.0.0.1")))
}
