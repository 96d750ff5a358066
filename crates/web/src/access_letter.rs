//! The letter that tells somebody of a mailbox that they were given: which, by whom, what they may do there, how to open it and how to
//! decline. A message (RFC 5322) of one part of text.

use acl::{Rights, Role};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mail::{EmailAddress, InternalDate};

use crate::decline;
use crate::language::Language;
use crate::texts::{Texts, fill};
use crate::words;

/// What the letter says.
#[derive(Clone, Debug)]
pub struct MailboxGiven<'a> {
    /// The mailbox, as its reader calls it.
    pub mailbox: &'a str,
    /// What they may do there.
    pub rights: Rights,
    /// Who gave it, if they may know.
    pub giver: Option<&'a str>,
    /// Whether mail programs show it by themselves.
    pub is_shown: bool,
    /// Where the pages are, as in `https://mail.example.org`, if there are any.
    pub page: Option<&'a str>,
}

/// What stands on the envelope, so to speak.
#[derive(Clone, Debug)]
pub struct LetterHead<'a> {
    /// Whom it is for: where they have no address, a name.
    pub to: Result<&'a EmailAddress, &'a str>,
    /// Who writes; else the postmaster of the reader's domain.
    pub from: Option<&'a EmailAddress>,
    /// When.
    pub date: InternalDate,
    /// What tells this letter from all others, in letters, digits and dots.
    pub id: &'a str,
}

/// Where nobody has an address (RFC 2606).
const NO_DOMAIN: &str = "postroom.invalid";
/// As long as lines should be (RFC 5322, 2.1.1), without their end.
const LINE_CHARS_MAX: usize = 76;
/// A link stands in one line, which may have 998 signs (RFC 5322, 2.1.1).
const LINK_BYTES_MAX: usize = 900;
/// Bytes in one encoded word: 75 characters with what is around it (RFC 2047, 2).
const WORD_BYTES_MAX: usize = 42;

/// The letter in a language.
#[must_use]
pub fn access_letter(
    head: &LetterHead<'_>,
    given: &MailboxGiven<'_>,
    language: Language,
) -> Vec<u8> {
    let texts = language.texts();
    let text = text(texts, given);
    let (encoding, body) = if text.is_ascii() {
        ("7bit", text)
    } else {
        ("base64", in_base64(&text))
    };
    let subject = fill(texts.letter_subject, &[("mailbox", given.mailbox)]);
    let domain = domain(head);
    let from = head
        .from
        .map_or_else(|| format!("postmaster@{domain}"), |from| from.to_string());
    let to = match head.to {
        Ok(address) => format!("<{address}>"),
        // A group without members (RFC 5322, 3.4) has a name alone.
        Err(name) => format!("{}:;", phrase(name)),
    };
    let fields = format!(
        "From: Postroom <{from}>\r\n\
         To: {to}\r\n\
         Subject: {subject}\r\n\
         Date: {date}\r\n\
         Message-ID: <{id}@{domain}>\r\n\
         Auto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\
         Content-Language: {tag}\r\n\r\n",
        subject = in_a_field(&subject),
        date = head.date.in_a_header(),
        id = head.id,
        tag = language.tag(),
    );
    (fields + &body).into_bytes()
}

/// What it says, in lines of their full length.
fn text(texts: &Texts, given: &MailboxGiven<'_>) -> String {
    let mailbox = [("mailbox", given.mailbox)];
    let begin = match given.giver {
        Some(giver) => fill(
            texts.letter_given_by,
            &[("giver", giver), ("mailbox", given.mailbox)],
        ),
        None => fill(texts.letter_given, &mailbox),
    };
    let mut may = Vec::new();
    // Anyone may post to a mailbox that has an address, which makes nobody anything else.
    let role = [given.rights, given.rights.without(Rights::POST)];
    if let Some(role) = role.into_iter().find_map(Role::of) {
        may.push(fill(
            texts.letter_role,
            &[("role", words::role(texts, role))],
        ));
    }
    let allowed = words::allowed(texts, given.rights);
    may.push(fill(texts.letter_allowed, &[("rights", &allowed)]));
    let shown = if given.is_shown {
        texts.letter_shown
    } else {
        texts.letter_subscribe
    };
    let mut paragraphs = vec![begin, may.join(" "), fill(shown, &mailbox)];
    if let Some(page) = given.page {
        let devices = format!("{page}/devices");
        paragraphs.push(fill(texts.letter_set_up, &[("page", &devices)]));
    }
    paragraphs.push(fill(texts.letter_decline, &mailbox));
    let link = given
        .page
        .map(|page| page.to_owned() + &decline::link(given.mailbox));
    if let Some(link) = link.filter(|link| link.len() <= LINK_BYTES_MAX) {
        paragraphs.push(fill(texts.letter_decline_page, &[("page", &link)]));
    }
    paragraphs.push(texts.letter_end.to_owned());
    let paragraphs: Vec<String> = paragraphs.iter().map(|text| in_lines(text)).collect();
    paragraphs.join("\r\n")
}

/// A paragraph, broken at its spaces. What has no control characters before has none but CRLF then.
fn in_lines(paragraph: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in paragraph.split_whitespace() {
        let chars = word.chars().count();
        if length > 0 && length + 1 + chars > LINE_CHARS_MAX {
            lines.push_str("\r\n");
            length = 0;
        }
        if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += chars;
    }
    lines + "\r\n"
}

fn in_base64(text: &str) -> String {
    let encoded = BASE64_STANDARD.encode(text);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / 38);
    for (at, sign) in encoded.chars().enumerate() {
        if at > 0 && at % LINE_CHARS_MAX == 0 {
            lines.push_str("\r\n");
        }
        lines.push(sign);
    }
    lines + "\r\n"
}

