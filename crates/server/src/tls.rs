//! TLS: the certificate that is served now, and a new one when its files change.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::config::{Config, TlsFiles};
use crate::environment;
use crate::lock::lock;
use crate::validity::{CertificateState, Validity};

/// How often the files of a self-signed certificate are checked for changes.
const SELF_SIGNED_RELOAD_EVERY: Duration = Duration::from_secs(60);

/// The certificate in use and the files it came from.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: TlsFiles,
    current: Mutex<Arc<CertifiedKey>>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing, unreadable or no PEM.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the machine or the parser.
        cause: String,
    },
    /// The files do not go together, or the cryptography refuses them.
    #[error("{} and {}: {cause}", certificate.display(), key.display())]
    Pair {
        /// The file of the certificate chain.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// The error of rustls.
        cause: rustls::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    SelfMade(#[from] rcgen::Error),
    /// The TLS library refuses its own defaults.
    #[error("cannot set up TLS: {0}")]
    SetUp(#[from] rustls::Error),
}

impl Certificate {
    /// Opens the configured certificate, or the self-signed one, which is made now if need be.
    pub(crate) fn open(config: &Config) -> Result<Arc<Self>, TlsError> {
        let files = match &config.tls {
            Some(files) => files.clone(),
            None => self_signed(&config.node.state_dir, &config.node.name)?,
        };
        let current = Mutex::new(Arc::new(load(&files)?));
        warn_of(&files);
        Ok(Arc::new(Self { files, current }))
    }

    /// When the certificate that is served ends, in seconds since 1970; `None` when that cannot be read.
    pub(crate) fn ends_at(&self) -> Option<i64> {
        let current = Arc::clone(&lock(&self.current));
        let validity = current.end_entity_cert().ok().and_then(Validity::of)?;
        Some(validity.ends_at())
    }

    /// Accepts TLS 1.2 and 1.3 with whatever certificate is current at each handshake.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        // Session tickets need no table of sessions on the server.
        config.ticketer = ring::Ticketer::new()?;
        config.send_tls13_tickets = 1;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Checks the files regularly, without end, and serves a new certificate once it is complete.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut seen = self.files.stamp();
        loop {
            tokio::time::sleep(self.files.reload_every).await;
            let stamp = self.files.stamp();
            if stamp == seen {
                continue;
            }
            match load(&self.files) {
                Ok(fresh) => {
                    *lock(&self.current) = Arc::new(fresh);
                    info!("serving a new certificate");
                    warn_of(&self.files);
                    seen = stamp;
                }
                // Certificate and key are seldom replaced at the same time, so the next check may succeed.
                Err(cause) => warn!(%cause, "keeping the old certificate"),
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&lock(&self.current)))
    }
}

impl TlsFiles {
    /// A value that changes when one of the files does.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

/// Reads both files and checks that they belong together.
pub(crate) fn load(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &Path, cause: String| TlsError::File {
        path: path.to_owned(),
        cause,
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|cause| unreadable(&files.certificate, cause.to_string()))?;
    if chain.is_empty() {
        return Err(unreadable(
            &files.certificate,
            "holds no certificate".into(),
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|cause| unreadable(&files.key, cause.to_string()))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|cause| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        cause,
    })
}

/// Reads both files as [`load`] does, and says whether clients accept the certificate at `now`.
pub(crate) fn state(files: &TlsFiles, now: i64) -> Result<CertificateState, TlsError> {
    let loaded = load(files)?;
    let validity = loaded.end_entity_cert().ok().and_then(Validity::of);
    validity
        .map(|validity| validity.at(now))
        .ok_or_else(|| TlsError::File {
            path: files.certificate.clone(),
            cause: "the dates of the certificate cannot be read".into(),
        })
}

/// Tells the log when clients refuse the certificate, or soon will.
fn warn_of(files: &TlsFiles) {
    match state(files, environment::unix_seconds()) {
        Ok(CertificateState::Valid { .. }) | Err(_) => {}
        Ok(state) => warn!("the certificate is {state}"),
    }
}

/// A self-signed certificate for trials. It is kept, so that clients that trust it go on doing so.
fn self_signed(state_dir: &Path, node_name: &str) -> Result<TlsFiles, TlsError> {
    let folder = state_dir.join("tls");
    let files = TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
        reload_every: SELF_SIGNED_RELOAD_EVERY,
    };
    if files.certificate.exists() && files.key.exists() {
        return Ok(files);
    }
    let names = [node_name, "localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)?;
    let write = |path: &Path, text: String, mode: u32| {
        let written = fs::create_dir_all(&folder).and_then(|()| write_new(path, &text, mode));
        written.map_err(|cause| TlsError::File {
            path: path.to_owned(),
            cause: cause.to_string(),
        })
    };
    write(&files.key, made.signing_key.serialize_pem(), 0o600)?;
    write(&files.certificate, made.cert.pem(), 0o644)?;
    warn!("no certificate is configured: serving a self-signed one, about which clients warn");
    Ok(files)
}

fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?
        .write_all(text.as_bytes())
}
