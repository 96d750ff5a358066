//! A SEARCH key, prepared for one mailbox, and what it says of one message.

use image::Message;
use mail::{Flag, FlagBits, ModSeq, NaiveDate, SeqNum};
use mime::{Field, SearchText, fold};
use store::{Head, ObjectIds};
use wire::{AddressField, DateTest, Numbering, SearchKey};

use crate::haystack::Haystack;
use crate::node::Now;
use crate::view::{Picked, Shown};

/// A tree of tests. Numbers, flags and needles are resolved once, not for each message.
#[derive(Debug)]
pub(crate) struct Criteria {
    root: Test,
}

/// What was read of a message's content; what was not is left undecided.
#[derive(Debug)]
pub(crate) struct Evidence<'c> {
    pub(crate) text: Option<SearchText<'c>>,
    pub(crate) head: Option<&'c Head>,
    /// The day on which it came into the mailbox.
    pub(crate) saved: Option<NaiveDate>,
}

#[derive(Debug)]
enum Test {
    Always,
    Never,
    All(Vec<Self>),
    Either(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Flag(FlagBits),
    Numbers(Picked),
    ModSeq(ModSeq),
    Larger(u64),
    Smaller(u64),
    Internal(DateTest, NaiveDate),
    ArrivedSince(i64),
    Sent(DateTest, NaiveDate),
    Saved(DateTest, NaiveDate),
    EmailId(Box<ObjectIds>, String),
    ThreadId(Box<ObjectIds>, String),
    Text(TextTest),
}

/// Needles are folded.
#[derive(Debug)]
enum TextTest {
    Address(Field, String),
    Subject(String),
    Header(String, String),
    Body(String),
    Anywhere(String),
}

impl Evidence<'_> {
    /// Nothing was read yet.
    pub(crate) const NONE: Self = Self {
        text: None,
        head: None,
        saved: None,
    };
}

impl Criteria {
    pub(crate) fn new(key: &SearchKey, haystack: &Haystack<'_>, ids: &ObjectIds, now: Now) -> Self {
        Self {
            root: Test::new(key, haystack, ids, now),
        }
    }

    /// `None` when it takes evidence that is not there.
    pub(crate) fn holds(
        &self,
        seq: SeqNum,
        message: &Message,
        shown: Shown,
        evidence: &Evidence<'_>,
    ) -> Option<bool> {
        self.root.holds(seq, message, shown, evidence)
    }

    /// Whether any test of what can change says otherwise of a message that was shown as `before` and is
    /// shown as `now`.
    pub(crate) fn tells_apart(&self, before: Shown, now: Shown) -> bool {
        self.root.any(&|test| match test {
            Test::Flag(bit) => before.flags.contains(*bit) != now.flags.contains(*bit),
            Test::ModSeq(modseq) => (before.modseq >= *modseq) != (now.modseq >= *modseq),
            _ => false,
        })
    }

    /// What must be in a message's search text, folded, whatever else is asked.
    pub(crate) fn needles(&self) -> Vec<&str> {
        let mut needles = Vec::new();
        self.root.demand(&mut needles);
        needles
    }

    pub(crate) fn asks_text(&self) -> bool {
        self.root.any(&|test| matches!(test, Test::Text(_)))
    }

    pub(crate) fn asks_head(&self) -> bool {
        self.root
            .any(&|test| matches!(test, Test::Sent(..) | Test::ThreadId(..)))
    }

    pub(crate) fn asks_save_date(&self) -> bool {
        self.root.any(&|test| matches!(test, Test::Saved(..)))
    }
}

impl Test {
    fn new(key: &SearchKey, haystack: &Haystack<'_>, ids: &ObjectIds, now: Now) -> Self {
        let each = |key: &SearchKey| Self::new(key, haystack, ids, now);
        let text = |test| Self::Text(test);
        match key {
            // `\Recent` is never set, so every message is old.
            SearchKey::All | SearchKey::Old => Self::Always,
            // Whoever searches has put in its place what a filter stands for, or was refused.
            SearchKey::Recent | SearchKey::Filter(_) => Self::Never,
            SearchKey::And(keys) => Self::All(keys.iter().map(each).collect()),
            SearchKey::Or(a, b) => Self::Either(Box::new(each(a)), Box::new(each(b))),
            SearchKey::Not(key) => Self::Not(Box::new(each(key))),
            SearchKey::Has(flag) => Self::flag(flag, haystack),
            SearchKey::HasNot(flag) => Self::Not(Box::new(Self::flag(flag, haystack))),
            SearchKey::Sequence(set) => Self::Numbers(haystack.find(Numbering::Sequence, set)),
            SearchKey::Uid(set) => Self::Numbers(haystack.find(Numbering::Uid, set)),
            SearchKey::ModSeq(modseq) => Self::ModSeq(*modseq),
            SearchKey::Larger(bytes) => Self::Larger(*bytes),
            SearchKey::Smaller(bytes) => Self::Smaller(*bytes),
            SearchKey::Internal(test, day) => Self::Internal(*test, *day),
            SearchKey::Sent(test, day) => Self::Sent(*test, *day),
            SearchKey::Saved(test, day) => Self::Saved(*test, *day),
            SearchKey::EmailId(id) => Self::EmailId(Box::new(ids.clone()), id.clone()),
            SearchKey::ThreadId(id) => Self::ThreadId(Box::new(ids.clone()), id.clone()),
            SearchKey::Younger(seconds) => {
                Self::ArrivedSince(now.unix_seconds - i64::from(*seconds))
            }
            SearchKey::Older(seconds) => {
                let moment = now.unix_seconds - i64::from(*seconds);
                Self::Not(Box::new(Self::ArrivedSince(moment + 1)))
            }
            SearchKey::Address(field, needle) => {
                text(TextTest::Address(address_field(*field), fold(needle)))
            }
            SearchKey::Subject(needle) => text(TextTest::Subject(fold(needle))),
            SearchKey::Header(name, needle) => text(TextTest::Header(name.clone(), fold(needle))),
            SearchKey::Body(needle) => text(TextTest::Body(fold(needle))),
            SearchKey::Text(needle) => text(TextTest::Anywhere(fold(needle))),
        }
    }

