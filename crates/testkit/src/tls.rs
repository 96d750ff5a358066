//! TLS for a client that trusts the nodes of its world and nothing else.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::Stream;

/// The name by which every self-signed certificate may be trusted.
const SERVER_NAME: &str = "localhost";

/// The certificate that a node has made in its state directory.
pub(crate) fn certificate_of_node(state: &Path) -> io::Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(state.join("tls/certificate.pem")).map_err(io::Error::other)
}

/// Starts TLS on a plain connection.
pub(crate) async fn shake_hands(
    plain: Box<dyn Stream>,
    trusted: &[CertificateDer<'static>],
) -> io::Result<TlsStream<Box<dyn Stream>>> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.clone()).map_err(io::Error::other)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(SERVER_NAME).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config))
        .connect(name, plain)
        .await
}
