//! The client of the API: one connection a request, with the token, in time.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use auth::Token;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    IF_NONE_MATCH, RETRY_AFTER, USER_AGENT,
};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::ServerName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::options::ServerChoice;
use super::refusal::{Problem, Refusal};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::http::client::{Failed, exchange_up_to};
use crate::telemetry::connector;

/// How long a connection may take, and then an answer: a withdrawal waits for every node.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// An answer beyond this is none.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// For how long in all one waits for a server that has been asked too much.
const PATIENCE_MAX: Duration = Duration::from_secs(120);
/// What each page of a list is asked to have.
const PAGE_ITEMS: usize = 500;
/// What problems are sent as.
const PROBLEM_TYPE: &str = "application/problem+json";
/// What a segment of a path has as it is (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A frontend on another machine, by its HTTP API.
pub(in crate::cli) struct Remote {
    authority: Authority,
    path: String,
    /// `None` without TLS.
    tls: Option<TlsConnector>,
    token: Token,
    token_file: String,
}

/// A path of the API, with names in it, and a question.
#[derive(Clone, Debug)]
pub(super) struct ApiPath(String);

/// What must be there for something to be changed.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Whatever there is.
    None,
    /// What has this tag.
    Unchanged(HeaderValue),
    /// Nothing.
    Absent,
}

/// What was answered that was done.
#[derive(Debug)]
pub(super) struct Answer {
    /// Null where nothing was told.
    body: Value,
    pub(super) tag: Option<HeaderValue>,
}

/// A part of a list.
#[derive(Debug, Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl ApiPath {
    pub(super) fn new(root: &str) -> Self {
        Self(format!("{}/{root}", api::PATH))
    }

    /// With a name behind it.
    pub(super) fn name(mut self, name: &str) -> Self {
        self.0.push('/');
        self.0.extend(utf8_percent_encode(name, SEGMENT));
        self
    }

    /// With a word behind it.
    pub(super) fn part(mut self, part: &str) -> Self {
        self.0.push('/');
        self.0.push_str(part);
        self
    }

    /// With a field in its question.
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, SEGMENT));
        self
    }

    /// With a field, if there is something to ask.
    pub(super) fn field_of(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }
}

impl Answer {
    /// What was told.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        let read = serde_json::from_value(self.body);
        read.map_err(|cause| {
            let words = format!("the server tells something else than expected: {cause}");
            Failure::failed(words).into()
        })
    }
}

impl Remote {
    pub(in crate::cli) fn new(choice: &ServerChoice) -> Result<Self, Failure> {
        let ca_file = choice.ca_file.as_deref();
        let tls = choice.is_tls.then(|| connector(ca_file)).transpose();
        Ok(Self {
            authority: choice.authority.clone(),
            path: choice.path.clone(),
            tls: tls.map_err(|cause| Failure::failed(cause.to_string()))?,
            token: choice.token.clone(),
            token_file: choice.token_file.display().to_string(),
        })
    }

    /// What is there.
    pub(super) async fn show<T: DeserializeOwned>(&self, path: &ApiPath) -> Result<T, Refusal> {
        self.ask(Method::GET, path, None, Condition::None)
            .await?
            .read()
    }

    /// Whether something is there that may be known.
    pub(super) async fn has(&self, path: &ApiPath) -> Result<bool, Refusal> {
        match self.ask(Method::GET, path, None, Condition::None).await {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    pub(super) async fn post(&self, path: &ApiPath, body: &Value) -> Result<Answer, Refusal> {
        self.ask(Method::POST, path, Some(body), Condition::None)
            .await
    }

    pub(super) async fn put(&self, path: &ApiPath, body: Option<&Value>) -> Result<(), Refusal> {
        let asked = self.ask(Method::PUT, path, body, Condition::None);
        asked.await.map(|_| ())
    }

    pub(super) async fn patch(&self, path: &ApiPath, body: &Value) -> Result<(), Refusal> {
        let asked = self.ask(Method::PATCH, path, Some(body), Condition::None);
        asked.await.map(|_| ())
    }

    pub(super) async fn delete(&self, path: &ApiPath) -> Result<(), Refusal> {
        let asked = self.ask(Method::DELETE, path, None, Condition::None);
        asked.await.map(|_| ())
    }

    /// A list to its end, or its first so many items.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &ApiPath,
        count_max: usize,
    ) -> Result<Vec<T>, Refusal> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        while items.len() < count_max {
            let limit = PAGE_ITEMS.min(count_max - items.len()).to_string();
            let asked = path.clone().field("limit", &limit);
            let page: Page<T> = self
                .show(&asked.field_of("after", after.as_deref()))
                .await?;
            items.extend(page.items);
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        Ok(items)
    }

    /// Asks, and asks again where the server wants one to wait that is not too long.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &ApiPath,
        body: Option<&Value>,
        condition: Condition,
    ) -> Result<Answer, Refusal> {
        let mut patience = PATIENCE_MAX;
        loop {
            let request = self.request(method.clone(), path, body, &condition)?;
            let answer = self.send(request).await?;
            if answer.status() != StatusCode::TOO_MANY_REQUESTS {
                return self.read(answer);
            }
            let pause = pause(answer.headers());
            if pause > patience {
                return Err(Failure::failed(format!(
                    "{}: too much was asked for; it wants to be asked again in {} seconds",
                    self.authority,
                    pause.as_secs()
                ))
                .into());
            }
            patience -= pause;
            Terminal::mention(format!(
                "{}: too much was asked for; asking again in {} seconds",
                self.authority,
                pause.as_secs()
            ));
            sleep(pause).await;
        }
    }

