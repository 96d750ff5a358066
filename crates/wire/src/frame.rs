//! Bytes to frames: where a command ends, and where its literals are.
//!
//! Nothing here knows what a command means, with one exception: the messages of APPEND are kept
//! beside the command's buffer, so that they are never copied again.
//!
//! A literal is announced before its bytes are read. Whoever drives the framer accepts or refuses
//! it; a refused one that is already on its way is read and dropped, since its bytes must never be
//! taken for commands.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use mail::limits::{DETACH_BYTES_MIN, LITERALS_PER_COMMAND_MAX, SWALLOW_BYTES_MAX};

use crate::announcement::{Announcement, FrameFault, LiteralMode};
use crate::command::{MailboxArg, Tag};
use crate::head::Head;
use crate::lex::Cursor;
use crate::mode::Mode;

/// What one command may take. The server sets them anew when the state changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The lines of one command together, without literals.
    pub line_bytes_max: usize,
    /// The literals of one command together that stay in its buffer.
    pub inline_literals_bytes_max: usize,
    /// The messages of one command together, hence also each.
    pub message_bytes_max: usize,
}

/// What the conversation is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A command, with its literals.
    Command,
    /// A line without literals: SASL data, or the DONE of IDLE.
    Line,
}

/// What the bytes so far amount to.
#[derive(Debug, PartialEq)]
pub enum FramerStep {
    /// Nothing yet: feed more.
    Hungry,
    /// The expected line, without its CRLF.
    Line(Vec<u8>),
    /// A whole command.
    Frame(Frame),
    /// A literal comes: [`accept`](Framer::accept) or [`refuse`](Framer::refuse) it. Told again
    /// until then.
    Literal(Announced),
    /// A refused command is through, and its literals with it.
    Refused(Option<Tag>),
    /// A line beyond its limit is through, dropped. The next command begins cleanly.
    TooLong(Option<Tag>),
    /// It can no longer be said where the next command begins: BYE, and close. Returned by every later step, too.
    Fatal(FrameFault),
}

/// A literal of which no byte was read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The tag of the command that the literal belongs to.
    pub tag: Option<Tag>,
    /// The name of the command in capitals, with the word after UID; known or not.
    pub name: String,
    /// The length in bytes.
    pub length: u64,
    /// Whether the client waits.
    pub mode: LiteralMode,
    /// A message of APPEND, beside the command's buffer.
    pub detached: bool,
    /// The literal is beyond its limit. When it is accepted nevertheless, it is read and dropped.
    pub too_big: bool,
    mailbox: Option<Vec<u8>>,
}

/// How far the messages of one command have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadProgress {
    /// Of all its messages.
    pub came_bytes: usize,
    /// Of the one that is coming.
    pub left_bytes: usize,
}

/// A command that was given up while a message of it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// Its tag.
    pub tag: Option<Tag>,
    /// Its name in capitals.
    pub name: String,
}

/// One command: its lines and small literals in a row, messages beside them.
#[derive(Clone, Default, PartialEq)]
pub struct Frame {
    /// The lines, each with CRLF, and the literals between them that are not detached.
    pub(crate) bytes: Vec<u8>,
    /// Literals that are elsewhere, and where in `bytes` each would begin.
    pub(crate) detached: Vec<(usize, Bytes)>,
}

/// Cuts one connection's bytes into frames. Holds no buffer while it is idle.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    input: BytesMut,
    /// So many bytes of the input hold no end of line.
    scanned: usize,
    partial: Partial,
    state: State,
}

/// A command that is not whole yet.
#[derive(Debug, Default)]
struct Partial {
    frame: Frame,
    line_bytes: usize,
    literals: usize,
    inline_bytes: usize,
    message_bytes: usize,
}

#[derive(Debug)]
enum State {
    Line,
    Announced(Literal),
    /// `message` is there for a literal that is detached.
    Literal {
        left: usize,
        message: Option<Vec<u8>>,
    },
    /// Reads and drops until the command is through; `left` bytes of a literal first.
    Dropping {
        left: u64,
        dropped: u64,
        tag: Option<Tag>,
        cause: Cause,
    },
    Dead(FrameFault),
}

#[derive(Clone, Copy, Debug)]
enum Cause {
    Refused,
    TooLong,
    /// The line itself was handed out.
    AnsweredAlready,
}

/// An announcement, and what the limits say to it.
#[derive(Clone, Copy, Debug)]
struct Literal {
    announcement: Announcement,
    detached: bool,
    /// `None`: too big.
    room: Option<usize>,
}

