//! IMAP URLs of messages and their parts on this server, as CATENATE takes them (RFC 4469, RFC 5092).

use mail::{Uid, UidValidity};

use crate::chars::parse_u63;
use crate::command::{BodySection, MailboxArg};
use crate::parse::fetch::section_of;

/// `[/mailbox[;UIDVALIDITY=n]/];UID=n[/;SECTION=…][/;PARTIAL=…]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageUrl {
    /// `None` for the selected one.
    pub mailbox: Option<MailboxArg>,
    /// What the mailbox must still have.
    pub uid_validity: Option<UidValidity>,
    /// Of the message.
    pub uid: Uid,
    /// All of it where nothing is said.
    pub section: BodySection,
}

impl MessageUrl {
    /// `None` for what is no relative URL of a message (RFC 4469, 3).
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let (path, rest) = split_at_uid(url)?;
        let mut rest = rest.split('/');
        let uid = rest.next()?.parse().ok()?;
        let (mut section, mut partial) = (String::new(), None);
        for segment in rest {
            if let Some(text) = value(segment, ";SECTION=") {
                section = decode(text)?;
            } else {
                partial = Some(partial_range(value(segment, ";PARTIAL=")?)?);
            }
        }
        let (mailbox, uid_validity) = mailbox(path)?;
        Some(Self {
            mailbox,
            uid_validity,
            uid: Uid::new(uid)?,
            section: section_of(&section, partial)?,
        })
    }
}

/// Before and behind `;UID=`, which begins a segment of the path.
fn split_at_uid(url: &str) -> Option<(&str, &str)> {
    let starts = url.match_indices(';').map(|(at, _)| at);
    for at in starts {
        let (path, rest) = url.split_at_checked(at)?;
        if let Some(rest) = value(rest, ";UID=").filter(|_| path.is_empty() || path.ends_with('/'))
        {
            return Some((path, rest));
        }
    }
    None
}

/// `/mailbox[;UIDVALIDITY=n]/`; nothing, or `/` alone, is the selected one. Two slashes begin the name of a
/// server.
fn mailbox(path: &str) -> Option<(Option<MailboxArg>, Option<UidValidity>)> {
    if path.is_empty() || path == "/" {
        return Some((None, None));
    }
    let path = path.strip_prefix('/')?.strip_suffix('/')?;
    if path.starts_with('/') {
        return None;
    }
    let (name, parameter) = path.split_at(path.find(';').unwrap_or(path.len()));
    let uid_validity = match parameter {
        "" => None,
        parameter => {
            let number = value(parameter, ";UIDVALIDITY=")?.parse().ok()?;
            Some(UidValidity::new(number)?)
        }
    };
    Some((Some(MailboxArg::Text(decode(name)?)), uid_validity))
}

/// `partial-range = number64 ["." nz-number64]` (RFC 9051, 9): without a length, all that follows.
fn partial_range(range: &str) -> Option<(u64, u64)> {
    let (first, count) = match range.split_once('.') {
        Some((first, count)) => (first, number64(count)?),
        None => (range, u64::MAX),
    };
    let first = number64(first)?;
    (count > 0).then_some((first, count))
}

/// `number64`: digits alone.
fn number64(text: &str) -> Option<u64> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    parse_u63(text.as_bytes()).filter(|_| is_digits)
}

/// What follows `name`, in any case.
fn value<'u>(text: &'u str, name: &str) -> Option<&'u str> {
    let (start, value) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(value)
}

/// Without percent encoding; UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => 16 * hex(bytes.next()?)? + hex(bytes.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let digit = char::from(digit).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use mail::{Uid, UidValidity};

    use super::MessageUrl;
    use crate::command::{MailboxArg, SectionText};

    #[test]
    fn urls_of_the_rfc_are_read() {
        for (url, mailbox, validity, uid, part, text) in [
            (
                "/INBOX;UIDVALIDITY=785799047/;UID=11467",
                Some("INBOX"),
                Some(785_799_047),
                11467,
                &[][..],
                SectionText::Whole,
            ),
            (
                "/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER",
                Some("Drafts"),
                Some(385_759_045),
                20,
                &[],
                SectionText::Header,
            ),
            (
                "/Drafts/;UID=20/;Section=2.MIME",
                Some("Drafts"),
                None,
                20,
                &[2],
                SectionText::Mime,
            ),
            (
                "/Team/Orders%20%C3%BC/;uid=7/;SECTION=1.5.9",
                Some("Team/Orders ü"),
                None,
                7,
                &[1, 5, 9],
                SectionText::Whole,
            ),
            (";UID=7", None, None, 7, &[], SectionText::Whole),
            (
                "/;UID=7/;SECTION=TEXT",
                None,
                None,
                7,
                &[],
                SectionText::Text,
            ),
            (
                "/x/;UID=7/;SECTION=HEADER.FIELDS%20(DATE)",
                Some("x"),
                None,
                7,
                &[],
                SectionText::HeaderFields(vec!["DATE".into()]),
            ),
        ] {
            let read = MessageUrl::parse(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(
                read.mailbox,
                mailbox.map(|name| MailboxArg::Text(name.into())),
                "{url}"
            );
            assert_eq!(
                read.uid_validity,
                validity.and_then(UidValidity::new),
                "{url}"
            );
            assert_eq!(read.uid, Uid::new(uid).unwrap(), "{url}");
            assert_eq!(
                (read.section.part.as_slice(), &read.section.text),
                (part, &text),
                "{url}"
            );
        }
        let partial = |url| MessageUrl::parse(url).and_then(|url| url.section.partial);
        assert_eq!(partial("/x/;UID=7/;PARTIAL=0.1024"), Some((0, 1024)));
        assert_eq!(
            partial("/x/;UID=7/;PARTIAL=4294967296.9223372036854775807"),
            Some((1 << 32, i64::MAX as u64))
        );
        assert_eq!(
            partial("/x/;UID=7/;SECTION=1/;PARTIAL=5"),
            Some((5, u64::MAX))
        );
    }

    #[test]
    fn what_is_elsewhere_or_no_message_is_none() {
        for url in [
            "",
            "/INBOX",
            "imap://host/INBOX/;UID=1",
            "//host/INBOX/;UID=1",
            "/INBOX/;UID=0",
            "/INBOX/;UID=x",
            "/INBOX/;UID=1/;PARTIAL=+1.2",
            "/INBOX/;UID=1/;PARTIAL=1.9223372036854775808",
            "/INBOX;UID=1",
            "INBOX/;UID=1",
            "/INBOX;UIDVALIDITY=0/;UID=1",
            "/INBOX;OTHER=1/;UID=1",
            "/INBOX/;UID=1/;SECTION=TEXT.TEXT",
            "/INBOX/;UID=1/;PARTIAL=1.0",
            "/INBOX/;UID=1/;URLAUTH=anonymous",
            "/IN%ZZ/;UID=1",
            "/IN%FF/;UID=1",
        ] {
            assert_eq!(MessageUrl::parse(url), None, "{url}");
        }
    }
}
