//! A message of a draft: its fields, its parts, and what it takes from the letters above it.

use std::path::Path;

use super::Letter;
use super::encoding::{self, Encoding, field};
use super::moment::Language;
use super::script::{Draft, Part, PartKind};
use crate::tool::ChoreError;

/// Writes the message; `above` are the letters that it may answer or carry, `attachments` is the
/// folder of files.
pub(super) fn compose(
    draft: &Draft,
    above: &[Letter],
    attachments: &Path,
) -> Result<Letter, ChoreError> {
    let parent = match &draft.answers {
        Some(name) => Some(find(name, above)?),
        None => None,
    };
    let written = |name: &str| {
        let field = draft.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.clone())
    };
    let from = written("From").ok_or_else(|| ChoreError::new("there is no From"))?;
    let to = written("To")
        .or_else(|| parent.map(|parent| parent.from.clone()))
        .ok_or_else(|| ChoreError::new("there is no To"))?;
    let subject = written("Subject")
        .or_else(|| parent.map(|parent| answer_to(&parent.subject)))
        .ok_or_else(|| ChoreError::new("there is no Subject"))?;
    let domain = from
        .trim_end_matches('>')
        .rsplit_once('@')
        .map_or("example.org", |(_, domain)| domain);
    let id = format!(
        "<{}.{}@{domain}>",
        draft.name,
        draft.moment.today().compact()
    );
    let mut references = Vec::new();
    if let Some(parent) = parent {
        references.clone_from(&parent.references);
        references.push(parent.id.clone());
    }

    let writer = Writer {
        draft,
        above,
        parent,
        attachments,
    };
    let mut letter = Letter {
        name: draft.name.clone(),
        place: draft.place.clone(),
        moment: draft.moment,
        flags: draft.flags.clone(),
        id,
        references,
        from,
        subject,
        bytes: Vec::new(),
    };
    letter.bytes = format!("{}{}", head(&letter, &to, draft), writer.entity()?).into_bytes();
    Ok(letter)
}

/// The fields of the message, without those of its body.
fn head(letter: &Letter, to: &str, draft: &Draft) -> String {
    let addresses = |list: &str| encoding::addresses(list, draft.encoding);
    let unstructured = |text: &str| encoding::unstructured(text, draft.encoding);
    let mut head = [
        field("Date", &letter.moment.date_field()),
        field("From", &addresses(&letter.from)),
        field("To", &addresses(to)),
        field("Subject", &unstructured(&letter.subject)),
        field("Message-ID", &letter.id),
    ]
    .concat();
    if let Some(parent) = letter.references.last() {
        head.push_str(&field("In-Reply-To", parent));
        head.push_str(&field("References", &letter.references.join(" ")));
    }
    for (name, value) in &draft.fields {
        let value = match name.as_str() {
            "From" | "To" | "Subject" => continue,
            "Cc" | "Reply-To" | "Sender" => addresses(value),
            _ => unstructured(value),
        };
        head.push_str(&field(name, &value));
    }
    head.push_str("MIME-Version: 1.0\r\n");
    head
}

/// What the parts of one message are made of.
struct Writer<'a> {
    draft: &'a Draft,
    above: &'a [Letter],
    parent: Option<&'a Letter>,
    attachments: &'a Path,
}

