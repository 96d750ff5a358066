//! A cursor over one frame: the tokens that all grammars share (RFC 3501, 9).

use std::borrow::Cow;
use std::fmt;
use std::iter::Peekable;
use std::vec::IntoIter;

use bytes::Bytes;
use mail::limits::SET_PARTS_MAX;
use mail::{BadEntryName, BadFlag, Flag, ModSeq};

use crate::chars::{is_astring_char, is_atom_char, parse_u63};
use crate::command::{MailboxArg, MessageSet, NumberEnd, NumberRange, NumberSet, SearchReturn};
use crate::mode::Mode;
use crate::utf7::mutf7_decode;

/// Why a frame is not a command. The client reads it after the command's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// What should have stood where the cursor stopped.
    Expected(&'static str),
    /// What is understood and nevertheless wrong.
    Wrong(&'static str),
    /// More of something than there may be.
    TooMany(&'static str, usize),
    /// A word that cannot be stored as a flag.
    Flag(BadFlag),
    /// A name that no annotation can have.
    Entry(BadEntryName),
    /// A sequence number after UIDONLY.
    UidRequired,
    /// A charset that is neither US-ASCII nor UTF-8.
    Charset {
        returns: Option<SearchReturn>,
        has_filter: bool,
    },
}

/// What a grammar makes of the cursor.
pub(crate) type Lexed<T> = Result<T, Bad>;

/// Reads a frame from left to right. A failed read leaves it anywhere: grammars do not backtrack.
pub(crate) struct Cursor<'f> {
    bytes: &'f [u8],
    at: usize,
    detached: Peekable<IntoIter<(usize, Bytes)>>,
    mode: Mode,
    has_utf8_quoted: bool,
}

impl<'f> Cursor<'f> {
    /// At `start`, which is where the command's name ends. `detached` are the literals that are
    /// elsewhere, and where in `bytes` each would begin.
    pub(crate) fn new(
        bytes: &'f [u8],
        detached: Vec<(usize, Bytes)>,
        start: usize,
        mode: Mode,
    ) -> Self {
        Self {
            bytes,
            at: start,
            detached: detached.into_iter().peekable(),
            mode,
            has_utf8_quoted: mode.utf8,
        }
    }

    /// From here on quoted strings may hold UTF-8: the command said so itself.
    pub(crate) fn allow_utf8_quoted(&mut self) {
        self.has_utf8_quoted = true;
    }

    /// How the session has agreed to speak.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// The byte under the cursor. Never past the end in a frame, which ends with CRLF.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over `byte` if it is there.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Steps over `text`, in any case, if it is there.
    pub(crate) fn eat_text(&mut self, text: &str) -> bool {
        let is_there = self
            .rest()
            .get(..text.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(text.as_bytes()));
        self.at += if is_there { text.len() } else { 0 };
        is_there
    }

    /// Steps over `byte`, which the grammar demands.
    pub(crate) fn expect(&mut self, byte: u8, name: &'static str) -> Lexed<()> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(Bad::Expected(name))
        }
    }

    /// Exactly one space.
    pub(crate) fn space(&mut self) -> Lexed<()> {
        self.expect(b' ', "a space")
    }

    /// The end of the command.
    pub(crate) fn end(&self) -> Lexed<()> {
        if self.rest() == b"\r\n" {
            Ok(())
        } else {
            Err(Bad::Expected("the end of the line"))
        }
    }

    /// A word of the protocol, in capitals; empty when there is none.
    pub(crate) fn word(&mut self) -> String {
        let word = self.take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        word.iter()
            .map(|byte| char::from(byte.to_ascii_uppercase()))
            .collect()
    }

    /// `number`: 32 bits.
    pub(crate) fn number(&mut self) -> Lexed<u32> {
        u32::try_from(self.number64()?).map_err(|_| Bad::Expected("a number below 2^32"))
    }

    /// `nz-number`
    pub(crate) fn nz_number(&mut self) -> Lexed<u32> {
        match self.number()? {
            0 => Err(Bad::Expected("a number that is not zero")),
            number => Ok(number),
        }
    }

    /// `number64`: 63 bits.
    pub(crate) fn number64(&mut self) -> Lexed<u64> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return Err(Bad::Expected("a number"));
        }
        parse_u63(digits).ok_or(Bad::Expected("a number below 2^63"))
    }

    /// `nz-number64`
    pub(crate) fn nz_number64(&mut self) -> Lexed<u64> {
        match self.number64()? {
            0 => Err(Bad::Expected("a number that is not zero")),
            number => Ok(number),
        }
    }

    /// `mod-sequence-valzer`
    pub(crate) fn modseq(&mut self) -> Lexed<ModSeq> {
        ModSeq::new(self.number64()?).ok_or(Bad::Expected("a number below 2^63"))
    }

    /// Exactly `count` digits.
    pub(crate) fn digits(&mut self, count: usize) -> Lexed<u32> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.len() != count {
            return Err(Bad::Expected("a date"));
        }
        parse_u63(digits)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or(Bad::Expected("a date"))
    }

    /// `sequence-set`
    pub(crate) fn set(&mut self) -> Lexed<NumberSet> {
        let mut parts = Vec::new();
        loop {
            if parts.len() == SET_PARTS_MAX {
                return Err(Bad::TooMany("parts of a set", SET_PARTS_MAX));
            }
            let first = self.set_end()?;
            let last = if self.eat(b':') {
                self.set_end()?
            } else {
                first
            };
            parts.push(NumberRange(first, last));
            if !self.eat(b',') {
                return Ok(NumberSet(parts));
            }
        }
    }

    /// `sequence-set`, with the `$` of RFC 5182, 3
    pub(crate) fn message_set(&mut self) -> Lexed<MessageSet> {
        if self.eat(b'$') {
            Ok(MessageSet::Saved)
        } else {
            self.set().map(MessageSet::Listed)
        }
    }

    /// `seq-number`, or a UID: a set that names one message.
    pub(crate) fn set_of_one(&mut self) -> Lexed<MessageSet> {
        let end = self.set_end()?;
        Ok(MessageSet::Listed(NumberSet(vec![NumberRange(end, end)])))
    }

    fn set_end(&mut self) -> Lexed<NumberEnd> {
        if self.eat(b'*') {
            Ok(NumberEnd::Last)
        } else {
            self.nz_number().map(NumberEnd::Number)
        }
    }

    /// `atom`
    pub(crate) fn atom(&mut self) -> Lexed<&'f str> {
        let atom = self.take_while(is_atom_char);
        match str::from_utf8(atom) {
            Ok(atom) if !atom.is_empty() => Ok(atom),
            Ok(_) | Err(_) => Err(Bad::Expected("an atom")),
        }
    }

    /// A flag that may be stored: an atom, or one behind a backslash.
    pub(crate) fn flag(&mut self) -> Lexed<Flag> {
        let start = self.at;
        self.eat(b'\\');
        if !self.eat(b'*') {
            self.atom()?;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        Flag::parse(&String::from_utf8_lossy(word)).map_err(Bad::Flag)
    }

    /// `astring`, as bytes.
    pub(crate) fn astring(&mut self) -> Lexed<Cow<'f, [u8]>> {
        self.string_or(is_astring_char, "a string")
    }

    /// `astring` that is text.
    pub(crate) fn astring_text(&mut self) -> Lexed<String> {
        self.astring().and_then(|bytes| text(&bytes))
    }

    /// `mailbox`
    pub(crate) fn mailbox(&mut self) -> Lexed<MailboxArg> {
        mailbox_arg(&self.astring()?, self.mode)
    }

    /// `list-mailbox`: with wildcards.
    pub(crate) fn list_mailbox(&mut self) -> Lexed<MailboxArg> {
        let bytes = self.string_or(
            |byte| is_astring_char(byte) || b"%*".contains(&byte),
            "a pattern",
        )?;
        mailbox_arg(&bytes, self.mode)
    }

    fn string_or(&mut self, is_char: fn(u8) -> bool, name: &'static str) -> Lexed<Cow<'f, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => match self.take_while(is_char) {
                [] => Err(Bad::Expected(name)),
                atom => Ok(Cow::Borrowed(atom)),
            },
        }
    }

    /// `quoted`
    fn quoted(&mut self) -> Lexed<Cow<'f, [u8]>> {
        self.expect(b'"', "a quote")?;
        let mut plain = self.take_while(is_plain_quoted);
        let mut unescaped: Vec<u8> = Vec::new();
        while self.eat(b'\\') {
            unescaped.extend_from_slice(plain);
            match self.peek() {
                Some(escaped @ (b'"' | b'\\')) => unescaped.push(escaped),
                _ => return Err(Bad::Expected("\\\" or \\\\")),
            }
            self.at += 1;
            plain = self.take_while(is_plain_quoted);
        }
        self.expect(b'"', "the end of a quoted string")?;
        let string = if unescaped.is_empty() {
            Cow::Borrowed(plain)
        } else {
            unescaped.extend_from_slice(plain);
            Cow::Owned(unescaped)
        };
        if string.is_ascii() || self.has_utf8_quoted && str::from_utf8(&string).is_ok() {
            Ok(string)
        } else {
            Err(Bad::Wrong("8-bit characters in a quoted string"))
        }
    }

    /// `literal` in the command's own buffer.
    fn literal(&mut self) -> Lexed<&'f [u8]> {
        let length = self.literal_length()?;
        let literal = self.inline_literal(length)?;
        if memchr::memchr(0, literal).is_some() {
            return Err(Bad::Wrong("NUL in a literal"));
        }
        Ok(literal)
    }

    /// `literal` or `literal8`, wherever its bytes are. A message is taken as it is, with NUL in it
    /// too: to refuse it would not mend it.
    pub(crate) fn message(&mut self) -> Lexed<Bytes> {
        self.eat(b'~');
        let length = self.literal_length()?;
        let here = self.at;
        let message = match self.detached.next_if(|(at, _)| *at == here) {
            Some((_, message)) => message,
            None => Bytes::copy_from_slice(self.inline_literal(length)?),
        };
        Ok(message)
    }

    /// `value = nstring / literal8` (RFC 5464, 5)
    pub(crate) fn value(&mut self) -> Lexed<Option<Vec<u8>>> {
        match self.peek() {
            Some(b'"') => self.quoted().map(|value| Some(value.into_owned())),
            Some(b'{') => self.literal().map(|value| Some(value.to_vec())),
            Some(b'~') => self.message().map(|value| Some(value.to_vec())),
            _ if self.eat_text("NIL") => Ok(None),
            _ => Err(Bad::Expected("a value")),
        }
    }

    fn literal_length(&mut self) -> Lexed<u64> {
        self.expect(b'{', "a literal")?;
        let length = self.number64()?;
        self.eat(b'+');
        if self.eat_text("}\r\n") {
            Ok(length)
        } else {
            Err(Bad::Expected("the end of a literal's length"))
        }
    }

    fn inline_literal(&mut self, length: u64) -> Lexed<&'f [u8]> {
        let literal = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest().get(..length))
            .ok_or(Bad::Expected("a literal"))?;
        self.at += literal.len();
        Ok(literal)
    }

    /// `"(" item *(SP item) ")"`. More spaces than that are no error inside parentheses: clients write them, and other
    /// servers read them.
    pub(crate) fn list<T>(&mut self, item: impl FnMut(&mut Self) -> Lexed<T>) -> Lexed<Vec<T>> {
        self.expect(b'(', "a list in parentheses")?;
        self.spaces();
        self.rest_of_list(item)
    }

    /// The same, or `"()"`.
    pub(crate) fn list_or_empty<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Lexed<T>,
    ) -> Lexed<Vec<T>> {
        self.expect(b'(', "a list in parentheses")?;
        self.spaces();
        if self.eat(b')') {
            Ok(Vec::new())
        } else {
            self.rest_of_list(item)
        }
    }

    /// From the first item to behind the closing parenthesis.
    fn rest_of_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Lexed<T>) -> Lexed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.is_more_in_list()? {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Whether another item of a list comes, before which the cursor then is; otherwise it is behind the list.
    pub(crate) fn is_more_in_list(&mut self) -> Lexed<bool> {
        let are_spaces = self.spaces() > 0;
        if self.eat(b')') {
            return Ok(false);
        }
        if are_spaces {
            Ok(true)
        } else {
            Err(Bad::Expected("the end of a list"))
        }
    }

    /// Steps over spaces, and returns how many there were.
    pub(crate) fn spaces(&mut self) -> usize {
        self.take_while(|byte| byte == b' ').len()
    }

    /// The longest run, which may be empty.
    pub(crate) fn take_while(&mut self, is_in: impl Fn(u8) -> bool) -> &'f [u8] {
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|&byte| !is_in(byte))
            .unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn rest(&self) -> &'f [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

/// What a client means by these bytes when it names a mailbox.
pub(crate) fn mailbox_arg(bytes: &[u8], mode: Mode) -> Lexed<MailboxArg> {
    let name = text(bytes)?;
    if mode.utf8 {
        return Ok(MailboxArg::Text(name));
    }
    Ok(mutf7_decode(&name).map_or(MailboxArg::Undecodable, MailboxArg::Text))
}

/// UTF-8, as every text that is not a message has to be.
pub(crate) fn text(bytes: &[u8]) -> Lexed<String> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Bad::Wrong("text that is not UTF-8")),
    }
}

fn is_plain_quoted(byte: u8) -> bool {
    !b"\"\\\r\n\0".contains(&byte)
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Wrong(what) => f.write_str(what),
            Self::TooMany(what, max) => write!(f, "more than {max} {what}"),
            Self::Flag(bad) => bad.fmt(f),
            Self::Entry(bad) => bad.fmt(f),
            Self::UidRequired => f.write_str("takes UIDs"),
            Self::Charset { .. } => f.write_str("unknown charset"),
        }
    }
}
