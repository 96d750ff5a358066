//! TLS: the certificates that are served now, each to those who ask for one of its names, and new ones when files change.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::certificate_files::{Stamp, self_signed};
use crate::client_certificates::ClientCertificates;
use crate::config::{Config, TlsConfig, TlsFiles};
use crate::environment;
use crate::lock::lock;
use crate::validity::{CertificateState, Validity, dns_names};

/// The certificates in use and the files they came from.
#[derive(Debug)]
pub(crate) struct Certificates {
    wanted: Mutex<TlsConfig>,
    current: Mutex<Arc<Served>>,
}

/// The certificates that are served at one moment.
#[derive(Debug, Default)]
struct Served {
    pairs: Vec<Loaded>,
    /// An index into `pairs`, by a name in lower case. A name that several have is that of the first.
    by_name: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Loaded {
    files: TlsFiles,
    key: Arc<CertifiedKey>,
    names: Vec<String>,
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
    /// Nothing is configured but folders, and nothing is in them.
    #[error("there is no certificate in the folders of tls.certificates")]
    Nothing,
}

impl Certificates {
    /// Opens the configured certificates, or the self-signed one, which is made now if need be. The default one must
    /// be right; of the others those that are not are left out, and the log says so.
    pub(crate) fn open(config: &Config) -> Result<Arc<Self>, TlsError> {
        let wanted = wanted(config)?;
        let mut pairs = wanted.pairs().into_iter();
        let default = Loaded::open(&pairs.next().ok_or(TlsError::Nothing)?)?;
        let mut served = Served::default();
        served.add(default);
        for files in pairs {
            match Loaded::open(&files) {
                Ok(loaded) => served.add(loaded),
                Err(cause) => warn!(%cause, "a certificate is not served"),
            }
        }
        served.tell();
        Ok(Arc::new(Self {
            wanted: Mutex::new(wanted),
            current: Mutex::new(Arc::new(served)),
        }))
    }

    /// When the first of the certificates that are served ends, in seconds since 1970; `None` when no date can be read.
    pub(crate) fn ends_at(&self) -> Option<i64> {
        let current = Arc::clone(&lock(&self.current));
        let ends = current.pairs.iter().filter_map(|loaded| {
            let validity = loaded.key.end_entity_cert().ok().and_then(Validity::of)?;
            Some(validity.ends_at())
        });
        ends.min()
    }

    /// Accepts TLS 1.2 and 1.3 with whatever certificates are current at each handshake, and asks clients for theirs where `clients`
    /// judges them.
    pub(crate) fn acceptor(
        self: &Arc<Self>,
        clients: Option<&Arc<ClientCertificates>>,
    ) -> Result<TlsAcceptor, TlsError> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        let config = match clients {
            Some(clients) => {
                config.with_client_cert_verifier(Arc::clone(clients) as Arc<dyn ClientCertVerifier>)
            }
            None => config.with_no_client_auth(),
        };
        let mut config = config.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        // Session tickets need no table of sessions on the server.
        config.ticketer = ring::Ticketer::new()?;
        config.send_tls13_tickets = 1;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Checks the files regularly, without end, and serves new certificates once they are complete.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut seen = self.stamp();
        loop {
            let every = lock(&self.wanted).reload_every;
            tokio::time::sleep(every).await;
            let stamp = self.stamp();
            if stamp != seen && self.read_again() {
                seen = stamp;
            }
        }
    }

    /// Serves what `config` names from now on.
    pub(crate) fn reload(&self, config: &Config) -> Result<(), TlsError> {
        *lock(&self.wanted) = wanted(config)?;
        self.read_again();
        Ok(())
    }

    fn stamp(&self) -> Stamp {
        lock(&self.wanted).stamp()
    }

