//! A mail client that sends what the page says and remembers nothing.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use auth::TlsBinding;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::{responses, tls};

/// The password of every account.
pub const PASSWORD: &str = "pass";
/// How long an answer may take before a talk fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long the client listens before it reports silence. Only a wrong server can make a talk
/// depend on it.
const SILENCE: Duration = Duration::from_millis(40);

/// What a client received.
#[derive(Debug)]
pub enum Heard {
    /// A whole response, without its last CRLF.
    Response(Vec<u8>),
    /// The connection is closed.
    End,
    /// Nothing yet.
    Silence,
}

/// What the bytes travel on: a socket, or TLS on one.
pub(crate) trait Stream: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin> Stream for S {}

/// One connection.
#[derive(Debug)]
pub struct Client {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    /// The state of the compression (RFC 4978), for both directions.
    deflate: Option<Box<(Compress, Decompress)>>,
    /// Responses that were read while something else was waited for.
    early: VecDeque<Vec<u8>>,
    /// The commands that have no tagged response yet.
    pub asked: VecDeque<Asked>,
    /// Whether the server has asked for the rest of a command, so that the next line has no tag.
    pub is_continuing: bool,
    /// By what both ends know the TLS connection.
    pub tls_binding: Option<TlsBinding>,
    name: String,
    tags: u32,
}

/// A command that was sent.
#[derive(Debug)]
pub struct Asked {
    /// The command's tag.
    pub tag: String,
    /// Whether untagged responses that the page does not name are skipped.
    pub passes_over: bool,
}

impl Client {
    /// Connects; the greeting is not read yet.
    pub async fn connect(name: &str, to: SocketAddr) -> io::Result<Self> {
        Self::on(name, TcpStream::connect(to).await?)
    }

