//! The HTTP listener: liveness, readiness and metrics of this node, and a page that draws them.

pub(crate) mod client;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::debug;

use crate::metrics::{Metrics, TextFormat};
use crate::panics::{PanicPlace, Panics};

/// How many HTTP connections are served at one time. One more takes the place of the oldest.
const HTTP_CONNECTIONS_MAX: usize = 64;
/// How long a request's header may take to arrive.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request may take until its answer is read. A connection serves one.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause after an accept that failed, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long the database may take to answer the readiness probe: less than the second that Kubernetes waits where
/// nothing else is said, so that what is answered is heard.
const PING_TIMEOUT: Duration = Duration::from_millis(800);

/// A page for people: its path, its type, and what it is. It draws what `/metrics` says, and knows nothing else.
const PAGE: [(&str, &str, &str); 4] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("page/index.html"),
    ),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("/page.css", "text/css", include_str!("page/page.css")),
    ("/page.js", "text/javascript", include_str!("page/page.js")),
];
/// Nothing from elsewhere, in no frame.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// What is answered before the node takes clients.
const STARTING: &str = "starting\n";

/// Asks the database whether it is there.
pub(crate) type Ping = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// The state that the probes report. A process is alive before it is ready: its first start may have to migrate a
/// large database, and a probe that fails meanwhile would end it in the midst.
#[derive(Default)]
pub(crate) struct Health {
    is_draining: AtomicBool,
    started: OnceLock<Started>,
}

/// What there is to see of a node once it takes clients.
struct Started {
    ping: Ping,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Health")
    }
}

impl Health {
    /// Reports from now on that this node takes clients, for as long as the database answers `ping`.
    pub(crate) fn start(&self, ping: Ping, metrics: Arc<Metrics>) {
        let is_first = self.started.set(Started { ping, metrics }).is_ok();
        debug_assert!(is_first, "a node starts once");
    }

    /// Reports from now on that this node takes no new clients.
    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        if let Some(started) = self.started.get() {
            started.metrics.begin_drain();
        }
    }

    async fn readiness(&self) -> (StatusCode, &'static str) {
        if self.is_draining.load(Ordering::Relaxed) {
            return (StatusCode::SERVICE_UNAVAILABLE, "draining\n");
        }
        let Some(started) = self.started.get() else {
            return (StatusCode::SERVICE_UNAVAILABLE, STARTING);
        };
        let is_there = timeout(PING_TIMEOUT, (started.ping)()).await;
        match is_there {
            Ok(true) => (StatusCode::OK, "ready\n"),
            Ok(false) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "database away\n"),
        }
    }
}

/// What the HTTP listeners show.
pub(crate) struct Served {
    pub(crate) health: Arc<Health>,
    pub(crate) panics: Arc<Panics>,
}

/// Serves `listener`, without end.
pub(crate) async fn serve(listener: Arc<TcpListener>, served: Arc<Served>) {
    let mut connections = JoinSet::new();
    let mut oldest_first: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(cause) => {
                debug!(%cause, "an HTTP connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        oldest_first.retain(|connection| !connection.is_finished());
        if oldest_first.len() >= HTTP_CONNECTIONS_MAX
            && let Some(oldest) = oldest_first.pop_front()
        {
            // A probe takes milliseconds, so whoever is here longest is the one who keeps others out.
            oldest.abort();
        }
        let panics = Arc::clone(&served.panics);
        let served = Arc::clone(&served);
        let work = panics.contain(PanicPlace::Http, async move {
            if timeout(CONNECTION_TIMEOUT, converse(socket, &served))
                .await
                .is_err()
            {
                debug!("an HTTP client was too slow");
            }
        });
        oldest_first.push_back(connections.spawn(work));
    }
}

async fn converse(socket: TcpStream, served: &Served) {
    let answer = service_fn(|request| answer(request, &served.health));
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(socket), answer)
        .await;
    if let Err(cause) = conversation {
        debug!(%cause, "an HTTP connection broke");
    }
}

async fn answer(
    request: Request<Incoming>,
    health: &Health,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n"));
    }
    Ok(match request.uri().path() {
        // Liveness says only that this process runs: a database that is down is no reason to restart it.
        "/healthz/live" => plain(StatusCode::OK, "alive\n"),
        "/healthz/ready" => {
            let (status, words) = health.readiness().await;
            plain(status, words)
        }
        "/metrics" => match health.started.get() {
            Some(started) => {
                let accept = request.headers().get(ACCEPT);
                let accept = accept.and_then(|accept| accept.to_str().ok());
                let format = TextFormat::accepted_by(accept.unwrap_or_default());
                let mut response = Response::new(Full::from(started.metrics.text(format)));
                let content_type = HeaderValue::from_static(format.content_type());
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                response
            }
            None => plain(StatusCode::SERVICE_UNAVAILABLE, STARTING),
        },
        path => match PAGE.iter().find(|(at, _, _)| *at == path) {
            Some((_, content_type, text)) => page(content_type, text),
            None => plain(
                StatusCode::NOT_FOUND,
                "/, /healthz/live, /healthz/ready, /metrics\n",
            ),
        },
    })
}

fn page(content_type: &'static str, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn plain(status: StatusCode, words: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(words));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests;
