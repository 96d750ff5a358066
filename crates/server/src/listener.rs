//! Sockets on which others than mail programs connect: by the network, with TLS or without, or by the file system.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener};
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::config::ListenAddress;
use crate::connection::Stream;
use crate::error::ServerError;
use crate::listen::{self, ACCEPT_PAUSE};

/// Whoever may reach the socket may use it, as on loopback: its directory says who.
const SOCKET_MODE: u32 = 0o666;

/// A socket that is listened on.
#[derive(Debug)]
pub(crate) enum Listener {
    /// By the network, in the clear.
    Plain(TcpListener),
    /// By the network, in TLS from the first byte.
    Tls(TcpListener),
    /// By the file system.
    Unix {
        listener: UnixListener,
        file: SocketFile,
    },
}

/// Removed when dropped.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(cause) = std::fs::remove_file(&self.0) {
            debug!(%cause, "a socket's file was not there any more");
        }
    }
}

/// A listener on each address, in the clear.
pub(crate) fn bind(addresses: &[ListenAddress]) -> Result<Vec<Listener>, ServerError> {
    let mut listeners = Vec::new();
    for address in addresses {
        match address {
            ListenAddress::Tcp(address) => {
                let bound = listen::bind(&[*address])?;
                listeners.extend(bound.into_iter().map(Listener::Plain));
            }
            ListenAddress::Unix(path) => listeners.push(bind_unix(path)?),
        }
    }
    Ok(listeners)
}

fn bind_unix(path: &Path) -> Result<Listener, ServerError> {
    let bound = remove_left_over(path)
        .and_then(|()| UnixListener::bind(path))
        .and_then(|listener| {
            let file = SocketFile(path.to_owned());
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
            Ok(Listener::Unix { listener, file })
        });
    bound.map_err(|cause| ServerError::ListenUnix {
        path: path.display().to_string(),
        cause,
    })
}

/// A socket on which nobody listens is what a process left that had no time to remove it.
fn remove_left_over(path: &Path) -> io::Result<()> {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|file| file.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

impl Listener {
    /// Where it listens, with the port that the machine has chosen; `None` for a socket of the file system.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(listener) | Self::Tls(listener) => listener.local_addr().ok(),
            Self::Unix { .. } => None,
        }
    }

    /// The file of a socket of the file system.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Plain(_) | Self::Tls(_) => None,
            Self::Unix { file, .. } => Some(&file.0),
        }
    }

    /// Whether it is in TLS from the first byte.
    pub(crate) const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The next client, and its address; `None` for one on a Unix socket. Waits where the machine accepts none.
    pub(crate) async fn next_client(&self) -> (Stream, Option<SocketAddr>) {
        loop {
            match self.accept().await {
                Ok(accepted) => return accepted,
                Err(cause) => {
                    warn!(%cause, "a connection was not accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        match self {
            Self::Plain(listener) | Self::Tls(listener) => {
                let (socket, address) = listener.accept().await?;
                socket.set_nodelay(true)?;
                let address = SocketAddr::new(address.ip().to_canonical(), address.port());
                Ok((Stream::Plain(socket), Some(address)))
            }
            Self::Unix { listener, .. } => {
                let (socket, _) = listener.accept().await?;
                Ok((Stream::Unix(socket), None))
            }
        }
    }
}
