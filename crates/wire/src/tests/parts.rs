//! BINARY (RFC 3516), REPLACE (RFC 8508), CATENATE (RFC 4469) and PREVIEW (RFC 8970), read and said.

use mail::{Flag, SeqNum};

use super::{body, complaint, name};
use crate::say::FetchLine;
use crate::{
    AppendContent, BinarySection, Body, CatPart, FetchItem, MessageSet, NumberEnd, NumberRange,
    NumberSet, Numbering,
};

fn item(text: &str) -> FetchItem {
    match body(&format!("FETCH 1 {text}")) {
        Ok(Body::Fetch(fetch)) => fetch.items[0].clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn binary_names_parts_by_number_alone() {
    let section = |part: &[u32], partial, peek| {
        FetchItem::Binary(BinarySection {
            part: part.to_vec(),
            partial,
            peek,
        })
    };
    for (text, expected) in [
        ("BINARY[1]", section(&[1], None, false)),
        ("binary.peek[2.1]", section(&[2, 1], None, true)),
        ("BINARY.PEEK[]<0.5>", section(&[], Some((0, 5)), true)),
        (
            "BINARY[1]<4294967296.9223372036854775807>",
            section(&[1], Some((1 << 32, i64::MAX as u64)), false),
        ),
        ("BINARY.SIZE[3.2.1]", FetchItem::BinarySize(vec![3, 2, 1])),
        ("BINARY.SIZE[]", FetchItem::BinarySize(vec![])),
    ] {
        assert_eq!(item(text), expected, "{text}");
    }
    for text in [
        "BINARY",
        "BINARY[TEXT]",
        "BINARY[1.MIME]",
        "BINARY[0]",
        "BINARY[1.]",
        "BINARY.SIZE[1]<0.5>",
        "BINARY[1]<0.0>",
        "BINARY[1]<0.9223372036854775808>",
    ] {
        complaint(&format!("FETCH 1 {text}"));
    }
}

#[test]
fn a_nul_makes_a_literal8() {
    let mut out = Vec::new();
    let mut line = FetchLine::begin(&mut out, SeqNum::MIN);
    let mut section = BinarySection {
        part: vec![2, 1],
        partial: Some((4, 9)),
        peek: true,
    };
    line.binary(&section, Some(b"a\0"));
    section.partial = None;
    line.binary(&section, Some(b"ab")).binary(&section, None);
    line.binary_size(&[1], 7);
    line.end();
    assert_eq!(
        out,
        b"* 1 FETCH (BINARY[2.1]<4> ~{2}\r\na\0 BINARY[2.1] {2}\r\nab BINARY[2.1] NIL BINARY.SIZE[1] 7)\r\n"
    );
}

#[test]
fn replace_takes_one_number_and_one_message() {
    for (command, numbering, end) in [
        ("REPLACE 4", Numbering::Sequence, NumberEnd::Number(4)),
        ("uid replace 2000", Numbering::Uid, NumberEnd::Number(2000)),
        ("REPLACE *", Numbering::Sequence, NumberEnd::Last),
    ] {
        let text = format!("{command} Drafts (\\Draft) ~{{2+}}\r\na\0");
        let Ok(Body::Replace {
            numbering: found,
            set,
            mailbox,
            message,
        }) = body(&text)
        else {
            panic!("{text}");
        };
        assert_eq!((found, mailbox), (numbering, name("Drafts")));
        assert_eq!(
            set,
            MessageSet::Listed(NumberSet(vec![NumberRange(end, end)]))
        );
        assert_eq!(message.flags, [Flag::Draft]);
        assert_eq!(message.data, AppendContent::Whole("a\0".into()));
    }
    for text in [
        "REPLACE 1:2 Drafts {1+}\r\na",
        "REPLACE 0 Drafts {1+}\r\na",
        "REPLACE 1 Drafts",
        "REPLACE 1 Drafts {1+}\r\na {1+}\r\nb",
    ] {
        complaint(text);
    }
}

#[test]
fn catenate_takes_texts_and_urls() {
    let text =
        "APPEND Drafts (\\Seen) CATENATE (URL \"/Drafts/;UID=20\" TEXT {2+}\r\nab url ;UID=3)";
    let Ok(Body::Append { messages, .. }) = body(text) else {
        panic!("{:?}", body(text));
    };
    assert_eq!(
        messages[0].data,
        AppendContent::Catenate(vec![
            CatPart::Url("/Drafts/;UID=20".into()),
            CatPart::Text("ab".into()),
            CatPart::Url(";UID=3".into()),
        ])
    );
    for text in [
        "APPEND Drafts CATENATE ()",
        "APPEND Drafts CATENATE (TEXT \"a\")",
        "APPEND Drafts CATENATE ({1+}\r\na)",
        "APPEND Drafts CATENATE (URL)",
    ] {
        complaint(text);
    }
}

#[test]
fn preview_is_lazy_or_not() {
    for (text, lazy) in [
        ("PREVIEW", false),
        ("preview (lazy)", true),
        ("(PREVIEW (LAZY))", true),
    ] {
        assert_eq!(item(text), FetchItem::Preview { lazy }, "{text}");
    }
    complaint("FETCH 1 (PREVIEW (EAGER))");
    let mut out = Vec::new();
    let mut line = FetchLine::begin(&mut out, SeqNum::MIN);
    line.preview(Some("a \"b\"")).preview(None);
    line.preview(Some("\u{fc}")).preview(Some(""));
    line.end();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "* 1 FETCH (PREVIEW \"a \\\"b\\\"\" PREVIEW NIL PREVIEW {2}\r\n\u{fc} PREVIEW \"\")\r\n"
    );
}
