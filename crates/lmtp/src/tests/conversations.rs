//! Which command may come when, and what is answered.

use mail::limits::{
    BAD_COMMANDS_MAX, LMTP_LINE_BYTES_MAX, LMTP_RECIPIENTS_MAX, LMTP_TRANSACTIONS_MAX,
};

use super::{MESSAGE_BYTES_MAX, Played, play, play_in_pieces, terms};
use crate::{Conversation, Reply, Step, Terms};

const BEGIN: &str = "LHLO mx\r\nMAIL FROM:<sue@x>\r\nRCPT TO:<a@y>\r\n";

fn said(text: &str) -> Played {
    play(&terms(), text.as_bytes())
}

/// The codes after those of a greeting, LHLO, MAIL and RCPT.
fn after_begin(text: &str) -> (Vec<String>, Vec<String>) {
    let played = said(&format!("{BEGIN}{text}"));
    let codes = played.codes();
    assert_eq!(codes[..3], ["250", "250", "250"], "{}", played.replies);
    let letters = played.letters.iter();
    (
        codes[3..].iter().map(|&code| code.to_owned()).collect(),
        letters
            .map(|letter| String::from_utf8(letter.letter.clone()).unwrap())
            .collect(),
    )
}

#[test]
fn lhlo_offers_what_holds_here() {
    let offered = |terms: Terms| play(&terms, b"LHLO mx.example.org\r\n").replies;
    let plain = offered(terms());
    assert_eq!(
        plain,
        "220 node1 LMTP, Postroom\r\n250-node1\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n\
         250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 100\r\n250-CHUNKING\r\n\
         250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"
    );
    let all = offered(Terms {
        names_submitters: true,
        may_start_tls: true,
        ..terms()
    });
    assert!(
        all.ends_with("250-STARTTLS\r\n250 XCLIENT LOGIN\r\n"),
        "{all}"
    );
}

#[test]
fn commands_have_their_time() {
    for (text, codes) in [
        ("HELO mx\r\nEHLO mx\r\n", "500 500"),
        (
            "LHLO\r\nLHLO a b\r\nLHLO <mx>\r\nlhlo [192.0.2.1]\r\n",
            "501 501 501 250",
        ),
        ("LHLO m\u{fc}x\r\nLHLO mx_1\r\n", "501 250"),
        ("MAIL FROM:<a@x>\r\n", "503"),
        ("LHLO mx\r\nRCPT TO:<a@y>\r\nDATA\r\n", "250 503 503"),
        ("LHLO mx\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\n", "250 250 503"),
        (
            "LHLO mx\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n",
            "250 250 250 250",
        ),
        ("LHLO mx\r\nMAIL FROM:<>\r\nDATA\r\n", "250 250 503"),
        (
            "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@y>\r\nDATA\r\n",
            "250 250 550 503",
        ),
        (
            "LHLO mx\r\nMAIL FROM:<>\r\nLHLO mx\r\nRCPT TO:<a@y>\r\n",
            "250 250 250 503",
        ),
        (
            "NOOP\r\nNOOP x\r\nHELP\r\nHELP MAIL\r\nVRFY a\r\nEXPN b\r\n",
            "250 250 214 214 252 502",
        ),
        (
            "NOOP\r\nWHAT\r\n\r\nAUTH PLAIN\r\nDATA x\r\nQUIT x\r\n",
            "250 500 500 500 501 501",
        ),
        ("STARTTLS\r\nXCLIENT LOGIN=ada\r\n", "502 554"),
        (
            "XFORWARD IDENT=1\r\nLHLO mx\r\nXFORWARD IDENT=1\r\n",
            "503 250 250",
        ),
        (
            "LHLO mx\r\nXFORWARD\r\nXFORWARD COLOUR=red\r\nXFORWARD IDENT=+4\r\n",
            "250 501 501 501",
        ),
    ] {
        assert_eq!(said(text).codes().join(" "), codes, "{text}");
    }
}

