//! The conversation that a message belongs to, as far as its own header says.

use crate::header::{find, unfold};

/// The message that began the conversation, without angle brackets; `None` where none is named.
///
/// It is the first message that References names (RFC 5322, 3.6.4), else the one that is replied
/// to, else the message itself. The answer depends on the header alone, so it never changes.
#[must_use]
pub fn thread_root(header: &[u8]) -> Option<Vec<u8>> {
    ["References", "In-Reply-To", "Message-ID"]
        .into_iter()
        .filter_map(|name| find(header, name))
        .find_map(first_message_id)
}

/// The first `msg-id`. White space inside, where a long one was folded, is not part of it.
fn first_message_id(value: &[u8]) -> Option<Vec<u8>> {
    let value = unfold(value);
    let start = memchr::memchr(b'<', &value)?;
    let (_, behind) = value.split_at_checked(start + 1)?;
    let (id, _) = behind.split_at_checked(memchr::memchr(b'>', behind)?)?;
    let id: Vec<u8> = id
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::thread_root;

    #[test]
    fn the_root_is_what_the_header_names_first() {
        for (header, root) in [
            ("Message-ID: <a@x>\r\n\r\n", Some("a@x")),
            (
                "Message-ID: <c@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <a@x>\r\n <b@x>\r\n\r\n",
                Some("a@x"),
            ),
            (
                "Message-ID: <b@x>\r\nIn-Reply-To: Your mail of <a@x>\r\n\r\n",
                Some("a@x"),
            ),
            (
                "References:\r\nIn-Reply-To: yesterday\r\nMessage-ID: <c@x>\r\n\r\n",
                Some("c@x"),
            ),
            ("References: <a\r\n @x>\r\n\r\n", Some("a@x")),
            ("References: <> <b@x>\r\n\r\n", None),
            ("Subject: none\r\n\r\n", None),
            ("", None),
        ] {
            let found = thread_root(header.as_bytes());
            assert_eq!(found.as_deref(), root.map(str::as_bytes), "{header:?}");
        }
    }
}
