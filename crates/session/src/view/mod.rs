//! What one client was told of its selected mailbox, and what it may be told next.
//!
//! The client's sequence numbers are those of `known`. News is learned at any time and told at
//! moments: EXPUNGE only where the RFC lets numbers move (RFC 9051, 7.5.1). No I/O, no rights.

pub(crate) mod in_both;
mod news;
pub(crate) mod picked;
mod sight;
mod told;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use image::{FlagTest, Image, Message, Overlay};
use live::{MailboxState, SharedResponse};
use mail::{AccountId, FlagBits, Flags, SeqNum, Uid, UidSet};
use wire::{NumberEnd, NumberRange, NumberSet, Numbering, say};

use crate::view::in_both::in_both;
pub(crate) use crate::view::news::say_shown;
use crate::view::news::{News, digest};
use crate::view::picked::Picked;
pub(crate) use crate::view::sight::Shown;
use crate::view::sight::Sight;
use crate::view::told::{Said, ShownBy, Told};

/// When something may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpungeTiming {
    /// Numbers may move.
    Safe,
    /// A command that counts by sequence number is being answered: numbers stand still.
    Pinned,
}

/// What the client switched on, as far as it changes untagged responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseOptions {
    /// MODSEQ in every FETCH: CONDSTORE is enabled (RFC 7162, 3.1).
    pub(crate) modseq: bool,
    /// How a FETCH says which message it is about.
    pub(crate) label: MessageLabel,
    /// VANISHED for EXPUNGE: QRESYNC or UIDONLY is enabled (RFC 7162, 3.2.10; RFC 9586).
    pub(crate) vanished: bool,
    /// RECENT beside EXISTS: IMAP4rev2 is not enabled.
    pub(crate) recent: bool,
    /// Changed flags are kept for later: NOTIFY asked for none (RFC 5465, 5).
    pub(crate) withholds_flags: bool,
}

/// How the message that a response is about is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MessageLabel {
    /// `* 3 FETCH (…)`
    #[default]
    Number,
    /// `* 3 FETCH (UID 17 …)`: CONDSTORE or IMAP4rev2 is enabled, or a UID command is answered (RFC 7162, 3.2.4; RFC
    /// 9051, 7.5.2).
    NumberAndUid,
    /// `* 17 UIDFETCH (…)`: UIDONLY is enabled (RFC 9586).
    Uid,
}

/// One client's view of its mailbox.
#[derive(Debug)]
pub(crate) struct View {
    account: AccountId,
    /// Flags of which this account has its own.
    private: FlagBits,
    known: Arc<MailboxState>,
    latest: Arc<MailboxState>,
    /// What the client knows of single messages beyond `known`.
    told: Told,
    /// What the client believes of messages whose changes were withheld.
    withheld: HashMap<Uid, Shown>,
    /// From this UID on messages are recent to this session. None is in IMAP4rev2, and none where nothing is selected.
    first_recent: Option<Uid>,
}

/// A message that may count otherwise than in an earlier state.
#[derive(Clone, Debug)]
pub(crate) struct Touched {
    pub(crate) seq: SeqNum,
    pub(crate) message: Message,
    /// `None` when it has arrived since.
    pub(crate) before: Option<Shown>,
    pub(crate) now: Shown,
}

/// What it costs to look at one message of a view, as bytes that are looked through.
pub(crate) const LOOK_COST_BYTES: usize = 16;

/// A sequence number beyond the last message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoSuchNumber;

impl View {
    /// As SELECT is about to tell it.
    pub(crate) fn new(
        account: AccountId,
        private: FlagBits,
        mailbox_state: Arc<MailboxState>,
    ) -> Self {
        Self {
            account,
            private,
            known: mailbox_state.clone(),
            latest: mailbox_state,
            told: Told::default(),
            withheld: HashMap::new(),
            first_recent: None,
        }
    }

    /// The same, with messages from `first_recent` on that are recent.
    pub(crate) fn with_recent(self, first_recent: Option<Uid>) -> Self {
        Self {
            first_recent,
            ..self
        }
    }

    /// No message is recent any more: the client speaks IMAP4rev2 from now on.
    pub(crate) fn end_recent(&mut self) {
        self.first_recent = None;
        for shown in self.told.shown_mut().chain(self.withheld.values_mut()) {
            shown.is_recent = false;
        }
    }

