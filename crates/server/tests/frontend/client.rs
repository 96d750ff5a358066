//! A client that says lines and hears lines, and a probe that asks HTTP.

use std::net::SocketAddr;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;

/// Bytes both ways, with TLS or without.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// One connection.
pub(crate) struct Client {
    wire: BufReader<Box<dyn Wire>>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) fn over(wire: impl Wire + 'static) -> Self {
        Self {
            wire: BufReader::new(Box::new(wire)),
        }
    }

    /// The next line without its CRLF; empty when the server has hung up.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = Vec::new();
        // A connection that was reset has ended, too.
        let _ended = self.wire.read_until(b'\n', &mut line).await;
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    pub(crate) async fn greeting(&mut self) {
        let line = self.line().await;
        assert!(line.starts_with("* OK "), "{line}");
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.say_raw(&format!("{line}\r\n")).await;
    }

    /// Says just this, for protocols whose lines end otherwise.
    pub(crate) async fn say_raw(&mut self, bytes: &str) {
        self.wire.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Everything that the server says to a command, its tagged response last.
    pub(crate) async fn ask(&mut self, command: &str) -> Vec<String> {
        self.say(&format!("t {command}")).await;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            let is_last = line.is_empty() || line.starts_with("t ");
            lines.push(line);
            if is_last {
                return lines;
            }
        }
    }

    pub(crate) async fn ok(&mut self, command: &str) {
        let lines = self.ask(command).await;
        assert!(
            lines.last().unwrap().starts_with("t OK "),
            "{command}: {lines:?}"
        );
    }
}

/// What HTTP answers to `GET path`, head and body.
pub(crate) async fn get(address: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}
