//! Address lists for ENVELOPE: split as in the message, and not changed (RFC 5322, 3.4 and 4.4).

use crate::header::unfold;
use crate::write::nstring;

/// An element of ENVELOPE's address lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `name <@route:mailbox@host>`
    Mailbox {
        /// The display name, or the comment where there is none; encoded words stay encoded.
        name: Option<Vec<u8>>,
        route: Option<Vec<u8>>,
        mailbox: Vec<u8>,
        host: Vec<u8>,
    },
    /// `name:`; the members follow.
    GroupStart(Vec<u8>),
    /// `;`
    GroupEnd,
}

// RFC 3501, 7.4.2, lets clients take an empty string for NIL, and a NIL host begins a group. So a
// missing part gets the name that clients know from other servers.
const MISSING_MAILBOX: &[u8] = b"MISSING_MAILBOX";
const MISSING_HOST: &[u8] = b"MISSING_DOMAIN";

/// The addresses of one list, over all fields of that name.
const ADDRESSES_MAX: usize = 10_000;

/// Adds the addresses of a field's value. A text that is not an address is still listed as one.
pub(crate) fn read(addresses: &mut Vec<Address>, value: &[u8]) {
    if addresses.len() >= ADDRESSES_MAX {
        return;
    }
    let mut parser = Parser {
        addresses: std::mem::take(addresses),
        ..Parser::default()
    };
    parser.list(&unfold(value));
    *addresses = parser.addresses;
}

/// Whether this part of an address is only told because none was there.
pub(crate) fn is_missing(part: &[u8]) -> bool {
    part == MISSING_MAILBOX || part == MISSING_HOST
}

/// Writes an `address` of RFC 3501, section 9.
pub(crate) fn write(out: &mut Vec<u8>, address: &Address) {
    let (name, route, mailbox, host) = match address {
        Address::Mailbox {
            name,
            route,
            mailbox,
            host,
        } => (
            name.as_deref(),
            route.as_deref(),
            Some(mailbox.as_slice()),
            Some(host.as_slice()),
        ),
        Address::GroupStart(name) => (None, None, Some(name.as_slice()), None),
        Address::GroupEnd => (None, None, None, None),
    };
    out.push(b'(');
    nstring(out, name);
    for field in [route, mailbox, host] {
        out.push(b' ');
        nstring(out, field);
    }
    out.push(b')');
}

/// What the parser knows of the address before the next comma.
#[derive(Default)]
struct Parser {
    addresses: Vec<Address>,
    is_in_group: bool,
    /// The words before any `<`: a display name, or an address without angle brackets.
    words: Words,
    /// The words in angle brackets.
    angle: Option<Words>,
    comment: Vec<u8>,
}

/// Words in two forms: as a phrase, and as an address.
#[derive(Default)]
struct Words {
    /// The words with single spaces where white space was.
    phrase: Vec<u8>,
    /// The words without white space.
    address: Vec<u8>,
    /// The position of the last `@` of `address` outside quotes.
    at: Option<usize>,
    /// The position where the address itself starts, after `@route:`.
    route_end: usize,
    has_space_pending: bool,
    is_quoted: bool,
    /// The words before white space that is next to no `.` and no `@`, one by one.
    apart: Vec<Self>,
}

impl Parser {
    fn list(&mut self, value: &[u8]) {
        let mut rest = value;
        while let Some((&byte, behind)) = rest.split_first() {
            if self.addresses.len() >= ADDRESSES_MAX {
                break;
            }
            rest = behind;
            match byte {
                b'(' => rest = self.comment(rest),
                b'"' => rest = self.words().quoted(rest),
                b'[' => rest = self.words().domain_literal(rest),
                b'<' => self.angle = Some(Words::default()),
                b'>' => self.words.has_space_pending = true,
                b',' if self.is_in_route() => self.words().push(byte),
                b',' => self.finish_mailbox(),
                b':' if self.is_in_route() => self.words().finish_route(),
                b':' if self.may_start_group() => self.start_group(),
                b';' if self.is_in_group => self.end_group(),
                b';' => self.finish_mailbox(),
                b' ' | b'\t' | b'\r' | b'\n' => self.words().has_space_pending = true,
                b'@' => self.words().push_at(),
                b'\\' => {
                    let Some((&escaped, behind)) = rest.split_first() else {
                        break;
                    };
                    rest = behind;
                    self.words().push(escaped);
                }
                _ => self.words().push(byte),
            }
        }
        if self.is_in_group {
            self.end_group();
        } else {
            self.finish_mailbox();
        }
    }