/// A text in a header field, as encoded words where it must be (RFC 2047).
fn in_a_field(text: &str) -> String {
    let is_plain = |sign: char| sign == ' ' || sign.is_ascii_graphic();
    if text.chars().all(is_plain) && text.len() <= LINE_CHARS_MAX && !text.contains("=?") {
        return text.to_owned();
    }
    in_encoded_words(text)
}

/// A name as a phrase (RFC 5322, 3.2.5).
fn phrase(name: &str) -> String {
    let is_atom = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
    if !name.is_empty() && name.len() <= LINE_CHARS_MAX && name.chars().all(is_atom) {
        return name.to_owned();
    }
    in_encoded_words(name)
}

fn in_encoded_words(text: &str) -> String {
    let mut words = vec![String::new()];
    for sign in text.chars() {
        match words.last_mut() {
            Some(last) if last.len() + sign.len_utf8() <= WORD_BYTES_MAX => last.push(sign),
            _ => words.push(sign.to_string()),
        }
    }
    let words = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(word)));
    words.collect::<Vec<_>>().join("\r\n ")
}

fn domain<'a>(head: &LetterHead<'a>) -> &'a str {
    let of_reader = head.to.ok().map(EmailAddress::domain);
    let of_writer = head.from.map(EmailAddress::domain);
    [of_reader, of_writer]
        .into_iter()
        .flatten()
        .find(|domain| !domain.is_empty())
        .unwrap_or(NO_DOMAIN)
}

#[cfg(test)]
mod tests {
    use acl::{Rights, Role};
    use mail::{EmailAddress, InternalDate};

    use super::{LetterHead, MailboxGiven, access_letter};
    use crate::language::Language;

    fn letter(
        to: Result<&EmailAddress, &str>,
        given: &MailboxGiven<'_>,
        language: Language,
    ) -> String {
        let head = LetterHead {
            to,
            from: None,
            date: InternalDate {
                unix_seconds: 0,
                offset_minutes: 0,
            },
            id: "letter.1.2",
        };
        String::from_utf8(access_letter(&head, given, language)).unwrap()
    }

    const GIVEN: MailboxGiven<'_> = MailboxGiven {
        mailbox: "Shared Folders/support",
        rights: Role::Viewer.rights().union(Rights::POST),
        giver: Some("ada"),
        is_shown: true,
        page: Some("https://mail.example.org"),
    };

    #[test]
    fn a_letter_in_english() {
        let bo = EmailAddress::parse("bo@example.org").unwrap();
        assert_eq!(
            letter(Ok(&bo), &GIVEN, Language::English),
            "From: Postroom <postmaster@example.org>\r\n\
             To: <bo@example.org>\r\n\
             Subject: You may use the mailbox Shared Folders/support\r\n\
             Date: 1 Jan 1970 00:00:00 +0000\r\n\
             Message-ID: <letter.1.2@example.org>\r\n\
             Auto-Submitted: auto-generated\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 7bit\r\n\
             Content-Language: en\r\n\r\n\
             ada has given you access to the mailbox Shared Folders/support.\r\n\r\n\
             You are Viewer there. You may: see the mailbox, read messages, keep read\r\n\
             marks, send mail to its address.\r\n\r\n\
             How to open it: your mail program shows it among its folders as Shared\r\n\
             Folders/support, perhaps only after it was started again.\r\n\r\n\
             How to set up another device, or the team as an account of its own:\r\n\
             https://mail.example.org/devices\r\n\r\n\
             How to decline: unsubscribe from Shared Folders/support in your mail\r\n\
             program. It is no longer shown then, and you can subscribe to it again at\r\n\
             any time.\r\n\r\n\
             Or decline it here:\r\n\
             https://mail.example.org/decline?name=Shared+Folders%2Fsupport\r\n\r\n\
             The mail server has written this by itself.\r\n"
        );
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let given = MailboxGiven {
            giver: None,
            is_shown: false,
            page: None,
            rights: Rights::LOOKUP.union(Rights::ADMINISTER),
            ..GIVEN
        };
        let said = letter(Err("bo"), &given, Language::English);
        assert!(said.contains("To: bo:;\r\n"), "{said}");
        assert!(
            said.contains("From: Postroom <postmaster@postroom.invalid>\r\n"),
            "{said}"
        );
        assert!(
            said.contains("\r\n\r\nYou have been given access to the mailbox"),
            "{said}"
        );
        let long = format!("Shared Folders/{}", "x".repeat(900));
        let given_long = MailboxGiven {
            mailbox: &long,
            ..GIVEN
        };
        let letter = letter(Err("bo"), &given_long, Language::English);
        assert!(!letter.contains("/decline"), "{letter}");
        for absent in ["https:", "ada", "Viewer"] {
            assert!(!said.contains(absent), "{absent} in {said}");
        }
    }

    #[test]
    fn no_line_is_too_long_and_no_name_adds_a_field() {
        let mailbox = format!("Shared Folders/{}", "Größe ".repeat(150));
        for language in [Language::English, Language::German] {
            let given = MailboxGiven {
                mailbox: &mailbox,
                giver: Some("eve\r\nBcc: all@example.org"),
                ..GIVEN
            };
            let said = letter(Err("bo\r\n\r\nBcc: ü"), &given, language);
            assert!(said.split("\r\n").all(|line| line.len() <= 78), "{said}");
            let (fields, _) = said.split_once("\r\n\r\n").unwrap();
            assert_eq!(fields.matches("\r\nMessage-ID:").count(), 1, "{said}");
            assert!(!said.contains("\r\nBcc"), "{said}");
        }
    }
}
