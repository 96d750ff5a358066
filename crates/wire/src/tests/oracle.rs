//! What we say, `imap-codec` understands, wherever it knows the response.

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use imap_codec::encode::Encoder;
use mail::{InternalDate, ModSeq, NaiveDate, SeqNum, Uid, UidSet, UidValidity};
use proptest::prelude::*;

use crate::say::{
    self, Code, Correlator, FetchLine, Found, ListLine, MailboxCorrelator, Speech, StatusValue,
    Verdict,
};
use crate::{BodySection, Numbering, SectionText, Spelling, StatusItem, Tag};

const REV1: Speech = Speech { utf8: false };
const REV2: Speech = Speech { utf8: true };

fn said(say: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    say(&mut out);
    String::from_utf8(out).unwrap()
}

fn tag() -> Tag {
    Tag::parse(b"a1").unwrap()
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn uid_set(numbers: &[u32]) -> UidSet {
    numbers.iter().copied().map(uid).collect()
}

fn section(part: &[u32], text: SectionText, partial: Option<(u64, u64)>) -> BodySection {
    BodySection {
        spelling: Spelling::Body,
        part: part.to_vec(),
        text,
        partial,
        peek: true,
    }
}

/// What is said is `expected`; upstream reads it, and writes what it read in the same way: nothing
/// was lost, or taken for something else.
#[track_caller]
fn understood(expected: &str, say: impl FnOnce(&mut Vec<u8>)) {
    beyond_upstream(expected, say);
    let expected = format!("{expected}\r\n");
    let (rest, theirs) = ResponseCodec::default()
        .decode(expected.as_bytes())
        .unwrap_or_else(|error| panic!("{expected}: {error:?}"));
    assert!(rest.is_empty(), "{expected}");
    let again = ResponseCodec::default().encode(&theirs).dump();
    assert_eq!(
        String::from_utf8(again).unwrap().to_uppercase(),
        expected.to_uppercase()
    );
}

/// What is said is `expected`, which upstream has no words for.
#[track_caller]
fn beyond_upstream(expected: &str, say: impl FnOnce(&mut Vec<u8>)) {
    assert_eq!(said(say), format!("{expected}\r\n"));
}

#[test]
fn statuses_are_understood() {
    use Verdict::{Bad, No, Ok};

    understood("a1 OK Done", |out| {
        say::tagged(out, &tag(), Ok, None, "Done");
    });
    understood("* BAD No tag", |out| {
        say::untagged(out, Bad, None, "No tag");
    });
    understood("* BYE [UNAVAILABLE] See you", |out| {
        say::bye(out, Some(Code::Unavailable), "See you");
    });
    understood("* OK [CAPABILITY IMAP4REV1 IDLE] Ready", |out| {
        say::untagged(
            out,
            Ok,
            Some(Code::Capability(&["IMAP4REV1".into(), "IDLE".into()])),
            "Ready",
        );
    });
    understood("+ idling", |out| say::continuation(out, "idling"));
    beyond_upstream("a1 NO a?b??c", |out| {
        say::tagged(out, &tag(), No, None, "a\nbä\u{7f}c");
    });
    beyond_upstream("+ VXNlcm5hbWU6", |out| {
        say::continuation_data(out, b"Username:");
    });
    beyond_upstream("+ ", |out| say::continuation_data(out, b""));
}

#[test]
fn codes_are_understood() {
    let validity = UidValidity::new(9).unwrap();
    let (one, several) = (uid_set(&[4]), uid_set(&[4, 5, 6, 8]));
    let code = |code| move |out: &mut Vec<u8>| say::untagged(out, Verdict::Ok, Some(code), "x");
    for (expected, value) in [
        ("ALERT", Code::Alert),
        ("ALREADYEXISTS", Code::AlreadyExists),
        ("AUTHENTICATIONFAILED", Code::AuthenticationFailed),
        ("AUTHORIZATIONFAILED", Code::AuthorizationFailed),
        ("BADCHARSET (US-ASCII UTF-8)", Code::BadCharset),
        ("CANNOT", Code::Cannot),
        ("CLIENTBUG", Code::ClientBug),
        ("CLOSED", Code::Closed),
        ("CONTACTADMIN", Code::ContactAdmin),
        ("COPYUID 9 1:2,7 20,23:24", {
            Code::CopyUid(
                validity,
                const { &[Uid::MIN, u(2), u(7)] },
                const { &[u(20), u(23), u(24)] },
            )
        }),
        ("EXPIRED", Code::Expired),
        ("EXPUNGEISSUED", Code::ExpungeIssued),
        ("HIGHESTMODSEQ 715194045007", {
            Code::HighestModSeq(ModSeq::new(715_194_045_007).unwrap())
        }),
        ("INUSE", Code::InUse),
        ("LIMIT", Code::Limit),
        ("MODIFIED 7,9:10", Code::Modified(&[7, 9, 10])),
        ("NOMODSEQ", Code::NoModSeq),
        ("NONEXISTENT", Code::NonExistent),
        ("NOPERM", Code::NoPerm),
        ("OVERQUOTA", Code::OverQuota),
        ("PARSE", Code::Parse),
        (r"PERMANENTFLAGS (\Seen Work \*)", {
            Code::PermanentFlags(&["\\Seen", "Work", "\\*"])
        }),
        ("PRIVACYREQUIRED", Code::PrivacyRequired),
        ("READ-ONLY", Code::ReadOnly),
        ("READ-WRITE", Code::ReadWrite),
        ("SERVERBUG", Code::ServerBug),
        ("TOOBIG", Code::TooBig),
        ("TRYCREATE", Code::TryCreate),
        ("UIDNEXT 4392", Code::UidNext(uid(4392))),
        ("UIDNOTSTICKY", Code::UidNotSticky),
        ("UIDVALIDITY 9", Code::UidValidity(validity)),
        ("UNAVAILABLE", Code::Unavailable),
        ("UNKNOWN-CTE", Code::UnknownCte),
        ("USEATTR", Code::UseAttr),
        ("UNSEEN 12", Code::Unseen(SeqNum::new(12).unwrap())),
    ] {
        understood(&format!("* OK [{expected}] x"), code(value));
    }
    // With arguments that upstream knows: read as what they are, not as an unknown code.
    let typed = |response: &[u8]| {
        let (_, theirs) = ResponseCodec::default().decode(response).unwrap();
        !format!("{theirs:?}").contains("Other(")
    };
    for value in [
        Code::AppendUid(validity, &one),
        Code::BadCharset,
        Code::CopyUid(validity, &[Uid::MIN], &[Uid::MIN]),
        Code::HighestModSeq(ModSeq::new(1).unwrap()),
        Code::Modified(&[7]),
        Code::PermanentFlags(&["\\*"]),
        Code::UidNext(uid(1)),
        Code::UidValidity(validity),
        Code::Unseen(SeqNum::MIN),
    ] {
        assert!(typed(said(code(value)).as_bytes()), "{value:?}");
    }
    understood(
        "* OK [APPENDUID 9 4] x",
        code(Code::AppendUid(validity, &one)),
    );
    beyond_upstream(
        "* OK [APPENDUID 9 4:6,8] x",
        code(Code::AppendUid(validity, &several)),
    );
    beyond_upstream("* OK [HASCHILDREN] x", code(Code::HasChildren));
}

const fn u(number: u32) -> Uid {
    match Uid::new(number) {
        Some(uid) => uid,
        None => Uid::MIN,
    }
}

#[test]
fn mailbox_data_is_understood() {
    understood("* CAPABILITY IMAP4REV1 ACL", |out| {
        say::capability(out, &["IMAP4REV1".into(), "ACL".into()]);
    });
    understood("* ENABLED CONDSTORE", |out| {
        say::enabled(out, &["CONDSTORE"]);
    });
    understood(r"* FLAGS (\Seen Work)", |out| {
        say::flags(out, ["\\Seen", "Work"]);
    });
    understood("* 23 EXISTS", |out| say::exists(out, 23));
    understood("* 0 RECENT", |out| say::recent(out, 0));
    understood("* 44 EXPUNGE", |out| say::expunge(out, 44));
    understood("* VANISHED 405,407,410:420", |out| {
        let mut uids = uid_set(&[405, 407]);
        (410..=420).map(uid).for_each(|uid| uids.insert(uid));
        say::vanished(out, &uids);
    });
    understood("* VANISHED (EARLIER) 300", |out| {
        say::vanished_earlier(out, &uid_set(&[300]));
    });
    assert_eq!(said(|out| say::vanished(out, &UidSet::new())), "");
    understood(r#"* ID ("name" "Postroom" "x" "a\"b")"#, |out| {
        say::id(out, &[("name", "Postroom"), ("x", "a\"b")]);
    });
    understood("* ID NIL", |out| say::id(out, &[]));
    understood("* SEARCH 2 84 882", |out| {
        say::search(out, [2, 84, 882], None);
    });
    understood("* SEARCH 2 5 (MODSEQ 917162500)", |out| {
        say::search(out, [2, 5], ModSeq::new(917_162_500));
    });
    understood("* SEARCH", |out| say::search(out, [], None));
    understood(
        r#"* NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared Folders/" "/"))"#,
        |out| say::namespace(out, REV1, &[""], &["Other Users/"], &["Shared Folders/"]),
    );
    understood(r#"* NAMESPACE (("" "/")) NIL NIL"#, |out| {
        say::namespace(out, REV2, &[""], &[], &[]);
    });
    understood(
        "* STATUS blurdybloop (MESSAGES 231 RECENT 0 UIDNEXT 44292 UIDVALIDITY 3 UNSEEN 1 \
         DELETED 2 SIZE 8589934592 HIGHESTMODSEQ 7)",
        |out| {
            let items = [
                (StatusItem::Messages, 231),
                (StatusItem::Recent, 0),
                (StatusItem::UidNext, 44292),
                (StatusItem::UidValidity, 3),
                (StatusItem::Unseen, 1),
                (StatusItem::Deleted, 2),
                (StatusItem::Size, 8_589_934_592),
                (StatusItem::HighestModSeq, 7),
            ]
            .map(|(item, value)| (item, StatusValue::Number(value)));
            say::status(out, REV1, "blurdybloop", &items);
        },
    );
}

