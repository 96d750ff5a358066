//! The commands and the response of RFC 5464.

use mail::{Depth, EntryName};

use super::{body, complaint, name};
use crate::{Body, Code, GetMetadata, Speech, Verdict, say};

fn entry(text: &str) -> EntryName {
    EntryName::parse(text).unwrap()
}

#[test]
fn getmetadata_is_read_as_the_grammar_and_as_the_examples_write_it() {
    let asked = |mailbox: &str, max_size, depth, entries: &[&str]| {
        Body::GetMetadata(GetMetadata {
            mailbox: (!mailbox.is_empty()).then(|| name(mailbox)),
            max_size,
            depth,
            entries: entries.iter().map(|text| entry(text)).collect(),
        })
    };
    let both = ["/shared/comment", "/private/comment"];
    for (command, expected) in [
        (
            r#"GETMETADATA "" /shared/comment"#,
            asked("", None, Depth::Zero, &both[..1]),
        ),
        (
            r#"GETMETADATA "INBOX" (/shared/comment /private/comment)"#,
            asked("INBOX", None, Depth::Zero, &both),
        ),
        (
            r#"GETMETADATA "INBOX" ("/Shared/Comment" /shared/comment)"#,
            asked("INBOX", None, Depth::Zero, &both[..1]),
        ),
        (
            r#"GETMETADATA "INBOX" (MAXSIZE 1024) (/shared/comment /private/comment)"#,
            asked("INBOX", Some(1024), Depth::Zero, &both),
        ),
        (
            r#"GETMETADATA (MAXSIZE 0 DEPTH infinity) "INBOX" /shared"#,
            asked("INBOX", Some(0), Depth::Infinity, &["/shared"]),
        ),
        (
            r#"GETMETADATA "INBOX" (depth 1) (/private/filters/values)"#,
            asked("INBOX", None, Depth::One, &["/private/filters/values"]),
        ),
        (
            r#"GETMETADATA "INBOX" /shared/comment /private/comment"#,
            asked("INBOX", None, Depth::Zero, &both),
        ),
    ] {
        assert_eq!(body(command), Ok(expected), "{command}");
    }
}

#[test]
fn setmetadata_takes_all_kinds_of_values() {
    let set = |mailbox: &str, entries: &[(&str, Option<&[u8]>)]| Body::SetMetadata {
        mailbox: (!mailbox.is_empty()).then(|| name(mailbox)),
        entries: entries
            .iter()
            .map(|(text, value)| (entry(text), value.map(<[u8]>::to_vec)))
            .collect(),
    };
    for (command, expected) in [
        (
            "SETMETADATA INBOX (/private/comment {33+}\r\nMy new comment across\r\ntwo lines.)",
            set(
                "INBOX",
                &[(
                    "/private/comment",
                    Some(b"My new comment across\r\ntwo lines."),
                )],
            ),
        ),
        (
            "SETMETADATA INBOX (/private/comment NIL)",
            set("INBOX", &[("/private/comment", None)]),
        ),
        (
            r#"SETMETADATA INBOX (/private/comment "My new comment" /shared/comment "")"#,
            set(
                "INBOX",
                &[
                    ("/private/comment", Some(b"My new comment")),
                    ("/shared/comment", Some(b"")),
                ],
            ),
        ),
        (
            "SETMETADATA \"\" (/shared/vendor/x/y ~{2+}\r\n\0\u{7f})",
            set("", &[("/shared/vendor/x/y", Some(b"\0\x7f"))]),
        ),
        (
            "SETMETADATA INBOX (/shared/comment \"a\" /SHARED/comment \"b\")",
            set("INBOX", &[("/shared/comment", Some(b"b"))]),
        ),
    ] {
        assert_eq!(body(command), Ok(expected), "{command:?}");
    }
}

#[test]
fn bad_entries_are_named() {
    for (command, text) in [
        (
            "GETMETADATA INBOX /comment",
            "GETMETADATA: an entry begins with /private or /shared",
        ),
        (
            "GETMETADATA INBOX /shared//comment",
            "GETMETADATA: an entry has no empty level",
        ),
        (
            "GETMETADATA INBOX \"/shared/*\"",
            "GETMETADATA: an entry is ASCII without * and %",
        ),
        (
            "GETMETADATA INBOX (DEPTH 2) /shared/comment",
            "GETMETADATA: expected 0, 1 or infinity",
        ),
        (
            "GETMETADATA INBOX (/shared/comment",
            "GETMETADATA: expected the end of a list",
        ),
        (
            "SETMETADATA INBOX (/shared x)",
            "SETMETADATA: an entry with too few levels",
        ),
        (
            "SETMETADATA INBOX (/shared/vendor/acme NIL)",
            "SETMETADATA: an entry with too few levels",
        ),
        (
            "SETMETADATA INBOX (/shared/comment {1+}\r\n\0)",
            "SETMETADATA: NUL in a literal",
        ),
        (
            "SETMETADATA INBOX (/shared/comment atom)",
            "SETMETADATA: expected a value",
        ),
    ] {
        assert_eq!(complaint(command), text, "{command:?}");
    }
    let many: Vec<String> = (0..101).map(|n| format!("/shared/{n}")).collect();
    assert_eq!(
        complaint(&format!("GETMETADATA INBOX ({})", many.join(" "))),
        "GETMETADATA: more than 100 entries"
    );
}

#[test]
fn values_are_said_so_that_they_arrive() {
    let mut out = Vec::new();
    say::metadata(
        &mut out,
        Speech::default(),
        "",
        &[
            ("/shared/comment", Some(b"Shared comment")),
            ("/shared/a b", None),
            ("/shared/lines", Some(b"a\r\nb")),
            ("/shared/zero", Some(b"\0")),
            ("/shared/bytes", Some(b"\xff")),
        ],
    );
    assert_eq!(
        String::from_utf8_lossy(&out),
        "* METADATA \"\" (/shared/comment \"Shared comment\" \"/shared/a b\" NIL \
         /shared/lines {4}\r\na\r\nb /shared/zero ~{1}\r\n\0 /shared/bytes {1}\r\n\u{fffd})\r\n"
    );
}

#[test]
fn codes_are_said_as_rfc_5464_writes_them() {
    for (code, expected) in [
        (
            Code::MetadataLongEntries(2199),
            "* OK [METADATA LONGENTRIES 2199] x\r\n",
        ),
        (
            Code::MetadataMaxSize(1024),
            "* OK [METADATA MAXSIZE 1024] x\r\n",
        ),
        (Code::MetadataTooMany, "* OK [METADATA TOOMANY] x\r\n"),
    ] {
        let mut out = Vec::new();
        say::untagged(&mut out, Verdict::Ok, Some(code), "x");
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