impl Framer {
    /// For a connection on which nothing was read yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            input: BytesMut::new(),
            scanned: 0,
            partial: Partial::default(),
            state: State::Line,
        }
    }

    /// From the next line or literal on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// More bytes. Feed only when [`step`](Self::step) was hungry: what is fed is kept.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.input.is_empty() {
            // A message's bytes go where they will stay.
            self.collect_literal(&mut bytes);
        }
        self.input.extend_from_slice(bytes);
    }

    /// The next thing that the bytes so far amount to.
    pub fn step(&mut self, expect: Expect) -> FramerStep {
        let step = self.advance(expect);
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        step
    }

    /// Lets the announced literal in.
    pub fn accept(&mut self) {
        let State::Announced(literal) = &self.state else {
            return;
        };
        let announcement = literal.announcement;
        let Some(left) = literal.room else {
            self.drop_command(announcement.length, Cause::Refused);
            return;
        };
        if literal.detached {
            self.partial.message_bytes += left;
        } else {
            self.partial.inline_bytes += left;
        }
        self.state = State::Literal {
            left,
            message: literal.detached.then(Vec::new),
        };
    }

    /// Gives the announced literal up, and its command with it.
    ///
    /// The client that waits for a continuation was answered and begins anew. One that does not
    /// wait has its literal dropped, which [`FramerStep::Refused`] ends.
    pub fn refuse(&mut self) {
        let State::Announced(literal) = &self.state else {
            return;
        };
        match literal.announcement.mode {
            LiteralMode::Synchronising => {
                self.partial = Partial::default();
                self.state = State::Line;
            }
            LiteralMode::NonSynchronising => {
                self.drop_command(literal.announcement.length, Cause::Refused);
            }
        }
    }

    /// What is in memory, or is about to be, of the messages of a command: what came, and what is still to come of
    /// the one that is coming. `None` while none is.
    #[must_use]
    pub fn upload(&self) -> Option<UploadProgress> {
        let State::Literal {
            left,
            message: Some(message),
        } = &self.state
        else {
            return None;
        };
        let detached = &self.partial.frame.detached;
        let whole: usize = detached.iter().map(|(_, message)| message.len()).sum();
        Some(UploadProgress {
            came_bytes: whole + message.len(),
            left_bytes: *left,
        })
    }

    /// Gives up the message that is coming, and its command with it. What came is forgotten at once, and the rest
    /// is read and dropped, which [`FramerStep::Refused`] ends.
    pub fn give_up(&mut self) -> Option<GivenUp> {
        let left = self.upload()?.left_bytes;
        let Head { tag, name, .. } = Head::read(&self.partial.frame.bytes);
        self.drop_command(left as u64, Cause::Refused);
        Some(GivenUp { tag, name })
    }

    /// Whether nothing was begun: no byte waits to be understood.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.input.is_empty() && self.partial.is_empty() && matches!(self.state, State::Line)
    }

    /// Forgets everything that was fed. After STARTTLS, what came before the handshake must not
    /// be taken for what came through it.
    pub fn discard(&mut self) {
        *self = Self::new(self.limits);
    }

    fn advance(&mut self, expect: Expect) -> FramerStep {
        loop {
            let step = match &self.state {
                State::Line => self.read_line(expect),
                State::Announced(literal) => {
                    Some(FramerStep::Literal(self.partial.announce(literal)))
                }
                State::Literal { .. } => self.read_literal(),
                State::Dropping { .. } => self.drop_input(),
                State::Dead(fault) => Some(FramerStep::Fatal(*fault)),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn read_line(&mut self, expect: Expect) -> Option<FramerStep> {
        let Some(line) = self.take_line() else {
            if self.partial.line_bytes + self.input.len() > self.limits.line_bytes_max {
                self.drop_line(None, expect);
                return None;
            }
            return Some(FramerStep::Hungry);
        };
        if self.partial.line_bytes + line.len() > self.limits.line_bytes_max {
            self.drop_line(Some(line), expect);
            return None;
        }
        let content = without_line_end(&line);
        if expect == Expect::Line && self.partial.is_empty() {
            let step = FramerStep::Line(content.to_vec());
            // The octets of a literal that does not wait belong to this line, and are no commands.
            if let Ok(Some(Announcement {
                length,
                mode: LiteralMode::NonSynchronising,
            })) = Announcement::at_end_of(content)
            {
                self.drop_command(length, Cause::AnsweredAlready);
            }
            return Some(step);
        }
        self.partial.line_bytes += line.len();
        self.partial.frame.bytes.extend_from_slice(content);
        // A bare LF is accepted and forgotten: people type commands by hand.
        self.partial.frame.bytes.extend_from_slice(b"\r\n");
        match Announcement::at_end_of(content) {
            Ok(None) => {
                let partial = std::mem::take(&mut self.partial);
                Some(FramerStep::Frame(partial.frame))
            }
            Ok(Some(announcement)) => self.expect_literal(announcement),
            Err(fault) => self.die(fault),
        }
    }

    fn expect_literal(&mut self, announcement: Announcement) -> Option<FramerStep> {
        self.partial.literals += 1;
        if self.partial.literals > LITERALS_PER_COMMAND_MAX {
            return self.die(FrameFault::TooManyLiterals);
        }
        let literal = self.partial.measure(announcement, &self.limits);
        let is_on_its_way = announcement.mode == LiteralMode::NonSynchronising;
        if literal.room.is_none() && is_on_its_way && announcement.length > SWALLOW_BYTES_MAX {
            return self.die(FrameFault::TooMuchRefused);
        }
        self.state = State::Announced(literal);
        None
    }

    fn read_literal(&mut self) -> Option<FramerStep> {
        let mut input = std::mem::take(&mut self.input);
        let mut bytes = &*input;
        self.collect_literal(&mut bytes);
        let taken = input.len() - bytes.len();
        input.advance(taken);
        self.input = input;
        matches!(self.state, State::Literal { .. }).then_some(FramerStep::Hungry)
    }

    /// Moves what belongs to the literal from the front of `bytes` to where it will stay.
    fn collect_literal(&mut self, bytes: &mut &[u8]) {
        let State::Literal { left, message } = &mut self.state else {
            return;
        };
        let (taken, rest) = bytes.split_at((*left).min(bytes.len()));
        *bytes = rest;
        let buffer = message.as_mut().unwrap_or(&mut self.partial.frame.bytes);
        grow(buffer, taken.len(), *left);
        buffer.extend_from_slice(taken);
        *left -= taken.len();
        if *left > 0 {
            return;
        }
        if let Some(message) = message.take() {
            let at = self.partial.frame.bytes.len();
            self.partial.frame.detached.push((at, Bytes::from(message)));
        }
        self.state = State::Line;
    }

    /// Drops the command because of a line; `line` is there when its end was seen.
    fn drop_line(&mut self, line: Option<BytesMut>, expect: Expect) {
        if let Some(mut line) = line {
            // Put back, to be looked at again as a line to be dropped.
            line.unsplit(std::mem::take(&mut self.input));
            self.input = line;
            self.scanned = 0;
        }
        if expect == Expect::Command && self.partial.is_empty() {
            self.partial.frame.bytes.extend_from_slice(&self.input);
        }
        self.drop_command(0, Cause::TooLong);
    }

    fn drop_command(&mut self, left: u64, cause: Cause) {
        let partial = std::mem::take(&mut self.partial);
        let tag = Head::read(&partial.frame.bytes).tag;
        self.state = State::Dropping {
            left,
            dropped: 0,
            tag,
            cause,
        };
    }

    fn drop_input(&mut self) -> Option<FramerStep> {
        /// The end of a line that still matters when the rest of it was dropped.
        const ANNOUNCEMENT_BYTES_MAX: usize = 32;

        let State::Dropping { left, dropped, .. } = &mut self.state else {
            return None;
        };
        if *dropped > SWALLOW_BYTES_MAX {
            return self.die(FrameFault::TooMuchRefused);
        }
        if *left > 0 {
            let taken = usize::try_from(*left)
                .unwrap_or(usize::MAX)
                .min(self.input.len());
            self.input.advance(taken);
            *left -= taken as u64;
            *dropped += taken as u64;
            return (*left > 0).then_some(FramerStep::Hungry);
        }
        let Some(end) = memchr::memchr(b'\n', &self.input) else {
            let taken = self.input.len().saturating_sub(ANNOUNCEMENT_BYTES_MAX);
            self.input.advance(taken);
            *dropped += taken as u64;
            return Some(FramerStep::Hungry);
        };
        let line = self.input.split_to(end + 1);
        *dropped += line.len() as u64;
        match Announcement::at_end_of(without_line_end(&line)) {
            Ok(Some(Announcement {
                length,
                mode: LiteralMode::NonSynchronising,
            })) => {
                *left = length;
                None
            }
            // Whoever waits for a continuation gets the refusal instead.
            Ok(
                None
                | Some(Announcement {
                    mode: LiteralMode::Synchronising,
                    ..
                }),
            ) => self.end_drop(),
            Err(fault) => self.die(fault),
        }
    }

    fn end_drop(&mut self) -> Option<FramerStep> {
        self.scanned = 0;
        match std::mem::replace(&mut self.state, State::Line) {
            State::Dropping {
                tag,
                cause: Cause::Refused,
                ..
            } => Some(FramerStep::Refused(tag)),
            State::Dropping {
                tag,
                cause: Cause::TooLong,
                ..
            } => Some(FramerStep::TooLong(tag)),
            State::Dropping {
                cause: Cause::AnsweredAlready,
                ..
            } => None,
            State::Line | State::Announced(_) | State::Literal { .. } | State::Dead(_) => None,
        }
    }

    /// Nothing that comes after can be trusted to begin a command.
    fn die(&mut self, fault: FrameFault) -> Option<FramerStep> {
        self.input = BytesMut::new();
        self.partial = Partial::default();
        self.state = State::Dead(fault);
        Some(FramerStep::Fatal(fault))
    }

    /// The next line with its end.
    fn take_line(&mut self) -> Option<BytesMut> {
        let unseen = self.input.get(self.scanned..).unwrap_or_default();
        let Some(found) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.input.len();
            return None;
        };
        let end = self.scanned + found + 1;
        self.scanned = 0;
        Some(self.input.split_to(end))
    }
}

impl Partial {
    fn is_empty(&self) -> bool {
        self.line_bytes == 0
    }

    fn measure(&self, announcement: Announcement, limits: &Limits) -> Literal {
        let length = usize::try_from(announcement.length).unwrap_or(usize::MAX);
        let fits = |taken: usize, max: usize| length <= max.saturating_sub(taken);
        let fits_inline = fits(self.inline_bytes, limits.inline_literals_bytes_max);
        let is_message = self.append_mailbox().is_some();
        let detached = is_message && (length > DETACH_BYTES_MIN || !fits_inline);
        let has_room = if detached {
            fits(self.message_bytes, limits.message_bytes_max)
        } else {
            fits_inline
        };
        Literal {
            announcement,
            detached,
            room: has_room.then_some(length),
        }
    }

    fn announce(&self, literal: &Literal) -> Announced {
        let head = Head::read(&self.frame.bytes);
        Announced {
            tag: head.tag,
            name: head.name,
            length: literal.announcement.length,
            mode: literal.announcement.mode,
            detached: literal.detached,
            too_big: literal.room.is_none(),
            mailbox: self.append_mailbox(),
        }
    }

    /// What an APPEND or REPLACE names, once the name is whole: the literals after it are messages.
    fn append_mailbox(&self) -> Option<Vec<u8>> {
        let head = Head::read(&self.frame.bytes);
        // Whether quoted UTF-8 was allowed is decided when the whole command is parsed.
        let mut cursor = Cursor::new(
            &self.frame.bytes,
            Vec::new(),
            head.end,
            Mode {
                utf8: true,
                ..Mode::default()
            },
        );
        cursor.space().ok()?;
        match head.name.as_str() {
            "APPEND" => {}
            "REPLACE" | "UID REPLACE" => {
                cursor.set_of_one().ok()?;
                cursor.space().ok()?;
            }
            _ => return None,
        }
        let mailbox = cursor.astring().ok()?.into_owned();
        cursor.space().ok()?;
        Some(mailbox)
    }
}

impl Announced {
    /// The mailbox into which the messages of an APPEND or REPLACE shall go, so that the answer can come before the
    /// bytes.
    /// `None` for other commands, and for a name that cannot be read.
    #[must_use]
    pub fn mailbox(&self, mode: Mode) -> Option<MailboxArg> {
        crate::lex::mailbox_arg(self.mailbox.as_deref()?, mode).ok()
    }
}

/// A whole command in one piece, literals and CRLF included.
impl From<Vec<u8>> for Frame {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            detached: Vec::new(),
        }
    }
}

/// Sizes only: a frame may hold a password.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("bytes", &self.bytes.len())
            .field("detached", &self.detached.len())
            .finish()
    }
}

/// Makes room for `more` bytes of the `left` that are still to come: by doubling, and in the end
/// exactly. What was only announced takes no memory.
fn grow(buffer: &mut Vec<u8>, more: usize, left: usize) {
    if buffer.capacity() - buffer.len() < more {
        buffer.reserve_exact(more.max(buffer.len()).min(left));
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