    /// Connects from an address of one's own; the greeting is not read yet.
    pub async fn connect_from(name: &str, from: IpAddr, to: SocketAddr) -> io::Result<Self> {
        let socket = match from {
            IpAddr::V4(_) => TcpSocket::new_v4()?,
            IpAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.bind(SocketAddr::new(from, 0))?;
        Self::on(name, socket.connect(to).await?)
    }

    fn on(name: &str, stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: Box::new(stream),
            buffer: Vec::new(),
            deflate: None,
            early: VecDeque::new(),
            asked: VecDeque::new(),
            is_continuing: false,
            tls_binding: None,
            name: name.to_owned(),
            tags: 0,
        })
    }

    /// Turns compression on or off for both directions.
    pub fn compress(&mut self, is_on: bool) {
        self.deflate = is_on.then(|| {
            let compress = Compress::new(Compression::default(), false);
            Box::new((compress, Decompress::new(false)))
        });
    }

    /// Makes a TLS handshake, and goes on in TLS with a node that has one of these certificates.
    ///
    /// # Errors
    ///
    /// The error of TLS, and [`InvalidData`](io::ErrorKind::InvalidData) where plain text came
    /// after the server's OK, from the server or from an attacker.
    pub async fn encrypt(&mut self, trusted: &[CertificateDer<'static>]) -> io::Result<()> {
        if !(self.buffer.is_empty() && self.early.is_empty()) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let plain = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        let shaken = timeout(PATIENCE, tls::shake_hands(plain, trusted)).await?;
        let shaken = shaken?;
        let exported = shaken.get_ref().1;
        let exported = exported.export_keying_material([0; 32], TlsBinding::LABEL, None);
        self.tls_binding = exported.ok().map(TlsBinding);
        self.stream = Box::new(shaken);
        Ok(())
    }

    /// A tag that this client has not used.
    pub fn next_tag(&mut self) -> String {
        self.tags += 1;
        format!("{}{}", self.name, self.tags)
    }

    /// Sends a command, with a tag and a line end, and returns all responses up to the tagged one,
    /// which is the last. When the connection ends first, returns what came before.
    pub async fn ask(&mut self, command: impl AsRef<[u8]>) -> Vec<Vec<u8>> {
        let tag = self.next_tag();
        self.say(&[tag.as_bytes(), b" ", command.as_ref(), b"\r\n"].concat())
            .await;
        let end = format!("{tag} ");
        let mut responses = Vec::new();
        while let Heard::Response(response) = self.hear().await {
            let is_end = response.starts_with(end.as_bytes());
            responses.push(response);
            if is_end {
                break;
            }
        }
        responses
    }

    /// Like [`ask`](Self::ask), for a command that must end with OK; the tagged response is left
    /// out.
    ///
    /// # Errors
    ///
    /// The last response, when it is not OK.
    pub async fn ask_ok(&mut self, command: impl AsRef<[u8]>) -> Result<Vec<Vec<u8>>, String> {
        let mut responses = self.ask(command).await;
        let last = responses.pop().unwrap_or_default();
        let last = String::from_utf8_lossy(&last).into_owned();
        let is_ok = last.split(' ').nth(1) == Some("OK");
        if is_ok { Ok(responses) } else { Err(last) }
    }

    /// Sends all bytes. That the server has closed is noticed when something is read.
    pub async fn say(&mut self, bytes: &[u8]) {
        let packed = match &mut self.deflate {
            Some(deflate) => pack(&mut deflate.0, bytes),
            None => bytes.to_vec(),
        };
        if let Err(gone) = self.stream.write_all(&packed).await {
            debug_assert!(gone.kind() != io::ErrorKind::InvalidInput, "{gone}");
        }
    }

    /// The next response, for which the server may take its time.
    pub async fn hear(&mut self) -> Heard {
        self.hear_within(PATIENCE).await
    }

    /// The next response, if it is there already.
    pub async fn hear_now(&mut self) -> Heard {
        self.hear_within(SILENCE).await
    }

    /// Lets a response be heard again.
    pub fn put_back(&mut self, response: Vec<u8>) {
        self.early.push_front(response);
    }

    /// Waits for the `+` that asks for a literal. `false` when the server sent the command's tagged
    /// response instead, which is kept to be read.
    pub async fn is_asked_for_more(&mut self, tag: &str) -> bool {
        let mut before = VecDeque::new();
        let is_asked = loop {
            match self.hear().await {
                Heard::Response(response) if response.starts_with(b"+") => break true,
                Heard::Response(response) => {
                    let is_final = response.starts_with(format!("{tag} ").as_bytes());
                    before.push_back(response);
                    if is_final {
                        break false;
                    }
                }
                Heard::End | Heard::Silence => break false,
            }
        };
        before.append(&mut self.early);
        self.early = before;
        is_asked
    }

    /// Fails on the tagged response of an open command: a page reads it by `ok`, `no` or `bad`, for
    /// these know which command has ended.
    ///
    /// # Errors
    ///
    /// What to write instead.
    pub fn is_no_end(&self, response: &[u8]) -> Result<(), String> {
        let is_of = |asked: &&Asked| response.starts_with(format!("{} ", asked.tag).as_bytes());
        self.asked.iter().find(is_of).map_or(Ok(()), |asked| {
            let name = &self.name;
            Err(format!(
                "but this is the tagged response of {}: write `{name}< ok`, `no` or `bad`, or \
                 choose the tag with `{name}>> x1 …`",
                asked.tag
            ))
        })
    }

    async fn hear_within(&mut self, patience: Duration) -> Heard {
        if let Some(response) = self.early.pop_front() {
            return Heard::Response(response);
        }
        loop {
            if let Some(response) = responses::take(&mut self.buffer) {
                return Heard::Response(response);
            }
            let mut came = Vec::new();
            match timeout(patience, self.stream.read_buf(&mut came)).await {
                Err(_) => return Heard::Silence,
                Ok(Ok(0) | Err(_)) => return Heard::End,
                Ok(Ok(_)) => {}
            }
            let is_read = match &mut self.deflate {
                Some(deflate) => unpack(&mut deflate.1, &came, &mut self.buffer),
                None => {
                    self.buffer.append(&mut came);
                    true
                }
            };
            if !is_read {
                return Heard::End;
            }
        }
    }
}

fn pack(compress: &mut Compress, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(2 * bytes.len() + 1000);
    let packing = compress.compress_vec(bytes, &mut packed, FlushCompress::Sync);
    debug_assert!(packing.is_ok() && packed.len() < packed.capacity());
    packed
}

/// Decompresses `packed`; `false` when it could not be read.
fn unpack(decompress: &mut Decompress, packed: &[u8], to: &mut Vec<u8>) -> bool {
    let mut rest = packed;
    loop {
        let (read, room) = (decompress.total_in(), 64 * 1024);
        to.reserve(room);
        let filled = to.len() + room;
        let status = decompress.decompress_vec(rest, to, FlushDecompress::None);
        let taken = usize::try_from(decompress.total_in() - read).unwrap_or(rest.len());
        rest = rest.get(taken..).unwrap_or_default();
        match status {
            Ok(Status::Ok | Status::BufError) if rest.is_empty() && to.len() < filled => {
                return true;
            }
            Ok(Status::Ok) => {}
            Ok(Status::BufError | Status::StreamEnd) | Err(_) => return false,
        }
    }
}