#[test]
fn lists_are_understood() {
    let line = ListLine {
        attributes: &["\\Noselect"],
        name: "~/Mail/foo",
        ..ListLine::default()
    };
    understood(r#"* LIST (\Noselect) "/" ~/Mail/foo"#, |out| {
        say::list(out, REV1, &line);
    });
    let lsub = ListLine {
        lsub: true,
        attributes: &[],
        name: "Shared Folders/a\"b",
        ..line
    };
    understood(r#"* LSUB () "/" "Shared Folders/a\"b""#, |out| {
        say::list(out, REV1, &lsub);
    });
    for (name, rev1) in [
        ("", r#""""#),
        ("Entwürfe", "Entw&APw-rfe"),
        ("R&D", "R&-D"),
        ("nil", "\"nil\""),
        ("a]", "\"a]\""),
    ] {
        let line = ListLine { name, ..line };
        understood(&format!("* LIST (\\Noselect) \"/\" {rev1}"), |out| {
            say::list(out, REV1, &line);
        });
    }
    for (name, rev2) in [("Entwürfe", "\"Entwürfe\""), ("R&D", "R&D")] {
        let line = ListLine { name, ..line };
        understood(&format!("* LIST (\\Noselect) \"/\" {rev2}"), |out| {
            say::list(out, REV2, &line);
        });
    }
    let line = ListLine {
        attributes: &["\\NonExistent", "\\HasChildren"],
        name: "Fruit",
        child_info_subscribed: true,
        old_name: Some("Obst für alle"),
        ..ListLine::default()
    };
    beyond_upstream(
        r#"* LIST (\NonExistent \HasChildren) "/" Fruit ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("Obst f&APw-r alle"))"#,
        |out| say::list(out, REV1, &line),
    );
    let line = ListLine {
        child_info_subscribed: false,
        ..line
    };
    beyond_upstream(
        r#"* LIST (\NonExistent \HasChildren) "/" Fruit ("OLDNAME" ("Obst für alle"))"#,
        |out| say::list(out, REV2, &line),
    );
}

