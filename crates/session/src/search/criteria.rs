//! A SEARCH key, prepared for one mailbox, and what it says of one message.

use image::Message;
use mail::{Flag, Flags, ModSeq, NaiveDate, SeqNum};
use mime::{Field, Fuzzy, SearchText, fold};
use store::{MessageMetadata, ObjectIds};
use wire::{AddressField, DateTest, Numbering, SearchKey};

use crate::node::Now;
use crate::search::target::SearchTarget;
use crate::view::Shown;
use crate::view::picked::Picked;

/// The relevancy of a full match, in percent (RFC 6203, 4).
pub(crate) const RELEVANCY_MAX: u8 = 100;

/// A tree of tests. Numbers, flags and needles are resolved once, not for each message.
#[derive(Debug)]
pub(crate) struct Criteria {
    root: Test,
    /// The tests in the tree.
    tests: usize,
    /// The strings that are looked for in a header.
    header_strings: usize,
    /// Those that are looked for in a whole text.
    text_strings: usize,
}

/// What was read of a message's content; what was not is left undecided.
#[derive(Debug)]
pub(crate) struct Evidence<'c> {
    pub(crate) text: Option<SearchText<'c>>,
    pub(crate) metadata: Option<&'c MessageMetadata>,
    /// The day on which the message came into the mailbox.
    pub(crate) saved: Option<NaiveDate>,
}

#[derive(Debug)]
enum Test {
    Always,
    Never,
    All(Vec<Self>),
    Either(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Flag(Flags),
    /// It is recent to this session, and stays so for as long as the mailbox is selected.
    Recent,
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

/// To look for something like a string takes as long as to look for so many strings.
const FUZZY_COST: usize = 32;

/// How strings are looked for.
#[derive(Clone, Copy)]
enum Matching {
    Exact,
    /// The key stands below FUZZY (RFC 6203), which only makes a difference to strings.
    Fuzzy,
}

#[derive(Debug)]
struct TextTest {
    place: TextPlace,
    needle: Needle,
}

/// The part of a message in which a string is looked for.
#[derive(Debug)]
enum TextPlace {
    Address(Field),
    Subject,
    Header(String),
    Body,
    Anywhere,
}

#[derive(Debug)]
enum Needle {
    /// The text that is looked for, folded.
    Exact(String),
    Fuzzy(Fuzzy),
}

impl Evidence<'_> {
    /// Nothing was read yet.
    pub(crate) const NONE: Self = Self {
        text: None,
        metadata: None,
        saved: None,
    };
}

impl Criteria {
    pub(crate) fn new(
        key: &SearchKey,
        search_target: &SearchTarget<'_>,
        ids: &ObjectIds,
        now: Now,
    ) -> Self {
        let root = Test::new(key, Matching::Exact, search_target, ids, now);
        let mut criteria = Self {
            tests: 0,
            header_strings: 0,
            text_strings: 0,
            root: Test::Never,
        };
        root.each(&mut |test| criteria.count(test));
        Self { root, ..criteria }
    }

    fn count(&mut self, test: &Test) {
        self.tests += 1;
        if let Test::Text(test) = test {
            let weight = match &test.needle {
                Needle::Exact(_) => 1,
                Needle::Fuzzy(_) => FUZZY_COST,
            };
            match &test.place {
                TextPlace::Address(_) | TextPlace::Subject | TextPlace::Header(_) => {
                    self.header_strings += weight;
                }
                TextPlace::Body | TextPlace::Anywhere => self.text_strings += weight,
            }
        }
    }

    /// How many tests one message takes.
    pub(crate) fn tests(&self) -> usize {
        self.tests
    }

    /// How many bytes are looked through to decide a message by this evidence, those counted each time that are
    /// looked through several times.
    pub(crate) fn bytes_to_look_through(&self, evidence: &Evidence<'_>) -> usize {
        let read = evidence.text.as_ref().map_or(0, |text| {
            let in_header = text.header_bytes().saturating_mul(self.header_strings);
            in_header.saturating_add(text.bytes().saturating_mul(self.text_strings))
        });
        self.tests.saturating_add(read)
    }

