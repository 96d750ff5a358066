//! TLS towards the frontends, trusting their certificate and no other.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::BenchError;

/// How a client of this world makes a TLS handshake.
pub(crate) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    /// Makes a client that trusts the certificate in this PEM file.
    pub(crate) fn trusting(certificate: &Path) -> Result<Self, BenchError> {
        let at = || format!("certificate {}", certificate.display());
        let trusted = CertificateDer::from_pem_file(certificate).map_err(BenchError::at(at()))?;
        let mut roots = RootCertStore::empty();
        roots.add(trusted).map_err(BenchError::at(at()))?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(BenchError::at("TLS"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Each connection stands for another machine, so sessions are not resumed.
        config.resumption = Resumption::disabled();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: ServerName::try_from("localhost").map_err(BenchError::at("TLS"))?,
        })
    }

    pub(crate) async fn shake_hands(
        &self,
        tcp: TcpStream,
    ) -> Result<TlsStream<TcpStream>, BenchError> {
        let shaken = self.connector.connect(self.name.clone(), tcp);
        shaken.await.map_err(BenchError::at("TLS"))
    }
}