#[test]
fn rights_are_said_as_rfc_4314_writes_them() {
    beyond_upstream("* ACL INBOX Fred rwipsldexta -group:x lr", |out| {
        say::acl(
            out,
            REV1,
            "INBOX",
            &[("Fred", "rwipsldexta"), ("-group:x", "lr")],
        );
    });
    beyond_upstream("* ACL \"a b\" {5}\r\nJörg \"\"", |out| {
        say::acl(out, REV1, "a b", &[("Jörg", "")]);
    });
    beyond_upstream("* ACL INBOX \"Jörg\" lr", |out| {
        say::acl(out, REV2, "INBOX", &[("Jörg", "lr")]);
    });
    beyond_upstream("* LISTRIGHTS ~/Mail/saved smith la r swicdkxte", |out| {
        say::list_rights(
            out,
            REV1,
            "~/Mail/saved",
            "smith",
            "la",
            &["r", "swicdkxte"],
        );
    });
    beyond_upstream("* LISTRIGHTS archive anyone \"\" l r", |out| {
        say::list_rights(out, REV1, "archive", "anyone", "", &["l", "r"]);
    });
    beyond_upstream("* MYRIGHTS INBOX rwiptsldaex", |out| {
        say::my_rights(out, REV1, "INBOX", "rwiptsldaex");
    });
}

