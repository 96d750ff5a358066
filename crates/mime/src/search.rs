//! The text that SEARCH reads: decoded, folded, and laid out so that a search is a scan.
//!
//! Each header field is a line `name: value`; a line without a name is text that was not a field. Where the names and
//! addresses of From, To, Cc and Bcc are written otherwise in the field than in ENVELOPE, lines `envelope from: …` have
//! them as they are there; no field has such a name. An empty line follows, and then the body: for each part in turn its MIME fields in the same
//! form, and its text. Of an enclosed message it has header and text, of other parts the MIME
//! fields only.

use mail::limits::FOLDED_BYTES_MAX;
use memchr::memmem;

use crate::address::{self, Address};
use crate::fold::{fold, fold_into};
use crate::fuzzy::Fuzzy;
use crate::header::{self, known_fields};
use crate::tree::{Content, Part};
use crate::{decode, parameter};

/// The address fields that have search keys of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// FROM
    From,
    /// TO
    To,
    /// CC
    Cc,
    /// BCC
    Bcc,
}

impl Field {
    const ALL: [Self; 4] = [Self::From, Self::To, Self::Cc, Self::Bcc];

    /// The field's name in a header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Cc => "cc",
            Self::Bcc => "bcc",
        }
    }

    /// The name of the line that has what ENVELOPE tells.
    fn envelope_name(self) -> &'static str {
        match self {
            Self::From => "envelope from",
            Self::To => "envelope to",
            Self::Cc => "envelope cc",
            Self::Bcc => "envelope bcc",
        }
    }
}

/// The search text of one message. Needles must have gone through [`fold`](crate::fold()).
///
/// It finds exact substrings, as RFC 3501, 6.4.4, says, and nothing beyond [`FOLDED_BYTES_MAX`].
#[derive(Clone, Copy, Debug)]
pub struct SearchText<'a> {
    all: &'a [u8],
    header: &'a [u8],
    body: &'a [u8],
}

impl<'a> SearchText<'a> {
    /// Reads what [`parse`](crate::parse) wrote as `search_text`.
    #[must_use]
    pub fn new(all: &'a [u8]) -> Self {
        // Every header line has a colon, so the first empty line ends the header.
        let header_length = if all.starts_with(b"\n") {
            0
        } else {
            memmem::find(all, b"\n\n").map_or(all.len(), |at| at + 1)
        };
        let (header, rest) = all.split_at_checked(header_length).unwrap_or_default();
        let body = rest.strip_prefix(b"\n").unwrap_or(rest);
        Self { all, header, body }
    }

    /// The length of all of it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.all.len()
    }

    /// The length of the header's part.
    #[must_use]
    pub fn header_bytes(&self) -> usize {
        self.header.len()
    }

    /// FROM, TO, CC, BCC: searches the names and addresses that ENVELOPE tells (RFC 9051, 6.4.4), and the decoded text of
    /// the field.
    #[must_use]
    pub fn address(&self, field: Field, folded_needle: &str) -> bool {
        self.header(field.name(), folded_needle)
            || self.header(field.envelope_name(), folded_needle)
    }

    /// SUBJECT.
    #[must_use]
    pub fn subject(&self, folded_needle: &str) -> bool {
        self.header("subject", folded_needle)
    }

    /// HEADER: searches all fields of this name; the empty needle asks whether there is one.
    #[must_use]
    pub fn header(&self, name: &str, folded_needle: &str) -> bool {
        let finder = memmem::Finder::new(folded_needle);
        self.values(name).any(|value| finder.find(value).is_some())
    }

    /// BODY.
    #[must_use]
    pub fn body(&self, folded_needle: &str) -> bool {
        memmem::find(self.body, folded_needle.as_bytes()).is_some()
    }

    /// TEXT: searches header and body.
    #[must_use]
    pub fn text(&self, folded_needle: &str) -> bool {
        memmem::find(self.all, folded_needle.as_bytes()).is_some()
    }

    /// [`header`](Self::header) with FUZZY (RFC 6203): how relevant the best of these fields is, in
    /// percent.
    #[must_use]
    pub fn rate_header(&self, name: &str, sought: &Fuzzy) -> u8 {
        let rates = self.values(name).map(|value| sought.rate(value));
        rates.max().unwrap_or(0)
    }

    /// [`address`](Self::address) with FUZZY.
    #[must_use]
    pub fn rate_address(&self, field: Field, sought: &Fuzzy) -> u8 {
        let names = [field.name(), field.envelope_name()].into_iter();
        let rates = names.map(|name| self.rate_header(name, sought));
        rates.max().unwrap_or(0)
    }

    /// [`body`](Self::body) with FUZZY.
    #[must_use]
    pub fn rate_body(&self, sought: &Fuzzy) -> u8 {
        sought.rate(self.body)
    }

    /// [`text`](Self::text) with FUZZY.
    #[must_use]
    pub fn rate_text(&self, sought: &Fuzzy) -> u8 {
        sought.rate(self.all)
    }

    /// The values of all fields of this name.
    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.header
            .split(|&byte| byte == b'\n')
            .filter_map(move |line| {
                let (found, value) = split_field(line)?;
                found.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
            })
    }
}

/// The search text of a message.
pub(crate) fn search_text(message: &[u8], root: &Part) -> Vec<u8> {
    let mut writer = Writer {
        message,
        folded: String::new(),
    };
    writer.fields(root.header(message));
    writer.envelope(root.header(message));
    if writer.room() > 0 {
        writer.folded.push('\n');
    }
    writer.content(root);
    writer.folded.into_bytes()
}

