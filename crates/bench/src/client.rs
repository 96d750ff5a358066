//! A mail client that sends one command at a time and reads every answer to its end. What it reads
//! is counted and dropped; an answer other than OK is an error.

use std::time::Instant;

use crate::connection::Connection;
use crate::error::BenchError;
use crate::tls::Tls;
use crate::world::{Node, Person};

/// One connection.
pub(crate) struct Client {
    connection: Connection,
    tags: u32,
}

/// What came between a command and its tagged response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The number of untagged responses.
    pub(crate) responses: usize,
    /// Their size with all literals.
    pub(crate) bytes: usize,
}

impl Client {
    /// Connects without TLS and reads the greeting.
    pub(crate) async fn connect(to: &Node) -> Result<Self, BenchError> {
        Self::greeted(Connection::open(to.imap).await?).await
    }

    /// Connects with TLS from the first byte, each time by a full handshake.
    pub(crate) async fn connect_tls(to: &Node, tls: &Tls) -> Result<Self, BenchError> {
        Self::greeted(Connection::open_tls(to.imaps, tls).await?).await
    }

    pub(crate) async fn login(&mut self, person: &Person) -> Result<(), BenchError> {
        let Person { user, password } = person;
        self.ask(&format!("LOGIN {} {}", quoted(user), quoted(password)))
            .await
            .map(drop)
    }

    /// Sends a command and reads to the tagged OK.
    pub(crate) async fn ask(&mut self, command: &str) -> Result<Answer, BenchError> {
        self.ask_and(command, |_| ()).await
    }

    /// Like [`ask`](Self::ask); shows each untagged response as it comes.
    pub(crate) async fn ask_and(
        &mut self,
        command: &str,
        each: impl FnMut(&[u8]),
    ) -> Result<Answer, BenchError> {
        let tag = self.begin(command);
        self.connection.outbox.extend_from_slice(b"\r\n");
        self.connection.send().await?;
        self.finish(&tag, command, each).await
    }

    /// Appends one message. Its literal is non-synchronising (RFC 7888), so everything is sent at
    /// once.
    pub(crate) async fn append(&mut self, mailbox: &str, message: &[u8]) -> Result<(), BenchError> {
        let command = format!("APPEND {} {{{}+}}", quoted(mailbox), message.len());
        let tag = self.begin(&command);
        self.connection.outbox.extend_from_slice(b"\r\n");
        self.connection.outbox.extend_from_slice(message);
        self.connection.outbox.extend_from_slice(b"\r\n");
        self.connection.send().await?;
        self.finish(&tag, &command, |_| ()).await.map(drop)
    }

    /// Begins to idle (RFC 2177); until [`done`](Self::done) the client only listens.
    pub(crate) async fn idle(&mut self) -> Result<(), BenchError> {
        let tag = self.begin("IDLE");
        self.connection.outbox.extend_from_slice(b"\r\n");
        self.connection.send().await?;
        let is_answered = |response: &[u8]| {
            if response.starts_with(b"+") {
                return Some(Ok(()));
            }
            let refused = response.strip_prefix(&*tag)?;
            let refused = String::from_utf8_lossy(refused);
            Some(Err(BenchError::new(format!("IDLE: {refused}"))))
        };
        self.connection.hear("IDLE", is_answered).await?
    }

    /// Ends idling.
    pub(crate) async fn done(&mut self) -> Result<(), BenchError> {
        self.connection.outbox.clear();
        self.connection.outbox.extend_from_slice(b"DONE\r\n");
        self.connection.send().await?;
        let tag = format!("b{} ", self.tags);
        self.finish(tag.as_bytes(), "DONE", |_| ()).await.map(drop)
    }

    /// Listens until the mailbox has `messages` or more, and says when that was read.
    pub(crate) async fn hear_exists(&mut self, messages: usize) -> Result<Instant, BenchError> {
        let is_there = |response: &[u8]| {
            exists(response)
                .is_some_and(|exists| exists >= messages)
                .then(Instant::now)
        };
        self.connection.hear("EXISTS", is_there).await
    }

    /// Listens until the server has closed or deselected, and says when that was read.
    pub(crate) async fn hear_end(&mut self) -> Result<Instant, BenchError> {
        let is_end = |response: &[u8]| {
            let is_bye = response.starts_with(b"* BYE") || response.starts_with(b"* OK [CLOSED]");
            is_bye.then(Instant::now)
        };
        self.connection.hear("the end", is_end).await
    }

    /// How often something was read.
    pub(crate) const fn reads(&self) -> usize {
        self.connection.reads
    }

    async fn greeted(connection: Connection) -> Result<Self, BenchError> {
        let mut client = Self {
            connection,
            tags: 0,
        };
        let is_ok = |response: &[u8]| response.starts_with(b"* OK").then_some(());
        client.connection.hear("the greeting", is_ok).await?;
        Ok(client)
    }

    /// Writes a new tag and `command` into the outbox.
    fn begin(&mut self, command: &str) -> Vec<u8> {
        self.tags += 1;
        let tag = format!("b{} ", self.tags).into_bytes();
        self.connection.outbox.clear();
        self.connection.outbox.extend_from_slice(&tag);
        self.connection.outbox.extend_from_slice(command.as_bytes());
        tag
    }

    async fn finish(
        &mut self,
        tag: &[u8],
        command: &str,
        mut each: impl FnMut(&[u8]),
    ) -> Result<Answer, BenchError> {
        let mut answer = Answer::default();
        let is_end = |response: &[u8]| {
            if let Some(verdict) = response.strip_prefix(tag) {
                return Some(verdict.to_vec());
            }
            answer.responses += 1;
            answer.bytes += response.len();
            each(response);
            None
        };
        let verdict = self.connection.hear(command, is_end).await?;
        if verdict.starts_with(b"OK") {
            return Ok(answer);
        }
        let verdict = String::from_utf8_lossy(&verdict);
        Err(BenchError::new(format!("{command}: {verdict}")))
    }
}

/// A quoted string (RFC 3501, 4.3), for names and passwords that we made ourselves.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The number in `* 23 EXISTS`.
fn exists(response: &[u8]) -> Option<usize> {
    let number = response.strip_prefix(b"* ")?.strip_suffix(b" EXISTS")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{exists, quoted};

    #[test]
    fn exists_is_told_from_its_likes() {
        for (response, number) in [
            ("* 23 EXISTS", Some(23)),
            ("* 0 EXISTS", Some(0)),
            ("* 23 EXPUNGE", None),
            ("* OK it EXISTS", None),
            ("* 1 FETCH (FLAGS ())", None),
        ] {
            assert_eq!(exists(response.as_bytes()), number, "{response}");
        }
    }

    #[test]
    fn quotes_are_escaped() {
        assert_eq!(quoted(r#"a\b"c"#), r#""a\\b\"c""#);
    }
}
