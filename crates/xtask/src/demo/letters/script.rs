//! The format in which the letters are written down: a conversation to read from top to bottom.
//!
//! ```text
//! What is said before the first letter is about the conversation.
//!
//! === lamp-2
//! When: 19 days ago, 10:40
//! Re: lamp-1
//! From: Bo Ström <support@example.org>
//!
//! {wrote}
//! > It flickers.
//!
//! Which bulb is in it?
//!
//! --- attach parts.csv
//! part,price
//! ```
//!
//! `When` is `N days ago, HH:MM` or `N minutes ago`, by a clock that is `Zone` (else +0100) ahead of
//! UTC. `Where` is the mailbox: `support` (else), one below it, a person's INBOX, or `nowhere`. `Re`
//! names a letter above it that is answered, and gives To and Subject where they are not written.
//! `Flags`, `Language` (`en`, `de`) and `Encoding` (`quoted-printable`, `base64`) are what they say;
//! other fields go into the message.
//!
//! `--- html`, `--- calendar METHOD`, `--- attach NAME`, `--- status` begin a part that is written
//! here; `--- file NAME` and `--- inline NAME` take one from the folder `attachments`; `--- letter
//! NAME` and `--- headers NAME` take a letter above.
//!
//! `{wrote}` says when who wrote what is answered; `{day+2}`, `{iso+2}` and `{compact+2}` name the
//! workday two days after the letter was written, in words and in figures.

use super::Place;
use super::encoding::Encoding;
use super::moment::{Language, Moment};
use crate::demo::world;
use crate::tool::ChoreError;

/// A letter as it is written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) moment: Moment,
    pub(super) place: Place,
    pub(super) answers: Option<String>,
    pub(super) flags: String,
    pub(super) language: Language,
    pub(super) encoding: Encoding,
    /// The fields that go into the message, in their order.
    pub(super) fields: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
}

/// What comes after the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// The same as the text, in HTML.
    Html,
    /// The same as the text, for a calendar (RFC 6047); the method.
    Calendar(String),
    /// A file that is written here.
    Attachment(String),
    /// A file of the folder.
    File(String),
    /// A picture of the folder that the HTML shows.
    Inline(String),
    /// Another letter.
    Letter(String),
    /// What a mail server says about a delivery (RFC 3464).
    Status,
    /// The header of another letter.
    Headers(String),
}

/// Takes a file apart; `now` is what its dates are counted from.
pub(super) fn parse(text: &str, now: i64) -> Result<Vec<Draft>, ChoreError> {
    let mut letters = text.split("\n=== ");
    letters.next();
    letters
        .map(|letter| {
            let (name, rest) = letter.split_once('\n').unwrap_or((letter, ""));
            parse_letter(name, rest, now).map_err(ChoreError::at(name))
        })
        .collect()
}

fn parse_letter(name: &str, rest: &str, now: i64) -> Result<Draft, ChoreError> {
    let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut when = None;
    let mut zone = "+0100";
    let mut draft = Draft {
        name: name.to_owned(),
        moment: Moment::minutes_ago(now, 0, 0),
        place: Place::Team(world::SHARED.to_owned()),
        answers: None,
        flags: String::new(),
        language: Language::English,
        encoding: Encoding::Plain,
        fields: Vec::new(),
        text: String::new(),
        parts: Vec::new(),
    };
    for line in head.lines() {
        let Some((field, value)) = line.split_once(": ") else {
            return Err(ChoreError::new(format!("{line} is no field")));
        };
        match field {
            "When" => when = Some(value),
            "Zone" => zone = value,
            "Where" => draft.place = parse_place(value)?,
            "Re" => draft.answers = Some(value.to_owned()),
            "Flags" => value.clone_into(&mut draft.flags),
            "Language" => draft.language = parse_language(value)?,
            "Encoding" => draft.encoding = parse_encoding(value)?,
            _ => draft.fields.push((field.to_owned(), value.to_owned())),
        }
    }
    let when = when.ok_or_else(|| ChoreError::new("there is no When"))?;
    draft.moment = parse_moment(when, zone, now)
        .ok_or_else(|| ChoreError::new(format!("{when} {zone} is no moment")))?;
    let body = format!("\n{body}");
    let mut parts = body.split("\n--- ");
    draft.text = trimmed(parts.next().unwrap_or_default());
    draft.parts = parts.map(parse_part).collect::<Result<_, _>>()?;
    Ok(draft)
}

fn parse_part(part: &str) -> Result<Part, ChoreError> {
    let (kind, text) = part.split_once('\n').unwrap_or((part, ""));
    let (word, name) = kind.split_once(' ').unwrap_or((kind, ""));
    let own = name.to_owned();
    let kind = match word {
        "html" => PartKind::Html,
        "calendar" => PartKind::Calendar(own),
        "attach" => PartKind::Attachment(own),
        "file" => PartKind::File(own),
        "inline" => PartKind::Inline(own),
        "letter" => PartKind::Letter(own),
        "status" => PartKind::Status,
        "headers" => PartKind::Headers(own),
        _ => return Err(ChoreError::new(format!("{word} is no kind of part"))),
    };
    let text = trimmed(text);
    Ok(Part { kind, text })
}