    fn words(&mut self) -> &mut Words {
        self.angle.as_mut().unwrap_or(&mut self.words)
    }

    /// Whether the position is in the route of `<@a,@b:user@host>`, to which commas and the colon
    /// belong (RFC 5322, obs-route).
    fn is_in_route(&self) -> bool {
        self.angle
            .as_ref()
            .is_some_and(|angle| angle.route_end == 0 && angle.address.starts_with(b"@"))
    }

    fn may_start_group(&self) -> bool {
        !self.is_in_group && self.angle.is_none() && self.words.is_phrase()
    }

    fn start_group(&mut self) {
        self.is_in_group = true;
        let name = std::mem::take(&mut self.words).all().phrase;
        self.comment.clear();
        self.addresses.push(Address::GroupStart(name));
    }

    fn end_group(&mut self) {
        self.finish_mailbox();
        self.is_in_group = false;
        self.addresses.push(Address::GroupEnd);
    }

    fn finish_mailbox(&mut self) {
        let words = std::mem::take(&mut self.words);
        let comment = std::mem::take(&mut self.comment);
        match self.angle.take() {
            Some(angle) => {
                let names = [words.all().phrase, comment];
                let name = names.into_iter().find(|name| !name.is_empty());
                self.addresses.push(angle.all().into_mailbox(name));
            }
            None => self.finish_unbracketed(words, comment),
        }
    }

    /// Ends an address without brackets: `a@b`, or what people write instead: `Ada Lovelace a@b`,
    /// `a@b c@d`, `Ada Lovelace`.
    fn finish_unbracketed(&mut self, mut words: Words, mut comment: Vec<u8>) {
        let mut apart = std::mem::take(&mut words.apart);
        apart.push(words);
        let is_name = apart.len() > 1 || apart.iter().any(|words| words.is_quoted);
        let before = self.addresses.len();
        let mut name = Vec::new();
        for words in apart {
            if words.at.is_none() && is_name {
                words.append_to(&mut name);
            } else if !words.address.is_empty() && self.addresses.len() < ADDRESSES_MAX {
                let mut names = [&mut name, &mut comment].into_iter();
                let name = names.find(|name| !name.is_empty()).map(std::mem::take);
                self.addresses.push(words.into_mailbox(name));
            }
        }
        if name.is_empty() {
            return;
        }
        match self.addresses.get_mut(before..).and_then(<[_]>::last_mut) {
            Some(Address::Mailbox { name: last, .. }) => {
                last.get_or_insert(name);
            }
            _ => self
                .addresses
                .push(Words::default().into_mailbox(Some(name))),
        }
    }

    /// Reads a comment after its parenthesis; returns what follows the closing one.
    fn comment<'v>(&mut self, value: &'v [u8]) -> &'v [u8] {
        self.comment.clear();
        self.words().has_space_pending = true;
        let mut depth = 1_usize;
        let mut rest = value;
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            match byte {
                b')' if depth == 1 => break,
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    self.comment.extend(rest.first());
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
                _ => {}
            }
            self.comment.push(byte);
        }
        let trimmed = self.comment.trim_ascii().to_vec();
        self.comment = trimmed;
        rest
    }
}

impl Words {
    fn push(&mut self, byte: u8) {
        if std::mem::take(&mut self.has_space_pending) && !self.phrase.is_empty() {
            self.come_apart(byte);
        }
        self.phrase.push(byte);
        self.address.push(byte);
    }

