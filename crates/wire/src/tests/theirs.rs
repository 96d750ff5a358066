//! Commands of `imap-codec` in our words, for the commands whose grammar is ours.

use bytes::Bytes;
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

use crate::{
    AddressField, AppendContent, AppendMessage, Body, BodySection, DateTest, Direction, Fetch,
    FetchItem, List, MailboxArg, MessageSet, NumberEnd, NumberRange, NumberSet, Numbering, Search,
    SearchKey, SectionText, Sort, SortCriterion, SortKey, Spelling, StatusItem, StoreOperation,
    StoreRequest, ThreadAlgorithm, mutf7_decode,
};

pub(super) fn lower(body: CommandBody<'_>) -> Body {
    match body {
        CommandBody::Create { mailbox } => Body::Create {
            mailbox: mailbox_arg(&mailbox),
            special_use: Vec::new(),
        },
        CommandBody::List {
            reference,
            mailbox_wildcard,
        } => Body::List(List {
            reference: mailbox_arg(&reference),
            patterns: vec![match mailbox_wildcard {
                ListMailbox::Token(token) => MailboxArg::Text(mailbox_name(token.as_ref())),
                ListMailbox::String(string) => MailboxArg::Text(mailbox_name(string.as_ref())),
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
        } => Body::Store(StoreRequest {
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
        and(keys)
    }
}

/// A conjunction that begins with another one is one with it.
fn and(mut keys: Vec<SearchKey>) -> SearchKey {
    if let Some(SearchKey::And(first)) = keys.first() {
        let first = first.clone();
        keys.splice(..1, first);
    }
    SearchKey::And(keys)
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
                and(keys)
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
    MailboxArg::Text(match mailbox {
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