#[test]
fn paths_and_parameters_are_read() {
    for (text, code) in [
        ("MAIL FROM:<sue@x>", "250"),
        ("mail from: <sue@x> ", "250"),
        (
            "MAIL FROM:<> SIZE=100 BODY=8BITMIME RET=hdrs ENVID=q+2B1",
            "250",
        ),
        ("MAIL FROM:<@relay,@other:sue@x>", "250"),
        ("MAIL FROM:<\"a > b\\\"\"@x>", "250"),
        ("MAIL FROM:<sue@x> AUTH=<>", "250"),
        ("MAIL FROM:<sue@x> AUTH=ada", "250"),
        ("MAIL FROM:<s\u{fc}@x> SMTPUTF8", "250"),
        ("MAIL FROM:<s\u{fc}@x>", "553"),
        ("MAIL FROM:<sue@x> SIZE=101", "552"),
        ("MAIL FROM:<sue@x> SIZE=99999999999999999999", "552"),
        ("MAIL FROM:<sue@x> SIZE=", "501"),
        ("MAIL FROM:<sue@x> SIZE=1 SIZE=1", "501"),
        ("MAIL FROM:<sue@x> BODY=BINARYMIME", "501"),
        ("MAIL FROM:<sue@x> SMTPUTF8=yes", "501"),
        ("MAIL FROM:<sue@x> ENVID=+0A", "501"),
        ("MAIL FROM:<sue@x> COLOUR=red", "555"),
        ("MAIL FROM:<sue@x>SIZE=1", "501"),
        ("MAIL FROM:sue@x", "501"),
        ("MAIL FROM:<sue@x", "501"),
        ("MAIL FROM:<sue>", "250"),
        ("MAIL FROM:<sue@under_score!>", "250"),
        (&format!("MAIL FROM:<{}@x>", "s".repeat(999)), "501"),
        ("MAIL FROM:<sue@x y>", "501"),
        ("MAIL FROM:<sue@x\t>", "501"),
        ("MAIL TO:<sue@x>", "501"),
        ("MAIL", "501"),
    ] {
        let played = said(&format!("LHLO mx\r\n{text}\r\n"));
        assert_eq!(played.codes()[1], code, "{text}");
    }
    for (text, code) in [
        (
            "RCPT TO:<b@y> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bc@y",
            "250",
        ),
        ("RCPT TO:<postmaster>", "250"),
        ("RCPT TO:<b@y> NOTIFY=NEVER", "250"),
        ("RCPT TO:<b@y> NOTIFY=NEVER,DELAY", "501"),
        ("RCPT TO:<b@y> ORCPT=b", "501"),
        ("RCPT TO:<b@y> SIZE=1", "555"),
        ("RCPT TO:<\u{e4}@y>", "553"),
        ("RCPT FROM:<b@y>", "501"),
    ] {
        assert_eq!(after_begin(&format!("{text}\r\n")).0, [code], "{text}");
    }
}

#[test]
fn each_recipient_has_its_answer_also_the_same_twice() {
    let (codes, letters) = after_begin(
        "RCPT TO:<nobody@y>\r\nRCPT TO:<full@y>\r\nRCPT TO:<a@y>\r\nDATA\r\nhi\r\n.\r\nNOOP\r\n",
    );
    assert_eq!(codes.join(" "), "550 250 250 354 250 552 250 250");
    assert_eq!(letters, ["hi\r\n"]);
}

#[test]
fn chunks_make_a_letter() {
    for (text, codes, letters) in [
        (
            "BDAT 3\r\nabcBDAT 5 LAST\r\n\r\n.\r\nNOOP\r\n",
            "250 250 250",
            &["abc\r\n.\r\n"][..],
        ),
        ("BDAT 4 last\r\nab\r\nBDAT 0 LAST\r\n", "250", &["ab\r\n"]),
        ("BDAT 2\r\nhiBDAT 0 LAST\r\n", "250 250", &["hi"]),
        ("BDAT 2\r\nhiRSET\r\nNOOP\r\n", "250 250 250", &[]),
        ("BDAT 2\r\nhiRCPT TO:<b@y>\r\nDATA\r\n", "250 503 503", &[]),
        (
            "BDAT x\r\nBDAT 2 FIRST\r\nBDAT\r\nBDAT 99999999999999999999\r\n",
            "501 501 501 501",
            &[],
        ),
        (
            "RSET\r\nBDAT 3\r\nabcBDAT 3 LAST\r\nabcNOOP\r\n",
            "250 503 250",
            &[],
        ),
    ] {
        let (told, came) = after_begin(text);
        assert_eq!(told.join(" "), codes, "{text}");
        assert_eq!(came, letters, "{text}");
    }
    let nobody = said(
        "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@y>\r\nBDAT 2\r\nhiBDAT 2 LAST\r\nhiNOOP\r\n",
    );
    assert_eq!(
        nobody.codes().join(" "),
        "250 250 550 503 250",
        "{}",
        nobody.replies
    );
}

