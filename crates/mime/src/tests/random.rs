//! Bytes that nobody meant as mail, and mail that somebody meant as an attack.

use mail::limits::{FOLDED_BYTES_MAX, MIME_DEPTH_MAX, MIME_PARTS_MAX};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::oracle::checked;
use super::pieces::PIECES;
use crate::{Keep, SearchText, body_without_extensions, header_fields, parse, search_text};

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    vec(select(PIECES), 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_bytes_are_described(message in vec(any::<u8>(), 0..400)) {
        checked(&message);
    }

    #[test]
    fn anything_like_mail_is_described(message in pieces()) {
        checked(&message);
    }

    #[test]
    fn named_and_other_fields_make_up_the_header(message in pieces(), names in vec("(?i)subject|from|to|x", 0..3)) {
        let header = &message[..parse(&message).header_bytes];
        let named = header_fields(header, &names, Keep::Named);
        let others = header_fields(header, &names, Keep::Others);
        let empty_line = header_fields(header, &[], Keep::Named);
        prop_assert_eq!(named.len() + others.len(), header.len() + empty_line.len());
    }

    #[test]
    fn what_is_stored_may_be_damaged(stored in pieces(), needle in "[a-z: ]{0,3}") {
        prop_assert!(body_without_extensions(&stored).len() <= stored.len());
        let text = SearchText::new(&stored);
        prop_assert!(text.text(&needle) || !text.body(&needle));
    }
}

const ATTACK_BYTES: usize = 192 * 1024;

/// None takes a second; quadratic behaviour would keep the test from ending in any useful time.
#[test]
fn repetition_costs_no_more_than_its_length() {
    let heads = [
        "",
        "To: ",
        "Subject: ",
        "Date: ",
        "Content-Type: ",
        "Content-Type: text/plain; ",
        "Content-Disposition: a; ",
        "\n",
        "Content-Type: multipart/mixed; boundary=b\n\n",
        "Content-Transfer-Encoding: base64\n\n",
        "Content-Transfer-Encoding: quoted-printable\n\n",
    ];
    let units = [
        "a",
        "<",
        "\"",
        "(",
        ")",
        "[",
        "\\",
        "=",
        "=?",
        "=?a?q?",
        "=?utf-8?q?=?=",
        ";a=",
        ";a",
        "a@b,",
        "x:;",
        "\n",
        "\n ",
        "a: b\n",
        "--b\n",
        "--b\n\n",
        "--\n",
        "é",
        "\u{345}",
        "\0",
        "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
        "Content-Type: message/rfc822\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    ];
    for head in heads {
        for unit in units {
            let message = [head, &unit.repeat(ATTACK_BYTES / unit.len())].concat();
            let parsed = parse(message.as_bytes());
            assert!(parsed.header_bytes <= message.len());
            assert!(search_text(message.as_bytes()).len() <= FOLDED_BYTES_MAX);
        }
    }
}

#[test]
fn depth_and_number_of_parts_are_bounded() {
    let deep =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(MIME_DEPTH_MAX + 10);
    checked(deep.as_bytes());
    let enclosed = "Content-Type: message/rfc822\r\n\r\n".repeat(MIME_DEPTH_MAX + 10);
    let structure = checked(enclosed.as_bytes()).body_structure;
    assert!(
        String::from_utf8(structure)
            .unwrap()
            .contains("octet-stream")
    );

    let wide = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nx\r\n".repeat(MIME_PARTS_MAX + 10)
    );
    let structure = parse(wide.as_bytes()).body_structure;
    let parts = String::from_utf8(structure)
        .unwrap()
        .matches("plain")
        .count();
    assert_eq!(parts, MIME_PARTS_MAX - 1, "the root is a part too");
}

#[test]
fn descriptions_are_bounded() {
    let many = "To: a@b, c@d\r\n".repeat(20_000);
    let parsed = checked(many.as_bytes());
    let addresses = String::from_utf8(parsed.envelope).unwrap();
    assert_eq!(addresses.matches(r#"(NIL NIL ""#).count(), 10_000);

    let enclosed = format!("--b\r\n\r\nFrom: {}\r\n\r\nx\r\n", "a@b,".repeat(8_000));
    let head = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
    let message = [head, &enclosed.repeat(100)].concat();
    let structure = parse(message.as_bytes()).body_structure;
    assert!(structure.len() < 5 * 1024 * 1024);
    let structure = String::from_utf8(structure).unwrap();
    assert_eq!(structure.matches("rfc822").count(), 100);
}

#[test]
fn search_text_is_cut_between_characters() {
    let message = ["\r\n", &"é".repeat(FOLDED_BYTES_MAX)].concat();
    let text = search_text(message.as_bytes());
    assert!(text.len() <= FOLDED_BYTES_MAX);
    assert!(str::from_utf8(&text).is_ok());
    let text = SearchText::new(&text);
    assert!(text.body("e\u{301}"));
}