fn parse_place(text: &str) -> Result<Place, ChoreError> {
    if text == "nowhere" {
        return Ok(Place::Nowhere);
    }
    if let Some(below) = text.strip_prefix("support") {
        return Ok(Place::Team(format!("{}{below}", world::SHARED)));
    }
    if world::people(0).any(|person| person == text) {
        return Ok(Place::Inbox(text.to_owned()));
    }
    Err(ChoreError::new(format!("{text} is no place")))
}

fn parse_language(text: &str) -> Result<Language, ChoreError> {
    match text {
        "en" => Ok(Language::English),
        "de" => Ok(Language::German),
        _ => Err(ChoreError::new(format!("{text} is no language"))),
    }
}

fn parse_encoding(text: &str) -> Result<Encoding, ChoreError> {
    match text {
        "quoted-printable" => Ok(Encoding::QuotedPrintable),
        "base64" => Ok(Encoding::Base64),
        _ => Err(ChoreError::new(format!("{text} is no encoding"))),
    }
}

fn parse_moment(when: &str, zone: &str, now: i64) -> Option<Moment> {
    let (hours, minutes) = zone.split_at_checked(3)?;
    let hours: i64 = hours.parse().ok()?;
    let zone_minutes = hours * 60 + minutes.parse::<i64>().ok()?;
    let (number, unit) = when.split_once(' ')?;
    let number = number.parse().ok()?;
    if unit == "minutes ago" {
        return Some(Moment::minutes_ago(now, number, zone_minutes));
    }
    let time = unit
        .strip_prefix("days ago, ")
        .or_else(|| unit.strip_prefix("day ago, "))?;
    let (hour, minute) = time.split_once(':')?;
    let minute_of_day = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?;
    Some(Moment::days_ago(now, number, minute_of_day, zone_minutes))
}

/// Without the empty lines around it, with one end of line if there is anything.
fn trimmed(text: &str) -> String {
    match text.trim_matches('\n') {
        "" => String::new(),
        text => format!("{text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_709_249_400;

    #[test]
    fn a_conversation_is_read_from_top_to_bottom() {
        let text = "About lamps.\n\
            \n=== a\nWhen: 2 days ago, 09:05\nFrom: Mira <mira@example.com>\n\nIt flickers.\n\n-- \nMira\n\
            \n=== b\nWhen: 25 minutes ago\nZone: -0500\nRe: a\nWhere: support/Sent\nFlags: \\Seen\n\
            Language: de\nEncoding: base64\n\nJa.\n\n--- file a.pdf\n\n--- attach b.csv\nc,d\n";
        let drafts = parse(text, NOW).unwrap();
        let first = Draft {
            name: "a".to_owned(),
            moment: Moment::days_ago(NOW, 2, 545, 60),
            place: Place::Team("Shared Folders/support".to_owned()),
            answers: None,
            flags: String::new(),
            language: Language::English,
            encoding: Encoding::Plain,
            fields: vec![("From".to_owned(), "Mira <mira@example.com>".to_owned())],
            text: "It flickers.\n\n-- \nMira\n".to_owned(),
            parts: Vec::new(),
        };
        let second = Draft {
            name: "b".to_owned(),
            moment: Moment::minutes_ago(NOW, 25, -300),
            place: Place::Team("Shared Folders/support/Sent".to_owned()),
            answers: Some("a".to_owned()),
            flags: "\\Seen".to_owned(),
            language: Language::German,
            encoding: Encoding::Base64,
            fields: Vec::new(),
            text: "Ja.\n".to_owned(),
            parts: vec![
                Part {
                    kind: PartKind::File("a.pdf".to_owned()),
                    text: String::new(),
                },
                Part {
                    kind: PartKind::Attachment("b.csv".to_owned()),
                    text: "c,d\n".to_owned(),
                },
            ],
        };
        assert_eq!(drafts, [first, second]);
    }

    #[test]
    fn a_mistake_is_named_with_its_letter() {
        let cases = [
            ("From: a@example.org", "a: there is no When"),
            ("When: soon", "a: soon +0100 is no moment"),
            ("When", "a: When is no field"),
            ("When: 1 day ago, 10:00\nWhere: dora", "a: dora is no place"),
            (
                "When: 1 day ago, 10:00\n\n--- movie x",
                "a: movie is no kind of part",
            ),
        ];
        for (letter, expected) in cases {
            let error = parse(&format!("\n=== a\n{letter}\n"), NOW).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
