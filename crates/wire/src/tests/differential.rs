//! Base forms of the commands that we own go through both grammars, and mean the same.

use bytes::Bytes;
use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::{CommandBody, FetchModifier, StoreModifier};
use imap_codec::imap_types::core::AString;
use imap_codec::imap_types::datetime::{DateTime, NaiveDate as TheirDate};
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::extensions::sort::{
    SortCriterion as TheirCriterion, SortKey as TheirSortKey,
};
use imap_codec::imap_types::fetch::{
    Macro, MacroOrMessageDataItemNames, MessageDataItemName, Part, Section,
};
use imap_codec::imap_types::flag::{StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::search::SearchKey as TheirKey;
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use imap_codec::imap_types::status::StatusDataItemName;
use mail::{Flag, InternalDate, ModSeq, NaiveDate};
use proptest::prelude::*;

use super::body;
use crate::{
    AddressField, AppendContent, AppendMessage, Body, BodySection, DateTest, Direction, Fetch,
    FetchItem, List, MailboxArg, MessageSet, NumberEnd, NumberRange, NumberSet, Numbering, Search,
    SearchKey, SectionText, Sort, SortCriterion, SortKey, Spelling, StatusItem, Store,
    StoreOperation, ThreadAlgorithm, mutf7_decode,
};

#[test]
fn base_forms_mean_the_same_in_both_grammars() {
    for command in [
        "CREATE Team",
        "CREATE inbox",
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

fn lower(body: CommandBody<'_>) -> Body {
    match body {
        CommandBody::Create { mailbox } => Body::Create {
            mailbox: mailbox_arg(&mailbox),
            special_use: Vec::new(),
        },
        CommandBody::List {
            reference,
            mailbox_wildcard,
        } => Body::List(List {
            reference: mailbox_arg(&reference).0,
            patterns: vec![match mailbox_wildcard {
                ListMailbox::Token(token) => mailbox_name(token.as_ref()),
                ListMailbox::String(string) => mailbox_name(string.as_ref()),
            }],
            ..List::default()
        }),
        CommandBody::Status {
            mailbox,
            item_names,
        } => Body::Status {
            mailbox: mailbox_arg(&mailbox),
            items: item_names.iter().map(status_item).collect(),
        },
        CommandBody::Append {
            mailbox,
            flags,
            date,
            message,
        } => Body::Append {
            mailbox: mailbox_arg(&mailbox),
            messages: vec![AppendMessage {
                flags: flags
                    .iter()
                    .map(|flag| Flag::parse(&flag.to_string()).unwrap())
                    .collect(),
                date: date.as_ref().map(internal_date),
                is_binary: matches!(message, LiteralOrLiteral8::Literal8(_)),
                data: AppendContent::Whole(match message {
                    LiteralOrLiteral8::Literal(literal) => Bytes::copy_from_slice(literal.as_ref()),
                    LiteralOrLiteral8::Literal8(literal) => Bytes::copy_from_slice(&literal.data),
                }),
            }],
        },
        CommandBody::Fetch {
            sequence_set,
            macro_or_item_names,
            uid,
            modifiers,
        } => {
            let mut items = Vec::new();
            for item in fetch_items(macro_or_item_names) {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            Body::Fetch(Fetch {
                numbering: numbering(uid),
                set: message_set(&sequence_set),
                items,
                changed_since: modifiers.iter().find_map(|modifier| match modifier {
                    FetchModifier::ChangedSince(number) => ModSeq::new(number.get()),
                    FetchModifier::Vanished => None,
                }),
                vanished: modifiers.contains(&FetchModifier::Vanished),
                partial: None,
            })
        }
        CommandBody::Search {
            charset: _,
            criteria,
            uid,
        } => Body::Search(Search {
            numbering: numbering(uid),
            returns: None,
            attributes: Vec::new(),
            key: search_keys_of(criteria),
        }),
        CommandBody::Sort {
            sort_criteria,
            charset: _,
            search_criteria,
            uid,
        } => Body::Sort(Sort {
            numbering: numbering(uid),
            returns: None,
            attributes: Vec::new(),
            criteria: sort_criteria.as_ref().iter().map(sort_criterion).collect(),
            key: search_keys_of(search_criteria),
        }),
        CommandBody::Thread {
            algorithm,
            charset: _,
            search_criteria,
            uid,
        } => Body::Thread {
            numbering: numbering(uid),
            algorithm: match algorithm.to_string().as_str() {
                "ORDEREDSUBJECT" => ThreadAlgorithm::OrderedSubject,
                "REFERENCES" => ThreadAlgorithm::References,
                "REFS" => ThreadAlgorithm::Refs,
                other => panic!("not ours: {other}"),
            },
            key: search_keys_of(search_criteria),
        },
        CommandBody::Store {
            sequence_set,
            kind,
            response,
            flags,
            uid,
            modifiers,
        } => Body::Store(Store {
            numbering: numbering(uid),
            set: message_set(&sequence_set),
            operation: match kind {
                StoreType::Replace => StoreOperation::Replace,
                StoreType::Add => StoreOperation::Add,
                StoreType::Remove => StoreOperation::Remove,
            },
            flags: flags
                .iter()
                .map(|flag| Flag::parse(&flag.to_string()).unwrap())
                .collect(),
            silent: response == StoreResponse::Silent,
            unchanged_since: modifiers
                .first()
                .map(|StoreModifier::UnchangedSince(number)| ModSeq::new(*number).unwrap()),
        }),
        CommandBody::Copy {
            sequence_set,
            mailbox,
            uid,
        } => Body::Copy {
            numbering: numbering(uid),
            set: message_set(&sequence_set),
            mailbox: mailbox_arg(&mailbox),
        },
        CommandBody::Move {
            sequence_set,
            mailbox,
            uid,
        } => Body::Move {
            numbering: numbering(uid),
            set: message_set(&sequence_set),
            mailbox: mailbox_arg(&mailbox),
        },
        CommandBody::ExpungeUid { sequence_set } => Body::UidExpunge(message_set(&sequence_set)),
        other => panic!("not ours: {other:?}"),
    }
}

fn search_keys_of<'k>(keys: impl IntoIterator<Item = TheirKey<'k>>) -> SearchKey {
    let mut keys: Vec<_> = keys.into_iter().map(search_key_of).collect();
    if keys.len() == 1 {
        keys.remove(0)
    } else {
        SearchKey::And(keys)
    }
}

fn sort_criterion(criterion: &TheirCriterion) -> SortCriterion {
    SortCriterion {
        direction: if criterion.reverse {
            Direction::Descending
        } else {
            Direction::Ascending
        },
        key: match criterion.key {
            TheirSortKey::Arrival => SortKey::Arrival,
            TheirSortKey::Cc => SortKey::Cc,
            TheirSortKey::Date => SortKey::Date,
            TheirSortKey::From => SortKey::From,
            TheirSortKey::Size => SortKey::Size,
            TheirSortKey::Subject => SortKey::Subject,
            TheirSortKey::To => SortKey::To,
            TheirSortKey::DisplayFrom => SortKey::DisplayFrom,
            TheirSortKey::DisplayTo => SortKey::DisplayTo,
        },
    }
}

fn fetch_items(items: MacroOrMessageDataItemNames<'_>) -> Vec<FetchItem> {
    match items {
        MacroOrMessageDataItemNames::Macro(short) => {
            let names = match short {
                Macro::Fast | Macro::All | Macro::Full => short.expand(),
                _ => panic!("a new macro"),
            };
            names.into_iter().map(fetch_item_of).collect()
        }
        MacroOrMessageDataItemNames::MessageDataItemNames(names) => {
            names.into_iter().map(fetch_item_of).collect()
        }
    }
}

fn fetch_item_of(item: MessageDataItemName<'_>) -> FetchItem {
    let older = |spelling, text, peek| {
        FetchItem::Section(BodySection {
            spelling,
            part: Vec::new(),
            text,
            partial: None,
            peek,
        })
    };
    match item {
        MessageDataItemName::Body => FetchItem::Body,
        MessageDataItemName::BodyExt {
            section: theirs,
            partial,
            peek,
        } => {
            let (part, text) = section(theirs);
            FetchItem::Section(BodySection {
                spelling: Spelling::Body,
                part,
                text,
                partial: partial.map(|(first, count)| (first.into(), count.get().into())),
                peek,
            })
        }
        MessageDataItemName::BodyStructure => FetchItem::BodyStructure,
        MessageDataItemName::Envelope => FetchItem::Envelope,
        MessageDataItemName::Flags => FetchItem::Flags,
        MessageDataItemName::InternalDate => FetchItem::InternalDate,
        MessageDataItemName::Rfc822 => older(Spelling::Rfc822, SectionText::Whole, false),
        MessageDataItemName::Rfc822Header => {
            older(Spelling::Rfc822Header, SectionText::Header, true)
        }
        MessageDataItemName::Rfc822Size => FetchItem::Size,
        MessageDataItemName::Rfc822Text => older(Spelling::Rfc822Text, SectionText::Text, false),
        MessageDataItemName::Uid => FetchItem::Uid,
        MessageDataItemName::ModSeq => FetchItem::ModSeq,
        MessageDataItemName::Binary { .. } | MessageDataItemName::BinarySize { .. } => {
            panic!("not ours: {item:?}")
        }
    }
}

fn section(section: Option<Section<'_>>) -> (Vec<u32>, SectionText) {
    let names = |names: Vec<AString<'_>>| names.iter().map(string_of).collect();
    match section {
        None => (Vec::new(), SectionText::Whole),
        Some(Section::Part(of)) => (part(Some(of)), SectionText::Whole),
        Some(Section::Header(of)) => (part(of), SectionText::Header),
        Some(Section::HeaderFields(of, fields)) => (
            part(of),
            SectionText::HeaderFields(names(fields.into_inner())),
        ),
        Some(Section::HeaderFieldsNot(of, fields)) => (
            part(of),
            SectionText::HeaderFieldsNot(names(fields.into_inner())),
        ),
        Some(Section::Text(of)) => (part(of), SectionText::Text),
        Some(Section::Mime(of)) => (part(Some(of)), SectionText::Mime),
    }
}

fn part(part: Option<Part>) -> Vec<u32> {
    part.map_or(Vec::new(), |Part(numbers)| {
        numbers.into_iter().map(std::num::NonZeroU32::get).collect()
    })
}

fn search_key_of(key: TheirKey<'_>) -> SearchKey {
    use SearchKey::{Address, Has, HasNot, Internal, Sent};

    match key {
        TheirKey::And(keys) => {
            let mut keys: Vec<_> = keys.into_iter().map(search_key_of).collect();
            if keys.len() == 1 {
                keys.remove(0)
            } else {
                SearchKey::And(keys)
            }
        }
        TheirKey::SequenceSet(set) => SearchKey::Sequence(message_set(&set)),
        TheirKey::All => SearchKey::All,
        TheirKey::Answered => Has(Flag::Answered),
        TheirKey::Bcc(text) => Address(AddressField::Bcc, string_of(&text)),
        TheirKey::Before(day) => Internal(DateTest::Before, naive_date(&day)),
        TheirKey::Body(text) => SearchKey::Body(string_of(&text)),
        TheirKey::Cc(text) => Address(AddressField::Cc, string_of(&text)),
        TheirKey::Deleted => Has(Flag::Deleted),
        TheirKey::Draft => Has(Flag::Draft),
        TheirKey::Flagged => Has(Flag::Flagged),
        TheirKey::From(text) => Address(AddressField::From, string_of(&text)),
        TheirKey::Header(name, text) => SearchKey::Header(string_of(&name), string_of(&text)),
        TheirKey::Keyword(word) => Has(Flag::parse(word.as_ref()).unwrap()),
        TheirKey::Larger(size) => SearchKey::Larger(u64::from(size)),
        TheirKey::New => SearchKey::And(vec![SearchKey::Recent, HasNot(Flag::Seen)]),
        TheirKey::Not(key) => SearchKey::Not(Box::new(search_key_of(*key))),
        TheirKey::Old => SearchKey::Old,
        TheirKey::Older(seconds) => SearchKey::Older(seconds.get()),
        TheirKey::On(day) => Internal(DateTest::On, naive_date(&day)),
        TheirKey::Or(a, b) => {
            SearchKey::Or(Box::new(search_key_of(*a)), Box::new(search_key_of(*b)))
        }
        TheirKey::Recent => SearchKey::Recent,
        TheirKey::Seen => Has(Flag::Seen),
        TheirKey::SentBefore(day) => Sent(DateTest::Before, naive_date(&day)),
        TheirKey::SentOn(day) => Sent(DateTest::On, naive_date(&day)),
        TheirKey::SentSince(day) => Sent(DateTest::Since, naive_date(&day)),
        TheirKey::Since(day) => Internal(DateTest::Since, naive_date(&day)),
        TheirKey::Smaller(size) => SearchKey::Smaller(u64::from(size)),
        TheirKey::Subject(text) => SearchKey::Subject(string_of(&text)),
        TheirKey::Text(text) => SearchKey::Text(string_of(&text)),
        TheirKey::To(text) => Address(AddressField::To, string_of(&text)),
        TheirKey::Uid(set) => SearchKey::Uid(message_set(&set)),
        TheirKey::Unanswered => HasNot(Flag::Answered),
        TheirKey::Undeleted => HasNot(Flag::Deleted),
        TheirKey::Undraft => HasNot(Flag::Draft),
        TheirKey::Unflagged => HasNot(Flag::Flagged),
        TheirKey::Unkeyword(word) => HasNot(Flag::parse(word.as_ref()).unwrap()),
        TheirKey::Unseen => HasNot(Flag::Seen),
        TheirKey::Younger(seconds) => SearchKey::Younger(seconds.get()),
        TheirKey::ModSequence { entry: _, modseq } => {
            SearchKey::ModSeq(ModSeq::new(modseq).unwrap())
        }
    }
}

fn status_item(item: &StatusDataItemName) -> StatusItem {
    match item {
        StatusDataItemName::Messages => StatusItem::Messages,
        StatusDataItemName::Recent => StatusItem::Recent,
        StatusDataItemName::UidNext => StatusItem::UidNext,
        StatusDataItemName::UidValidity => StatusItem::UidValidity,
        StatusDataItemName::Unseen => StatusItem::Unseen,
        StatusDataItemName::Deleted => StatusItem::Deleted,
        StatusDataItemName::Size => StatusItem::Size,
        StatusDataItemName::HighestModSeq => StatusItem::HighestModSeq,
        StatusDataItemName::DeletedStorage => panic!("not ours"),
    }
}

fn message_set(set: &SequenceSet) -> MessageSet {
    let end = |end: &SeqOrUid| match end {
        SeqOrUid::Value(number) => NumberEnd::Number(number.get()),
        SeqOrUid::Asterisk => NumberEnd::Last,
    };
    MessageSet::Listed(NumberSet(
        set.0
            .as_ref()
            .iter()
            .map(|part| match part {
                Sequence::Single(single) => NumberRange(end(single), end(single)),
                Sequence::Range(first, last) => NumberRange(end(first), end(last)),
            })
            .collect(),
    ))
}

fn numbering(is_uid: bool) -> Numbering {
    if is_uid {
        Numbering::Uid
    } else {
        Numbering::Sequence
    }
}

fn mailbox_arg(mailbox: &Mailbox<'_>) -> MailboxArg {
    MailboxArg(match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(other) => mailbox_name(other.as_ref()),
    })
}

fn mailbox_name(bytes: &[u8]) -> String {
    mutf7_decode(str::from_utf8(bytes).unwrap()).unwrap()
}

fn string_of(string: &AString<'_>) -> String {
    str::from_utf8(string.as_ref()).unwrap().to_owned()
}

/// By way of text, as year, month, day: upstream's calendar is no dependency of ours.
fn naive_date(date: &TheirDate) -> NaiveDate {
    let text = format!("{date:?}");
    let mut parts = text.split('-').map(|part| part.parse::<u32>().unwrap());
    let mut next = || parts.next().unwrap();
    NaiveDate::from_ymd(i32::try_from(next()).unwrap(), next(), next()).unwrap()
}

fn internal_date(date: &DateTime) -> InternalDate {
    let date = date.as_ref();
    InternalDate {
        unix_seconds: date.timestamp(),
        offset_minutes: i16::try_from(date.offset().local_minus_utc() / 60).unwrap(),
    }
}
