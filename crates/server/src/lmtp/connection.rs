//! One LMTP client's connection: its socket and its timers, around one [`Conversation`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lmtp::{Arrival, Conversation, MailTransaction, Reply, Step, Terms};
use mail::{AccountId, InternalDate};
use session::Hangup;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument as _, Span, debug, field, info, info_span};
use wire::UploadProgress;

use super::LmtpContext;
use super::delivery::{Found, Submitter, deliver, look_up, naming};
use crate::connection::{CommandUploads, Stream, handshake};
use crate::connection_slots::ConnectionSlot;
use crate::drain::Drain;
use crate::environment;
use crate::listen::PROXY_HEADER;
use crate::proxied;

/// Read at once, in bytes.
const READ_BYTES_MAX: usize = 64 * 1024;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// What this connection is called in the log.
    pub(super) id: u64,
    /// `None` on a Unix socket.
    pub(super) address: Option<IpAddr>,
    /// From the first byte.
    pub(super) is_tls: bool,
}

/// One client, from its first byte to its last.
pub(super) struct LmtpConnection {
    context: Arc<LmtpContext>,
    stream: Stream,
    peer: Peer,
    is_tls: bool,
    conversation: Conversation<Found>,
    /// Replies that are not written yet.
    replies: Vec<u8>,
    /// Since the first recipient of a transaction.
    current: Option<Current>,
    /// Transactions that had a recipient.
    transactions: u32,
    /// Memory for the letter that is coming.
    uploads: CommandUploads,
    heard_at: Instant,
    has_heard: bool,
    drain: Drain,
    _slot: ConnectionSlot,
}

/// The transaction that is under way.
struct Current {
    span: Span,
    id: String,
    submitter: Submitter,
}

/// What a connection waited for.
enum Event {
    /// The client has sent something.
    Heard(usize),
    /// The client is gone.
    Gone,
    /// Other uploads need the memory of the letter that is coming.
    GiveWay,
    /// A timer has run out.
    Late,
    /// It is this connection's turn to leave a node that stops.
    Leave,
}

impl LmtpConnection {
    pub(super) fn new(
        context: Arc<LmtpContext>,
        stream: Stream,
        peer: Peer,
        slot: ConnectionSlot,
    ) -> Self {
        let terms = Terms {
            node: context.node_name.clone(),
            message_bytes_max: context.message_bytes_max,
            names_submitters: context.trust.now().submitters.has(peer.address),
            may_start_tls: peer.address.is_some() && !peer.is_tls,
        };
        let mut replies = Vec::new();
        let conversation = Conversation::new(terms, &mut replies);
        context.metrics.count_lmtp_connection(1);
        Self {
            drain: context.drain.clone(),
            context,
            stream,
            peer,
            is_tls: peer.is_tls,
            conversation,
            replies,
            current: None,
            transactions: 0,
            uploads: CommandUploads::default(),
            heard_at: Instant::now(),
            has_heard: false,
            _slot: slot,
        }
    }

    /// Until one side hangs up.
    pub(super) async fn run(mut self) {
        if let Err(Hangup) = self.converse().await {
            debug!("an LMTP client hung up or was too slow");
        }
        self.stream.close().await;
    }

    async fn converse(&mut self) -> Result<(), Hangup> {
        let mut buffer = vec![0; READ_BYTES_MAX];
        loop {
            match self.conversation.step(&mut self.replies) {
                Step::Hungry => {
                    self.make_room().await;
                    self.say().await?;
                    self.hear(&mut buffer).await?;
                }
                Step::Recipient(path) => self.look_up(&path).await,
                Step::Deliver(transaction) => self.deliver(transaction).await,
                Step::StartTls => self.start_tls().await?,
                Step::Close => return self.say().await,
            }
            if self.conversation.is_idle() {
                self.current = None;
                self.uploads = CommandUploads::default();
            }
        }
    }

    /// Waits for what comes next, and gives it to the conversation.
    async fn hear(&mut self, buffer: &mut [u8]) -> Result<(), Hangup> {
        match self.wait(buffer).await {
            Event::Heard(bytes) => {
                self.heard_at = Instant::now();
                let came = buffer.get(..bytes).unwrap_or_default();
                let is_first = !std::mem::replace(&mut self.has_heard, true);
                if is_first && proxied::is_header(came) {
                    return Err(self.refuse_header());
                }
                self.conversation.feed(came);
            }
            Event::Gone => return Err(Hangup),
            Event::GiveWay => self.conversation.refuse_letter(Reply::NoMemory),
            Event::Late => self.conversation.close(Reply::TooSlow, &mut self.replies),
            Event::Leave => self
                .conversation
                .close(Reply::ShuttingDown, &mut self.replies),
        }
        Ok(())
    }

    /// Tells the log of a header of the PROXY protocol that nobody is trusted to send.
    fn refuse_header(&self) -> Hangup {
        if let Some(address) = self.peer.address {
            proxied::warn_of_stranger(SocketAddr::new(address, 0));
        }
        self.context.metrics.count_lmtp_refused(PROXY_HEADER);
        Hangup
    }

    /// The one place that waits for several things. A node that stops ends conversations between transactions.
    async fn wait(&mut self, buffer: &mut [u8]) -> Event {
        let late_at = self.late_at();
        let is_idle = self.conversation.is_idle();
        let Self {
            stream,
            drain,
            uploads,
            ..
        } = self;
        tokio::select! {
            biased;
            () = uploads.give_way() => Event::GiveWay,
            () = drain.turn(), if is_idle => Event::Leave,
            read = stream.read(buffer) => match read {
                Ok(bytes @ 1..) => Event::Heard(bytes),
                Ok(0) | Err(_) => Event::Gone,
            },
            () = sleep_until(late_at) => Event::Late,
        }
    }

