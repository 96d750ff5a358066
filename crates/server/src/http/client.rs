//! One request over HTTP/1.1, and its answer: of collectors, and of frontends.

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::environment;

/// An answer beyond this is none.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// How long a frontend may take to answer: its readiness takes most of a second where the database is away.
const FRONTEND_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// Asks the frontend at this host and port.
pub(crate) async fn get(frontend: &str, path: &'static str) -> Result<Response<Bytes>, Failed> {
    let authority: Authority = frontend.parse()?;
    let asked = timeout(FRONTEND_TIMEOUT, async {
        let socket = TcpStream::connect(frontend).await?;
        let request = Request::get(path).body(Bytes::new())?;
        exchange(socket, &authority, request).await
    });
    asked.await?
}

/// Sends a request whose URI is a path, over a connection that serves no other.
pub(crate) async fn exchange<S>(
    stream: S,
    authority: &Authority,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Failed>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    exchange_up_to(ANSWER_BYTES_MAX, stream, authority, request).await
}

/// The same, with an answer of at most so many bytes.
pub(crate) async fn exchange_up_to<S>(
    answer_bytes_max: usize,
    stream: S,
    authority: &Authority,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, Failed>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    environment::start(async move {
        // An error of the connection is also one of the sender, who reports it.
        drop(connection.await);
    });
    let mut request = request.map(Full::new);
    let host = HeaderValue::from_str(authority.as_str())?;
    request.headers_mut().insert(HOST, host);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, answer_bytes_max).collect().await?;
    Ok(Response::from_parts(head, body.to_bytes()))
}
