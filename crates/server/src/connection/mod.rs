//! One client's connection: its socket, its frames, its timers, around one [`Session`].
//!
//! An idle connection is this struct, a socket and what TLS needs. Nothing is read into a buffer
//! of its own, responses live only until they are written, and what runs a command is on the heap
//! while it runs.

mod compression;
mod crowding;
mod feed;
mod handshake;
mod literals;
mod response_writer;
mod shared_stream;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use live::LoginLease;
use mail::SessionId;
use session::{Admission, ConnectionLimit, Goodbye, Hangup, Input, Next, Now, Out, Peer, Session};
use store::SessionReport;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tracing::{Instrument as _, Span, debug, field, info, info_span};
use wire::{Announced, Framer, FramerStep, Verdict};

pub(crate) use crowding::ComingUploads;
pub(crate) use handshake::handshake;
pub(crate) use literals::{Budget, CommandUploads, Upload};
pub(crate) use stream::Stream;

use crate::config::TimeoutsConfig;
use crate::connection_slots::{ConnectionSlot, limit_word};
use crate::drain::Drain;
use crate::environment;
use crate::listen::PROXY_HEADER;
use crate::memory::SharedMemory;
use crate::metrics::{Metrics, Stage};
use crate::panics::{PanicPlace, Panics};
use crate::proxied;
use crate::registry::{Presence, Registry};
use crate::telemetry;
use crate::trust::Trust;
use compression::Compression;
use feed::Intake;
use response_writer::ResponseWriter;
use shared_stream::SharedStream;

/// What all connections of a frontend share.
pub(crate) struct ConnectionContext {
    pub(crate) node: Arc<session::Node>,
    pub(crate) tls: TlsAcceptor,
    /// The same without a wish for clients' certificates: for agents, and for browsers, which would ask about them.
    pub(crate) tls_of_agents: TlsAcceptor,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) uploads: SharedMemory,
    pub(crate) coming_uploads: ComingUploads,
    pub(crate) timeouts: TimeoutsConfig,
    /// A command that takes longer has a line of its own in the log.
    pub(crate) slow_command: Option<Duration>,
    pub(crate) drain: Drain,
    pub(crate) registry: Arc<Registry>,
    pub(crate) panics: Arc<Panics>,
    pub(crate) trust: Arc<Trust>,
}

/// One client, from its first byte to its last.
pub(crate) struct Connection {
    context: Arc<ConnectionContext>,
    stream: Stream,
    compression: Compression,
    framer: Framer,
    intake: Intake,
    session: Session,
    slot: ConnectionSlot,
    /// Since login.
    presence: Option<Presence>,
    drain: Drain,
    /// Memory that is reserved for the messages of the command that is coming in.
    /// On the heap: it is rare.
    uploads: Option<Box<CommandUploads>>,
    stage: Stage,
    connected_at: Instant,
    /// When the client last sent something.
    heard_at: Instant,
    /// When something was last said to an idling client.
    said_at: Instant,
}

/// What a connection waited for.
enum Event {
    /// The client has sent something.
    Fed,
    /// It has sent a header of the PROXY protocol, and is no proxy.
    Header,
    /// The client is gone.
    Gone,
    /// There is something to say.
    News,
    /// A timer has run out.
    Late,
    /// An administrator wants the session to end.
    Ended,
    /// It is this connection's turn to leave a node that stops.
    Leave,
    /// What let this client in does so no longer.
    Overstayed,
    /// Others wait for the memory that this client's upload holds.
    Crowded,
}

impl Connection {
    /// On the heap: a future that is given a value has room for it twice.
    pub(crate) fn new(
        context: Arc<ConnectionContext>,
        stream: Stream,
        peer: Peer,
        slot: ConnectionSlot,
    ) -> Box<Self> {
        let mut session = Session::new(Arc::clone(&context.node), peer);
        if let Stream::Tls(_) = stream {
            session.secured(|| stream.tls_binding(), || stream.client_certificate());
        }
        let now = Instant::now();
        context.metrics.move_connection(None, Some(Stage::Arriving));
        Box::new(Self {
            framer: Framer::new(session.limits()),
            intake: Intake::default(),
            drain: context.drain.clone(),
            context,
            stream,
            compression: Compression::Plain,
            session,
            slot,
            presence: None,
            uploads: None,
            stage: Stage::Arriving,
            connected_at: now,
            heard_at: now,
            said_at: now,
        })
    }

    /// Until one side hangs up.
    pub(crate) async fn run(mut self: Box<Self>) {
        if let Err(Hangup) = self.converse().await {
            debug!("a client hung up or was too slow");
        }
        // On the heap: an idle connection has no room for it.
        Box::pin(self.session.end()).await;
        Box::pin(self.stream.close()).await;
    }