    /// When nothing has come for too long, or a letter has come too slowly.
    fn late_at(&self) -> Instant {
        let late_at = self.heard_at + self.context.config.timeout;
        let received = usize::try_from(self.conversation.received_bytes()).unwrap_or(usize::MAX);
        let letter_late_at = self.uploads.late_at(UploadProgress {
            came_bytes: received,
            left_bytes: 0,
        });
        match letter_late_at.filter(|_| self.conversation.is_receiving()) {
            Some(letter_late_at) => letter_late_at.min(late_at),
            None => late_at,
        }
    }

    /// Takes memory for what has come of a letter, or refuses the letter: whoever waits here is not read from.
    async fn make_room(&mut self) {
        let bytes = self.conversation.letter_bytes();
        if !self.conversation.is_receiving() && bytes == 0 {
            return;
        }
        if !self.has_room(bytes).await {
            self.conversation.refuse_letter(Reply::NoMemory);
        }
        // Nothing is kept of a letter that is refused.
        if self.conversation.letter_bytes() == 0 {
            self.uploads.give_back();
        }
    }

    /// Whether there is memory for so many bytes of the letter, now or soon. All of LMTP is one user.
    async fn has_room(&mut self, bytes: usize) -> bool {
        let progress = UploadProgress {
            came_bytes: bytes,
            left_bytes: 0,
        };
        let memory = &self.context.uploads;
        let coming = &self.context.coming_uploads;
        let making_room = self
            .uploads
            .make_room(progress, memory, coming, AccountId::NOBODY);
        making_room.await
    }

    async fn look_up(&mut self, path: &str) {
        let current = match self.current.take() {
            Some(current) => current,
            None => self.begin().await,
        };
        let looking_up = look_up(&self.context, path, current.submitter);
        let found = looking_up.instrument(current.span.clone()).await;
        let reply = found.as_ref().err().copied().unwrap_or(Reply::RecipientOk);
        self.context.metrics.count_lmtp_reply("rcpt", reply);
        self.conversation.recipient(found, &mut self.replies);
        self.current = Some(current);
    }

    /// A transaction has its first recipient.
    async fn begin(&mut self) -> Current {
        self.transactions += 1;
        let id = format!("{:016x}.{}", self.peer.id, self.transactions);
        let span = info_span!(
            "lmtp.transaction",
            transaction.id = id,
            recipients = field::Empty,
            letter_bytes = field::Empty,
            delivered = field::Empty,
        );
        let name = self.conversation.submitter();
        let submitter = Submitter::find(&self.context.store, name);
        Current {
            submitter: submitter.instrument(span.clone()).await,
            span,
            id,
        }
    }

    async fn deliver(&mut self, transaction: MailTransaction<Found>) {
        let Some(Current {
            span,
            id,
            submitter,
        }) = self.current.take()
        else {
            self.conversation.delivered(&[], &mut self.replies);
            return;
        };
        if !self.has_room(transaction.letter.len()).await {
            let replies = vec![Reply::NoMemory; transaction.recipients.len()];
            self.conversation.delivered(&replies, &mut self.replies);
            return;
        }
        let started = Instant::now();
        let arrival = Arrival {
            node: self.context.node_name.clone(),
            peer: self.peer.address,
            is_tls: self.is_tls,
            id,
            at: InternalDate {
                unix_seconds: environment::unix_seconds(),
                offset_minutes: 0,
            },
            naming: naming(&transaction),
        };
        let bytes = transaction.letter.len();
        let delivering = deliver(&self.context, transaction, submitter, &arrival);
        let replies = Box::pin(delivering.instrument(span.clone())).await;
        self.note(&span, bytes, &replies, started.elapsed());
        self.conversation.delivered(&replies, &mut self.replies);
    }

    fn note(&self, span: &Span, bytes: usize, replies: &[Reply], took: Duration) {
        let delivered = replies.iter().filter(|reply| reply.is_positive()).count();
        span.record("recipients", replies.len())
            .record("letter_bytes", bytes)
            .record("delivered", delivered);
        info!(
            parent: span,
            recipients = replies.len(),
            delivered,
            letter_bytes = bytes,
            "a letter came by LMTP"
        );
        let metrics = &self.context.metrics;
        metrics.note_delivery(bytes, took);
        for reply in replies {
            metrics.count_lmtp_reply("data", *reply);
        }
    }

    async fn start_tls(&mut self) -> Result<(), Hangup> {
        self.say().await?;
        let socket = self.stream.take_plain().ok_or(Hangup)?;
        let (tls, patience) = (&self.context.tls, self.context.timeouts.handshake);
        let metrics = &self.context.metrics;
        let shaken = Box::pin(handshake(tls, patience, socket, metrics)).await;
        self.stream = shaken.ok_or(Hangup)?;
        self.is_tls = true;
        self.conversation.tls_begins();
        Ok(())
    }

    /// Writes what is to be said.
    async fn say(&mut self) -> Result<(), Hangup> {
        let said = async {
            self.stream.write_all(&self.replies).await?;
            self.stream.flush().await
        };
        let said = timeout(self.context.timeouts.write, said).await;
        self.replies.clear();
        match said {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Hangup),
        }
    }
}

impl Drop for LmtpConnection {
    fn drop(&mut self) {
        self.context.metrics.count_lmtp_connection(-1);
    }
}