    /// How many messages of this state are recent.
    pub(crate) fn count_recent(&self, mailbox_state: &MailboxState) -> u32 {
        let since = |first| mailbox_state.image.by_uid(first..=Uid::MAX).len();
        let recent = self.first_recent.map_or(0, since);
        u32::try_from(recent).unwrap_or(u32::MAX)
    }

    /// What the client believes, but for what it was told of single messages.
    pub(crate) fn known(&self) -> &Arc<MailboxState> {
        &self.known
    }

    /// The newest that was learned.
    pub(crate) fn latest(&self) -> &Arc<MailboxState> {
        &self.latest
    }

    /// Something was learned that could not be told yet.
    pub(crate) fn is_behind(&self) -> bool {
        !Arc::ptr_eq(&self.known, &self.latest)
    }

    /// The flags of which this account has its own.
    pub(crate) fn private(&self) -> FlagBits {
        self.private
    }

    /// The policy of the mailbox changed; what is shown from now on follows it. What the client
    /// was told by the old one stays known, so that it hears of every difference and of no other.
    pub(crate) fn set_private(&mut self, private: FlagBits) {
        self.settle();
        let before: Vec<(Uid, Shown)> = self
            .known
            .image
            .iter()
            .map(|(_, message)| (message.uid, self.shown(&message)))
            .collect();
        self.private = private;
        for ((_, message), (uid, shown)) in self.known.image.iter().zip(before) {
            if self.seen_in(&self.known, &message).flags != shown.flags {
                self.told.insert(uid, shown);
            }
        }
    }

    /// About what it costs to [`tell`](Self::tell) what was learned, as bytes that are looked through.
    pub(crate) fn bytes_to_tell(&self) -> usize {
        if !self.is_behind() {
            return 0;
        }
        let unshared = self.known.image.unshared_with(&self.latest.image);
        // "Mark all as read" changes no message of the image.
        let overlay = |state: &MailboxState| state.overlays.get(&self.account).cloned();
        let recoloured = match (overlay(&self.known), overlay(&self.latest)) {
            (Some(before), Some(after)) => before.count_differing(&after),
            _ => 0,
        };
        (unshared + recoloured) * LOOK_COST_BYTES
    }

    /// Everything that was learned is told, and nothing else was.
    pub(crate) fn is_settled(&self) -> bool {
        self.told.is_empty() && Arc::ptr_eq(&self.known, &self.latest)
    }

    /// What has arrived, and what has other flags or another mod-sequence, since `before` was known.
    /// Ascending.
    pub(crate) fn touched_since(&self, before: &MailboxState) -> Vec<Touched> {
        let difference = before.image.difference(&self.known.image);
        let changed = difference.changed.iter().map(|(_, message)| message.uid);
        let arrived = self.last(difference.arrived);
        let arrived = arrived.iter().map(|(_, message)| message.uid);
        let uids = self.recoloured(before, &self.known);
        let uids = uids.union(&changed.chain(arrived).collect());
        let touched = self.known.image.among(&uids).map(|(seq, message)| Touched {
            seq,
            before: before
                .image
                .find(message.uid)
                .map(|(_, message)| self.seen_in(before, &message)),
            now: self.seen_in(&self.known, &message),
            message,
        });
        touched.collect()
    }

    /// Takes in a newer state. Says nothing.
    pub(crate) fn learn(&mut self, mailbox_state: Arc<MailboxState>) {
        // Mostly they are one in memory.
        if !Arc::ptr_eq(&self.latest.keywords, &mailbox_state.keywords) {
            let renamed = self.latest.keywords.renamed(&mailbox_state.keywords);
            if !renamed.is_empty() {
                self.forget_names(&renamed);
            }
        }
        self.latest = mailbox_state;
    }

    /// These numbers mean other keywords from now on. No message had them then, but the client may believe so: such flags
    /// are shown by no name, and differ from all that comes later.
    fn forget_names(&mut self, renamed: &Flags) {
        self.settle();
        let known = Arc::clone(&self.known);
        for (_, message) in known.image.iter() {
            let shown = self.shown(&message);
            let flags = shown.flags.with_nameless(renamed);
            if flags != shown.flags {
                self.told.insert(message.uid, Shown { flags, ..shown });
            }
        }
        for shown in self.withheld.values_mut() {
            shown.flags = shown.flags.with_nameless(renamed);
        }
    }

    /// What the client sees of `message`, one of `known`.
    pub(crate) fn shown(&self, message: &Message) -> Shown {
        self.shown_by(&self.sight(&self.known), message)
    }