    async fn converse(&mut self) -> Result<(), Hangup> {
        let mut greeting = Vec::new();
        self.session.greet(&mut greeting);
        Box::pin(self.say(greeting)).await?;
        loop {
            let event = self.wait().await;
            let panics = Arc::clone(&self.context.panics);
            // On the heap: an idle connection has no room for it.
            let answered = Box::pin(panics.catch(PanicPlace::Session, self.answer(event)));
            match answered.await {
                Some(Ok(Next::Close)) => return Ok(()),
                Some(next) => _ = next?,
                // What it did is not known; a client that comes back finds what was committed.
                None => return Box::pin(self.leave(Goodbye::Panicked)).await,
            }
        }
    }

    async fn answer(&mut self, event: Event) -> Result<Next, Hangup> {
        let goodbye = match event {
            Event::Fed => match Box::pin(self.work_off()).await? {
                Next::Go | Next::Compress | Next::StartOver => return Ok(Next::Go),
                Next::StartTls => {
                    Box::pin(self.start_tls()).await?;
                    return Ok(Next::Go);
                }
                Next::Close => return Ok(Next::Close),
            },
            Event::News => return Box::pin(self.tell()).await,
            Event::Late if self.stage == Stage::Idling => {
                Box::pin(self.keep_alive()).await?;
                return Ok(Next::Go);
            }
            Event::Crowded if self.framer.upload().is_some() => {
                Box::pin(self.give_up_upload()).await?;
                return Ok(Next::Go);
            }
            // Its message has come, and the rest of its command does not.
            Event::Crowded => Goodbye::Timeout,
            Event::Late => Goodbye::Timeout,
            Event::Ended => Goodbye::Ended,
            Event::Leave => Goodbye::Shutdown,
            Event::Overstayed => Goodbye::LeaseEnded,
            Event::Header => {
                proxied::warn_of_stranger(self.session.peer().address);
                self.context.metrics.count_refused(PROXY_HEADER);
                return Ok(Next::Close);
            }
            Event::Gone => return Ok(Next::Close),
        };
        Box::pin(self.leave(goodbye)).await?;
        Ok(Next::Close)
    }

    /// The one place that waits for several things.
    async fn wait(&mut self) -> Event {
        let late_at = self.late_at();
        let Self {
            stream,
            compression,
            framer,
            intake,
            session,
            drain,
            presence,
            uploads,
            ..
        } = self;
        let event = tokio::select! {
            fed = feed::feed(stream, compression, framer, intake) => match fed {
                Ok(1..) if intake.is_header() => Event::Header,
                Ok(1..) => Event::Fed,
                Ok(0) | Err(_) => Event::Gone,
            },
            () = session.woken() => Event::News,
            () = sleep_until(late_at) => Event::Late,
            () = ended(presence.as_ref()) => Event::Ended,
            () = drain.turn() => Event::Leave,
            () = session.overstayed() => Event::Overstayed,
            () = crowded(uploads.as_deref()) => Event::Crowded,
        };
        if matches!(event, Event::Fed) {
            self.heard_at = Instant::now();
        }
        event
    }

    /// When a client that says nothing has said nothing for too long, or needs a sign of life.
    fn late_at(&self) -> Instant {
        let timeouts = &self.context.timeouts;
        match self.stage {
            Stage::Arriving => self.connected_at + timeouts.login,
            Stage::LoggedIn => {
                let upload = self.framer.upload();
                let upload_late_at =
                    upload.and_then(|progress| self.uploads.as_ref()?.late_at(progress));
                let late_at = self.heard_at + timeouts.autologout;
                upload_late_at.map_or(late_at, |upload| upload.min(late_at))
            }
            Stage::Idling => self.said_at + timeouts.keep_alive,
        }
    }

    /// Runs every command that has come in whole.
    async fn work_off(&mut self) -> Result<Next, Hangup> {
        loop {
            self.framer.set_limits(self.session.limits());
            let input = match self.framer.step(self.session.expects()) {
                FramerStep::Hungry => {
                    self.make_room().await?;
                    return Ok(Next::Go);
                }
                FramerStep::Frame(frame) => Input::Frame(frame),
                FramerStep::Line(line) => Input::Line(line),
                FramerStep::Refused(_) => Input::Refused,
                FramerStep::TooLong(tag) => Input::TooLong(tag),
                FramerStep::Literal(literal) => {
                    self.admit(&literal).await?;
                    continue;
                }
                FramerStep::Fatal(_) => {
                    self.leave(Goodbye::Unframeable).await?;
                    return Ok(Next::Close);
                }
            };
            match self.run_command(input).await? {
                Next::Go => {}
                Next::Compress => self.compression = Compression::deflate(),
                Next::StartOver => self.start_over()?,
                next @ (Next::StartTls | Next::Close) => return Ok(next),
            }
        }
    }

