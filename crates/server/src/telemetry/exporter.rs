//! The HTTP client that sends traces, in TLS where the endpoint is: one connection a batch, on our own runtime.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::uri::{PathAndQuery, Scheme};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;

use super::TelemetryError;
use crate::http::client::exchange;

/// How long one batch may take, from connecting to the answer.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where machines have the certificates of the authorities that they trust.
const AUTHORITIES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Sends spans for the trace library, whose own thread has no reactor.
#[derive(Clone)]
pub(super) struct HttpExporter {
    runtime: Handle,
    /// Whom a receiver's certificate must be from, where the endpoint is in TLS.
    tls: TlsConnector,
}

impl HttpExporter {
    /// `authorities` is a file; without one those count that the machine trusts.
    pub(super) fn new(runtime: Handle, authorities: Option<&Path>) -> Result<Self, TelemetryError> {
        Ok(Self {
            runtime,
            tls: connector(authorities)?,
        })
    }
}

/// `authorities` is a file; without one those count that the machine trusts.
pub(crate) fn connector(authorities: Option<&Path>) -> Result<TlsConnector, TelemetryError> {
    let tls = trust(authorities).map_err(TelemetryError::Authorities)?;
    Ok(TlsConnector::from(Arc::new(tls)))
}

fn trust(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let of_machine = AUTHORITIES.iter().map(Path::new).find(|file| file.exists());
    if let Some(file) = authorities.or(of_machine) {
        let unreadable = |cause| format!("{}: {cause}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
            // What the machine trusts may have old ones that nobody reads any more.
            drop(roots.add(certificate.map_err(unreadable)?));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| cause.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl fmt::Debug for HttpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpExporter")
    }
}

pub(crate) type Sent = Result<Response<Bytes>, HttpError>;

impl HttpClient for HttpExporter {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Sent> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let tls = self.tls.clone();
        // The timer must be made inside the runtime, too.
        let sending = self
            .runtime
            .spawn(async move { send_in_time(tls, request).await });
        Box::pin(async move { sending.await? })
    }
}

/// Sends a request over a connection of its own.
pub(crate) async fn send_in_time(tls: TlsConnector, request: Request<Bytes>) -> Sent {
    tokio::time::timeout(EXPORT_TIMEOUT, send(tls, request)).await?
}

async fn send(tls: TlsConnector, mut request: Request<Bytes>) -> Sent {
    let authority = request
        .uri()
        .authority()
        .ok_or("the endpoint has no host")?
        .clone();
    let is_tls = request.uri().scheme() == Some(&Scheme::HTTPS);
    let port = authority
        .port_u16()
        .unwrap_or(if is_tls { 443 } else { 80 });
    let path = request.uri().path_and_query();
    *request.uri_mut() = path.map_or("/", PathAndQuery::as_str).parse()?;
    // An IPv6 address stands in brackets in a URL, and without them elsewhere.
    let host = authority.host().trim_matches(['[', ']']);
    let socket = TcpStream::connect((host, port)).await?;
    if !is_tls {
        return exchange(socket, &authority, request).await;
    }
    let name = ServerName::try_from(host.to_owned())?;
    exchange(tls.connect(name, socket).await?, &authority, request).await
}