    /// The same for all that are there of `uids`, ascending.
    pub(crate) fn shown_among(&self, uids: &UidSet) -> Vec<(Uid, Shown)> {
        let sight = self.sight(&self.known);
        let messages = self.known.image.among(uids);
        let shown = messages.map(|(_, message)| (message.uid, self.shown_by(&sight, &message)));
        shown.collect()
    }

    /// What the client was told of `message`, or what is to see of it by `known`.
    fn shown_by(&self, known: &Sight<'_>, message: &Message) -> Shown {
        match self.told.find(message.uid) {
            Some(Said::Shown(shown)) => shown.clone(),
            Some(Said::By(state)) => match state.image.find(message.uid) {
                Some((_, message)) => self.seen_in(state, &message),
                None => known.shown(message),
            },
            None => known.shown(message),
        }
    }

    /// How many messages the client knows with these flags; `None` where it was told of single messages what the state that it
    /// knows does not say.
    pub(crate) fn count(&self, test: FlagTest) -> Option<u32> {
        let nothing = Overlay::default();
        let own = self.known.overlays.get(&self.account);
        let (own, private) = match own {
            Some(own) => (own.as_ref(), self.private),
            None => (&nothing, FlagBits::NONE),
        };
        let image = &self.known.image;
        self.told
            .is_empty()
            .then(|| image.count(test, own, private))
    }

    /// Keeps what was told of messages as it was told, whatever happens to policy and keywords.
    fn settle(&mut self) {
        self.rearrange_told(Told::settle);
    }