    async fn run_command(&mut self, input: Input) -> Result<Next, Hangup> {
        let started = Instant::now();
        let peer = self.session.peer();
        let span = info_span!(
            "imap.command",
            command = field::Empty,
            result = field::Empty,
            user.id = self.session.account().map(field::display),
            session.id = %peer.session,
            client.address = %peer.address.ip().to_canonical(),
            trace_id = field::Empty,
        );
        if let Some(trace_id) = telemetry::trace_id(&span) {
            span.record("trace_id", trace_id);
        }
        let now = Now {
            unix_seconds: environment::unix_seconds(),
        };
        if let Some(uploads) = &mut self.uploads {
            uploads.have_come();
        }
        let (stopped, mut replies, is_torn) = {
            let stream = SharedStream::new(&mut self.stream);
            let mut response_writer =
                ResponseWriter::new(&stream, &self.compression, &self.context.timeouts);
            let mut out = Out::new(Vec::new(), &mut response_writer);
            let lease = self.session.lease();
            let run = self.session.run(input, now, &mut out);
            let run = run.instrument(span.clone());
            let run = until_stopped(run, lease.as_ref(), self.presence.as_ref());
            // On the heap: an idle connection would else have room for it.
            let stopped = Box::pin(stream.while_client_is_there(run)).await;
            let replies = std::mem::take(&mut out.buffer);
            (stopped, replies, out.is_torn())
        };
        let report = match stopped? {
            // Whatever would be said next, the client could not tell it from the rest of what was begun.
            _ if is_torn => return Err(Hangup),
            Ok(report) => report,
            Err(why) => {
                self.leave(why).await?;
                return Ok(Next::Close);
            }
        };
        self.uploads = None;
        if let Some(verdict) = report.verdict {
            let took = started.elapsed();
            self.note(&span, report.command, verdict, took);
        }
        let mut next = report.next;
        if self.settle().is_err() {
            replies.clear();
            self.session.goodbye(Goodbye::TooMany, &mut replies);
            next = Next::Close;
        }
        self.say(replies).await?;
        Ok(next)
    }

    fn note(&self, span: &Span, command: &'static str, verdict: Verdict, took: Duration) {
        let result = match verdict {
            Verdict::Ok => "ok",
            Verdict::No => "no",
            Verdict::Bad => "bad",
        };
        span.record("command", command).record("result", result);
        debug!(parent: span, "answered a command");
        if self.context.slow_command.is_some_and(|bound| took >= bound) {
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let mailbox = self.session.mailbox().map(|mailbox| mailbox.0);
            info!(parent: span, took_ms, mailbox.id = mailbox, "a slow command");
        }
        self.context.metrics.count_command(command, result, took);
    }

    /// Takes note of how far the session has come. An error: this user has too many connections.
    fn settle(&mut self) -> Result<(), ConnectionLimit> {
        let stage = match self.session.account() {
            None => {
                self.slot.leave();
                self.presence = None;
                Stage::Arriving
            }
            Some(_) if self.session.is_listening() => Stage::Idling,
            Some(_) => Stage::LoggedIn,
        };
        let metrics = &self.context.metrics;
        if self.stage == Stage::Arriving
            && let Some(account) = self.session.account()
            && let Err(full) = self.slot.assign(account)
        {
            metrics.count_refused(limit_word(full));
            return Err(full);
        }
        metrics.move_connection(Some(self.stage), Some(stage));
        self.stage = stage;
        self.show();
        self.said_at = Instant::now();
        Ok(())
    }

    /// Keeps the session's line in the registry true.
    fn show(&mut self) {
        let (session, mailbox) = (&self.session, self.session.mailbox());
        if let Some(presence) = &mut self.presence {
            presence.show(mailbox, session.client());
        } else if let (Some(account), Some(user)) = (session.account(), session.user()) {
            self.presence = Some(self.context.registry.enter(SessionReport {
                session: session.peer().session,
                account,
                account_name: user.to_owned(),
                address: session.peer().address.ip().to_canonical().to_string(),
                client: session.client().map(str::to_owned),
                mailbox,
                since: environment::unix_seconds(),
            }));
        }
    }

    /// Lets an announced literal come or not, as the session decides.
    async fn admit(&mut self, literal: &Announced) -> Result<(), Hangup> {
        let reply = match self.session.admit(literal).await {
            Admission::Accept(reply) => {
                self.framer.accept();
                reply
            }
            Admission::Refuse(reply) => {
                self.framer.refuse();
                reply
            }
        };
        self.say(reply).await
    }