    /// Whether all was as it should be. Of a pair that is not, what was served before is kept: certificate and key are
    /// seldom replaced at the same time, so the next check may succeed.
    fn read_again(&self) -> bool {
        let (pairs, before) = (lock(&self.wanted).pairs(), Arc::clone(&lock(&self.current)));
        let mut served = Served::default();
        let mut is_whole = !pairs.is_empty();
        for files in &pairs {
            match Loaded::open(files) {
                Ok(loaded) => served.add(loaded),
                Err(cause) => {
                    is_whole = false;
                    let old = before.pairs.iter().find(|loaded| loaded.files == *files);
                    warn!(%cause, is_old_served = old.is_some(), "a certificate cannot be read");
                    old.cloned().into_iter().for_each(|old| served.add(old));
                }
            }
        }
        if served.pairs.is_empty() {
            warn!("keeping the old certificates: there is no other");
        } else {
            served.tell();
            *lock(&self.current) = Arc::new(served);
        }
        is_whole
    }
}

/// What is configured, or the self-signed pair.
fn wanted(config: &Config) -> Result<TlsConfig, TlsError> {
    let mut wanted = config.tls.clone();
    if wanted.default.is_none() && wanted.folders.is_empty() {
        wanted.default = Some(self_signed(&config.node.state_dir, &config.node.name)?);
    }
    Ok(wanted)
}

impl Served {
    fn add(&mut self, loaded: Loaded) {
        for name in &loaded.names {
            let first = self.by_name.entry(name.clone());
            first.or_insert(self.pairs.len());
        }
        self.pairs.push(loaded);
    }

    /// The first certificate with the name that a client asks for; else with a wildcard in place of its first label; else
    /// the default one.
    fn find(&self, name: Option<&str>) -> Option<&Loaded> {
        let found = name.and_then(|name| {
            let name = name.to_ascii_lowercase();
            let by_name = |name: &str| self.by_name.get(name);
            by_name(&name).or_else(|| by_name(&format!("*.{}", name.split_once('.')?.1)))
        });
        self.pairs.get(found.copied().unwrap_or(0))
    }

    /// Tells the log of each what clients will see.
    fn tell(&self) {
        for Loaded { files, names, .. } in &self.pairs {
            match state(files, environment::unix_seconds()) {
                Ok(state @ CertificateState::Valid { .. }) => {
                    info!(?names, %state, "serving a certificate");
                }
                Ok(state) => warn!(?names, "the certificate is {state}"),
                // What was wrong with it was told when it was read.
                Err(_) => warn!(?names, "serving the certificate that was there before"),
            }
        }
    }
}

impl Loaded {
    fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let key = load(files)?;
        let names = key.end_entity_cert().map(dns_names).unwrap_or_default();
        Ok(Self {
            files: files.clone(),
            key: Arc::new(key),
            names,
        })
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let served = Arc::clone(&lock(&self.current));
        let found = served.find(hello.server_name());
        found.map(|loaded| Arc::clone(&loaded.key))
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
        .map_err(|cause| unreadable(&files.key, words_about_key(&files.key, &cause)))?;
    let provider = ring::default_provider();
    let others = chain.iter().skip(1).cloned().collect::<Vec<_>>();
    let pair = CertifiedKey::from_der(chain, key.clone_key(), &provider);
    pair.map_err(|cause| {
        let fits = |own| CertifiedKey::from_der(vec![own], key.clone_key(), &provider).is_ok();
        if others.into_iter().any(fits) {
            let words = "the server's own certificate must come first, before those that sign it";
            return unreadable(&files.certificate, words.to_owned());
        }
        TlsError::Pair {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            cause,
        }
    })
}

fn words_about_key(path: &Path, cause: &pem::Error) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    match cause {
        pem::Error::NoItemsFound if text.contains("ENCRYPTED") => {
            "the key has a passphrase; `openssl pkey -in KEY -out NEW` takes it off".to_owned()
        }
        pem::Error::NoItemsFound => "holds no private key in PEM".to_owned(),
        cause => cause.to_string(),
    }
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