    fn rearrange_told(&mut self, rearrange: impl FnOnce(&mut Told, &ShownBy<'_>)) {
        let mut told = std::mem::take(&mut self.told);
        rearrange(&mut told, &|state, uid| {
            let (_, message) = state.image.find(uid)?;
            Some(self.seen_in(state, &message))
        });
        self.told = told;
    }

    /// What there is to see of a message now; `None` when it is gone.
    pub(crate) fn now(&self, uid: Uid) -> Option<Shown> {
        let (_, message) = self.latest.image.find(uid)?;
        Some(self.seen_in(&self.latest, &message))
    }

    /// The client was told what there is to see [now](Self::now) of `uid` outside [`tell`](Self::tell), or knows it by
    /// itself. Cheap where many follow one another, ascending.
    pub(crate) fn note(&mut self, uid: Uid) {
        self.withheld.remove(&uid);
        // What is known of all need not be noted of one.
        if self.is_behind() || !self.told.is_empty() {
            self.told.note(uid, &self.latest);
        }
        if self.told.is_full() {
            self.rearrange_told(Told::make_room);
        }
    }

    /// The messages that `set` means.
    ///
    /// # Errors
    ///
    /// [`NoSuchNumber`] for a sequence number that the client was never told. UIDs that are
    /// not there are passed over (RFC 9051, 6.4.9).
    pub(crate) fn resolve(
        &self,
        numbering: Numbering,
        set: &NumberSet,
    ) -> Result<Picked, NoSuchNumber> {
        let exists = self.known.image.len();
        let is_beyond = |range: &NumberRange| {
            let (_, high) = self.ends(numbering, *range);
            // In an empty mailbox `1:*` means nothing, and clients do say it.
            high > exists && !(exists == 0 && range.1 == NumberEnd::Last)
        };
        if numbering == Numbering::Sequence && set.0.iter().any(is_beyond) {
            return Err(NoSuchNumber);
        }
        Ok(self.find(numbering, set))
    }

    /// The messages that `set` means, as far as they are there: what a search may name (RFC 7377, 2).
    pub(crate) fn find(&self, numbering: Numbering, set: &NumberSet) -> Picked {
        let image = &self.known.image;
        let known = |range: &NumberRange| {
            let (low, high) = self.ends(numbering, *range);
            match numbering {
                Numbering::Sequence => {
                    let (low, high) = (low.max(1), high.min(image.len()));
                    (low <= high).then_some((low, high))
                }
                Numbering::Uid => numbers_between(image, low, high),
            }
        };
        Picked::from_ranges(set.0.iter().filter_map(known).collect())
    }

    /// In ascending order, `*` resolved; 0 where there is no message.
    fn ends(&self, numbering: Numbering, NumberRange(from, to): NumberRange) -> (u32, u32) {
        let image = &self.known.image;
        let number = |end| match (end, numbering) {
            (NumberEnd::Number(number), _) => number,
            (NumberEnd::Last, Numbering::Sequence) => image.len(),
            (NumberEnd::Last, Numbering::Uid) => image.uid_max().map_or(0, Uid::get),
        };
        let (from, to) = (number(from), number(to));
        (from.min(to), from.max(to))
    }

    /// Those of `uids` that the client knows.
    pub(crate) fn pick(&self, uids: &UidSet) -> Picked {
        let image = &self.known.image;
        let ranges = uids
            .ranges()
            .filter_map(|(low, high)| numbers_between(image, low.get(), high.get()));
        Picked::from_ranges(ranges.collect())
    }

    /// The picked messages, ascending.
    pub(crate) fn messages<'v>(
        &'v self,
        picked: &'v Picked,
    ) -> impl Iterator<Item = (SeqNum, Message)> + 'v {
        let number = |number| SeqNum::new(number).unwrap_or(SeqNum::MIN);
        picked
            .ranges()
            .flat_map(move |(low, high)| self.known.image.by_number(number(low)..=number(high)))
    }

    /// The UIDs of the picked messages.
    pub(crate) fn uids(&self, picked: &Picked) -> UidSet {
        self.messages(picked)
            .map(|(_, message)| message.uid)
            .collect()
    }

    /// Says what is new, if this moment allows all of it; otherwise nothing. Returns the messages that the
    /// client did not know.
    ///
    /// `share` may hand back bytes that another watcher encoded for the same phrase.
    pub(crate) fn tell(
        &mut self,
        timing: ExpungeTiming,
        options: ResponseOptions,
        mut share: impl FnMut(SharedResponse, &dyn Fn() -> Vec<u8>) -> Bytes,
        out: &mut Vec<u8>,
    ) -> Vec<(SeqNum, Message)> {
        let has_withheld = !options.withholds_flags && !self.withheld.is_empty();
        if Arc::ptr_eq(&self.known, &self.latest) && !has_withheld {
            return Vec::new();
        }
        let mut news = self.news(options);
        if timing == ExpungeTiming::Pinned && !news.expunged.is_empty() {
            return Vec::new();
        }
        if options.withholds_flags {
            self.withhold(&mut news);
        } else {
            self.withheld.clear();
        }
        let shared_response = |changed: &[(SeqNum, Uid, Shown)]| SharedResponse {
            from: self.known.modseq(),
            to: self.latest.modseq(),
            speech: options.packed(),
            digest: digest(changed),
        };
        if news.has_numbers() {
            let encode = || news.encode_numbers(options);
            out.extend_from_slice(&share(shared_response(&[]), &encode));
        }
        // It counts for this session only, so that it stands beside what is shared.
        if news.exists.is_some() && options.recent {
            say::recent(out, self.count_recent(&self.latest));
        }
        if !news.changed.is_empty() {
            let encode = || news.encode_changed(options, &self.latest);
            out.extend_from_slice(&share(shared_response(&news.changed), &encode));
        }
        self.known = self.latest.clone();
        self.told.clear();
        self.last(news.arrived)
    }

    /// Keeps changes of flags for later, with what the client believes until then.
    fn withhold(&mut self, news: &mut News) {
        for (_, uid, _) in std::mem::take(&mut news.changed) {
            if let Some(before) = self.before(uid) {
                self.withheld.insert(uid, before);
            }
        }
    }

    /// The newest `count` messages that the client knows.
    fn last(&self, count: u32) -> Vec<(SeqNum, Message)> {
        let image = &self.known.image;
        let ends = SeqNum::new(image.len().saturating_sub(count) + 1).zip(SeqNum::new(image.len()));
        match ends {
            Some((first, last)) if count > 0 => image.by_number(first..=last).collect(),
            Some(_) | None => Vec::new(),
        }
    }

    fn news(&self, options: ResponseOptions) -> News {
        let difference = self.known.image.difference(&self.latest.image);
        let altered = difference.changed.iter().map(|(_, message)| message.uid);
        let withheld: UidSet = self.withheld.keys().copied().collect();
        let uids = self.recoloured(&self.known, &self.latest);
        let uids = uids.union(&altered.collect()).union(&withheld);
        // These are as the client was told.
        let uids = uids.difference(&self.told.told_by(&self.latest));
        let changed = self.changes_among(options, &uids);
        News {
            expunged: difference.expunged,
            vanished: difference.vanished,
            exists: (difference.arrived > 0).then(|| self.latest.image.len()),
            arrived: difference.arrived,
            changed,
        }
    }

    /// UIDs whose private flags differ.
    fn recoloured(&self, before: &MailboxState, after: &MailboxState) -> UidSet {
        let overlay =
            |mailbox_state: &MailboxState| mailbox_state.overlays.get(&self.account).cloned();
        match (overlay(before), overlay(after)) {
            (Some(before), Some(after)) if !Arc::ptr_eq(&before, &after) => {
                before.difference(&after)
            }
            // The account watches for as long as the view lives, so both have its overlay.
            _ => UidSet::new(),
        }
    }

    /// What is to be said of those of `uids` that both states hold, where the client can see it. Ascending.
    fn changes_among(&self, options: ResponseOptions, uids: &UidSet) -> Vec<(SeqNum, Uid, Shown)> {
        let (known, latest) = (self.sight(&self.known), self.sight(&self.latest));
        let messages = in_both(&self.known.image, &self.latest.image, uids);
        let changes = messages.filter_map(|((_, was), (seq, is))| {
            let before = match self.withheld.get(&was.uid) {
                Some(shown) => shown.clone(),
                None => self.shown_by(&known, &was),
            };
            let now = latest.shown(&is);
            let is_visible =
                before.flags != now.flags || (options.modseq && before.modseq != now.modseq);
            is_visible.then_some((seq, is.uid, now))
        });
        changes.collect()
    }

    /// What the client believes of a message that it knows.
    fn before(&self, uid: Uid) -> Option<Shown> {
        if let Some(shown) = self.withheld.get(&uid) {
            return Some(shown.clone());
        }
        Some(self.shown(&self.known.image.find(uid)?.1))
    }

    fn seen_in(&self, mailbox_state: &MailboxState, message: &Message) -> Shown {
        self.sight(mailbox_state).shown(message)
    }

    /// How this client sees the messages of a state.
    pub(crate) fn sight<'s>(&self, mailbox_state: &'s MailboxState) -> Sight<'s> {
        let overlay = mailbox_state.overlays.get(&self.account);
        Sight {
            overlay: overlay.map(Arc::as_ref),
            private: self.private,
            first_recent: self.first_recent,
        }
    }
}

