//! The arguments of commands, as clients and RFCs write them.

use mail::{Flag, InternalDate, ModSeq, NaiveDate, Uid, UidSet, UidValidity};

use super::{body, name};
use crate::{
    AddressField, AppendContent, Body, Fetch, FetchItem, List, ListReturn, ListSelect, Malformed,
    MessageSet, NumberEnd, NumberRange, NumberSet, Numbering, Qresync, Search, SearchKey,
    SearchReturn, Secret, Select, StatusItem, StoreOperation, StoreRequest,
};

fn numbers(ranges: &[(u32, u32)]) -> NumberSet {
    let range = |&(a, b)| NumberRange(NumberEnd::Number(a), NumberEnd::Number(b));
    NumberSet(ranges.iter().map(range).collect())
}

fn uids(ranges: &[(u32, u32)]) -> UidSet {
    UidSet::from_ranges(
        ranges
            .iter()
            .map(|&(a, b)| (Uid::new(a).unwrap(), Uid::new(b).unwrap())),
    )
}

fn search_key(keys: &str) -> SearchKey {
    match body(&format!("SEARCH {keys}")) {
        Ok(Body::Search(search)) => search.key,
        other => panic!("{keys}: {other:?}"),
    }
}

pub(super) fn list(arguments: &str) -> List {
    match body(&format!("LIST {arguments}")) {
        Ok(Body::List(list)) => list,
        other => panic!("{arguments}: {other:?}"),
    }
}

#[test]
fn logins_carry_what_was_typed() {
    for login in [
        "LOGIN ada s3cret!",
        "login \"ada\" \"s3cret!\"",
        "LOGIN {3+}\r\nada {7+}\r\ns3cret!",
    ] {
        let expected = Body::Login {
            user: "ada".into(),
            password: Secret(b"s3cret!".to_vec()),
        };
        assert_eq!(body(login), Ok(expected), "{login}");
    }
    let Ok(Body::Login { password, .. }) = body("LOGIN ada \"pass\u{f6}rd\"") else {
        panic!("UTF-8 in a password");
    };
    assert_eq!(password.0, "passörd".as_bytes());
    assert_eq!(format!("{password:?}"), "Secret(…)");
    for (initial, bytes) in [("AGFkYQB4", &b"\0ada\0x"[..]), ("=", b"")] {
        assert_eq!(
            body(&format!("AUTHENTICATE plain {initial}")),
            Ok(Body::Authenticate {
                mechanism: "PLAIN".into(),
                initial: Some(Secret(bytes.to_vec())),
            })
        );
    }
    assert_eq!(
        body("AUTHENTICATE x-novel"),
        Ok(Body::Authenticate {
            mechanism: "X-NOVEL".into(),
            initial: None,
        })
    );
}

#[test]
fn create_takes_special_uses_and_one_separator() {
    for (command, mailbox, special_use) in [
        ("CREATE Team/", "Team", &[][..]),
        ("CREATE /", "/", &[]),
        ("CREATE Team//", "Team/", &[]),
        // RFC 6154, 5.3
        (
            r"CREATE MySpecial (USE (\Drafts \Sent))",
            "MySpecial",
            &["\\Drafts", "\\Sent"],
        ),
        ("CREATE x (USE ())", "x", &[]),
    ] {
        let expected = Body::Create {
            mailbox: name(mailbox),
            special_use: special_use.iter().map(|&word| word.to_owned()).collect(),
        };
        assert_eq!(body(command), Ok(expected), "{command}");
    }
}