    /// Handles white space with `next` after it.
    fn come_apart(&mut self, next: u8) {
        let is_bridge = |byte: &u8| b".@".contains(byte);
        // `ada @ example . org` is one address.
        if is_bridge(&next) || self.address.last().is_some_and(is_bridge) {
            self.phrase.push(b' ');
            return;
        }
        let mut apart = std::mem::take(&mut self.apart);
        apart.push(std::mem::take(self));
        self.apart = apart;
    }

    /// Whether the words are not empty and have no `@`.
    fn is_phrase(&self) -> bool {
        let mut all = self.apart.iter().chain([self]);
        let is_there = !self.apart.is_empty() || !self.phrase.is_empty();
        is_there && all.all(|words| words.at.is_none())
    }

    /// All words as one, as if white space did not matter.
    fn all(mut self) -> Self {
        let mut all = Self::default();
        let apart = std::mem::take(&mut self.apart);
        for words in apart.into_iter().chain([self]) {
            words.append_to(&mut all.phrase);
            if let Some(at) = words.at {
                all.at = Some(all.address.len() + at);
            }
            all.route_end = all.route_end.max(words.route_end);
            all.address.extend(words.address);
        }
        all
    }

    fn append_to(&self, phrase: &mut Vec<u8>) {
        if !phrase.is_empty() && !self.phrase.is_empty() {
            phrase.push(b' ');
        }
        phrase.extend(&self.phrase);
    }

    fn push_at(&mut self) {
        self.at = Some(self.address.len());
        self.push(b'@');
    }

    fn finish_route(&mut self) {
        self.route_end = self.address.len();
        self.at = None;
    }

