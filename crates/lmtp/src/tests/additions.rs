//! What is added to a letter, what tells junk, and what makes two letters the same.

use mail::InternalDate;

use crate::trace::trace_fields;
use crate::{
    AcceptedRecipient, Arrival, Duplicates, JunkRule, MailTransaction, Naming, host_name, is_junk,
    letter_to_store,
};

fn transaction(recipients: &[&str], letter: &str) -> MailTransaction<()> {
    MailTransaction {
        sender: "sue@example.com".to_owned(),
        is_utf8: false,
        submitter: None,
        queue_id: None,
        origin: None,
        client: "mx.example.org".to_owned(),
        recipients: recipients
            .iter()
            .map(|&path| AcceptedRecipient {
                path: path.to_owned(),
                route: (),
            })
            .collect(),
        letter: letter.as_bytes().to_vec(),
    }
}

fn arrival() -> Arrival {
    Arrival {
        node: "node1".to_owned(),
        peer: Some("192.0.2.1".parse().unwrap()),
        is_tls: false,
        id: "8a1.1".to_owned(),
        at: InternalDate {
            unix_seconds: 837_595_465,
            offset_minutes: 0,
        },
        naming: Naming::One,
    }
}

fn traced(transaction: &MailTransaction<()>, arrival: &Arrival) -> String {
    String::from_utf8(trace_fields(transaction, arrival)).unwrap()
}

#[test]
fn one_recipient_is_named() {
    let fields = traced(&transaction(&["Support@example.org"], ""), &arrival());
    assert_eq!(
        fields,
        "Return-Path: <sue@example.com>\r\n\
         Delivered-To: Support@example.org\r\n\
         Received: from mx.example.org ([192.0.2.1])\r\n\
         \tby node1 with LMTP id 8a1.1\r\n\
         \tfor <Support@example.org>;\r\n\
         \t17 Jul 1996 09:24:25 +0000\r\n"
    );
}

#[test]
fn of_several_recipients_none_is_named() {
    let hidden = transaction(&["support@example.org", "boss@example.org"], "");
    let fields = traced(&hidden, &arrival());
    assert!(
        !fields.contains("support") && !fields.contains("boss"),
        "{fields}"
    );
}

#[test]
fn an_address_that_is_a_secret_is_not_named() {
    let copy = transaction(&["sent-of-1-secret@postroom.invalid"], "");
    let unnamed = Arrival {
        naming: Naming::Nobody,
        ..arrival()
    };
    let fields = traced(&copy, &unnamed);
    assert!(!fields.contains("secret"), "{fields}");
}

#[test]
fn a_node_has_a_name_that_a_field_can_hold() {
    for (name, host) in [
        ("mail-1.example.org", "mail-1.example.org"),
        ("the first", "the-first"),
        ("n\u{f6}de\r\nX: y", "n-de--X:-y"),
        ("", "localhost"),
    ] {
        assert_eq!(host_name(name), host, "{name:?}");
    }
}

#[test]
fn the_way_it_came_is_told() {
    let utf8 = MailTransaction {
        is_utf8: true,
        sender: String::new(),
        ..transaction(&["a@example.org"], "")
    };
    let inside_tls = Arrival {
        is_tls: true,
        peer: Some("2001:db8::1".parse().unwrap()),
        ..arrival()
    };
    let by_socket = Arrival {
        peer: None,
        ..arrival()
    };
    let fields = traced(&utf8, &inside_tls);
    assert!(fields.starts_with("Return-Path: <>\r\n"), "{fields}");
    assert!(
        fields.contains("([IPv6:2001:db8::1])\r\n\tby node1 with UTF8LMTPS id"),
        "{fields}"
    );
    let fields = traced(&utf8, &by_socket);
    assert!(
        fields.contains("from mx.example.org\r\n\tby node1 with UTF8LMTP id"),
        "{fields}"
    );
}