/// Whether headers and text are at least a third of a message, as they are written there.
pub(crate) fn is_mostly_text(message: &[u8], root: &Part) -> bool {
    text_bytes(message, root) >= message.len() / 3
}

fn text_bytes(message: &[u8], part: &Part) -> usize {
    let body = match &part.content {
        Content::Multipart(parts) => parts.iter().map(|child| text_bytes(message, child)).sum(),
        Content::Message(inner) => text_bytes(message, inner),
        Content::Leaf if part.media.is_kind("text") => part.body(message).len(),
        Content::Leaf => 0,
    };
    part.header(message).len() + body
}

const SEPARATOR: &str = ": ";

/// Names and addresses of one field that are kept because they are written otherwise in it. Finding out that one is
/// takes a look at the whole field.
const REWRITTEN_MAX: usize = 100;

fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name, value.get(SEPARATOR.len()..)?))
}

struct Writer<'m> {
    message: &'m [u8],
    folded: String,
}

impl Writer<'_> {
    fn content(&mut self, part: &Part) {
        match &part.content {
            Content::Multipart(parts) => {
                for child in parts {
                    self.fields(child.header(self.message));
                    self.content(child);
                }
            }
            Content::Message(inner) => {
                self.fields(inner.header(self.message));
                self.content(inner);
            }
            Content::Leaf if part.media.is_kind("text") => self.text(part),
            Content::Leaf => {}
        }
    }

    fn fields(&mut self, header: &[u8]) {
        for field in known_fields(header) {
            if self.room() == 0 {
                return;
            }
            let value = decode::unstructured(field.value).replace(['\r', '\n'], " ");
            let name = decode::text(field.name, None);
            self.push(&[&name, SEPARATOR, value.trim()].concat());
        }
    }

    /// The names and addresses of ENVELOPE that nobody would find in the fields: `ada (at home) @ example.org`.
    fn envelope(&mut self, header: &[u8]) {
        for field in known_fields(header) {
            let Some(kind) = Field::ALL.into_iter().find(|kind| field.is(kind.name())) else {
                continue;
            };
            let rewritten = rewritten(field.value);
            if !rewritten.is_empty() {
                self.push(&[kind.envelope_name(), SEPARATOR, &rewritten.join(", ")].concat());
            }
        }
    }

    fn text(&mut self, part: &Part) {
        let encoding = header::find(part.header(self.message), "Content-Transfer-Encoding");
        let encoding = encoding.and_then(parameter::token).unwrap_or(b"7bit");
        let body = part.body(self.message);
        // Three bytes of quoted-printable may be one of text, so not more than this can fit.
        let body = body.get(..3 * self.room()).unwrap_or(body);
        let decoded = decode::transfer(body, encoding);
        self.push(&decode::text(&decoded, part.media.parameter("charset")));
    }

    /// Adds a line, as far as it fits.
    fn push(&mut self, text: &str) {
        let room = self.room();
        if room == 0 {
            return;
        }
        // Folding hardly ever shortens a text, so what does not fit unfolded need not be folded.
        fold_into(&mut self.folded, truncated(text, room));
        let fitting = truncated(&self.folded, FOLDED_BYTES_MAX - 1).len();
        self.folded.truncate(fitting);
        self.folded.push('\n');
    }

    fn room(&self) -> usize {
        FOLDED_BYTES_MAX.saturating_sub(self.folded.len())
    }
}

/// The names and addresses of an address field that do not stand in its text as ENVELOPE tells them.
fn rewritten(value: &[u8]) -> Vec<String> {
    let written = fold(&decode::unstructured(value).replace(['\r', '\n'], " "));
    let mut addresses = Vec::new();
    address::read(&mut addresses, value);
    let mut rewritten = Vec::new();
    // Each address stands behind the one before it.
    let mut rest = written.as_str();
    for address in &addresses {
        let mut behind = rest;
        for told in told(address) {
            let folded = fold(&told);
            match memmem::find(rest.as_bytes(), folded.as_bytes()) {
                Some(at) => {
                    let after = rest.get(at + folded.len()..).unwrap_or_default();
                    behind = if after.len() < behind.len() {
                        after
                    } else {
                        behind
                    };
                }
                None => rewritten.push(told),
            }
        }
        rest = behind;
        if rewritten.len() >= REWRITTEN_MAX {
            break;
        }
    }
    rewritten
}

/// What ENVELOPE tells of an address: its name and `mailbox@host`, as far as they are there.
fn told(address: &Address) -> impl Iterator<Item = String> {
    let (name, address) = match address {
        Address::Mailbox {
            name,
            mailbox,
            host,
            ..
        } => {
            let text = |bytes: &[u8]| decode::text(bytes, None).into_owned();
            let is_whole = !address::is_missing(mailbox) && !address::is_missing(host);
            (
                name.as_ref().map(|name| decode::unstructured(name)),
                is_whole.then(|| [text(mailbox), text(host)].join("@")),
            )
        }
        Address::GroupStart(_) | Address::GroupEnd => (None, None),
    };
    name.into_iter().chain(address)
}

fn truncated(text: &str, length: usize) -> &str {
    text.get(..text.floor_char_boundary(length)).unwrap_or(text)
}