    /// Reads a quoted string after its quote; returns what follows the closing one.
    fn quoted<'v>(&mut self, value: &'v [u8]) -> &'v [u8] {
        let mut rest = value;
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            match byte {
                b'"' => break,
                b'\\' => {
                    let Some((&escaped, behind)) = rest.split_first() else {
                        break;
                    };
                    rest = behind;
                    self.push(escaped);
                }
                _ => self.push(byte),
            }
        }
        self.is_quoted = true;
        rest
    }

    /// Reads a domain literal after its bracket; returns what follows the closing one. The brackets
    /// stay.
    fn domain_literal<'v>(&mut self, value: &'v [u8]) -> &'v [u8] {
        self.push(b'[');
        // In `[a, b <c@d>` the bracket that nobody closes is an ordinary character.
        let end = value.iter().position(|byte| b"[],;<>".contains(byte));
        let Some(end) = end.filter(|&end| value.get(end) == Some(&b']')) else {
            return value;
        };
        let (literal, rest) = value.split_at_checked(end + 1).unwrap_or_default();
        literal.iter().for_each(|&byte| self.push(byte));
        rest
    }

    fn into_mailbox(self, name: Option<Vec<u8>>) -> Address {
        let (route, address) = self
            .address
            .split_at_checked(self.route_end)
            .unwrap_or_default();
        let at = self.at.and_then(|at| at.checked_sub(self.route_end));
        let (mailbox, host) = match at.and_then(|at| address.split_at_checked(at)) {
            Some((mailbox, host)) => (mailbox, host.get(1..).unwrap_or_default()),
            None => (address, &b""[..]),
        };
        let or = |text: &[u8], missing: &[u8]| {
            let text = if text.is_empty() { missing } else { text };
            text.to_vec()
        };
        Address::Mailbox {
            name,
            route: (!route.is_empty()).then(|| route.to_vec()),
            mailbox: or(mailbox, MISSING_MAILBOX),
            host: or(host, MISSING_HOST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    fn shown(value: &str) -> String {
        let mut addresses = Vec::new();
        read(&mut addresses, value.as_bytes());
        let mut out = Vec::new();
        for address in addresses {
            write(&mut out, &address);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn addresses_sound_and_broken() {
        let table = [
            ("", ""),
            (" , ,", ""),
            ("a@b.c", r#"(NIL NIL "a" "b.c")"#),
            ("a@b.c, d@e", r#"(NIL NIL "a" "b.c")(NIL NIL "d" "e")"#),
            ("Ada <a@b>", r#"("Ada" NIL "a" "b")"#),
            (
                "\"Lovelace,  Ada \\\"A\\\"\" <a@b>",
                r#"("Lovelace,  Ada \"A\"" NIL "a" "b")"#,
            ),
            (
                "Ada  King\r\n Lovelace<a@b>",
                r#"("Ada King Lovelace" NIL "a" "b")"#,
            ),
            ("John Q. Public <j@x>", r#"("John Q. Public" NIL "j" "x")"#),
            ("a@b (Ada (the) King)", r#"("Ada (the) King" NIL "a" "b")"#),
            ("Ada (x) <a@b>", r#"("Ada" NIL "a" "b")"#),
            ("\"\" <a@b>", r#"(NIL NIL "a" "b")"#),
            (
                "=?utf-8?q?Ad=C3=A1=2C?= <a@b>",
                r#"("=?utf-8?q?Ad=C3=A1=2C?=" NIL "a" "b")"#,
            ),
            ("a@b <a@b>", r#"("a@b" NIL "a" "b")"#),
            ("\"a b\"@c", r#"(NIL NIL "a b" "c")"#),
            ("\"a@b\"@c", r#"(NIL NIL "a@b" "c")"#),
            ("a @ b . c", r#"(NIL NIL "a" "b.c")"#),
            ("x <a@[IPv6:::1]>", r#"("x" NIL "a" "[IPv6:::1]")"#),
            ("<@r1,@r2:a@b>", r#"(NIL "@r1,@r2" "a" "b")"#),
            (
                "Team: a@b, Bo <c@d>;",
                r#"(NIL NIL "Team" NIL)(NIL NIL "a" "b")("Bo" NIL "c" "d")(NIL NIL NIL NIL)"#,
            ),
            (
                "undisclosed-recipients:;",
                r#"(NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL)"#,
            ),
            (
                "Team: a@b",
                r#"(NIL NIL "Team" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL)"#,
            ),
            (
                "G: a@b;, x@y",
                r#"(NIL NIL "G" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL)(NIL NIL "x" "y")"#,
            ),
            (": a@b", r#"(":" NIL "a" "b")"#),
            ("a@b; c@d", r#"(NIL NIL "a" "b")(NIL NIL "c" "d")"#),
            ("nobody", r#"(NIL NIL "nobody" "MISSING_DOMAIN")"#),
            ("@host", r#"(NIL NIL "MISSING_MAILBOX" "host")"#),
            (
                "Ada <>",
                r#"("Ada" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")"#,
            ),
            ("Ada <a@b, c@d", r#"("Ada" NIL "a" "b")(NIL NIL "c" "d")"#),
            (
                "\"open <a@b>",
                r#"("open <a@b>" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")"#,
            ),
            (
                "Ada Lovelace",
                r#"("Ada Lovelace" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")"#,
            ),
            ("Ada Lovelace a@b", r#"("Ada Lovelace" NIL "a" "b")"#),
            ("a@b Ada", r#"("Ada" NIL "a" "b")"#),
            ("a@b\r\n c@d", r#"(NIL NIL "a" "b")(NIL NIL "c" "d")"#),
            ("a@b c@d (C)", r#"("C" NIL "a" "b")(NIL NIL "c" "d")"#),
            (
                "No recipients: ;",
                r#"(NIL NIL "No recipients" NIL)(NIL NIL NIL NIL)"#,
            ),
            ("[List] Ada <a@b>", r#"("[List] Ada" NIL "a" "b")"#),
            (
                "[a, b <c@d>",
                r#"(NIL NIL "[a" "MISSING_DOMAIN")("b" NIL "c" "d")"#,
            ),
            ("(only a comment)", ""),
            ("a\\", r#"(NIL NIL "a" "MISSING_DOMAIN")"#),
        ];
        for (value, expected) in table {
            assert_eq!(shown(value), expected, "{value:?}");
        }
    }
}
