//! `* n FETCH (…)` and `* uid UIDFETCH (…)`, item by item.

use std::io::Write;

use mail::{InternalDate, ModSeq, SeqNum, Uid};

use crate::command::{BinarySection, BodySection, SectionText, Spelling};
use crate::say::token::{Speech, astring, end, literal_head, number, object_id, separated, string};

/// A FETCH response that is being written. [`end`](Self::end) closes it.
#[derive(Debug)]
#[must_use = "the response is open until `end`"]
pub struct FetchLine<'o> {
    out: &'o mut Vec<u8>,
    has_items: bool,
}

/// A FETCH response that is open while what was said of it is written out.
#[derive(Debug)]
#[must_use = "the response is open until `end`"]
pub struct PausedFetchLine {
    has_items: bool,
}

impl PausedFetchLine {
    /// Goes on in a buffer in which nothing else was said meanwhile.
    pub fn resume(self, out: &mut Vec<u8>) -> FetchLine<'_> {
        FetchLine {
            out,
            has_items: self.has_items,
        }
    }
}

impl<'o> FetchLine<'o> {
    /// Lets go of the buffer.
    pub fn pause(self) -> PausedFetchLine {
        PausedFetchLine {
            has_items: self.has_items,
        }
    }

    /// `* n FETCH (`
    pub fn begin(out: &'o mut Vec<u8>, message: SeqNum) -> Self {
        Self::begin_as(out, message.get(), " FETCH (")
    }

    /// `* n UIDFETCH (`, where UIDONLY is enabled (RFC 9586)
    pub fn begin_uid(out: &'o mut Vec<u8>, message: Uid) -> Self {
        Self::begin_as(out, message.get(), " UIDFETCH (")
    }

    fn begin_as(out: &'o mut Vec<u8>, message: u32, name: &str) -> Self {
        out.extend_from_slice(b"* ");
        number(out, u64::from(message));
        out.extend_from_slice(name.as_bytes());
        Self {
            out,
            has_items: false,
        }
    }

    /// `UID n`
    pub fn uid(&mut self, uid: Uid) -> &mut Self {
        self.item("UID ");
        number(self.out, u64::from(uid.get()));
        self
    }

    /// `FLAGS (name …)`
    pub fn flags<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> &mut Self {
        self.item("FLAGS (");
        separated(self.out, names, |out, name| {
            out.extend_from_slice(name.as_bytes());
        });
        self.out.push(b')');
        self
    }

    /// `INTERNALDATE "date-time"`
    pub fn internal_date(&mut self, date: InternalDate) -> &mut Self {
        self.item("INTERNALDATE ");
        date_time(self.out, date);
        self
    }

    /// `RFC822.SIZE n`
    pub fn size(&mut self, bytes: u64) -> &mut Self {
        self.item("RFC822.SIZE ");
        number(self.out, bytes);
        self
    }

    /// `ENVELOPE (…)`, in IMAP syntax already.
    pub fn envelope(&mut self, envelope: &[u8]) -> &mut Self {
        self.ready("ENVELOPE ", envelope)
    }

    /// `BODYSTRUCTURE (…)`, in IMAP syntax already.
    pub fn body_structure(&mut self, body_structure: &[u8]) -> &mut Self {
        self.ready("BODYSTRUCTURE ", body_structure)
    }

    /// `BODY (…)`, in IMAP syntax already.
    pub fn body(&mut self, body: &[u8]) -> &mut Self {
        self.ready("BODY ", body)
    }

    /// `MODSEQ (n)`
    pub fn modseq(&mut self, modseq: ModSeq) -> &mut Self {
        self.item("MODSEQ (");
        number(self.out, modseq.get());
        self.out.push(b')');
        self
    }

    /// `EMAILID (id)`
    pub fn email_id(&mut self, id: &str) -> &mut Self {
        self.item("EMAILID ");
        object_id(self.out, id);
        self
    }

    /// `THREADID (id)`
    pub fn thread_id(&mut self, id: &str) -> &mut Self {
        self.item("THREADID ");
        object_id(self.out, id);
        self
    }

    /// `SAVEDATE "date-time"`; `None` is NIL.
    pub fn save_date(&mut self, date: Option<InternalDate>) -> &mut Self {
        self.item("SAVEDATE ");
        match date {
            Some(date) => date_time(self.out, date),
            None => self.out.extend_from_slice(b"NIL"),
        }
        self
    }

    /// `BODY[section]<origin> {n}…` as it was asked for; `None` is NIL: there is no such part.
    ///
    /// `content` is already cut to the partial, if there is one.
    pub fn section(&mut self, section: &BodySection, content: Option<&[u8]>) -> &mut Self {
        self.section_head(section, content.map(<[u8]>::len));
        self.out.extend_from_slice(content.unwrap_or_default());
        self
    }