impl ResponseOptions {
    /// To answer a UID command (RFC 9051, 6.4.9).
    pub(crate) fn for_uid_command(mut self) -> Self {
        self.label = self.label.with_uid();
        self
    }

    /// IMAP4rev2 is enabled.
    pub(crate) fn is_rev2(self) -> bool {
        !self.recent
    }

    fn packed(self) -> u16 {
        let label = match self.label {
            MessageLabel::Number => 0,
            MessageLabel::NumberAndUid => 1,
            MessageLabel::Uid => 2,
        };
        let bits = [self.modseq, self.vanished, self.withholds_flags];
        bits.into_iter()
            .fold(label, |packed, bit| packed << 1 | u16::from(bit))
    }
}

impl MessageLabel {
    /// Says the UID, too.
    pub(crate) fn with_uid(self) -> Self {
        match self {
            Self::Number | Self::NumberAndUid => Self::NumberAndUid,
            Self::Uid => Self::Uid,
        }
    }

    /// A response about this message in which nothing stands yet.
    pub(crate) fn open(self, out: &mut Vec<u8>, seq: SeqNum, uid: Uid) -> say::FetchLine<'_> {
        match self {
            Self::Number | Self::NumberAndUid => say::FetchLine::begin(out, seq),
            Self::Uid => say::FetchLine::begin_uid(out, uid),
        }
    }

    /// A response about this message, as far as it names it.
    pub(crate) fn begin(self, out: &mut Vec<u8>, seq: SeqNum, uid: Uid) -> say::FetchLine<'_> {
        let mut line = self.open(out, seq, uid);
        if self == Self::NumberAndUid {
            line.uid(uid);
        }
        line
    }
}

/// The sequence numbers of the messages with UIDs from `low` to `high`, ends included.
fn numbers_between(image: &Image, low: u32, high: u32) -> Option<(u32, u32)> {
    let mut run = image.by_uid(Uid::new(low).unwrap_or(Uid::MIN)..=Uid::new(high)?);
    let (first, _) = run.next()?;
    let more = u32::try_from(run.len()).unwrap_or(u32::MAX);
    Some((first.get(), first.get().saturating_add(more)))
}

#[cfg(test)]
pub(crate) mod model;
