//! A program that uses the HTTP API: it speaks HTTP, has a token, and holds every answer against the document of the API.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::LazyLock;

use serde_json::Value;
use testkit::HttpReply;

/// One program at one node.
#[derive(Clone, Debug)]
pub(crate) struct ApiClient {
    to: SocketAddr,
    token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply(HttpReply);

impl Deref for Reply {
    type Target = HttpReply;

    fn deref(&self) -> &HttpReply {
        &self.0
    }
}

/// What the API says of itself.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&api::openapi_json()).unwrap());

/// Every operation that is documented: its method, its path with names in braces, and what is said of it.
pub(crate) fn operations() -> impl Iterator<Item = (String, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(move |(method, said)| (method.to_uppercase(), path.clone(), said))
    })
}

/// A segment of a path.
pub(crate) fn segment(name: &str) -> String {
    let bytes = name.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

/// The path of a mailbox, and what follows it.
pub(crate) fn mailbox(name: &str, rest: &str) -> String {
    format!("/mailboxes/{}{rest}", segment(name))
}

impl ApiClient {
    pub(crate) fn new(to: SocketAddr, token: &str) -> Self {
        Self {
            to,
            token: Some(token.to_owned()),
        }
    }

    pub(crate) fn stranger(to: SocketAddr) -> Self {
        Self { to, token: None }
    }

    /// The same program, led to another node.
    pub(crate) fn at(&self, to: SocketAddr) -> Self {
        Self {
            to,
            token: self.token.clone(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path, "", "").await
    }

    pub(crate) async fn put(&self, path: &str, body: &str) -> Reply {
        self.ask("PUT", path, "", body).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.ask("POST", path, "", body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &str) -> Reply {
        self.ask("PATCH", path, "", body).await
    }

    /// Asks with more lines in the head, each with its end.
    pub(crate) async fn ask(&self, method: &str, path: &str, head: &str, body: &str) -> Reply {
        let kind = match body {
            "" => String::new(),
            body => format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ),
        };
        let reply = self.raw(method, path, &format!("{kind}{head}"), body).await;
        check_against_document(method, path, &reply);
        reply
    }

    /// Asks with just this, whatever the document says of it.
    pub(crate) async fn raw(&self, method: &str, path: &str, head: &str, body: &str) -> Reply {
        let token = self.token.as_ref();
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let token = token.unwrap_or_default();
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: mail.test\r\nUser-Agent: tester/1\r\n{token}{head}\
             Connection: close\r\n\r\n{body}"
        );
        Reply(HttpReply::to(&request, self.to).await.unwrap())
    }
}

/// The document knows the operation and the status, and the body is what it says there.
fn check_against_document(method: &str, path: &str, reply: &Reply) {
    let path = path.split('?').next().unwrap();
    let is_it = |template: &str| {
        let (asked, known) = (path.split('/'), template.split('/'));
        asked.clone().count() == known.clone().count()
            && asked
                .zip(known)
                .all(|(asked, known)| known.starts_with('{') || asked == known)
    };
    let said = operations().find(|(known, template, _)| known == method && is_it(template));
    let (.., said) = said.unwrap_or_else(|| panic!("{method} {path} is not documented"));
    let told = &said["responses"][reply.status.to_string()];
    assert!(
        told.is_object(),
        "{method} {path}: {reply:?} is not documented"
    );
    let kind = reply.header("content-type").unwrap_or_default();
    let documented = told["content"].as_object();
    let Some(documented) = documented else {
        assert_eq!(reply.text, "", "{method} {path}: nothing is documented");
        return;
    };
    let schema = &documented[&kind]["schema"];
    let value: Value = serde_json::from_str(&reply.text).unwrap();
    check_value(schema, &value, &format!("{method} {path}: {reply:?}"));
}

/// As far as our own schemas go: references, objects and arrays.
fn check_value(schema: &Value, value: &Value, what: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap();
        return check_value(schema, value, what);
    }
    if let Some(items) = value.as_array() {
        for item in items {
            check_value(&schema["items"], item, what);
        }
    }
    let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
        return;
    };
    for (name, value) in fields {
        let schema = known
            .get(name)
            .unwrap_or_else(|| panic!("{name} of {what}"));
        check_value(schema, value, what);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(
            fields.contains_key(name.as_str().unwrap()),
            "{name} of {what}"
        );
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The word for programs of a problem.
    pub(crate) fn code(&self) -> String {
        let kind = self.header("content-type");
        assert_eq!(
            kind.as_deref(),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        problem["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn tag(&self) -> String {
        self.header("etag")
            .unwrap_or_else(|| panic!("no tag: {self:?}"))
    }
}
