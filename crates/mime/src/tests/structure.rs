//! BODYSTRUCTURE and sections of known messages.

use super::oracle::checked;
use crate::{Section, body_without_extensions, section};

fn structure(message: &str) -> String {
    String::from_utf8(checked(message.as_bytes()).body_structure).unwrap()
}

fn body(message: &str) -> String {
    let structure = structure(message);
    String::from_utf8(body_without_extensions(structure.as_bytes())).unwrap()
}

#[test]
fn a_message_of_one_part() {
    let table = [
        (
            "",
            r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)"#,
        ),
        (
            "\r\na\r\nb\r\n",
            r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 2 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: nonsense\n\na\nb",
            r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: text/plain; format=flowed\n\n",
            r#"("text" "plain" ("format" "flowed" "charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: text/html\nContent-Transfer-Encoding: Quoted-Printable (x)\n\n",
            r#"("text" "html" NIL NIL NIL "Quoted-Printable" 0 0 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: text/html\nContent-Transfer-Encoding: quoted printable\n\n",
            r#"("text" "html" NIL NIL NIL "7bit" 0 0 NIL NIL NIL NIL)"#,
        ),
        (
            "Content-Type: image/PNG; name=\"a \\\"b\\\".png\"\r\n\
             Content-ID: <1@x>\r\n\
             Content-Description: a\r\n picture\r\n\
             Content-Transfer-Encoding: base64\r\n\
             Content-MD5: Q2hlY2s=\r\n\
             Content-Disposition: inline; filename*=utf-8''%C3%A9.png; size=3\r\n\
             Content-Language: de, en\r\n\
             Content-Location: http://x/y\r\n\r\nAAAA",
            concat!(
                r#"("image" "PNG" ("name" "a \"b\".png") "<1@x>" "a picture" "base64" 4 "Q2hlY2s=" "#,
                r#"("inline" ("filename*" "utf-8''%C3%A9.png" "size" "3")) ("de" "en") "http://x/y")"#,
            ),
        ),
        (
            "Content-Type: multipart/mixed\r\n\r\nlost\r\n",
            concat!(
                r#"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL) "#,
                r#""mixed" NIL NIL NIL NIL)"#,
            ),
        ),
    ];
    for (message, expected) in table {
        assert_eq!(structure(message), expected, "{message:?}");
    }
}

/// The example of RFC 3501, 6.4.5, with something to tell the parts apart.
const EXAMPLE: &str = "Subject: outer\r\n\
    Content-Type: multipart/mixed; boundary=b0\r\n\
    \r\n\
    preamble\r\n\
    --b0\r\n\
    \r\n\
    one\r\n\
    --b0\r\n\
    Content-Type: application/octet-stream\r\n\
    \r\n\
    two\r\n\
    --b0\r\n\
    Content-Type: message/rfc822\r\n\
    \r\n\
    Subject: three\r\n\
    Content-Type: multipart/mixed; boundary=b3\r\n\
    \r\n\
    --b3\r\n\
    \r\n\
    three.one\r\n\
    --b3\r\n\
    Content-Type: application/octet-stream\r\n\
    \r\n\
    three.two\r\n\
    --b3--\r\n\
    \r\n\
    --b0\r\n\
    Content-Type: multipart/mixed; boundary=b4\r\n\
    \r\n\
    --b4\r\n\
    Content-Type: image/gif\r\n\
    Content-Disposition: inline\r\n\
    \r\n\
    four.one\r\n\
    --b4\r\n\
    Content-Type: message/rfc822\r\n\
    \r\n\
    Subject: four.two\r\n\
    Content-Type: multipart/mixed; boundary=b42\r\n\
    \r\n\
    --b42\r\n\
    Content-Type: text/plain\r\n\
    \r\n\
    four.two.one\r\n\
    --b42\r\n\
    Content-Type: multipart/alternative; boundary=\"b422\"\r\n\
    \r\n\
    --b422\r\n\
    Content-Type: text/plain\r\n\
    \r\n\
    four.two.two.one\r\n\
    --b422\r\n\
    Content-Type: text/richtext\r\n\
    \r\n\
    four.two.two.two\r\n\
    --b422--\r\n\
    --b42--\r\n\
    --b4--\r\n\
    --b0--\r\n\
    epilogue\r\n";

fn shown(message: &str, part: &[u32], what: Section<'_>) -> String {
    match section(message.as_bytes(), part, what) {
        Some(found) => String::from_utf8(found.into_owned()).unwrap(),
        None => "NIL".to_owned(),
    }
}