    /// Takes memory for what is read next of a message, or gives its command up: whoever waits here is not read from.
    async fn make_room(&mut self) -> Result<(), Hangup> {
        let (Some(progress), Some(user)) = (self.framer.upload(), self.session.account()) else {
            return Ok(());
        };
        let (memory, coming) = (&self.context.uploads, &self.context.coming_uploads);
        let uploads = self.uploads.get_or_insert_default();
        if uploads.make_room(progress, memory, coming, user).await {
            return Ok(());
        }
        self.give_up_upload().await
    }

    /// Gives up the command whose message is coming in, with the memory that it holds.
    async fn give_up_upload(&mut self) -> Result<(), Hangup> {
        self.uploads = None;
        match self.framer.give_up() {
            Some(given_up) => self.say(self.session.give_up_upload(&given_up)).await,
            None => Ok(()),
        }
    }

    async fn tell(&mut self) -> Result<Next, Hangup> {
        let (told, news, is_torn) = {
            let stream = SharedStream::new(&mut self.stream);
            let mut response_writer =
                ResponseWriter::new(&stream, &self.compression, &self.context.timeouts);
            let mut out = Out::new(Vec::new(), &mut response_writer);
            let lease = self.session.lease();
            // On the heap: an answer without news has no room for it.
            let told = Box::pin(self.session.tell(&mut out));
            let told = until_stopped(told, lease.as_ref(), self.presence.as_ref()).await;
            let news = std::mem::take(&mut out.buffer);
            (told, news, out.is_torn())
        };
        let next = match told {
            Ok(next) => next,
            Err(_) if is_torn => return Err(Hangup),
            Err(why) => {
                self.leave(why).await?;
                return Ok(Next::Close);
            }
        };
        self.said_at = Instant::now();
        self.say(news).await?;
        Ok(next)
    }

    async fn keep_alive(&mut self) -> Result<(), Hangup> {
        let mut sign = Vec::new();
        self.session.keep_alive(&mut sign);
        self.said_at = Instant::now();
        self.say(sign).await
    }

    async fn leave(&mut self, why: Goodbye) -> Result<(), Hangup> {
        let mut words = Vec::new();
        self.session.goodbye(why, &mut words);
        self.say(words).await
    }

    async fn start_tls(&mut self) -> Result<(), Hangup> {
        // What came before the handshake was not protected by it.
        self.framer.discard();
        let Some(socket) = self.stream.take_plain() else {
            return Err(Hangup);
        };
        let (tls, patience) = (&self.context.tls, self.context.timeouts.login);
        let metrics = &self.context.metrics;
        let shaken = handshake(tls, patience, socket, metrics).await;
        self.stream = shaken.ok_or(Hangup)?;
        let stream = &self.stream;
        self.session
            .secured(|| stream.tls_binding(), || stream.client_certificate());
        Ok(())
    }

    /// Nobody is logged in any more; whoever is next is another session. What was sent already, and not
    /// packed as what came before it, is lost.
    fn start_over(&mut self) -> Result<(), Hangup> {
        let bytes = environment::random_bytes().ok_or(Hangup)?;
        self.session.started_over(SessionId::from_random(bytes));
        self.compression = Compression::Plain;
        self.connected_at = Instant::now();
        Ok(())
    }

    async fn say(&mut self, words: Vec<u8>) -> Result<(), Hangup> {
        let stream = SharedStream::new(&mut self.stream);
        let mut response_writer =
            ResponseWriter::new(&stream, &self.compression, &self.context.timeouts);
        // A client that does not read shall not be told later what it may not be told then.
        tokio::select! {
            biased;
            written = response_writer.write(&words) => written,
            () = self.session.silenced() => Err(Hangup),
            () = ended(self.presence.as_ref()) => Err(Hangup),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.context.metrics.move_connection(Some(self.stage), None);
    }
}

/// Resolves when the session shall end; never for who is not logged in.
async fn ended(presence: Option<&Presence>) {
    match presence {
        Some(presence) => presence.ended().await,
        None => std::future::pending().await,
    }
}

/// Resolves when the upload of this client has to give way to others; never while there is none.
async fn crowded(uploads: Option<&CommandUploads>) {
    match uploads {
        // On the heap: an idle connection has no upload, and no room for it.
        Some(uploads) => Box::pin(uploads.give_way()).await,
        None => std::future::pending().await,
    }
}

/// Does `work`, unless the login or the session is ended before: then it is dropped, and this says why.
async fn until_stopped<T>(
    work: impl Future<Output = T>,
    lease: Option<&LoginLease>,
    presence: Option<&Presence>,
) -> Result<T, Goodbye> {
    let over = async {
        match lease {
            Some(lease) => lease.over().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = over => Err(Goodbye::LeaseEnded),
        () = ended(presence) => Err(Goodbye::Ended),
    }
}

#[cfg(test)]
mod tests;