#[test]
fn a_letter_stays_byte_for_byte_but_for_its_nul() {
    let stored = |letter| letter_to_store(&transaction(&["a@y"], letter), &arrival());
    for letter in [
        "Return-Path: <forged@x>\r\nSubject: a\r\n\r\n.\rb\nc",
        "no header at all",
        "",
    ] {
        let stored = stored(letter).unwrap();
        assert!(stored.starts_with(b"Return-Path: <sue@example.com>\r\n"));
        assert!(
            stored.ends_with(format!(" +0000\r\n{letter}").as_bytes()),
            "{letter:?}"
        );
    }
    let encoded = stored("Subject: a\r\n\r\nb\0").unwrap();
    assert!(!encoded.contains(&0));
    assert_eq!(stored("Subject: \0\r\n\r\n"), None);
}

#[test]
fn junk_is_what_a_field_says() {
    let rules: Vec<JunkRule> = ["X-Spam-Flag: YES", "X-Spam-Status: Yes"]
        .iter()
        .map(|rule| rule.parse().unwrap())
        .collect();
    for (letter, expected) in [
        ("X-Spam-Flag: YES\r\n\r\n", true),
        ("x-spam-flag:yes\r\n", true),
        ("X-Spam-Status: Yes, score=9\r\n\r\n", true),
        ("X-Spam-Status:\r\n Yes, score=9\r\n\r\n", true),
        (
            "X-Spam-Status: No, score=1\r\nX-Spam-Status: Yes\r\n\r\n",
            true,
        ),
        ("X-Spam-Flag: YESTERDAY\r\n\r\n", false),
        ("X-Spam-Flag: Y\r\n\r\n", false),
        ("X-Spam-Status: No, not Yes\r\n\r\n", false),
        ("Subject: X-Spam-Flag: YES\r\n\r\n", false),
        ("Subject: a\r\n\r\nX-Spam-Flag: YES\r\n", false),
        ("", false),
    ] {
        assert_eq!(is_junk(letter.as_bytes(), &rules), expected, "{letter:?}");
    }
    for wrong in [
        "",
        "X-Spam-Flag",
        "X-Spam-Flag:",
        ": YES",
        "X Spam: YES",
        "X: YES, SIR",
    ] {
        assert!(wrong.parse::<JunkRule>().is_err(), "{wrong:?}");
    }
}

#[test]
fn two_letters_are_the_same_by_what_was_chosen() {
    let letter = |text| transaction(&["a@example.org"], text);
    let queued = |id: &str, text| MailTransaction {
        queue_id: Some(id.to_owned()),
        ..letter(text)
    };
    let one = letter("Message-ID: <1@x>\r\nSubject: a\r\n\r\n");
    let again = letter("Message-ID: <1@x>\r\nSubject: b\r\n\r\n");
    let other = letter("Message-ID: <2@x>\r\nSubject: a\r\n\r\n");
    let anonymous = letter("Subject: a\r\n\r\n");
    for (duplicates, left, right, is_same) in [
        (Duplicates::Bytes, &one, &one, true),
        (Duplicates::Bytes, &one, &again, false),
        (Duplicates::MessageId, &one, &again, true),
        (Duplicates::MessageId, &one, &other, false),
        (Duplicates::MessageId, &anonymous, &anonymous, true),
        (Duplicates::MessageId, &anonymous, &one, false),
        (Duplicates::QueueId, &one, &again, false),
        (Duplicates::QueueId, &one, &one, true),
        (
            Duplicates::QueueId,
            &queued("7", "x: 1\r\n"),
            &queued("7", "x: 2\r\n"),
            true,
        ),
        (
            Duplicates::QueueId,
            &queued("7", "x: 1\r\n"),
            &queued("8", "x: 1\r\n"),
            false,
        ),
        // The queue has used its id again.
        (
            Duplicates::QueueId,
            &queued("7", "Message-ID: <1@x>\r\n"),
            &queued("7", "Message-ID: <2@x>\r\n"),
            false,
        ),
    ] {
        let is_equal = duplicates.key(left) == duplicates.key(right);
        assert_eq!(
            is_equal, is_same,
            "{duplicates:?} of {left:?} and {right:?}"
        );
    }
    assert_eq!(Duplicates::Off.key(&one), None);
}