#[test]
fn extended_searches_are_said_as_rfc_4731_writes_them() {
    let found = Found {
        min: Some(7),
        max: Some(3800),
        all: Some(&[7, 8, 9, 3800]),
        partial: None,
        relevancy: None,
        count: Some(4),
        modseq: ModSeq::new(917_162_500),
    };
    beyond_upstream(
        r#"* ESEARCH (TAG "a1") UID MIN 7 MAX 3800 ALL 7:9,3800 COUNT 4 MODSEQ 917162500"#,
        |out| say::esearch(out, (&tag()).into(), Numbering::Uid, &found),
    );
    let mailbox = MailboxCorrelator {
        name: "Entwürfe",
        speech: REV1,
        uid_validity: UidValidity::new(503).unwrap(),
    };
    let correlator = Correlator {
        tag: &tag(),
        mailbox: Some(mailbox),
    };
    let few = Found {
        all: Some(&[3002, 4004]),
        ..Found::default()
    };
    beyond_upstream(
        r#"* ESEARCH (TAG "a1" MAILBOX Entw&APw-rfe UIDVALIDITY 503) UID ALL 3002,4004"#,
        |out| say::esearch(out, correlator, Numbering::Uid, &few),
    );
    let nothing = Found {
        all: Some(&[]),
        count: Some(0),
        ..Found::default()
    };
    beyond_upstream(r#"* ESEARCH (TAG "a1") COUNT 0"#, |out| {
        say::esearch(out, (&tag()).into(), Numbering::Sequence, &nothing);
    });
}

#[test]
fn batches_are_said_as_rfc_10022_writes_them() {
    let uid = |number| Uid::new(number).unwrap();
    let batches = [
        (215_295, 99_696),
        (99_695, 20_351),
        (20_350, 7830),
        (7829, 1),
    ];
    beyond_upstream(
        r#"* UIDBATCHES (TAG "a1") 215295:99696,99695:20351,20350:7830,7829:1"#,
        |out| {
            let batches = batches.map(|(high, low)| (uid(high), uid(low)));
            say::uid_batches(out, &tag(), batches);
        },
    );
    beyond_upstream(r#"* UIDBATCHES (TAG "a1")"#, |out| {
        say::uid_batches(out, &tag(), []);
    });
}

