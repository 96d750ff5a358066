//! The conversation: what is expected next, who is logged in, what is selected.

use std::borrow::Cow;
use std::future::poll_fn;
use std::iter;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use acl::Deed;
use auth::Exchange;
use live::Stay;
use mail::limits::{
    BAD_COMMANDS_MAX, INLINE_LITERALS_BYTES_MAX, LINE_BEFORE_LOGIN_BYTES_MAX, LINE_BYTES_MAX,
};
use mail::{AccountId, FlagBits, MailboxId, SessionId};
use store::{Account, Origin, Store};
use tracing::warn;
use wire::{
    Announced, Body, Code, Command, Expect, Frame, Limits, LiteralMode, Malformed, Speech, Tag,
    Verdict, say,
};

use crate::capability::capabilities;
use crate::command::login::Entrance;
use crate::command::{self, Step};
use crate::commands::{self, Spec, State};
use crate::enabled::Enabled;
use crate::ending::{Ending, Refused, conclude};
use crate::names::Missing;
use crate::naming::Naming;
use crate::node::{Node, Now, Peer, Security};
use crate::notify::Notified;
use crate::out::Out;
use crate::selected::{Footing, Selected};
use crate::view::{Moment, Voice};

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    pub(crate) node: Arc<Node>,
    /// What is written through it is recorded as this session's doing.
    pub(crate) store: Store,
    pub(crate) peer: Peer,
    /// As the client calls itself.
    pub(crate) client: Option<String>,
    pub(crate) account: Option<Account>,
    /// Since the login, and for as long as what let in still does.
    pub(crate) stay: Option<Stay>,
    pub(crate) naming: Naming,
    pub(crate) selected: Option<Box<Selected>>,
    pub(crate) enabled: Enabled,
    pub(crate) notified: Notified,
    pub(crate) awaiting: Awaiting,
    pub(crate) is_compressed: bool,
    bad_commands: u32,
}

/// What the next input is.
#[derive(Debug)]
pub(crate) enum Awaiting {
    Command,
    /// The client's next answer of AUTHENTICATE.
    Sasl {
        tag: Tag,
        exchange: Box<Exchange>,
    },
    /// DONE.
    Idle {
        tag: Tag,
    },
}

/// What the connection hands in.
#[derive(Debug)]
pub enum Input {
    /// A whole command.
    Frame(Frame),
    /// A line that is no command, where [`Session::expects`] asked for one.
    Line(Vec<u8>),
    /// The rest of a command whose literal was refused was read and dropped.
    Refused,
    /// A line above the limit was read and dropped.
    TooLong(Option<Tag>),
}

/// Whether a literal may come.
#[derive(Debug)]
pub enum Admission {
    /// Let it come.
    Accept,
    /// Say this instead.
    Refuse(Vec<u8>),
}

/// What a command was, and how it ended.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// In capitals, or `unknown`.
    pub command: &'static str,
    /// `None` while the command still goes on, or when nobody is left to hear.
    pub verdict: Option<Verdict>,
    /// What the connection does next.
    pub next: Next,
}

/// What the connection does after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Goes on.
    Go,
    /// Writes what is waiting, drops what was pipelined, and shakes hands.
    StartTls,
    /// Writes what is waiting; from then on both sides compress.
    Compress,
    /// Writes what is waiting; from then on neither side compresses, and nobody is logged in.
    StartOver,
    /// Writes what is waiting and hangs up.
    Close,
}

/// Why the server ends a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// The node stops.
    Shutdown,
    /// Nothing was said for too long.
    Timeout,
    /// Too many connections, of all, of an address, or of a user.
    TooMany,
    /// What came could not be framed.
    Unframeable,
    /// An administrator ends this session.
    Ended,
    /// The password was changed, or the account disabled or deleted.
    StayOver,
}

/// The row of what could not be parsed far enough to have one.
static UNKNOWN: Spec = Spec {
    name: "unknown",
    from: commands::From::Any,
    pins_seqnums: false,
};