#[test]
fn the_numbers_of_the_rfc() {
    let names = ["SUBJECT".to_owned()];
    let table: &[(&[u32], Section<'_>, &str)] = &[
        (&[1], Section::Whole, "one"),
        (&[1], Section::Mime, "\r\n"),
        (&[2], Section::Whole, "two"),
        (&[2], Section::Header, "NIL"),
        (&[2], Section::Text, "NIL"),
        (&[2, 1], Section::Whole, "NIL"),
        (&[3], Section::Mime, "Content-Type: message/rfc822\r\n\r\n"),
        (
            &[3],
            Section::HeaderFields(&names),
            "Subject: three\r\n\r\n",
        ),
        (
            &[3],
            Section::HeaderFieldsNot(&names),
            "Content-Type: multipart/mixed; boundary=b3\r\n\r\n",
        ),
        (
            &[3],
            Section::Text,
            "--b3\r\n\r\nthree.one\r\n--b3\r\nContent-Type: application/octet-stream\r\n\r\nthree.two\r\n--b3--\r\n",
        ),
        (&[3, 1], Section::Whole, "three.one"),
        (&[3, 2], Section::Whole, "three.two"),
        (&[3, 3], Section::Whole, "NIL"),
        (&[4], Section::Header, "NIL"),
        (
            &[4, 1],
            Section::Mime,
            "Content-Type: image/gif\r\nContent-Disposition: inline\r\n\r\n",
        ),
        (&[4, 1], Section::Whole, "four.one"),
        (
            &[4, 2],
            Section::HeaderFields(&names),
            "Subject: four.two\r\n\r\n",
        ),
        (&[4, 2, 1], Section::Whole, "four.two.one"),
        (&[4, 2, 2, 1], Section::Whole, "four.two.two.one"),
        (&[4, 2, 2, 2], Section::Whole, "four.two.two.two"),
        (&[0], Section::Whole, "NIL"),
        (&[5], Section::Whole, "NIL"),
        (&[], Section::Mime, "NIL"),
        (&[], Section::HeaderFields(&names), "Subject: outer\r\n\r\n"),
    ];
    for (part, what, expected) in table {
        assert_eq!(shown(EXAMPLE, part, *what), *expected, "{part:?} {what:?}");
    }
    checked(EXAMPLE.as_bytes());
    checked(EXAMPLE.replace("\r\n", "\n").as_bytes());
}

#[test]
fn the_structure_of_the_same_message() {
    let text = r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit""#;
    let octets = r#"("application" "octet-stream" NIL NIL NIL "7bit""#;
    let envelope = |subject: &str| format!(r#"(NIL "{subject}" NIL NIL NIL NIL NIL NIL NIL NIL)"#);
    let third = format!(
        r#"("message" "rfc822" NIL NIL NIL "7bit" {} {} ({text} 9 0){octets} 9) "mixed") 11)"#,
        shown(EXAMPLE, &[3], Section::Whole).len(),
        envelope("three"),
    );
    let second_of_fourth = format!(
        r#"("message" "rfc822" NIL NIL NIL "7bit" {} {} ({text} 12 0)({text} 16 0)("text" "richtext" NIL NIL NIL "7bit" 16 0) "alternative") "mixed") 19)"#,
        shown(EXAMPLE, &[4, 2], Section::Whole).len(),
        envelope("four.two"),
    );
    assert_eq!(
        body(EXAMPLE),
        format!(
            r#"({text} 3 0){octets} 3){third}(("image" "gif" NIL NIL NIL "7bit" 8){second_of_fourth} "mixed") "mixed")"#
        )
    );
}

#[test]
fn part_1_of_a_message_without_parts_is_its_body() {
    let message = "Subject: x\r\n\r\nbody\r\n";
    assert_eq!(shown(message, &[1], Section::Whole), "body\r\n");
    assert_eq!(shown(message, &[1], Section::Mime), "Subject: x\r\n\r\n");
    assert_eq!(shown(message, &[1], Section::Text), "NIL");
    assert_eq!(shown(message, &[1, 1], Section::Whole), "NIL");
    assert_eq!(shown(message, &[2], Section::Whole), "NIL");

    let forwarded = "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody\r\n";
    assert_eq!(
        shown(forwarded, &[1], Section::Whole),
        "Subject: in\r\n\r\nbody\r\n"
    );
    assert_eq!(
        shown(forwarded, &[1], Section::Header),
        "Subject: in\r\n\r\n"
    );
    assert_eq!(shown(forwarded, &[1, 1], Section::Whole), "body\r\n");
}

#[test]
fn delimiters_sound_and_broken() {
    // Head, body, and the parts that it has.
    let mixed = "Content-Type: multipart/mixed; boundary=b\n\n";
    let nested = "--b\nContent-Type: multipart/mixed; boundary=bb\n\n";
    let table = [
        ("--b\n\n1\n--b\n\n2\n--b--\n".to_owned(), vec!["1", "2"]),
        ("--b  \r\n\r\n1\r\n--b--  \r\n".to_owned(), vec!["1"]),
        ("--b\n\n1".to_owned(), vec!["1"]),
        ("--b\n\n1\n\n--b--".to_owned(), vec!["1\n"]),
        ("--b\n\n--b\n\n--b--".to_owned(), vec!["", ""]),
        ("--b\n--b\nSubject: x\n--b--".to_owned(), vec!["", ""]),
        (
            "--b\n\n1 --b\n -- b\n--b--".to_owned(),
            vec!["1 --b\n -- b"],
        ),
        ("--b\n\n1\n--b--\n--b\n\n2\n".to_owned(), vec!["1"]),
        (
            "--b\n\n1\n--b junk\n\n2\n".to_owned(),
            vec!["1\n--b junk\n\n2\n"],
        ),
        ("--b--\n\n1".to_owned(), vec!["--b--\n\n1"]),
        ("no delimiter\n".to_owned(), vec!["no delimiter\n"]),
        (
            format!("{nested}--bb\n\n1\n--bb--\n--b\n\n2\n--b--"),
            vec!["--bb\n\n1\n--bb--", "2"],
        ),
        (
            format!("{nested}--bb\n\n1\n--b\n\n2\n--b--"),
            vec!["--bb\n\n1", "2"],
        ),
        (format!("{nested}1\n--b\n\n2\n--b--"), vec!["1", "2"]),
    ];
    for (body, expected) in table {
        let message = format!("{mixed}{body}");
        checked(message.as_bytes());
        let parts: Vec<_> = (1..)
            .map_while(|number| section(message.as_bytes(), &[number], Section::Whole))
            .map(|part| String::from_utf8(part.into_owned()).unwrap())
            .collect();
        assert_eq!(parts, expected, "{body:?}");
    }
}

#[test]
fn headers_without_end() {
    for message in ["Subject: x", "Subject: x\r\n", "Subject: x\n"] {
        assert_eq!(shown(message, &[], Section::Header), message);
        assert_eq!(shown(message, &[], Section::Text), "");
        assert_eq!(shown(message, &[1], Section::Whole), "");
        let names = ["subject".to_owned()];
        assert_eq!(shown(message, &[], Section::HeaderFields(&names)), message);
        assert_eq!(shown(message, &[], Section::HeaderFieldsNot(&names)), "");
    }
    assert_eq!(shown("\nbody", &[], Section::Header), "\n");
    assert_eq!(shown(" \r\nbody", &[], Section::Text), "");
}

#[test]
fn parts_of_a_digest_are_messages() {
    let message = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b\nContent-Type: text/plain\n\nz\n--b--";
    assert_eq!(
        body(message),
        concat!(
            r#"(("message" "rfc822" NIL NIL NIL "7bit" 13 (NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL) "#,
            r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) 2)"#,
            r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) "digest")"#,
        )
    );
}

/// RFC 2046, 5.1.2, forbids it; Dovecot and Cyrus read it in the same way.
#[test]
fn a_multipart_with_the_boundary_of_the_one_around_it_has_its_own_parts() {
    let head = "Content-Type: multipart/mixed; boundary=a\n\n--a\n";
    let message = [head, head, "Content-Type: text/plain\n\nbody\n"].concat();
    let expected =
        r#"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 1) "mixed") "mixed")"#;
    assert_eq!(body(&message), expected);
}

#[test]
fn a_part_that_ends_where_it_begins_is_within_the_one_around_it() {
    let head = |boundary: &str| format!("Content-Type: multipart/mixed; boundary={boundary}\n\n");
    let message = [&head("a"), "--a\n", &head("bb"), "text\n--bb\n--a\n"].concat();
    checked(message.as_bytes());
    assert_eq!(shown(&message, &[1], Section::Whole), "text\n--bb\n");
}