#[test]
fn what_is_refused_is_read_to_its_end() {
    let long = "x".repeat(MESSAGE_BYTES_MAX + 1);
    let n = long.len();
    for (text, codes) in [
        (format!("DATA\r\n{long}\r\n.\r\nNOOP\r\n"), "354 552 250"),
        (format!("BDAT {n} LAST\r\n{long}NOOP\r\n"), "552 250"),
        (
            format!("BDAT {n}\r\n{long}BDAT 1\r\nxBDAT 1 LAST\r\nxNOOP\r\n"),
            "552 552 552 250",
        ),
        (
            "DATA\r\nFrom: a\n.\r\nMAIL FROM:<evil@x>\r\n.\r\nNOOP\r\n".to_owned(),
            "354 554 250",
        ),
    ] {
        let (told, came) = after_begin(&text);
        assert_eq!(told.join(" "), codes, "{text}");
        assert!(came.is_empty(), "{text}");
    }
}

#[test]
fn a_letter_of_the_largest_size_fits() {
    let letter = "x".repeat(MESSAGE_BYTES_MAX - 2);
    let (codes, letters) = after_begin(&format!("DATA\r\n{letter}\r\n.\r\n"));
    assert_eq!(codes, ["354", "250"]);
    assert_eq!(letters[0].len(), MESSAGE_BYTES_MAX);
}

#[test]
fn a_line_end_that_is_none_ends_the_conversation() {
    for text in [
        "NOOP\nNOOP\r\n",
        "NOOP\rNOOP\r\n",
        "NOOP\r\rNOOP\r\n",
        "\nNOOP\r\n",
    ] {
        let played = said(text);
        assert_eq!(played.codes(), ["500"], "{text:?}");
        assert!(played.is_closed, "{text:?}");
    }
}

#[test]
fn lines_have_a_bound() {
    let fits = format!("NOOP {}\r\nNOOP\r\n", "x".repeat(LMTP_LINE_BYTES_MAX - 5));
    assert_eq!(said(&fits).codes(), ["250", "250"]);
    let too_long = format!("NOOP {}\r\nNOOP\r\n", "x".repeat(LMTP_LINE_BYTES_MAX - 4));
    assert_eq!(said(&too_long).codes(), ["500", "250"]);
}

#[test]
fn recipients_have_a_bound() {
    let recipients = "RCPT TO:<b@y>\r\n".repeat(LMTP_RECIPIENTS_MAX);
    let text = format!("{BEGIN}{recipients}DATA\r\nhi\r\n.\r\n");
    let played = play_in_pieces(terms(), text.as_bytes(), usize::MAX);
    let is_bound = |code: &&str| **code == *"452";
    assert_eq!(played.codes().into_iter().filter(is_bound).count(), 1);
    assert_eq!(played.letters[0].recipients.len(), LMTP_RECIPIENTS_MAX);
}

#[test]
fn transactions_have_a_bound() {
    let one = "MAIL FROM:<>\r\nRSET\r\n".repeat(LMTP_TRANSACTIONS_MAX as usize);
    let text = format!("LHLO mx\r\n{one}MAIL FROM:<>\r\nNOOP\r\n");
    let played = play_in_pieces(terms(), text.as_bytes(), usize::MAX);
    assert_eq!(played.codes().last(), Some(&"421"));
    assert!(played.is_closed);
}

#[test]
fn who_speaks_something_else_is_left() {
    let wrong = "GET / HTTP/1.1\r\n".repeat(BAD_COMMANDS_MAX as usize);
    let played = said(&wrong);
    assert_eq!(played.codes().last(), Some(&"421"));
    assert!(played.is_closed);
    // Commands that were sent ahead are no such thing.
    let ahead = "RCPT TO:<a@y>\r\n".repeat(BAD_COMMANDS_MAX as usize);
    assert!(!said(&ahead).is_closed);
}