#[test]
fn lists_of_the_rfcs_parse() {
    // RFC 5258, 5
    let subscribed = ListSelect {
        subscribed: true,
        ..ListSelect::default()
    };
    let example = list(r#"(SUBSCRIBED RECURSIVEMATCH) "" "*""#);
    assert!(example.extended && example.select.recursive_match && example.select.subscribed);
    assert_eq!(list(r#"(SUBSCRIBED) "" "*""#).select, subscribed);
    assert_eq!(
        list(r#"(REMOTE) "" "%" RETURN (CHILDREN)"#).returns,
        ListReturn {
            children: true,
            ..ListReturn::default()
        }
    );
    assert_eq!(
        list(r#""" ("INBOX" "Drafts" "Sent/%")"#).patterns,
        ["INBOX", "Drafts", "Sent/%"].map(name)
    );
    assert!(list("() \"\" \"%\" RETURN ()").extended);
    assert!(!list("\"\" \"%\"").extended);
    // RFC 5819, 2; RFC 8440, 4; RFC 6154, 5.2
    assert_eq!(
        list(r#""" % RETURN (STATUS (MESSAGES UNSEEN MESSAGES) MYRIGHTS SPECIAL-USE)"#).returns,
        ListReturn {
            status: vec![StatusItem::Messages, StatusItem::Unseen],
            my_rights: true,
            special_use: true,
            ..ListReturn::default()
        }
    );
    assert!(list(r#"(SPECIAL-USE) "" "*""#).select.special_use);
}

#[test]
fn searches_of_the_rfcs_parse() {
    // RFC 3501, 6.4.4
    let address = SearchKey::Address(AddressField::From, "Smith".into());
    assert_eq!(
        search_key("FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\""),
        SearchKey::And(vec![
            SearchKey::Has(Flag::Flagged),
            SearchKey::Internal(
                crate::DateTest::Since,
                NaiveDate::from_ymd(1994, 2, 1).unwrap()
            ),
            SearchKey::Not(Box::new(address)),
        ])
    );
    assert_eq!(
        search_key("CHARSET UTF-8 TEXT {6+}\r\nмир"),
        SearchKey::Text("мир".into())
    );
    assert_eq!(
        search_key("CHARSET UTF-8 TEXT \"мир\""),
        SearchKey::Text("мир".into()),
        "quoted, as phones send it"
    );
    // RFC 4731, 3.1
    for (command, returns) in [
        (
            "UID SEARCH RETURN () FLAGGED",
            Some(SearchReturn::default()),
        ),
        (
            "UID SEARCH RETURN (MIN COUNT) FLAGGED",
            Some(SearchReturn {
                min: true,
                count: true,
                ..SearchReturn::default()
            }),
        ),
        (
            "UID SEARCH RETURN (MAX ALL) CHARSET US-ASCII FLAGGED",
            Some(SearchReturn {
                max: true,
                all: true,
                ..SearchReturn::default()
            }),
        ),
        ("UID SEARCH FLAGGED", None),
    ] {
        let expected = Body::Search(Search {
            numbering: Numbering::Uid,
            returns,
            attributes: Vec::new(),
            key: SearchKey::Has(Flag::Flagged),
        });
        assert_eq!(body(command), Ok(expected), "{command}");
    }
    // RFC 7162, 3.1.5
    assert_eq!(
        search_key("MODSEQ \"/flags/\\\\draft\" all 620162338"),
        SearchKey::ModSeq(ModSeq::new(620_162_338).unwrap())
    );
    assert_eq!(
        search_key("LARGER 9223372036854775807"),
        SearchKey::Larger(i64::MAX as u64)
    );
}

#[test]
fn other_charsets_have_an_answer_of_their_own() {
    for command in [
        "SEARCH CHARSET ISO-8859-1 TEXT {1+}\r\nx",
        "UID SEARCH RETURN () CHARSET \"KOI8-R\" ALL",
    ] {
        assert!(
            matches!(body(command), Err(Malformed::Charset { .. })),
            "{command}"
        );
    }
}

#[test]
fn a_long_chain_of_alternatives_is_not_deep() {
    let terms: Vec<_> = (1..=500)
        .map(|n| format!("HEADER Message-ID <{n}@x>"))
        .collect();
    let chain = format!("OR {}", terms.join(" OR "));
    // The last OR has two keys.
    let chain = chain.replace("OR HEADER Message-ID <500@x>", "HEADER Message-ID <500@x>");
    let (mut leaves, mut depth_max) = (0, 0);
    let mut open = vec![(search_key(&chain), 0)];
    while let Some((key, depth)) = open.pop() {
        depth_max = depth_max.max(depth);
        match key {
            SearchKey::Or(left, right) => open.extend([(*left, depth + 1), (*right, depth + 1)]),
            SearchKey::Header(..) => leaves += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((leaves, depth_max), (500, 9));
}

#[test]
fn fetches_of_clients_parse() {
    let expected = Fetch {
        numbering: Numbering::Uid,
        set: MessageSet::Listed(NumberSet(vec![NumberRange(
            NumberEnd::Number(1),
            NumberEnd::Last,
        )])),
        items: vec![FetchItem::Flags, FetchItem::Uid],
        changed_since: Some(ModSeq::ZERO),
        vanished: true,
        partial: None,
    };
    assert_eq!(
        body("UID FETCH 1:* (FLAGS UID FLAGS) (CHANGEDSINCE 0 VANISHED)"),
        Ok(Body::Fetch(expected))
    );
    for command in [
        "FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
        "UID FETCH 7 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date \
         Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])",
        "UID FETCH 7 (UID RFC822.SIZE BODY.PEEK[]<0.20480>)",
        "FETCH 1 BODY[1.2.HEADER]",
    ] {
        assert!(body(command).is_ok(), "{command}: {:?}", body(command));
    }
}

#[test]
fn stores_say_what_to_do_with_flags() {
    for (command, operation, silent, unchanged_since) in [
        (
            "STORE 2:4 FLAGS (\\Deleted Work)",
            StoreOperation::Replace,
            false,
            None,
        ),
        (
            "STORE 2:4 +FLAGS.SILENT \\Deleted Work",
            StoreOperation::Add,
            true,
            None,
        ),
        (
            "STORE 2:4 (UNCHANGEDSINCE 0) -FLAGS (\\deleted work)",
            StoreOperation::Remove,
            false,
            ModSeq::new(0),
        ),
    ] {
        let expected = Body::Store(StoreRequest {
            numbering: Numbering::Sequence,
            set: MessageSet::Listed(numbers(&[(2, 4)])),
            operation,
            flags: vec![Flag::Deleted, Flag::parse("Work").unwrap()],
            silent,
            unchanged_since,
        });
        assert_eq!(body(command), Ok(expected), "{command}");
    }
}

#[test]
fn a_select_remembers() {
    // RFC 7162, 3.2.5.2
    assert_eq!(
        body("SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))"),
        Ok(Body::Select(Select {
            mailbox: name("INBOX"),
            read_only: false,
            condstore: false,
            qresync: Some(Qresync {
                uid_validity: UidValidity::new(67_890_007).unwrap(),
                modseq: ModSeq::new(90_060_115_194_045_000).unwrap(),
                known_uids: Some(uids(&[(41, 211), (214, 541)])),
                match_data: None,
            }),
        }))
    );
    let Ok(Body::Select(select)) = body("EXAMINE INBOX (CONDSTORE QRESYNC (1 2 (1:2,5 7:8,12)))")
    else {
        panic!("EXAMINE with match data");
    };
    assert!(select.read_only && select.condstore);
    let qresync = select.qresync.unwrap();
    assert_eq!(
        qresync.match_data,
        Some((numbers(&[(1, 2), (5, 5)]), uids(&[(7, 8), (12, 12)])))
    );
}

#[test]
fn appends_carry_flags_dates_and_bytes() {
    let command = "APPEND INBOX (\\Seen) \"7-Feb-1994 21:52:25 -0800\" {2+}\r\na\n \
                   () {0+}\r\n UTF8 (~{3+}\r\n\0\r\n)";
    let Ok(Body::Append { mailbox, messages }) = body(command) else {
        panic!("{:?}", body(command));
    };
    assert_eq!(mailbox, name("INBOX"));
    let [first, second, third] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(first.flags, [Flag::Seen]);
    let day = NaiveDate::from_ymd(1994, 2, 7).unwrap();
    assert_eq!(
        first.date,
        InternalDate::from_parts(day, (21, 52, 25), -480)
    );
    let whole = |text: &'static str| AppendContent::Whole(text.into());
    assert_eq!(first.data, whole("a\n"));
    assert!(second.flags.is_empty() && second.date.is_none() && second.data == whole(""));
    assert_eq!(third.data, whole("\0\r\n"));
}

#[test]
fn rights_are_passed_on_as_sent() {
    for (command, expected) in [
        (
            "SETACL INBOX/Drafts David lrswida",
            Body::SetAcl {
                mailbox: name("INBOX/Drafts"),
                identifier: "David".into(),
                rights: "lrswida".into(),
            },
        ),
        (
            r#"SETACL Team "-group:late shift" "+cd""#,
            Body::SetAcl {
                mailbox: name("Team"),
                identifier: "-group:late shift".into(),
                rights: "+cd".into(),
            },
        ),
        (
            r#"SETACL Team fred """#,
            Body::SetAcl {
                mailbox: name("Team"),
                identifier: "fred".into(),
                rights: String::new(),
            },
        ),
        (
            "DELETEACL Team {4+}\r\nfr\u{e9}",
            Body::DeleteAcl {
                mailbox: name("Team"),
                identifier: "fré".into(),
            },
        ),
        (
            "LISTRIGHTS ~/Mail/saved smith",
            Body::ListRights {
                mailbox: name("~/Mail/saved"),
                identifier: "smith".into(),
            },
        ),
    ] {
        assert_eq!(body(command), Ok(expected), "{command}");
    }
}

#[test]
fn enables_and_identities_are_read() {
    assert_eq!(
        body("ENABLE condstore Utf8=Accept X-NOVEL"),
        Ok(Body::Enable(vec![
            "CONDSTORE".into(),
            "UTF8=ACCEPT".into(),
            "X-NOVEL".into()
        ]))
    );
    assert_eq!(
        body(r#"ID ("name" "sodr" "os" NIL)"#),
        Ok(Body::Id(Some(vec![
            ("name".into(), Some("sodr".into())),
            ("os".into(), None)
        ])))
    );
}