impl Writer<'_> {
    /// The whole body with its own fields: what shows the text, and beside it what comes along.
    fn entity(&self) -> Result<String, ChoreError> {
        let mut shown = vec![self.text("text/plain", &self.draft.text)?];
        let mut pictures = Vec::new();
        let mut others = Vec::new();
        let mut is_report = false;
        for part in &self.draft.parts {
            let entity = self.part(part)?;
            match part.kind {
                PartKind::Html | PartKind::Calendar(_) => shown.push(entity),
                PartKind::Inline(_) => pictures.push(entity),
                PartKind::Status => {
                    is_report = true;
                    others.push(entity);
                }
                PartKind::Attachment(_)
                | PartKind::File(_)
                | PartKind::Letter(_)
                | PartKind::Headers(_) => others.push(entity),
            }
        }
        // The pictures belong to the HTML, which is last then (RFC 2387).
        let html = shown.pop_if(|_| !pictures.is_empty());
        shown.extend(html.map(|html| {
            let related = [vec![html], pictures].concat();
            self.multipart("related; type=\"text/html\"", "related", related)
        }));
        let body = self.multipart("alternative", "alternative", shown);
        let all = [vec![body], others].concat();
        Ok(if is_report {
            self.multipart("report; report-type=delivery-status", "report", all)
        } else {
            self.multipart("mixed", "mixed", all)
        })
    }

    fn part(&self, part: &Part) -> Result<String, ChoreError> {
        match &part.kind {
            PartKind::Html => self.text("text/html", &part.text),
            PartKind::Calendar(method) => {
                self.text(&format!("text/calendar; method={method}"), &part.text)
            }
            PartKind::Attachment(name) => {
                let text = self.filled_in(&part.text)?;
                attachment(name, "attachment", text.as_bytes())
            }
            PartKind::File(name) => attachment(name, "attachment", &self.read(name)?),
            PartKind::Inline(name) => {
                let picture = attachment(name, "inline", &self.read(name)?)?;
                Ok(format!("Content-ID: <{name}@example.net>\r\n{picture}"))
            }
            PartKind::Letter(name) => {
                let letter = find(name, self.above)?;
                let message = String::from_utf8_lossy(&letter.bytes);
                Ok(identity(
                    "message/rfc822",
                    "Content-Disposition: attachment\r\n",
                    &message,
                ))
            }
            PartKind::Status => {
                let text = self.filled_in(&part.text)?;
                Ok(identity("message/delivery-status", "", &text))
            }
            PartKind::Headers(name) => {
                let message = String::from_utf8_lossy(&find(name, self.above)?.bytes).into_owned();
                let head = message.split_inclusive("\r\n");
                let head: String = head.take_while(|line| *line != "\r\n").collect();
                Ok(identity("text/rfc822-headers", "", &head))
            }
        }
    }

    fn text(&self, media_type: &str, text: &str) -> Result<String, ChoreError> {
        let text = self.filled_in(text)?;
        let (name, body) = match self.draft.encoding {
            Encoding::Plain => return Ok(identity(&with_charset(media_type, &text), "", &text)),
            Encoding::QuotedPrintable => {
                ("quoted-printable", encoding::quoted_printable_body(&text))
            }
            Encoding::Base64 => ("base64", encoding::base64_body(text.as_bytes())),
        };
        let media_type = field("Content-Type", &with_charset(media_type, &text));
        Ok(format!(
            "{media_type}Content-Transfer-Encoding: {name}\r\n\r\n{body}"
        ))
    }

    /// The entities below one; a single one stands alone.
    fn multipart(&self, subtype: &str, label: &str, mut entities: Vec<String>) -> String {
        if entities.len() == 1 {
            return entities.remove(0);
        }
        // `=_` is in no quoted-printable and no base64 (RFC 2045, 6.7).
        let boundary = format!("=_{}_{label}", self.draft.name);
        let mut body = String::new();
        for entity in entities {
            body.push_str(&format!("--{boundary}\r\n{entity}\r\n"));
        }
        body.push_str(&format!("--{boundary}--\r\n"));
        identity(
            &format!("multipart/{subtype}; boundary=\"{boundary}\""),
            "",
            &body,
        )
    }

    /// CRLF at the end of each line, and words for what stands in braces.
    fn filled_in(&self, text: &str) -> Result<String, ChoreError> {
        let mut pieces = text.split('{');
        let mut filled = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (word, rest) = piece.split_once('}').unwrap_or((piece, ""));
            filled.push_str(&self.words_for(word)?);
            filled.push_str(rest);
        }
        Ok(filled.replace('\n', "\r\n"))
    }

    fn words_for(&self, word: &str) -> Result<String, ChoreError> {
        let unknown = || ChoreError::new(format!("nothing is known of {{{word}}}"));
        if word == "wrote" {
            return Ok(self.attribution(self.parent.ok_or_else(unknown)?));
        }
        let (kind, days) = word.split_once('+').unwrap_or((word, "0"));
        let days = days.parse().map_err(|_| unknown())?;
        let day = self.draft.moment.workday_after(days);
        match kind {
            "day" => Ok(day.in_words(self.draft.language)),
            "iso" => Ok(day.iso()),
            "compact" => Ok(day.compact()),
            _ => Err(unknown()),
        }
    }

    fn attribution(&self, parent: &Letter) -> String {
        let name = parent.from.split(" <").next().unwrap_or_default();
        let when = parent.moment.in_words(self.draft.language);
        match self.draft.language {
            Language::English => format!("On {when}, {name} wrote:"),
            Language::German => format!("Am {when} schrieb {name}:"),
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, ChoreError> {
        let path = self.attachments.join(name);
        std::fs::read(&path).map_err(ChoreError::at(path.display()))
    }
}

fn find<'a>(name: &str, above: &'a [Letter]) -> Result<&'a Letter, ChoreError> {
    let letter = above.iter().find(|letter| letter.name == name);
    letter.ok_or_else(|| ChoreError::new(format!("{name} is no letter above it")))
}

fn answer_to(subject: &str) -> String {
    let is_answer = ["Re: ", "AW: "]
        .iter()
        .any(|start| subject.starts_with(start));
    if is_answer {
        subject.to_owned()
    } else {
        format!("Re: {subject}")
    }
}

/// An entity whose bytes are sent as they are.
fn identity(media_type: &str, more: &str, body: &str) -> String {
    let media_type = field("Content-Type", media_type);
    let bits = if body.is_ascii() { 7 } else { 8 };
    format!("{media_type}Content-Transfer-Encoding: {bits}bit\r\n{more}\r\n{body}")
}

