//! The HTTP client that sends traces: one connection a batch, on our own runtime.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::environment;

/// How long one batch may take, from connecting to the answer.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// A collector's answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Sends spans for the trace library, whose own thread has no reactor.
#[derive(Clone)]
pub(super) struct HttpExporter {
    runtime: Handle,
}

impl HttpExporter {
    pub(super) fn new(runtime: Handle) -> Self {
        Self { runtime }
    }
}

impl fmt::Debug for HttpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpExporter")
    }
}

type Sent = Result<Response<Bytes>, HttpError>;

impl HttpClient for HttpExporter {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Sent> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        // The timer must be made inside the runtime, too.
        let sending = self
            .runtime
            .spawn(async { tokio::time::timeout(EXPORT_TIMEOUT, send(request)).await });
        Box::pin(async move { sending.await?? })
    }
}

async fn send(request: Request<Bytes>) -> Sent {
    let authority = request
        .uri()
        .authority()
        .ok_or("the endpoint has no host")?
        .clone();
    let port = authority.port_u16().unwrap_or(80);
    // An IPv6 address stands in brackets in a URL, and without them elsewhere.
    let host = authority.host().trim_matches(['[', ']']);
    let socket = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    environment::start(async move {
        // An error of the connection is also one of the sender, who reports it.
        drop(connection.await);
    });

    let (mut head, body) = request.into_parts();
    head.headers
        .insert(HOST, HeaderValue::from_str(authority.as_str())?);
    let path = head.uri.path().parse()?;
    head.uri = path;
    let answer = sender
        .send_request(Request::from_parts(head, Full::new(body)))
        .await?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?;
    Ok(Response::from_parts(head, body.to_bytes()))
}
