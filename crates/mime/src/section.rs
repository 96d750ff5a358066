//! `BODY[section]`: slices of the raw message (RFC 3501, 6.4.5).

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::header::{Keep, header_fields};
use crate::tree::{Content, Part};

/// Which piece of the message, or of one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section<'a> {
    /// Everything: the message with its header, a part without its header.
    Whole,
    /// HEADER of the message or of an enclosed one.
    Header,
    /// HEADER.FIELDS
    HeaderFields(&'a [String]),
    /// HEADER.FIELDS.NOT
    HeaderFieldsNot(&'a [String]),
    /// TEXT: what follows the header.
    Text,
    /// MIME: the header of a part.
    Mime,
}

/// The octets of a section; `None` where there is no such part, which is answered by NIL.
///
/// HEADER and TEXT of a part exist only where the part is a message, and MIME only of a part. Part
/// 1 of a message that is not a multipart is its body, and its MIME header is that of the message.
#[must_use]
pub fn section<'m>(message: &'m [u8], part: &[u32], what: Section<'_>) -> Option<Cow<'m, [u8]>> {
    Sections::of(message).section(part, what)
}

/// A message that is taken apart when that is needed, and once for all that is asked of it.
#[derive(Debug)]
pub struct Sections<'m> {
    message: &'m [u8],
    root: OnceLock<Part>,
}

impl<'m> Sections<'m> {
    /// Nothing is taken apart yet.
    #[must_use]
    pub const fn of(message: &'m [u8]) -> Self {
        Self {
            message,
            root: OnceLock::new(),
        }
    }

    /// As [`section`].
    #[must_use]
    pub fn section(&self, part: &[u32], what: Section<'_>) -> Option<Cow<'m, [u8]>> {
        let message = self.message;
        if part.is_empty() && what == Section::Whole {
            return Some(Cow::Borrowed(message));
        }
        if part.is_empty() {
            return of_message(message, self.root(), what);
        }
        let part = find(self.root(), part)?;
        match what {
            Section::Whole => Some(Cow::Borrowed(part.body(message))),
            Section::Mime => Some(Cow::Borrowed(part.header(message))),
            Section::Header
            | Section::HeaderFields(_)
            | Section::HeaderFieldsNot(_)
            | Section::Text => match &part.content {
                Content::Message(inner) => of_message(message, inner, what),
                Content::Leaf | Content::Multipart(_) => None,
            },
        }
    }

    pub(crate) const fn message(&self) -> &'m [u8] {
        self.message
    }

    pub(crate) fn root(&self) -> &Part {
        self.root.get_or_init(|| {
            crate::panic_if_asked("section", self.message);
            Part::parse(self.message)
        })
    }
}

fn of_message<'m>(message: &'m [u8], root: &Part, what: Section<'_>) -> Option<Cow<'m, [u8]>> {
    let header = root.header(message);
    Some(match what {
        Section::Whole => Cow::Borrowed(root.whole(message)),
        Section::Header => Cow::Borrowed(header),
        Section::HeaderFields(names) => Cow::Owned(header_fields(header, names, Keep::Named)),
        Section::HeaderFieldsNot(names) => Cow::Owned(header_fields(header, names, Keep::Others)),
        Section::Text => Cow::Borrowed(root.body(message)),
        Section::Mime => return None,
    })
}

/// Follows the numbers down the tree. Those below an enclosed message count the parts of that
/// message's body.
pub(crate) fn find<'t>(root: &'t Part, numbers: &[u32]) -> Option<&'t Part> {
    let (&first, deeper) = numbers.split_first()?;
    let part = match &root.content {
        Content::Multipart(parts) => parts.get(usize::try_from(first).ok()?.checked_sub(1)?)?,
        Content::Leaf | Content::Message(_) if first == 1 => root,
        Content::Leaf | Content::Message(_) => return None,
    };
    match &part.content {
        _ if deeper.is_empty() => Some(part),
        Content::Multipart(_) => find(part, deeper),
        Content::Message(inner) => find(inner, deeper),
        Content::Leaf => None,
    }
}