fn attachment(name: &str, disposition: &str, bytes: &[u8]) -> Result<String, ChoreError> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let (_, media_type) = MEDIA_TYPES
        .iter()
        .find(|(known, _)| *known == ending)
        .ok_or_else(|| ChoreError::new(format!("no media type is known for {name}")))?;
    let media_type = format!("{media_type}{}", encoding::parameter("name", name));
    let disposition = format!("{disposition}{}", encoding::parameter("filename", name));
    Ok(format!(
        "{}{}Content-Transfer-Encoding: base64\r\n\r\n{}",
        field("Content-Type", &media_type),
        field("Content-Disposition", &disposition),
        encoding::base64_body(bytes)
    ))
}

fn with_charset(media_type: &str, text: &str) -> String {
    let charset = if text.is_ascii() { "us-ascii" } else { "utf-8" };
    format!("{media_type}; charset={charset}")
}

const MEDIA_TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv; charset=utf-8"),
    ("ics", "text/calendar; charset=utf-8"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
];

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;

    /// Thursday, 29 February 2024, 23:30 UTC.
    const NOW: i64 = 1_709_249_400;

    fn written(text: &str) -> Result<String, String> {
        let mut letters = Vec::new();
        for draft in script::parse(text, NOW).map_err(|error| error.to_string())? {
            let letter = compose(&draft, &letters, Path::new("/nowhere"));
            letters.push(letter.map_err(|error| error.to_string())?);
        }
        let last = letters.pop().unwrap();
        Ok(String::from_utf8(last.bytes).unwrap().replace("\r\n", "\n"))
    }

    const QUESTION: &str = "\n=== q\nWhen: 9 days ago, 08:00\nFrom: Jörg <joerg@example.com>\n\
        To: support@example.org\nSubject: Maße\n\nWie breit?\n";

    #[test]
    fn a_question_is_a_plain_message() {
        let expected = "Date: Wed, 21 Feb 2024 08:00:00 +0100\n\
            From: =?UTF-8?Q?J=C3=B6rg?= <joerg@example.com>\nTo: support@example.org\n\
            Subject: =?UTF-8?Q?Ma=C3=9Fe?=\nMessage-ID: <q.20240221@example.com>\nMIME-Version: 1.0\n\
            Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\nWie breit?\n";
        assert_eq!(written(QUESTION).unwrap(), expected);
    }

    #[test]
    fn an_answer_knows_what_it_answers() {
        let answer = format!(
            "{QUESTION}\n=== a\nWhen: 8 days ago, 09:00\nRe: q\nFrom: Bo <support@example.org>\n\
             Language: de\n\n{{wrote}}\n> Wie breit?\n\nSo breit. Bis {{day+2}}!\n\
             \n--- attach b.csv\nx,y\n"
        );
        let expected = "Date: Thu, 22 Feb 2024 09:00:00 +0100\nFrom: Bo <support@example.org>\n\
            To: =?UTF-8?Q?J=C3=B6rg?= <joerg@example.com>\n\
            Subject: =?UTF-8?Q?Re=3A_Ma=C3=9Fe?=\nMessage-ID: <a.20240222@example.org>\n\
            In-Reply-To: <q.20240221@example.com>\nReferences: <q.20240221@example.com>\n\
            MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_a_mixed\"\n\
            Content-Transfer-Encoding: 8bit\n\n--=_a_mixed\n\
            Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
            Am Mittwoch, 21. Februar 2024 um 08:00 schrieb Jörg:\n> Wie breit?\n\n\
            So breit. Bis Montag, 26. Februar!\n\n--=_a_mixed\n\
            Content-Type: text/csv; charset=utf-8; name=\"b.csv\"\n\
            Content-Disposition: attachment; filename=\"b.csv\"\n\
            Content-Transfer-Encoding: base64\n\neCx5DQo=\n\n--=_a_mixed--\n";
        assert_eq!(written(&answer).unwrap(), expected);
    }

    #[test]
    fn a_bounce_is_a_report() {
        let bounce = format!(
            "{QUESTION}\n=== b\nWhen: 8 days ago, 09:00\nFrom: postmaster@example.org\n\
             To: support@example.org\nSubject: Undelivered\n\nNo.\n\
             \n--- status\nReporting-MTA: dns; mx.example.org\n\n--- headers q\n"
        );
        let report = written(&bounce).unwrap();
        let (_, report) = report.split_once("MIME-Version: 1.0\n").unwrap();
        assert!(report.starts_with(
            "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"=_b_report\"\n"
        ));
        assert!(report.contains(
            "Content-Type: message/delivery-status\nContent-Transfer-Encoding: 7bit\n\n\
             Reporting-MTA: dns; mx.example.org\n\n--=_b_report\n\
             Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: 7bit\n\nDate: Wed"
        ));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let cases = [
            ("Re: x\nFrom: a@example.org", "x is no letter above it"),
            ("To: a@example.org\nSubject: s", "there is no From"),
            ("From: a@example.org\nSubject: s", "there is no To"),
            (
                "From: a@example.org\nTo: a@example.org\nSubject: s\n\n{wrote}",
                "nothing is known of {wrote}",
            ),
        ];
        for (letter, expected) in cases {
            let text = format!("\n=== a\nWhen: 1 day ago, 10:00\n{letter}\n");
            assert_eq!(written(&text).unwrap_err(), expected);
        }
    }
}
