//! Base forms of the commands that we own go through both grammars, and mean the same.

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder as _;
use proptest::prelude::*;

use super::body;
use super::theirs::lower;
use crate::{Body, Search, SearchKey};

#[test]
fn base_forms_mean_the_same_in_both_grammars() {
    for command in [
        "CREATE Team",
        "CREATE INBOX",
        "CREATE \"Shared Folders/support\"",
        "CREATE {4+}\r\nTeam",
        r#"CREATE "a\"b\\c""#,
        "CREATE Entw&APw-rfe",
        r#"LIST "" """#,
        r#"LIST "" *"#,
        r#"LIST "Shared Folders/" %"#,
        "LIST \"\" {3+}\r\na b",
        "LIST \"\" Entw&APw-*",
        "list \"\" \"*\"",
        "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED)",
        "STATUS \"a b\" (SIZE HIGHESTMODSEQ)",
        "APPEND INBOX {5+}\r\nhello",
        "APPEND INBOX ~{5+}\r\nhe\0lo",
        "APPEND INBOX (\\Seen Work $Junk) {0+}\r\n",
        "APPEND INBOX () \" 7-Feb-1994 21:52:25 -0800\" {5+}\r\nhello",
        "APPEND {4+}\r\nTeam \"17-Jul-1996 02:44:25 +0530\" {5+}\r\nhello",
        "FETCH 1 ALL",
        "FETCH 1 fast",
        "FETCH 1:* FULL",
        "FETCH 1 BODY",
        "FETCH 1 RFC822",
        "FETCH 1 (RFC822.HEADER RFC822.TEXT RFC822.SIZE)",
        "UID FETCH 2,4:7,9,12:*,*:2 (UID FLAGS INTERNALDATE ENVELOPE BODYSTRUCTURE MODSEQ)",
        "FETCH 1 BODY[]",
        "FETCH 1 BODY.PEEK[1.2.3]<0.1>",
        "FETCH 1 BODY[HEADER]",
        "FETCH 1 BODY[4.1.MIME]<4294967295.4294967295>",
        "FETCH 1 (BODY[1.TEXT] BODY.PEEK[HEADER.FIELDS (Date From)])",
        "FETCH 1 BODY[2.HEADER.FIELDS.NOT (\"X Y\" {1+}\r\nz)]",
        "UID FETCH 1:* FLAGS (CHANGEDSINCE 9223372036854775807 VANISHED)",
        "FETCH 1 (FLAGS) (CHANGEDSINCE 1)",
        "SEARCH CHARSET UTF-8 TEXT {4+}\r\näö",
        "SEARCH CHARSET \"us-ascii\" ALL",
        "UID SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338",
        "SEARCH 1:3,5 UID 7:* (NEW OLD)",
        "STORE 1:3,5 FLAGS ()",
        "STORE * +FLAGS (\\Seen Work $Junk)",
        "UID STORE 1:* -flags.silent \\deleted \\FLAGGED work",
        "UID STORE 7 (UNCHANGEDSINCE 9223372036854775807) FLAGS.SILENT (\\Draft)",
        "COPY 2:4 MEETING",
        "UID COPY *:1 \"Shared Folders/support\"",
        "MOVE 42:69 {3+}\r\nfoo",
        "UID MOVE 1 Entw&APw-rfe",
        "UID EXPUNGE 3000:3002,*",
        "SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994",
        "sort (reverse date Arrival CC FROM SIZE TO DISPLAYFROM DISPLAYTO) us-ascii ALL",
        "UID SORT (REVERSE SUBJECT) \"UTF-8\" TEXT {4+}\r\näö",
        "THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000",
        "UID THREAD references US-ASCII TEXT \"gewp\" 1:*",
        "THREAD REFS UTF-8 ALL",
    ] {
        agree(command);
    }
}

fn agree(command: &str) {
    let bytes = format!("a1 {command}\r\n").into_bytes();
    let (rest, theirs) = CommandCodec::default()
        .decode(&bytes)
        .unwrap_or_else(|_| panic!("upstream fails on {command}"));
    assert!(rest.is_empty());
    let ours = body(command).unwrap_or_else(|malformed| panic!("{command}: {malformed}"));
    assert_eq!(
        unbalanced(ours),
        unbalanced(lower(theirs.body)),
        "{command}"
    );
}

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn searches_mean_the_same_in_both_grammars(
        uid in any::<bool>(),
        keys in proptest::collection::vec(search_key(), 1..4),
    ) {
        agree(&format!("{}SEARCH {}", if uid { "UID " } else { "" }, keys.join(" ")));
    }

    #[test]
    fn fetches_mean_the_same_in_both_grammars(
        set in set(),
        items in proptest::collection::vec(fetch_item(), 1..6),
    ) {
        agree(&format!("FETCH {set} ({})", items.join(" ")));
    }
}

