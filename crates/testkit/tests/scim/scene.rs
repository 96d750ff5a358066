//! The world of these tests, and the directory in it.

use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Client, Cluster, HttpReply, Names, Stage, World, in_world};
use tokio::time::{Instant, interval, timeout};

const WORLD: &str = "mailbox Team/support with messages $1\nada may lrswipkxtean on Team/support\nzoe administers\n\
                     bo is known\nzoe has directory token $directory\nada has directory token $ada\n\
                     zoe has managing token $api\nzoe has token $phone";
pub(crate) const SUPPORT: &str = "Team/support";
const NEW: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What nobody should wait for longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Within what a leaver is out everywhere.
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The world, and the tokens in it.
pub(crate) struct Scene<'s> {
    pub(crate) stage: &'s mut Stage,
    pub(crate) names: Names,
}

/// A directory at one node.
pub(crate) struct Directory {
    to: SocketAddr,
    token: String,
    base: &'static str,
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

pub(crate) fn play(act: impl AsyncFnOnce(&mut Scene<'_>)) {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let names = stage.given(WORLD).await.unwrap();
        act(&mut Scene { stage, names }).await;
    })
    .unwrap();
}

impl Scene<'_> {
    pub(crate) fn directory(&self, token: &str, node: usize) -> Directory {
        let known = self.names.get(token);
        Directory {
            to: self.stage.web(node).unwrap(),
            token: known.cloned().unwrap_or_else(|| token.to_owned()),
            base: scim::PATH,
        }
    }

    /// A session of this account, by a token that it gets for that.
    pub(crate) async fn session(&mut self, user: &str, token: &str, node: usize) -> Client {
        let sentence = format!("{user} has token ${token}");
        let names = self.stage.given(&sentence).await.unwrap();
        let mut client = self.connect(node).await;
        let login = format!("LOGIN {user} {}", &names[token]);
        client.ask_ok(login).await.unwrap();
        client
    }

    pub(crate) async fn connect(&self, node: usize) -> Client {
        let imap = self.stage.imap(node).unwrap();
        Client::connect("client", imap).await.unwrap()
    }
}

impl Directory {
    /// The same program, at another door.
    pub(crate) fn at(self, base: &'static str) -> Self {
        Self { base, ..self }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.ask("DELETE", path, "", None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask("POST", path, "", Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.ask("PUT", path, "", Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({"schemas": [NEW], "Operations": operations});
        self.ask("PATCH", path, "", Some(body)).await
    }

    /// The id of what was made.
    pub(crate) async fn make(&self, path: &str, body: Value) -> String {
        let made = self.post(path, body).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        head: &str,
        body: Option<Value>,
    ) -> Reply {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let kind = format!(
            "Content-Type: application/scim+json\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.raw(method, path, &format!("{kind}{head}"), &body)
            .await
    }

    pub(crate) async fn raw(&self, method: &str, path: &str, head: &str, body: &str) -> Reply {
        let token = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let request = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: mail.test\r\n{token}{head}Connection: close\r\n\r\n{body}",
            self.base
        );
        Reply(HttpReply::to(&request, self.to).await.unwrap())
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        let kind = self.header("content-type");
        assert_eq!(kind.as_deref(), Some("application/scim+json"), "{self:?}");
        serde_json::from_str(&self.text).unwrap()
    }

    /// The status, and the word of RFC 7644 where there is one.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let told = self.json();
        assert_eq!(told["schemas"], json!([scim::ERROR]), "{self:?}");
        assert_eq!(told["status"], self.status.to_string(), "{self:?}");
        assert!(told["detail"].is_string(), "{self:?}");
        let word = told["scimType"].as_str().unwrap_or_default();
        (self.status, word.to_owned())
    }
}

/// Waits until this session has ended; returns how long that took.
pub(crate) async fn until_out(client: &mut Client) -> Duration {
    let began = Instant::now();
    let mut looks = interval(Duration::from_millis(20));
    timeout(PATIENCE, async {
        while client.ask_ok("NOOP").await.is_ok() {
            looks.tick().await;
        }
    })
    .await
    .unwrap();
    began.elapsed()
}
