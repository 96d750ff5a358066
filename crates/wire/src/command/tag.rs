//! The tag of a command.

use crate::chars::is_astring_char;

/// A client's tag: printable, without `+`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub(crate) Box<str>);

impl Tag {
    /// More would be echoed for nothing: clients count to a few digits.
    const BYTES_MAX: usize = 255;

    /// `None` when it is empty, long, or holds what a tag may not (RFC 3501, 9: `tag`).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_tag = !text.is_empty()
            && text.len() <= Self::BYTES_MAX
            && text
                .iter()
                .all(|&byte| byte != b'+' && is_astring_char(byte));
        is_tag.then(|| Self(text.iter().copied().map(char::from).collect()))
    }

    /// As sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