    fn request(
        &self,
        method: Method,
        path: &ApiPath,
        body: Option<&Value>,
        condition: &Condition,
    ) -> Result<Request<Bytes>, Failure> {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token.as_str()));
        let mut bearer = bearer.map_err(|cause| Failure::failed(cause.to_string()))?;
        bearer.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{}", self.path, path.0))
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("postroom/", env!("CARGO_PKG_VERSION")));
        let expected: Option<(HeaderName, HeaderValue)> = match condition {
            Condition::None => None,
            Condition::Unchanged(tag) => Some((IF_MATCH, tag.clone())),
            Condition::Absent => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
        };
        if let Some((name, value)) = expected {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = request.body(Bytes::from(body));
        request.map_err(|cause| Failure::failed(cause.to_string()))
    }

    /// Over a connection of its own. Each way in which that fails has its line.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let failed = |words: String| Failure::failed(format!("{}: {words}", self.authority));
        // An IPv6 address stands in brackets in a URL, and without them elsewhere.
        let host = self.authority.host().trim_matches(['[', ']']);
        let usual = if self.tls.is_some() { 443 } else { 80 };
        let port = self.authority.port_u16().unwrap_or(usual);
        let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect((host, port))).await;
        let socket = match connected {
            Ok(Ok(socket)) => socket,
            Ok(Err(cause)) => return Err(failed(format!("cannot be reached: {cause}"))),
            Err(_) => return Err(failed("cannot be reached: it does not answer".to_owned())),
        };
        let answered = match &self.tls {
            None => timeout(ANSWER_TIMEOUT, self.exchange(socket, request)).await,
            Some(tls) => {
                let name = ServerName::try_from(host.to_owned())
                    .map_err(|cause| failed(cause.to_string()))?;
                let shaken = timeout(CONNECT_TIMEOUT, tls.connect(name, socket)).await;
                let stream = match shaken {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(cause)) => return Err(failed(no_tls(&cause))),
                    Err(_) => return Err(failed("it does not begin TLS".to_owned())),
                };
                timeout(ANSWER_TIMEOUT, self.exchange(stream, request)).await
            }
        };
        match answered {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(cause)) => Err(failed(format!(
                "it does not speak HTTP as expected: {cause}"
            ))),
            Err(_) => Err(failed(
                "it has not answered in time; whether it was done is not known".to_owned(),
            )),
        }
    }

    async fn exchange<S>(
        &self,
        stream: S,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Failed>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        exchange_up_to(ANSWER_BYTES_MAX, stream, &self.authority, request).await
    }

    fn read(&self, answer: Response<Bytes>) -> Result<Answer, Refusal> {
        let (head, body) = answer.into_parts();
        let kind = head.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let stranger = || {
            Refusal::from(Failure::failed(format!(
                "{}: it answers {}, and not as the API of a Postroom does; is web.api on there?",
                self.authority, head.status
            )))
        };
        if head.status == StatusCode::UNAUTHORIZED && kind == PROBLEM_TYPE {
            return Err(Failure::failed(format!(
                "{}: the token in {} opens nothing there: it has ended, was withdrawn, or is not for the API",
                self.authority, self.token_file
            ))
            .into());
        }
        if !head.status.is_success() {
            let problem = (kind == PROBLEM_TYPE).then(|| serde_json::from_slice::<Problem>(&body));
            let problem = problem.and_then(Result::ok).ok_or_else(stranger)?;
            return Err(Refusal::Problem(problem));
        }
        let body = if head.status == StatusCode::NO_CONTENT {
            Value::Null
        } else {
            serde_json::from_slice(&body).map_err(|_| stranger())?
        };
        Ok(Answer {
            body,
            tag: head.headers.get(ETAG).cloned(),
        })
    }
}

/// At least a second: nobody asks without a pause.
fn pause(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER);
    let seconds = seconds.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1).max(1))
}

/// Why there is no TLS: the certificate, or that the other side speaks something else.
fn no_tls(cause: &io::Error) -> String {
    let inner = cause.get_ref().and_then(|inner| {
        let inner: &(dyn std::error::Error + 'static) = inner;
        inner.downcast_ref::<rustls::Error>()
    });
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => {
            let words = format!("its certificate is not to be trusted: {why}");
            let is_unknown = matches!(why, rustls::CertificateError::UnknownIssuer);
            let hint = if is_unknown {
                "; --ca-file says whom to trust"
            } else {
                ""
            };
            words + hint
        }
        Some(other) => format!("it does not speak TLS as expected: {other}"),
        None => {
            let source = cause.source().map(ToString::to_string);
            format!("TLS ended: {}", source.unwrap_or_else(|| cause.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ApiPath;

    #[test]
    fn names_are_segments_and_fields() {
        let path = ApiPath::new("mailboxes")
            .name("Shared Folders/a b")
            .part("acl");
        let path = path
            .field("user", "ada+x@example.org")
            .field_of("kind", None);
        let expected = "/api/v1/mailboxes/Shared%20Folders%2Fa%20b/acl?user=ada%2Bx%40example.org";
        assert_eq!(path.0, expected);
    }
}