fn search_key() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(vec![
            "ALL",
            "Answered",
            "deleted",
            "DRAFT",
            "FLAGGED",
            "NEW",
            "OLD",
            "RECENT",
            "SEEN",
            "UNANSWERED",
            "UNDELETED",
            "UNDRAFT",
            "UNFLAGGED",
            "UNSEEN",
        ])
        .prop_map(str::to_owned),
        (
            "BCC|CC|FROM|TO|SUBJECT|BODY|TEXT|HEADER [a-zA-Z-]{1,9}",
            string()
        )
            .prop_map(|(word, value)| format!("{word} {value}")),
        ("(UN)?KEYWORD", "[a-zA-Z$_]{1,9}").prop_map(|(word, value)| format!("{word} {value}")),
        (
            "(SENT)?(BEFORE|ON|SINCE)",
            "([1-9]|0[1-9]|1[0-9]|2[0-8])-(Jan|feb|DEC)-[12][0-9]{3}"
        )
            .prop_map(|(word, date)| format!("{word} {date}")),
        ("LARGER|SMALLER|MODSEQ", any::<u32>()).prop_map(|(word, n)| format!("{word} {n}")),
        ("OLDER|YOUNGER", 1..u32::MAX).prop_map(|(word, n)| format!("{word} {n}")),
        set(),
        set().prop_map(|set| format!("UID {set}")),
    ];
    leaf.prop_recursive(5, 20, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|key| format!("NOT {key}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("OR {a} {b}")),
            proptest::collection::vec(inner, 1..4).prop_map(|keys| format!("({})", keys.join(" "))),
        ]
    })
}

fn fetch_item() -> impl Strategy<Value = String> {
    prop_oneof![
        "UID|FLAGS|INTERNALDATE|ENVELOPE|BODY|BODYSTRUCTURE|MODSEQ|RFC822(\\.(SIZE|HEADER|TEXT))?",
        "BODY(\\.PEEK)?\\[((([1-9]\\.){0,2}([1-9]|HEADER|TEXT|HEADER\\.FIELDS \\(a [b-d]{1,4}\\)))|[1-9]\\.MIME)?\\](<[0-9]{1,5}\\.[1-9][0-9]{0,5}>)?",
    ]
}

fn set() -> impl Strategy<Value = String> {
    proptest::collection::vec("([1-9][0-9]{0,8}|\\*)(:([1-9][0-9]{0,8}|\\*))?", 1..4)
        .prop_map(|parts| parts.join(","))
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.\\]]{1,9}",
        "[a-z .(){}%*]{0,9}".prop_map(|text| format!("\"{text}\"")),
        ".{0,9}"
            .prop_filter("no NUL in a literal", |text| !text.contains('\0'))
            .prop_map(|text| format!("{{{}+}}\r\n{text}", text.len())),
    ]
}

/// The same with every OR chain leaning to one side, as upstream builds it.
fn unbalanced(body: Body) -> Body {
    match body {
        Body::Search(search) => Body::Search(Search {
            key: leaning(search.key),
            ..search
        }),
        other => other,
    }
}

fn leaning(key: SearchKey) -> SearchKey {
    match key {
        SearchKey::Or(left, right) => {
            let mut keys = Vec::new();
            alternatives(*left, &mut keys);
            alternatives(*right, &mut keys);
            let last = keys.pop().unwrap();
            keys.into_iter().rev().fold(last, |right, left| {
                SearchKey::Or(Box::new(left), Box::new(right))
            })
        }
        SearchKey::And(keys) => SearchKey::And(keys.into_iter().map(leaning).collect()),
        SearchKey::Not(key) => SearchKey::Not(Box::new(leaning(*key))),
        leaf => leaf,
    }
}

fn alternatives(key: SearchKey, keys: &mut Vec<SearchKey>) {
    match key {
        SearchKey::Or(left, right) => {
            alternatives(*left, keys);
            alternatives(*right, keys);
        }
        other => keys.push(leaning(other)),
    }
}