#[test]
fn only_who_is_trusted_names_the_submitter() {
    let trusted = Terms {
        names_submitters: true,
        ..terms()
    };
    let letter = "RCPT TO:<a@y>\r\nDATA\r\nhi\r\n.\r\n";
    for (terms, text, submitter, codes) in [
        (
            &trusted,
            "LHLO mx\r\nMAIL FROM:<s@x> AUTH=ada+2Bx",
            Some("ada+x"),
            "250 250",
        ),
        (
            &trusted,
            "XCLIENT LOGIN=ada\r\nLHLO mx\r\nMAIL FROM:<s@x>",
            Some("ada"),
            "220 250 250",
        ),
        (
            &trusted,
            "XCLIENT LOGIN=ada\r\nXCLIENT LOGIN=[UNAVAILABLE]\r\nLHLO mx\r\nMAIL FROM:<s@x>",
            None,
            "220 220 250 250",
        ),
        (
            &trusted,
            "LHLO mx\r\nMAIL FROM:<s@x> AUTH=<>",
            None,
            "250 250",
        ),
        (
            &terms(),
            "LHLO mx\r\nMAIL FROM:<s@x> AUTH=ada",
            None,
            "250 250",
        ),
        (
            &terms(),
            "XCLIENT LOGIN=ada\r\nLHLO mx\r\nMAIL FROM:<s@x>",
            None,
            "554 250 250",
        ),
    ] {
        let played = play(terms, format!("{text}\r\n{letter}").as_bytes());
        assert_eq!(
            played.codes().join(" "),
            format!("{codes} 250 354 250"),
            "{text}"
        );
        assert_eq!(played.letters[0].submitter.as_deref(), submitter, "{text}");
    }
}

#[test]
fn what_the_sending_side_knows_goes_with_one_letter() {
    let text = "LHLO mx\r\nXFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.7\r\nXFORWARD IDENT=4XyZ SOURCE=REMOTE\r\n\
                MAIL FROM:<s@x> ENVID=e1\r\nRCPT TO:<a@y>\r\nDATA\r\nhi\r\n.\r\n\
                MAIL FROM:<s@x> ENVID=e1\r\nRCPT TO:<a@y>\r\nDATA\r\nhi\r\n.\r\n";
    let played = said(text);
    let told: Vec<_> = played
        .letters
        .iter()
        .map(|letter| (letter.queue_id.as_deref(), letter.origin.as_deref()))
        .collect();
    assert_eq!(
        told,
        [(Some("4XyZ"), Some("192.0.2.7")), (Some("e1"), None)]
    );
}

#[test]
fn what_came_before_tls_is_forgotten() {
    let may = Terms {
        may_start_tls: true,
        ..terms()
    };
    let played = play_in_pieces(
        may,
        b"LHLO mx\r\nSTARTTLS\r\nMAIL FROM:<injected@x>\r\n",
        usize::MAX,
    );
    assert_eq!(played.codes(), ["250", "220"]);
}

#[test]
fn a_letter_for_which_there_is_no_memory_is_refused_at_its_end() {
    let mut out = Vec::new();
    let mut conversation = Conversation::new(terms(), &mut out);
    conversation.feed(format!("{BEGIN}DATA\r\nSubject: a\r\n").as_bytes());
    while let Step::Recipient(_) = conversation.step(&mut out) {
        conversation.recipient(Ok(()), &mut out);
    }
    assert!(conversation.is_receiving() && conversation.letter_bytes() > 0);
    conversation.refuse_letter(Reply::NoMemory);
    assert_eq!(conversation.letter_bytes(), 0);
    conversation.feed(b"\r\nb\r\n.\r\nNOOP\r\n");
    assert_eq!(conversation.step(&mut out), Step::Hungry);
    let replies = String::from_utf8(out).unwrap();
    assert!(replies.contains("\r\n452 4.3.1 "), "{replies}");
    assert!(replies.ends_with("\r\n250 2.0.0 OK\r\n"), "{replies}");
    assert!(conversation.is_idle());
}
