//! What SEARCH finds in a message, and what it does not.

use crate::{Field, SearchText, fold, parse, search_text};

const MESSAGE: &str = "From: =?utf-8?q?Ad=C3=A1?= Lovelace <ada@mail.Example.org>\r\n\
    To: Team: bo@example.com, \"Chris\" <c@x>;\r\n\
    Cc: cc@x\r\n\
    Cc: second@x\r\n\
    Subject: =?iso-8859-1?q?Gr=FC=DFe_aus?=\r\n =?iso-8859-1?q?_K=F6ln?=: invoices\r\n\
    X-Empty:\r\n\
    a line without name\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\
    \r\n\
    in the preamble\r\n\
    --b\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\
    \r\n\
    Stra=C3=9Fe with a soft=\r\nbreak\r\n\
    --b\r\n\
    Content-Type: text/html; charset=windows-1251\r\n\
    Content-Transfer-Encoding: base64\r\n\
    \r\n\
    PGI+z/Do4uXyPC9iPg==\r\n\
    --b\r\n\
    Content-Type: application/octet-stream; name=report.xls\r\n\
    \r\n\
    binary\r\n\
    --b\r\n\
    Content-Type: message/rfc822\r\n\
    \r\n\
    Subject: =?utf-8?q?inn=C3=A9r?=\r\n\
    \r\n\
    enclosed text\r\n\
    --b--\r\n";

#[test]
fn substrings_are_found_where_the_rfc_says() {
    let stored = search_text(MESSAGE.as_bytes());
    let text = SearchText::new(&stored);
    let table = [
        ("from", "ADÁ love", true),
        ("from", "example.org", true),
        ("from", "ada@mail", true),
        ("from", "bo@", false),
        ("to", "team", true),
        ("to", "chris", true),
        ("cc", "second@x", true),
        ("bcc", "", false),
        ("subject", "grüße aus köln", true),
        ("subject", "GRÜSSE", true),
        ("subject", "voice", true),
        ("subject", "innér", false),
        ("header X-EMPTY", "", true),
        ("header X-Empty", "x", false),
        ("header X-None", "", false),
        ("header Content-Type", "multipart", true),
        ("header Content-Type", "text/plain", false),
        ("header a line without name", "", false),
        ("body", "STRASSE", true),
        ("body", "softbreak", true),
        ("body", "<b>привет</b>", true),
        ("body", "report.xls", true),
        ("body", "subject: innér", true),
        ("body", "enclosed text", true),
        ("body", "binary", false),
        ("body", "köln", false),
        ("body", "not in there", false),
        ("text", "köln", true),
        ("text", "x-empty:", true),
        ("text", "a line without name", true),
        ("text", "softbreak", true),
        ("text", "not in there", false),
    ];
    for (key, needle, expected) in table {
        let folded = fold(needle);
        let found = match key {
            "from" => text.address(Field::From, &folded),
            "to" => text.address(Field::To, &folded),
            "cc" => text.address(Field::Cc, &folded),
            "bcc" => text.address(Field::Bcc, &folded),
            "subject" => text.subject(&folded),
            "body" => text.body(&folded),
            "text" => text.text(&folded),
            header => text.header(header.strip_prefix("header ").unwrap(), &folded),
        };
        assert_eq!(found, expected, "{key} {needle:?}");
    }
}

/// RFC 9051, 6.4.4: FROM and its brothers search the envelope's structure, in which there are no comments, folds and
/// quotes. What stands in the field is found, too.
#[test]
fn addresses_are_found_as_envelope_tells_them() {
    let message = "From: <user-from (comment)@ (comment) domain.org>\r\n\
        To: \"Joe \\\"Q\\\" Public\" <joe@x>, ada@y, ada\r\n @z (Ada L), bo . c @ d\r\n\
        Cc: plain@x, Undisclosed\r\n\
        \r\n\
        body";
    let stored = search_text(message.as_bytes());
    let text = SearchText::new(&stored);
    for (field, needle, expected) in [
        (Field::From, "user-from@domain.org", true),
        (Field::From, "<user-from (comment)@", true),
        (Field::To, "Joe \"Q\" Public", true),
        (Field::To, "ada@z", true),
        (Field::To, "bo.c@d", true),
        (Field::To, "ada@y", true),
        (Field::Cc, "plain@x", true),
        (Field::Cc, "missing_domain", false),
        (Field::Cc, "user-from@", false),
    ] {
        assert_eq!(text.address(field, &fold(needle)), expected, "{needle}");
    }
    assert!(!text.header("from", &fold("user-from@domain.org")));
    let stored = String::from_utf8(stored).unwrap();
    assert_eq!(stored.matches("envelope").count(), 2, "{stored}");
    assert!(!stored.contains("envelope cc"), "{stored}");
}

#[test]
fn header_and_body_stay_apart() {
    for (message, in_header, in_body) in [
        ("Subject: a\r\n\r\nb", true, true),
        ("\r\nb", false, true),
        ("b", false, false),
        ("Subject: a", true, false),
        ("Subject: =?utf-8?q?=0A=0Aa?=\r\n\r\nb", true, true),
        ("", false, false),
    ] {
        let stored = search_text(message.as_bytes());
        let text = SearchText::new(&stored);
        assert_eq!(text.subject("a"), in_header, "{message:?}");
        assert_eq!(text.body("b"), in_body, "{message:?}");
        assert!(!text.body("a"), "{message:?}");
    }
}

/// What is mostly text is searched as it is; of the rest the text is kept.
#[test]
fn a_text_is_kept_where_it_is_short_beside_its_message() {
    let with_attachment = |kind: &str, attached: usize| {
        let attached = "QUJD".repeat(attached / 4);
        format!(
            "Subject: two parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{}\r\n\
             --b\r\nContent-Type: {kind}\r\n\r\n{attached}\r\n--b--\r\n",
            "text ".repeat(200)
        )
    };
    for (message, is_kept) in [
        (String::new(), false),
        ("Subject: plain\r\n\r\ntext".to_owned(), false),
        (with_attachment("application/pdf", 1000), false),
        (with_attachment("application/pdf", 10_000), true),
        (with_attachment("text/html", 10_000), false),
        (with_attachment("message/rfc822", 10_000), false),
    ] {
        let kept = parse(message.as_bytes()).search_text;
        let expected = is_kept.then(|| search_text(message.as_bytes()));
        assert_eq!(kept, expected, "{message}");
    }
}
