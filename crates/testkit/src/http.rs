//! HTTP/1.1 as a program in a test speaks it: one request a connection, written as it stands.

use std::fmt;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::TestError;

/// What came back. Two answers are alike whenever they come: the head is without its date.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// 0 where nothing came.
    pub status: u16,
    /// Its lines, the first of which has the status.
    pub head: String,
    /// The body.
    pub text: String,
}

impl HttpReply {
    /// Sends the whole text of a request, which must say that the connection ends after it.
    ///
    /// # Errors
    ///
    /// [`TestError::Machine`] for who does not listen, and for an answer that is no text.
    pub async fn to(request: &str, address: SocketAddr) -> Result<Self, TestError> {
        let wrong = || TestError::machine(format!("HTTP of {address}"));
        let mut socket = TcpStream::connect(address).await.map_err(wrong())?;
        // Whoever is refused early may not take all of it.
        let _refused_early = socket.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _reset = socket.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer)
            .map_err(std::io::Error::other)
            .map_err(wrong())?;
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        let head = head.lines().filter(|line| !line.starts_with("date: "));
        Ok(Self {
            status: status.unwrap_or_default(),
            head: head.collect::<Vec<_>>().join("\n"),
            text: text.to_owned(),
        })
    }

    /// The value of a field of the head, whose name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let start = format!("{name}: ");
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(&start).map(str::to_owned))
    }
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.head, self.text)
    }
}