impl Session {
    /// Before anything was said.
    #[must_use]
    pub fn new(node: Arc<Node>, peer: Peer) -> Self {
        Self {
            store: node.store.clone(),
            node,
            peer,
            client: None,
            account: None,
            stay: None,
            naming: Naming::Own,
            selected: None,
            enabled: Enabled::default(),
            notified: Notified::AsEver,
            awaiting: Awaiting::Command,
            is_compressed: false,
            bad_commands: 0,
        }
    }

    /// The greeting, with what is offered.
    pub fn greet(&mut self, out: &mut Vec<u8>) {
        let names = self.capabilities();
        say::untagged(
            out,
            Verdict::Ok,
            Some(Code::Capability(&names)),
            "Postroom is ready",
        );
    }

    /// What the connection shall read next.
    #[must_use]
    pub fn expects(&self) -> Expect {
        match self.awaiting {
            Awaiting::Command => Expect::Command,
            Awaiting::Sasl { .. } | Awaiting::Idle { .. } => Expect::Line,
        }
    }

    /// How much of it may come.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let line_bytes_max = match self.account {
            None => LINE_BEFORE_LOGIN_BYTES_MAX,
            Some(_) => LINE_BYTES_MAX,
        };
        Limits {
            line_bytes_max,
            inline_literals_bytes_max: INLINE_LITERALS_BYTES_MAX,
            message_bytes_max: self.node.message_bytes_max,
        }
    }

    /// TLS was started.
    pub fn secured(&mut self) {
        self.peer.security = Security::Tls;
    }

    /// The next login is another session for whoever reads the record of activity.
    pub fn started_over(&mut self, session: SessionId) {
        self.peer.session = session;
    }

    /// Who is logged in.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account.as_ref().map(|account| account.id)
    }

    /// The login name of who is logged in.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.name.as_str())
    }

    /// Which mailbox is selected.
    #[must_use]
    pub fn mailbox(&self) -> Option<MailboxId> {
        self.selected.as_ref().map(|selected| selected.found.id)
    }

    /// How the client calls itself.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether IDLE is going on.
    #[must_use]
    pub fn is_idling(&self) -> bool {
        matches!(self.awaiting, Awaiting::Idle { .. })
    }

    /// Whether the client listens without asking: it idles, or uses NOTIFY. Such a client may be silent
    /// for as long as it likes.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.is_idling() || self.notified.is_set()
    }

    /// Whether a literal may come, decided before its first byte does.
    pub async fn admit(&mut self, literal: &Announced) -> Admission {
        let Err(refusal) = self.would_take(literal).await else {
            return Admission::Accept;
        };
        let mut reply = Vec::new();
        match &literal.tag {
            Some(tag) => {
                conclude(&mut reply, tag, &literal.name, Err(refusal));
            }
            None => say::untagged(
                &mut reply,
                Verdict::Bad,
                None,
                "A command begins with a tag",
            ),
        }
        Admission::Refuse(reply)
    }

    async fn would_take(&self, literal: &Announced) -> Result<(), Ending> {
        let Some(spec) = commands::find(&literal.name) else {
            return Err(Ending::Malformed("There is no such command".into()));
        };
        if !spec.from.allows(self.state()) {
            return Err(wrong_state(self.state()));
        }
        if literal.too_big {
            return Err(match spec.name {
                "SETMETADATA" => Refused::ValueTooLarge.into(),
                _ => Refused::TooBig.into(),
            });
        }
        // A client that waits for leave to send a message is told before it does.
        if let (LiteralMode::Synchronising, Some(mailbox)) =
            (literal.mode, literal.mailbox(self.enabled.mode()))
        {
            let deed = Deed::Insert(FlagBits::NONE);
            let (_, permit) = Box::pin(self.permit(&mailbox, deed, Missing::Target)).await?;
            // What REPLACE takes away is not known here.
            let is_more = spec.name == "APPEND";
            if is_more
                && !self
                    .store
                    .has_room(permit.mailbox(), literal.length)
                    .await?
            {
                return Err(Refused::OverQuota.into());
            }
        }
        Ok(())
    }

    /// Does what is asked, and says how it went.
    pub async fn run(&mut self, input: Input, now: Now, out: &mut Out<'_>) -> Report {
        if self.stay.as_ref().is_some_and(Stay::is_over) {
            self.goodbye(Goodbye::StayOver, &mut out.buffer);
            return Report {
                next: Next::Close,
                ..Report::going_on("unknown")
            };
        }
        let report = match input {
            Input::Frame(frame) => self.run_frame(frame, now, out).await,
            Input::Line(line) => Box::pin(self.run_line(&line, out)).await,
            Input::Refused => Report::going_on("unknown"),
            Input::TooLong(tag) => {
                say_bad(&mut out.buffer, tag.as_ref(), "The line is too long");
                Report::ended(&UNKNOWN, Some(Verdict::Bad))
            }
        };
        self.count_bad(report, out)
    }

    /// Resolves when what let this session in does so no longer. May be dropped at any time.
    pub async fn overstayed(&self) {
        match &self.stay {
            Some(stay) => stay.over().await,
            None => std::future::pending().await,
        }
    }

    /// Resolves when something may have to be said although nobody asked. May be dropped at any time.
    pub async fn woken(&self) {
        let mut selected = pin!(async {
            match &self.selected {
                Some(selected) if self.is_listening() => selected.changed().await,
                Some(_) | None => std::future::pending().await,
            }
        });
        let mut others = pin!(self.notified.rung());
        poll_fn(|cx| {
            let is_any =
                selected.as_mut().poll(cx).is_ready() || others.as_mut().poll(cx).is_ready();
            if is_any {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Says what is new; to be called when [`woken`](Self::woken) has resolved.
    pub async fn tell(&mut self, out: &mut Out<'_>) -> Next {
        let told = match self.catch_up().await {
            Ok(Footing::Holds) => {
                self.tell_unasked(out).await;
                self.tell_others(out).await
            }
            Ok(Footing::Lost) => return self.lose_selected(out),
            Err(fault) => Err(fault.into()),
        };
        match told {
            Ok(()) => Next::Go,
            // Whether this user may still hear the news is not known, so the session ends.
            Err(ending) => {
                warn!(cause = ?ending, "could not read the rights of a session that listens");
                say::bye(&mut out.buffer, Some(Code::Unavailable), "Please reconnect");
                Next::Close
            }
        }
    }

    /// A sign of life for whatever sits between an idling client and us.
    pub fn keep_alive(&mut self, out: &mut Vec<u8>) {
        say::untagged(out, Verdict::Ok, None, "Still here");
    }

    /// The last words.
    pub fn goodbye(&mut self, why: Goodbye, out: &mut Vec<u8>) {
        let text = match why {
            Goodbye::Shutdown => "This frontend is being stopped; please reconnect",
            Goodbye::Timeout => "Nothing was said for too long",
            Goodbye::TooMany => "Too many connections",
            Goodbye::Unframeable => "What you sent cannot be read",
            Goodbye::Ended => "An administrator has ended this session",
            Goodbye::StayOver => "This login is no longer valid; please log in again",
        };
        say::bye(out, None, text);
    }

    pub(crate) fn state(&self) -> State {
        match (&self.account, &self.selected) {
            (None, _) => State::NotAuthenticated,
            (Some(_), None) => State::Authenticated,
            (Some(_), Some(_)) => State::Selected,
        }
    }

    /// This account is logged in, and what is written from now on is its doing.
    pub(crate) fn begin(&mut self, entrance: Entrance, stay: Stay) {
        let Entrance {
            account,
            actor,
            naming,
        } = entrance;
        let logins = iter::once(&account).chain(&actor).map(Account::login);
        self.store = self.node.store.from_origin(Origin {
            session: self.peer.session,
            account: account.id,
            account_name: account.name.clone(),
            logins: logins.collect(),
            login_name: actor.map(|actor| actor.name),
            node: self.node.name.clone(),
            address: Some(self.peer.address.ip().to_canonical()),
            client: self.client.clone(),
        });
        self.store.note_login();
        self.account = Some(account);
        self.naming = naming;
        self.stay = Some(stay);
    }

    /// As if nobody had ever logged in on this connection.
    pub(crate) fn end_login(&mut self) {
        *self = Self {
            client: self.client.take(),
            bad_commands: self.bad_commands,
            ..Self::new(Arc::clone(&self.node), self.peer)
        };
    }

    pub(crate) fn capabilities(&self) -> Vec<Cow<'static, str>> {
        let message_bytes_max = self.node.message_bytes_max;
        capabilities(
            self.state(),
            self.peer.security,
            self.node.reuse,
            message_bytes_max,
            self.node.message_limit,
        )
    }

    pub(crate) fn voice(&self) -> Voice {
        let voice = self.enabled.voice();
        if self.notified.has_flags() {
            Voice {
                label: voice.label.with_uid(),
                ..voice
            }
        } else {
            voice
        }
    }

    /// How names are written to this client.
    pub(crate) fn speech(&self) -> Speech {
        self.enabled.speech()
    }

    pub(crate) fn logged_in(&self) -> Result<&Account, Ending> {
        self.account
            .as_ref()
            .ok_or_else(|| wrong_state(State::NotAuthenticated))
    }

    pub(crate) fn selected(&mut self) -> Result<&mut Selected, Ending> {
        self.selected
            .as_deref_mut()
            .ok_or_else(|| wrong_state(State::Authenticated))
    }

    async fn run_frame(&mut self, frame: Frame, now: Now, out: &mut Out<'_>) -> Report {
        let command = match wire::parse(frame, self.enabled.mode()) {
            Ok(command) => command,
            Err(malformed) => return self.tell_malformed(malformed, &mut out.buffer),
        };
        let name = commands::name_of(&command.body);
        let spec = commands::find(name).unwrap_or(&UNKNOWN);
        if !spec.from.allows(self.state()) {
            let outcome = Err(wrong_state(self.state()));
            return Report::ended(spec, conclude(&mut out.buffer, &command.tag, name, outcome));
        }
        self.run_command(spec, command, now, out).await
    }

    /// Catches up, does it, tells what happened meanwhile, and concludes.
    async fn run_command(
        &mut self,
        spec: &'static Spec,
        command: Command,
        now: Now,
        out: &mut Out<'_>,
    ) -> Report {
        let Command { tag, body } = command;
        let moment = if spec.pins_seqnums {
            Moment::Pinned
        } else {
            Moment::Safe
        };
        match self.catch_up().await {
            Ok(Footing::Holds) => {}
            Ok(Footing::Lost) => {
                if self.lose_selected(out) == Next::Close {
                    return Report {
                        command: spec.name,
                        verdict: None,
                        next: Next::Close,
                    };
                }
                if !spec.from.allows(self.state()) {
                    let outcome = Err(wrong_state(self.state()));
                    return Report::ended(
                        spec,
                        conclude(&mut out.buffer, &tag, spec.name, outcome),
                    );
                }
            }
            Err(fault) => {
                let outcome = Err(fault.into());
                return Report::ended(spec, conclude(&mut out.buffer, &tag, spec.name, outcome));
            }
        }
        let outcome = match self.carry_out(&tag, body, now, out).await {
            Ok(Step::Done(done)) => Ok(done),
            Ok(Step::Later) => return Report::going_on(spec.name),
            Ok(Step::Last(done, next)) => {
                let verdict = conclude(&mut out.buffer, &tag, spec.name, Ok(done));
                return Report {
                    command: spec.name,
                    verdict,
                    next,
                };
            }
            Err(ending) => Err(ending),
        };
        self.learn();
        self.tell_news(moment, out).await;
        Report::ended(spec, conclude(&mut out.buffer, &tag, spec.name, outcome))
    }

    /// Does it, and once more when meanwhile other flags became private: that is nobody's mistake.
    async fn carry_out(
        &mut self,
        tag: &Tag,
        body: Body,
        now: Now,
        out: &mut Out<'_>,
    ) -> Result<Step, Ending> {
        let again = commands::depends_on_policy(&body).then(|| body.clone());
        let outcome = command::run(self, tag, body, now, out).await;
        match (outcome, again) {
            (Err(Ending::Refused(Refused::Changed)), Some(body)) => {
                match self.renew_selected().await? {
                    Footing::Holds => Box::pin(command::run(self, tag, body, now, out)).await,
                    Footing::Lost => Err(Refused::NoPermission.into()),
                }
            }
            (outcome, _) => outcome,
        }
    }

    async fn run_line(&mut self, line: &[u8], out: &mut Out<'_>) -> Report {
        match std::mem::replace(&mut self.awaiting, Awaiting::Command) {
            Awaiting::Command => Report::going_on("unknown"),
            Awaiting::Sasl { tag, exchange } => {
                command::authenticate::go_on(self, tag, *exchange, line, out).await
            }
            Awaiting::Idle { tag } => {
                let outcome = command::idle::done(line);
                self.learn();
                self.tell_unasked(out).await;
                let verdict = conclude(&mut out.buffer, &tag, "IDLE", outcome);
                Report {
                    command: "IDLE",
                    verdict,
                    next: Next::Go,
                }
            }
        }
    }

    fn tell_malformed(&mut self, malformed: Malformed, out: &mut Vec<u8>) -> Report {
        let verdict = match malformed {
            Malformed::UidRequired { tag, name } => {
                let text = format!("{name}: only UIDs name messages after UIDONLY");
                say::tagged(out, &tag, Verdict::Bad, Some(Code::UidRequired), &text);
                Some(Verdict::Bad)
            }
            Malformed::Charset {
                tag,
                name,
                has_filter: true,
                ..
            } => {
                let text = format!("{name}: filters are in UTF-8");
                say::tagged(out, &tag, Verdict::Bad, Some(Code::BadCharset), &text);
                Some(Verdict::Bad)
            }
            Malformed::Charset {
                tag, name, returns, ..
            } => {
                self.save(returns, &Err(Refused::BadCharset.into()));
                conclude(out, &tag, name, Err(Refused::BadCharset.into()))
            }
            Malformed::Grammar { tag, text } => {
                say_bad(out, tag.as_ref(), &text);
                Some(Verdict::Bad)
            }
        };
        Report::ended(&UNKNOWN, verdict)
    }

    fn count_bad(&mut self, report: Report, out: &mut Out<'_>) -> Report {
        match report.verdict {
            Some(Verdict::Bad) => self.bad_commands += 1,
            Some(Verdict::Ok) => self.bad_commands = 0,
            Some(Verdict::No) | None => {}
        }
        if self.bad_commands < BAD_COMMANDS_MAX {
            return report;
        }
        say::bye(
            &mut out.buffer,
            None,
            "Too many commands that make no sense",
        );
        Report {
            next: Next::Close,
            ..report
        }
    }
}

impl Report {
    pub(crate) fn going_on(command: &'static str) -> Self {
        Self {
            command,
            verdict: None,
            next: Next::Go,
        }
    }

    fn ended(spec: &'static Spec, verdict: Option<Verdict>) -> Self {
        // Without a verdict there is nobody left to hear one.
        let next = if verdict.is_some() {
            Next::Go
        } else {
            Next::Close
        };
        Self {
            command: spec.name,
            verdict,
            next,
        }
    }

    pub(crate) fn concluded(command: &'static str, verdict: Option<Verdict>) -> Self {
        Self {
            command,
            verdict,
            next: if verdict.is_some() {
                Next::Go
            } else {
                Next::Close
            },
        }
    }
}

fn wrong_state(state: State) -> Ending {
    Ending::malformed(match state {
        State::NotAuthenticated => "Log in first",
        State::Authenticated => "Select a mailbox first",
        State::Selected => "Not in this state",
    })
}

fn say_bad(out: &mut Vec<u8>, tag: Option<&Tag>, text: &str) {
    match tag {
        Some(tag) => say::tagged(out, tag, Verdict::Bad, None, text),
        None => say::untagged(out, Verdict::Bad, None, text),
    }
}
