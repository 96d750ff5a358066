//! Message IDs, as threads compare them (RFC 5256, THREAD REFERENCES; RFC 5322, 3.6.4).

/// A longer id does not fit on a line of a message (RFC 5322, 2.1.1).
const MESSAGE_ID_BYTES_MAX: usize = 998;

/// The valid Message IDs in a field, without brackets and quoting. Anything else is skipped.
pub(crate) fn message_ids(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let start = memchr::memchr(b'<', rest)?;
            let (_, inner) = rest.split_at_checked(start + 1)?;
            let (id, behind) = normalized(inner);
            rest = behind;
            if id.is_some() {
                return id;
            }
        }
    })
}

/// Parses an id after its `<`: the id, and what follows its `>`, or what begins with the next `<`.
fn normalized(inner: &[u8]) -> (Option<Vec<u8>>, &[u8]) {
    let mut id = Vec::new();
    let mut at = None;
    let mut is_quoted = false;
    let mut rest = inner;
    while let Some((&byte, behind)) = rest.split_first() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => {
                id.extend(behind.first());
                rest = behind.get(1..).unwrap_or_default();
                continue;
            }
            b'>' if !is_quoted => {
                let is_valid = at.is_some_and(|at| at > 0 && at + 1 < id.len())
                    && id.len() <= MESSAGE_ID_BYTES_MAX;
                return (is_valid.then_some(id), behind);
            }
            b'<' if !is_quoted => return (None, rest),
            b' ' | b'\t' | b'\r' | b'\n' if !is_quoted => {}
            b'@' if !is_quoted => {
                at = Some(id.len());
                id.push(byte);
            }
            _ => id.push(byte),
        }
        rest = behind;
    }
    (None, rest)
}

#[cfg(test)]
mod tests {
    use super::message_ids;

    #[test]
    fn ids_sound_and_broken() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("<a@b>", &["a@b"]),
            // The example of RFC 5256.
            (
                "<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>",
                &["01KF8JCEOCBS0045PS@xxx.yyy.com"],
            ),
            ("<a@b><c@d>\r\n <e@f>", &["a@b", "c@d", "e@f"]),
            (
                "Ada's message of Monday <a@b> <ada@example.org>",
                &["a@b", "ada@example.org"],
            ),
            ("<no-at> <a@b>", &["a@b"]),
            ("<@b> <a@> <c@d>", &["c@d"]),
            ("<a@b <c@d>", &["c@d"]),
            ("<\"a \\\" > b\"@c>", &["a \" > b@c"]),
            ("<a @ b>", &["a@b"]),
            ("<A@b>", &["A@b"]),
            ("<\"open@b> <a@b>", &[]),
            ("a@b", &[]),
        ];
        for (value, expected) in table {
            let found: Vec<String> = message_ids(value.as_bytes())
                .map(|id| String::from_utf8(id).unwrap())
                .collect();
            assert_eq!(&found, expected, "{value:?}");
        }
    }

    #[test]
    fn what_no_line_can_hold_is_none() {
        let long = format!("<{}@b>", "a".repeat(1000));
        assert_eq!(message_ids(long.as_bytes()).count(), 0);
    }
}