    /// As [`section`](Self::section), of so many octets, which have to follow.
    pub fn section_head(&mut self, section: &BodySection, octets: Option<usize>) -> &mut Self {
        match section.spelling {
            Spelling::Body => {
                self.item("BODY[");
                self.section_spec(section);
                self.out.push(b']');
                self.origin(section.partial);
            }
            Spelling::Rfc822 => self.item("RFC822"),
            Spelling::Rfc822Header => self.item("RFC822.HEADER"),
            Spelling::Rfc822Text => self.item("RFC822.TEXT"),
        }
        self.out.push(b' ');
        match octets {
            Some(octets) => literal_head(self.out, octets),
            None => self.out.extend_from_slice(b"NIL"),
        }
        self
    }

    /// `PREVIEW string`, a literal where it is not ASCII; `None` is NIL.
    pub fn preview(&mut self, preview: Option<&str>) -> &mut Self {
        self.item("PREVIEW ");
        match preview {
            Some(preview) => string(self.out, Speech { utf8: false }, preview),
            None => self.out.extend_from_slice(b"NIL"),
        }
        self
    }

    /// `BINARY[section]<origin> {n}…`, with `~` before what holds a NUL; `None` is NIL.
    ///
    /// `content` is already decoded, and cut to the partial, if there is one.
    pub fn binary(&mut self, section: &BinarySection, content: Option<&[u8]>) -> &mut Self {
        self.binary_head(section, content);
        self.out.extend_from_slice(content.unwrap_or_default());
        self
    }

    /// As [`binary`](Self::binary), up to the octets of `content`, which have to follow.
    pub fn binary_head(&mut self, section: &BinarySection, content: Option<&[u8]>) -> &mut Self {
        self.item("BINARY[");
        self.section_part(&section.part);
        self.out.push(b']');
        self.origin(section.partial);
        self.out.push(b' ');
        match content {
            Some(content) => {
                if memchr::memchr(0, content).is_some() {
                    self.out.push(b'~');
                }
                literal_head(self.out, content.len());
            }
            None => self.out.extend_from_slice(b"NIL"),
        }
        self
    }

    /// `BINARY.SIZE[section] n`
    pub fn binary_size(&mut self, part: &[u32], bytes: u64) -> &mut Self {
        self.item("BINARY.SIZE[");
        self.section_part(part);
        self.out.extend_from_slice(b"] ");
        number(self.out, bytes);
        self
    }

    /// `)`
    pub fn end(self) {
        self.out.push(b')');
        end(self.out);
    }

    /// `section-spec`
    fn section_spec(&mut self, section: &BodySection) {
        self.section_part(&section.part);
        if !section.part.is_empty() && section.text != SectionText::Whole {
            self.out.push(b'.');
        }
        match &section.text {
            SectionText::Whole => {}
            SectionText::Header => self.out.extend_from_slice(b"HEADER"),
            SectionText::HeaderFields(names) => self.header_list("HEADER.FIELDS (", names),
            SectionText::HeaderFieldsNot(names) => self.header_list("HEADER.FIELDS.NOT (", names),
            SectionText::Text => self.out.extend_from_slice(b"TEXT"),
            SectionText::Mime => self.out.extend_from_slice(b"MIME"),
        }
    }

    /// `section-part`
    fn section_part(&mut self, part: &[u32]) {
        for (index, &part) in part.iter().enumerate() {
            if index > 0 {
                self.out.push(b'.');
            }
            number(self.out, u64::from(part));
        }
    }

    /// `["<" number ">"]`
    fn origin(&mut self, partial: Option<(u64, u64)>) {
        if let Some((first, _)) = partial {
            self.out.push(b'<');
            number(self.out, first);
            self.out.push(b'>');
        }
    }

    fn header_list(&mut self, start: &str, names: &[String]) {
        self.out.extend_from_slice(start.as_bytes());
        separated(self.out, names, |out, name| {
            astring(out, Speech { utf8: false }, name);
        });
        self.out.push(b')');
    }

    fn ready(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.item(name);
        self.out.extend_from_slice(value);
        self
    }

    fn item(&mut self, name: &str) {
        if self.has_items {
            self.out.push(b' ');
        }
        self.has_items = true;
        self.out.extend_from_slice(name.as_bytes());
    }
}

/// `date-time`
fn date_time(out: &mut Vec<u8>, date: InternalDate) {
    // A vector takes everything.
    let _infallible = write!(out, "\"{date}\"");
}