#[test]
fn fetches_are_understood() {
    let date =
        InternalDate::from_parts(NaiveDate::from_ymd(1996, 7, 17).unwrap(), (2, 44, 25), -420);
    let message = SeqNum::new(12).unwrap();
    understood(
        "* 12 FETCH (UID 7 FLAGS (\\Seen Work) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
         RFC822.SIZE 4286 MODSEQ (65402) \
         ENVELOPE (NIL \"x\" NIL NIL NIL NIL NIL NIL NIL \"<a@b>\") \
         BODY (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 1) \
         BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 1 NIL NIL NIL NIL))",
        |out| {
            let mut line = FetchLine::begin(out, message);
            line.uid(uid(7))
                .flags(["\\Seen", "Work"])
                .internal_date(date.unwrap())
                .size(4286)
                .modseq(ModSeq::new(65402).unwrap())
                .envelope(b"(NIL \"x\" NIL NIL NIL NIL NIL NIL NIL \"<a@b>\")")
                .body(b"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 1)")
                .body_structure(b"(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 1 NIL NIL NIL NIL)");
            line.end();
        },
    );
    understood("* 12 FETCH (FLAGS ())", |out| {
        let mut line = FetchLine::begin(out, message);
        line.flags([]);
        line.end();
    });
    let fields = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    for (expected, section) in [
        ("BODY[] {2}\r\nab", section(&[], SectionText::Whole, None)),
        (
            "BODY[]<0> {2}\r\nab",
            section(&[], SectionText::Whole, Some((0, 2))),
        ),
        (
            "BODY[1.2] {2}\r\nab",
            section(&[1, 2], SectionText::Whole, None),
        ),
        (
            "BODY[1.2.MIME] {2}\r\nab",
            section(&[1, 2], SectionText::Mime, None),
        ),
        (
            "BODY[TEXT] {2}\r\nab",
            section(&[], SectionText::Text, None),
        ),
        (
            "BODY[3.HEADER] {2}\r\nab",
            section(&[3], SectionText::Header, None),
        ),
        ("BODY[HEADER.FIELDS (From \"X Y\")] {2}\r\nab", {
            section(
                &[],
                SectionText::HeaderFields(fields(&["From", "X Y"])),
                None,
            )
        }),
        ("BODY[3.HEADER.FIELDS.NOT (To)]<7> {2}\r\nab", {
            section(
                &[3],
                SectionText::HeaderFieldsNot(fields(&["To"])),
                Some((7, 2)),
            )
        }),
        ("RFC822 {2}\r\nab", {
            BodySection {
                spelling: Spelling::Rfc822,
                ..section(&[], SectionText::Whole, None)
            }
        }),
        ("RFC822.HEADER {2}\r\nab", {
            BodySection {
                spelling: Spelling::Rfc822Header,
                ..section(&[], SectionText::Header, None)
            }
        }),
        ("RFC822.TEXT {2}\r\nab", {
            BodySection {
                spelling: Spelling::Rfc822Text,
                ..section(&[], SectionText::Text, None)
            }
        }),
    ] {
        understood(&format!("* 12 FETCH ({expected})"), |out| {
            let mut line = FetchLine::begin(out, message);
            line.section(&section, Some(b"ab"));
            line.end();
        });
    }
    understood("* 12 FETCH (UID 7 BODY[9] NIL)", |out| {
        let mut line = FetchLine::begin(out, message);
        line.uid(uid(7))
            .section(&section(&[9], SectionText::Whole, None), None);
        line.end();
    });
}

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn every_name_survives_the_way_to_a_client(name in "[^\0\r\n]{0,20}") {
        for (speech, is_utf8) in [(REV1, false), (REV2, true)] {
            let line = ListLine { name: &name, ..ListLine::default() };
            let response = said(|out| say::list(out, speech, &line));
            let (_, theirs) = ResponseCodec::default().decode(response.as_bytes()).unwrap();
            prop_assert_eq!(ResponseCodec::default().encode(&theirs).dump(), response.as_bytes());
            // A client that names it back means it.
            let argument = response.trim_end().strip_prefix("* LIST () \"/\" ").unwrap();
            let command = format!("MYRIGHTS {argument}");
            let expected = name.clone();
            prop_assert_eq!(
                super::body_in(crate::Mode {
                    utf8: is_utf8,
                    ..crate::Mode::default()
                }, &command),
                Ok(crate::Body::MyRights(crate::MailboxArg::Text(expected)))
            );
        }
    }

    #[test]
    fn every_set_of_numbers_is_read_as_it_was_written(numbers in proptest::collection::vec(1..40_u32, 1..20)) {
        let response = said(|out| say::untagged(out, Verdict::Ok, Some(Code::Modified(&numbers)), "x"));
        let set = response.strip_prefix("* OK [MODIFIED ").unwrap().strip_suffix("] x\r\n").unwrap();
        let mut read = Vec::new();
        for part in set.split(',') {
            let (low, high) = part.split_once(':').unwrap_or((part, part));
            read.extend(low.parse::<u32>().unwrap()..=high.parse().unwrap());
        }
        prop_assert_eq!(read, numbers);
    }
}