    /// A keyword that the mailbox never saw is on no message.
    fn flag(flag: &Flag, haystack: &Haystack<'_>) -> Self {
        let keywords = &haystack.view.latest().keywords;
        keywords.bit(flag).map_or(Self::Never, Self::Flag)
    }

    fn holds(
        &self,
        seq: SeqNum,
        message: &Message,
        shown: Shown,
        evidence: &Evidence<'_>,
    ) -> Option<bool> {
        let holds = |test: &Self| test.holds(seq, message, shown, evidence);
        match self {
            Self::Always => Some(true),
            Self::Never => Some(false),
            Self::All(tests) => all(tests.iter().map(holds)),
            Self::Either(a, b) => all([a, b]
                .into_iter()
                .map(|test| holds(test).map(|holds| !holds)))
            .map(|neither| !neither),
            Self::Not(test) => holds(test).map(|holds| !holds),
            Self::Flag(bit) => Some(shown.flags.contains(*bit)),
            Self::Numbers(picked) => Some(picked.contains(seq)),
            Self::ModSeq(modseq) => Some(shown.modseq >= *modseq),
            Self::Larger(bytes) => Some(u64::from(message.size) > *bytes),
            Self::Smaller(bytes) => Some(u64::from(message.size) < *bytes),
            Self::Internal(test, day) => Some(compares(*test, message.date.day(), *day)),
            Self::ArrivedSince(moment) => Some(message.date.unix_seconds >= *moment),
            Self::Sent(test, day) => evidence
                .head
                .map(|head| head.sent.is_some_and(|sent| compares(*test, sent, *day))),
            Self::Saved(test, day) => evidence.saved.map(|saved| compares(*test, saved, *day)),
            Self::EmailId(ids, id) => Some(ids.email(message.content) == *id),
            Self::ThreadId(ids, id) => evidence
                .head
                .map(|head| ids.thread(message.content, &head.header) == *id),
            Self::Text(test) => evidence.text.as_ref().map(|text| test.holds(text)),
        }
    }

    fn demand<'t>(&'t self, needles: &mut Vec<&'t str>) {
        match self {
            Self::All(tests) => tests.iter().for_each(|test| test.demand(needles)),
            Self::Text(test) => needles.push(test.needle()),
            _ => {}
        }
    }

    fn any(&self, is_it: &impl Fn(&Self) -> bool) -> bool {
        match self {
            Self::All(tests) => tests.iter().any(|test| test.any(is_it)),
            Self::Either(a, b) => a.any(is_it) || b.any(is_it),
            Self::Not(test) => test.any(is_it),
            leaf => is_it(leaf),
        }
    }
}

impl TextTest {
    fn needle(&self) -> &str {
        match self {
            Self::Address(_, needle)
            | Self::Subject(needle)
            | Self::Header(_, needle)
            | Self::Body(needle)
            | Self::Anywhere(needle) => needle,
        }
    }

    fn holds(&self, text: &SearchText<'_>) -> bool {
        match self {
            Self::Address(field, needle) => text.address(*field, needle),
            Self::Subject(needle) => text.subject(needle),
            Self::Header(name, needle) => text.header(name, needle),
            Self::Body(needle) => text.body(needle),
            Self::Anywhere(needle) => text.text(needle),
        }
    }
}

/// False as soon as one is, whatever is unknown; unknown if any is, else true.
fn all(verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    for verdict in verdicts {
        match verdict {
            Some(false) => return Some(false),
            Some(true) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

fn compares(test: DateTest, day: NaiveDate, with: NaiveDate) -> bool {
    match test {
        DateTest::Before => day < with,
        DateTest::On => day == with,
        DateTest::Since => day >= with,
    }
}

fn address_field(field: AddressField) -> Field {
    match field {
        AddressField::From => Field::From,
        AddressField::To => Field::To,
        AddressField::Cc => Field::Cc,
        AddressField::Bcc => Field::Bcc,
    }
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn one_no_decides_and_one_unknown_delays() {
        for (verdicts, expected) in [
            (&[][..], Some(true)),
            (&[Some(true), Some(true)], Some(true)),
            (&[Some(true), None], None),
            (&[None, Some(false)], Some(false)),
        ] {
            assert_eq!(all(verdicts.iter().copied()), expected);
        }
    }
}