    /// How well the criteria hold of a message, in percent: zero when they do not. `None` when it takes evidence that
    /// is not there.
    pub(crate) fn rate(
        &self,
        seq: SeqNum,
        message: &Message,
        shown: &Shown,
        evidence: &Evidence<'_>,
    ) -> Option<u8> {
        self.root.rate(seq, message, shown, evidence)
    }

    /// Whether any test of what can change says otherwise of a message that was shown as `before` and is
    /// shown as `now`.
    pub(crate) fn tells_apart(&self, before: &Shown, now: &Shown) -> bool {
        self.root.any(&|test| match test {
            Test::Flag(flag) => before.flags.contains_all(flag) != now.flags.contains_all(flag),
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

    pub(crate) fn asks_metadata(&self) -> bool {
        self.root
            .any(&|test| matches!(test, Test::Sent(..) | Test::ThreadId(..)))
    }

    pub(crate) fn asks_save_date(&self) -> bool {
        self.root.any(&|test| matches!(test, Test::Saved(..)))
    }
}

impl Test {
    fn new(
        key: &SearchKey,
        matching: Matching,
        search_target: &SearchTarget<'_>,
        ids: &ObjectIds,
        now: Now,
    ) -> Self {
        let each = |key: &SearchKey| Self::new(key, matching, search_target, ids, now);
        let text = |place, needle: &str| {
            let needle = match matching {
                Matching::Exact => Needle::Exact(fold(needle)),
                Matching::Fuzzy => Needle::Fuzzy(Fuzzy::new(needle)),
            };
            Self::Text(TextTest { place, needle })
        };
        match key {
            SearchKey::All => Self::Always,
            SearchKey::Recent => Self::Recent,
            SearchKey::Old => Self::Not(Box::new(Self::Recent)),
            // Whoever searches has put in its place what a filter stands for, or was refused.
            SearchKey::Filter(_) => Self::Never,
            SearchKey::And(keys) => Self::All(keys.iter().map(each).collect()),
            SearchKey::Or(a, b) => Self::Either(Box::new(each(a)), Box::new(each(b))),
            SearchKey::Not(key) => Self::Not(Box::new(each(key))),
            SearchKey::Fuzzy(key) => Self::new(key, Matching::Fuzzy, search_target, ids, now),
            SearchKey::Has(flag) => Self::flag(flag, search_target),
            SearchKey::HasNot(flag) => Self::Not(Box::new(Self::flag(flag, search_target))),
            SearchKey::Sequence(set) => Self::Numbers(search_target.find(Numbering::Sequence, set)),
            SearchKey::Uid(set) => Self::Numbers(search_target.find(Numbering::Uid, set)),
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
                text(TextPlace::Address(address_field(*field)), needle)
            }
            SearchKey::Subject(needle) => text(TextPlace::Subject, needle),
            SearchKey::Header(name, needle) => text(TextPlace::Header(name.clone()), needle),
            SearchKey::Body(needle) => text(TextPlace::Body, needle),
            SearchKey::Text(needle) => text(TextPlace::Anywhere, needle),
        }
    }

    /// A keyword that the mailbox never saw is on no message.
    fn flag(flag: &Flag, search_target: &SearchTarget<'_>) -> Self {
        let keywords = &search_target.view.latest().keywords;
        keywords.find(flag).map_or(Self::Never, Self::Flag)
    }

    fn rate(
        &self,
        seq: SeqNum,
        message: &Message,
        shown: &Shown,
        evidence: &Evidence<'_>,
    ) -> Option<u8> {
        let rate = |test: &Self| test.rate(seq, message, shown, evidence);
        let holds = match self {
            Self::All(tests) => return all(tests.iter().map(rate)),
            Self::Either(a, b) => return either(rate(a), rate(b)),
            Self::Text(test) => return evidence.text.as_ref().map(|text| test.rate(text)),
            Self::Not(test) => rate(test)? == 0,
            Self::Always => true,
            Self::Never => false,
            Self::Flag(flag) => shown.flags.contains_all(flag),
            Self::Recent => shown.is_recent,
            Self::Numbers(picked) => picked.contains(seq),
            Self::ModSeq(modseq) => shown.modseq >= *modseq,
            Self::Larger(bytes) => u64::from(message.size) > *bytes,
            Self::Smaller(bytes) => u64::from(message.size) < *bytes,
            Self::Internal(test, day) => compares(*test, message.date.day(), *day),
            Self::ArrivedSince(moment) => message.date.unix_seconds >= *moment,
            Self::Sent(test, day) => {
                let sent = evidence.metadata?.sent;
                sent.is_some_and(|sent| compares(*test, sent, *day))
            }
            Self::Saved(test, day) => compares(*test, evidence.saved?, *day),
            Self::EmailId(ids, id) => ids.email(message.content) == *id,
            Self::ThreadId(ids, id) => {
                ids.thread(message.content, evidence.metadata?.header.as_ref()?) == *id
            }
        };
        Some(percent(holds))
    }

    fn demand<'t>(&'t self, needles: &mut Vec<&'t str>) {
        match self {
            Self::All(tests) => tests.iter().for_each(|test| test.demand(needles)),
            Self::Text(test) => needles.extend(test.demanded()),
            _ => {}
        }
    }

    /// Shows every test of the tree.
    fn each(&self, look: &mut impl FnMut(&Self)) {
        look(self);
        match self {
            Self::All(tests) => tests.iter().for_each(|test| test.each(look)),
            Self::Either(a, b) => {
                a.each(look);
                b.each(look);
            }
            Self::Not(test) => test.each(look),
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
    /// What has to be in a text that is found.
    fn demanded(&self) -> Option<&str> {
        match &self.needle {
            Needle::Exact(needle) => Some(needle),
            Needle::Fuzzy(_) => None,
        }
    }

    fn rate(&self, text: &SearchText<'_>) -> u8 {
        match &self.needle {
            Needle::Exact(needle) => percent(match &self.place {
                TextPlace::Address(field) => text.address(*field, needle),
                TextPlace::Subject => text.subject(needle),
                TextPlace::Header(name) => text.header(name, needle),
                TextPlace::Body => text.body(needle),
                TextPlace::Anywhere => text.text(needle),
            }),
            Needle::Fuzzy(fuzzy) => match &self.place {
                TextPlace::Address(field) => text.rate_address(*field, fuzzy),
                TextPlace::Subject => text.rate_header("subject", fuzzy),
                TextPlace::Header(name) => text.rate_header(name, fuzzy),
                TextPlace::Body => text.rate_body(fuzzy),
                TextPlace::Anywhere => text.rate_text(fuzzy),
            },
        }
    }
}

fn percent(holds: bool) -> u8 {
    if holds { RELEVANCY_MAX } else { 0 }
}

/// The rate of the worst. Zero as soon as one is, whatever is unknown; unknown if any is.
fn all(rates: impl Iterator<Item = Option<u8>>) -> Option<u8> {
    let mut is_known = true;
    let mut worst = RELEVANCY_MAX;
    for rate in rates {
        match rate {
            Some(0) => return Some(0),
            Some(rate) => worst = worst.min(rate),
            None => is_known = false,
        }
    }
    is_known.then_some(worst)
}

/// The rate of the better one, which is known as soon as one is perfect.
fn either(one: Option<u8>, other: Option<u8>) -> Option<u8> {
    match (one, other) {
        (Some(RELEVANCY_MAX), _) | (_, Some(RELEVANCY_MAX)) => Some(RELEVANCY_MAX),
        (one, other) => Some(one?.max(other?)),
    }
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
    use super::{all, either};

    #[test]
    fn one_no_decides_and_one_unknown_delays() {
        for (rates, expected) in [
            (&[][..], Some(100)),
            (&[Some(100), Some(100)], Some(100)),
            (&[Some(100), Some(20), Some(80)], Some(20)),
            (&[Some(100), None], None),
            (&[None, Some(0)], Some(0)),
        ] {
            assert_eq!(all(rates.iter().copied()), expected, "{rates:?}");
        }
    }

    #[test]
    fn only_a_perfect_one_need_not_wait_for_the_other() {
        for (one, other, expected) in [
            (Some(0), Some(0), Some(0)),
            (Some(20), Some(80), Some(80)),
            (Some(100), None, Some(100)),
            (None, Some(100), Some(100)),
            (Some(80), None, None),
            (Some(0), None, None),
            (None, None, None),
        ] {
            assert_eq!(either(one, other), expected, "{one:?} {other:?}");
        }
    }
}
