//! The view against a naïve client that only believes what it is told.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use image::{Delta, FlagChunk, Image, Message, Overlay, OverlayDelta};
use live::{MailboxState, SharedResponse};
use mail::{
    AccountId, ContentId, FlagBits, Flags, InternalDate, Keyword, Keywords, ModSeq, Uid, UidSet,
};

use super::{ExpungeTiming, MessageLabel, ResponseOptions, View, say_shown};

pub(crate) const READER: AccountId = AccountId(7);
const DATE: InternalDate = InternalDate {
    unix_seconds: 0,
    offset_minutes: 0,
};

/// The keywords that messages have: some with a bit, some without (ADR 0055).
const NUMBERS: [usize; 4] = [0, 1, 57, 130];

/// A small linear congruential generator: the same story in every run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(bound)).unwrap()
    }
}

/// The mailbox, and what everybody does to it.
pub(crate) struct World {
    pub(crate) mailbox_state: Arc<MailboxState>,
    own: [u8; 1024],
    /// What the keywords of `NUMBERS` are called.
    names: [u32; 4],
    pub(crate) chance: Chance,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mailbox_state = MailboxState {
            image: Image::from_messages([], ModSeq::ZERO, Uid::MIN).unwrap(),
            keywords: keywords([0, 1, 2, 3]),
            overlays: Arc::new(HashMap::from([(READER, Arc::new(Overlay::default()))])),
            rights_version: 1,
            is_gone: false,
        };
        Self {
            mailbox_state: Arc::new(mailbox_state),
            own: [0; 1024],
            names: [0, 1, 2, 3],
            chance: Chance(seed),
        }
    }

    fn any_message(&mut self) -> Option<Message> {
        let len = self.mailbox_state.image.len();
        let number = if len == 0 {
            return None;
        } else {
            self.chance.below(len) + 1
        };
        self.mailbox_state
            .image
            .get(mail::SeqNum::new(number).unwrap())
    }

    fn any_flags(&mut self) -> Flags {
        let mut flags = Flags::from(FlagBits::from_i64(i64::from(self.chance.below(32))));
        for number in NUMBERS {
            if self.chance.below(4) == 0 {
                flags = flags.union(&Flags::keyword(number));
            }
        }
        flags
    }

    /// When something is told next, and how.
    pub(crate) fn occasion(
        &mut self,
        options: ResponseOptions,
    ) -> (ExpungeTiming, ResponseOptions) {
        let timing = if self.chance.below(2) == 0 {
            ExpungeTiming::Safe
        } else {
            ExpungeTiming::Pinned
        };
        let options = ResponseOptions {
            withholds_flags: self.chance.below(3) == 0,
            ..options
        };
        (timing, options)
    }

    pub(crate) fn happen(&mut self) {
        let (kind, chosen) = (self.chance.below(5), self.any_message());
        let image = self.mailbox_state.image.clone();
        let modseq = ModSeq::new(image.modseq().get() + 1).unwrap();
        let mut delta = Delta {
            modseq,
            uid_next: image.uid_next(),
            upserts: Vec::new(),
            expunged: UidSet::new(),
        };
        let mut mailbox_state = (*self.mailbox_state).clone();
        match (kind, chosen) {
            (0, Some(message)) => {
                delta.expunged.insert(message.uid);
                // Its neighbours go with it more often than not.
                let from = message.uid.get();
                for uid in (from..=from + self.chance.below(5)).filter_map(Uid::new) {
                    if image.find(uid).is_some() {
                        delta.expunged.insert(uid);
                    }
                }
            }
            (1, Some(message)) => {
                let flags = self.any_flags();
                delta.upserts.push(Message {
                    flags,
                    modseq,
                    ..message
                });
            }
            (2, Some(message)) => {
                let (byte, bit) = (
                    usize::try_from(message.uid.get() / 8).unwrap(),
                    message.uid.get() % 8,
                );
                self.own[byte] ^= 1 << bit;
                let change = OverlayDelta {
                    modseq,
                    chunks: vec![FlagChunk::new(FlagBits::SEEN, 0, &self.own)],
                    changed: vec![(modseq, [message.uid].into_iter().collect())],
                };
                let overlay = mailbox_state.overlays[&READER].apply(&change);
                mailbox_state.overlays = Arc::new(HashMap::from([(READER, Arc::new(overlay))]));
            }
            (4, _) => {
                // A keyword is taken off all messages and gets another name.
                let index = usize::try_from(self.chance.below(4)).unwrap();
                let keyword = Flags::keyword(NUMBERS[index]);
                let having = image.iter().map(|(_, message)| message);
                let having = having.filter(|message| message.flags.contains_all(&keyword));
                delta.upserts = having
                    .map(|message| Message {
                        flags: message.flags.difference(&keyword),
                        modseq,
                        ..message
                    })
                    .collect();
                self.names[index] += 4;
                mailbox_state.keywords = keywords(self.names);
            }
            _ => {
                let uid = image.uid_next();
                delta.uid_next = Uid::new(uid.get() + 1).unwrap();
                let flags = self.any_flags();
                let content = ContentId(i64::from(uid));
                delta.upserts.push(Message {
                    uid,
                    modseq,
                    flags,
                    content,
                    size: 1,
                    date: DATE,
                });
            }
        }
        mailbox_state.image = mailbox_state.image.apply(&delta);
        self.mailbox_state = Arc::new(mailbox_state);
    }
}

fn keywords(names: [u32; 4]) -> Arc<Keywords> {
    let name = |number| match NUMBERS.iter().position(|known| *known == number) {
        Some(index) => format!("k{}", names[index]),
        None => format!("unused{number}"),
    };
    let named = (0..=130).map(|number| Keyword::parse(&name(number)).unwrap());
    Arc::new(Keywords::new(named.collect()))
}

/// What the client believes: UID and flags of each message, by number.
#[derive(Default)]
struct Client {
    messages: Vec<(Uid, String)>,
}

impl Client {
    fn new(view: &View) -> Self {
        let mut client = Self::default();
        client.grow(view, view.known().image.len());
        client
    }

    /// A client asks for what it hears of; what it is told then is the truth.
    fn grow(&mut self, view: &View, count: u32) {
        for number in self.messages.len() + 1..=usize::try_from(count).unwrap() {
            self.messages.push(known_mailbox(view, number));
        }
    }

    fn hear(&mut self, view: &View, heard: &[u8], timing: ExpungeTiming, options: ResponseOptions) {
        for line in std::str::from_utf8(heard).unwrap().lines() {
            let (first, rest) = line
                .trim_start_matches("* ")
                .split_once(' ')
                .unwrap_or_default();
            if first == "VANISHED" {
                assert!(options.vanished, "VANISHED that nobody knows");
                assert_eq!(
                    timing,
                    ExpungeTiming::Safe,
                    "numbers moved while they were in use"
                );
                self.lose(rest);
                continue;
            }
            let number: u32 = first.parse().unwrap();
            let index = usize::try_from(number).unwrap() - usize::from(number > 0);
            match rest.split(' ').next().unwrap() {
                "EXPUNGE" => {
                    assert!(!options.vanished, "EXPUNGE beside VANISHED");
                    assert_eq!(
                        timing,
                        ExpungeTiming::Safe,
                        "numbers moved while they were in use"
                    );
                    self.messages.remove(index);
                }
                "EXISTS" => {
                    assert!(
                        number as usize >= self.messages.len(),
                        "EXISTS took messages away"
                    );
                    self.grow(view, number);
                }
                "RECENT" => {
                    assert!(options.recent, "RECENT that nobody knows");
                    let is_recent = |(_, flags): &&(Uid, String)| flags.ends_with("\\Recent");
                    assert_eq!(
                        number as usize,
                        self.messages.iter().filter(is_recent).count()
                    );
                }
                "FETCH" => {
                    assert_ne!(options.label, MessageLabel::Uid);
                    let (uid, flags) = self.messages.get_mut(index).unwrap();
                    let named = format!("(UID {uid} ");
                    assert_eq!(
                        rest.contains(&named),
                        options.label == MessageLabel::NumberAndUid
                    );
                    *flags = flags_of(rest);
                }
                "UIDFETCH" => {
                    assert_eq!(options.label, MessageLabel::Uid);
                    let mut known = self.messages.iter_mut();
                    known.find(|(uid, _)| uid.get() == number).unwrap().1 = flags_of(rest);
                }
                other => panic!("heard {other}"),
            }
        }
    }

    fn lose(&mut self, uids: &str) {
        for range in uids.split(',') {
            let (low, high) = range.split_once(':').unwrap_or((range, range));
            let lost = low.parse().unwrap()..=high.parse().unwrap();
            let before = self.messages.len();
            self.messages.retain(|(uid, _)| !lost.contains(&uid.get()));
            assert_eq!(before - self.messages.len(), lost.count());
        }
    }
}

fn flags_of(fetch: &str) -> String {
    let (_, flags) = fetch.split_once("FLAGS (").unwrap();
    flags.split_once(')').unwrap().0.to_owned()
}

fn known_mailbox(view: &View, number: usize) -> (Uid, String) {
    let number = mail::SeqNum::new(u32::try_from(number).unwrap()).unwrap();
    let message = view.known().image.get(number).unwrap();
    let shown = view.shown(&message);
    let mut names: Vec<&str> = view.known().keywords.names(&shown.flags).collect();
    if view.first_recent.is_some_and(|first| message.uid >= first) {
        names.push("\\Recent");
    }
    (message.uid, names.join(" "))
}

fn tell(view: &mut View, client: &mut Client, timing: ExpungeTiming, options: ResponseOptions) {
    let before = view.known().image.uid_next();
    let changes = changes(view, timing, options);
    let mut heard = Vec::new();
    let arrived = view.tell(
        timing,
        options,
        |_, encode| Bytes::from(encode()),
        &mut heard,
    );
    let lines = heard.split_inclusive(|octet| *octet == b'\n');
    let is_fetch = |line: &&[u8]| line.windows(5).any(|word| word == b"FETCH");
    let fetches: Vec<u8> = lines.filter(is_fetch).flatten().copied().collect();
    assert_eq!(
        fetches.escape_ascii().to_string(),
        changes.escape_ascii().to_string()
    );
    let known = view.known().image.iter();
    let expected: Vec<_> = known.filter(|(_, message)| message.uid >= before).collect();
    assert_eq!(arrived, expected);
    client.hear(view, &heard, timing, options);
}

/// The client is told of some messages beside what is told of all, as STORE does.
fn echo(world: &mut World, view: &mut View, client: &mut Client) {
    let next = view.latest().image.uid_next().get();
    let (low, step) = (world.chance.below(next), 1 + world.chance.below(3));
    let uids = (low..=low + world.chance.below(next)).step_by(step as usize);
    for uid in uids.filter_map(Uid::new) {
        let known = client.messages.iter_mut().find(|(known, _)| *known == uid);
        if let Some((known, now)) = known.zip(view.now(uid)) {
            known.1 = now
                .names(&view.latest().keywords)
                .collect::<Vec<_>>()
                .join(" ");
            view.note(uid);
        }
    }
}

/// What the client is to be told of flags, by a look at each message.
fn changes(view: &View, timing: ExpungeTiming, options: ResponseOptions) -> Vec<u8> {
    let (known, latest) = (&view.known().image, &view.latest().image);
    let is_lost = |(_, message): (_, Message)| latest.find(message.uid).is_none();
    let mut said = Vec::new();
    if options.withholds_flags || timing == ExpungeTiming::Pinned && known.iter().any(is_lost) {
        return said;
    }
    for (seq, message) in latest.iter() {
        let uid = message.uid;
        let (Some((_, old)), Some(now)) = (known.find(uid), view.now(uid)) else {
            continue;
        };
        let withheld = view.withheld.get(&uid).cloned();
        let before = withheld.unwrap_or_else(|| view.shown(&old));
        if before.flags != now.flags || options.modseq && before.modseq != now.modseq {
            say_shown(&mut said, options, view.latest(), seq, uid, &now);
        }
    }
    said
}

/// IMAP4rev1, the same with CONDSTORE and QRESYNC, IMAP4rev2, UIDONLY.
pub(crate) const OPTIONS: [ResponseOptions; 4] = {
    let rev1 = ResponseOptions {
        modseq: false,
        label: MessageLabel::Number,
        vanished: false,
        recent: true,
        withholds_flags: false,
    };
    let qresync = ResponseOptions {
        modseq: true,
        label: MessageLabel::NumberAndUid,
        vanished: true,
        ..rev1
    };
    let rev2 = ResponseOptions {
        label: MessageLabel::NumberAndUid,
        recent: false,
        ..rev1
    };
    let uid_only = ResponseOptions {
        label: MessageLabel::Uid,
        vanished: true,
        ..rev1
    };
    [rev1, qresync, rev2, uid_only]
};

#[test]
fn after_every_safe_moment_the_client_knows_the_truth() {
    for (seed, options) in (0..240).zip(OPTIONS.into_iter().cycle()) {
        let mut world = World::new(seed);
        for _ in 0..world.chance.below(20) {
            world.happen();
        }
        let next = world.mailbox_state.image.uid_next();
        let first_recent = Uid::new(world.chance.below(next.get() + 1));
        let mut view = View::new(READER, FlagBits::SEEN, world.mailbox_state.clone())
            .with_recent(first_recent.filter(|_| options.recent));
        let mut client = Client::new(&view);
        for _ in 0..60 {
            for _ in 0..world.chance.below(4) {
                world.happen();
            }
            view.learn(world.mailbox_state.clone());
            for _ in 0..world.chance.below(3) {
                echo(&mut world, &mut view, &mut client);
            }
            let (timing, options) = world.occasion(options);
            tell(&mut view, &mut client, timing, options);
            assert_eq!(
                client.messages.len(),
                usize::try_from(view.known().image.len()).unwrap()
            );
            if timing == ExpungeTiming::Safe {
                assert!(Arc::ptr_eq(view.known(), &world.mailbox_state));
            }
            if !view.withheld.is_empty() || !view.told.is_empty() {
                assert!(options.withholds_flags || timing == ExpungeTiming::Pinned);
                continue;
            }
            for (index, message) in client.messages.iter().enumerate() {
                assert_eq!(*message, known_mailbox(&view, index + 1), "seed {seed}");
            }
        }
    }
}

#[test]
fn what_a_client_did_itself_is_not_told_again() {
    let mut world = World::new(1);
    while world.mailbox_state.image.is_empty() {
        world.happen();
    }
    let mut view = View::new(READER, FlagBits::NONE, world.mailbox_state.clone());
    let (_, message) = world.mailbox_state.image.iter().next().unwrap();
    let modseq = ModSeq::new(world.mailbox_state.modseq().get() + 1).unwrap();
    let flags = if message.flags.is_empty() {
        FlagBits::FLAGGED.into()
    } else {
        Flags::NONE
    };
    let delta = Delta {
        modseq,
        uid_next: world.mailbox_state.image.uid_next(),
        upserts: vec![Message {
            flags,
            modseq,
            ..message
        }],
        expunged: UidSet::new(),
    };
    let mut mailbox_state = (*world.mailbox_state).clone();
    mailbox_state.image = mailbox_state.image.apply(&delta);
    view.learn(Arc::new(mailbox_state));
    assert!(view.now(message.uid).is_some());
    view.note(message.uid);
    let mut heard = Vec::new();
    view.tell(
        ExpungeTiming::Safe,
        ResponseOptions::default(),
        |_, encode| Bytes::from(encode()),
        &mut heard,
    );
    assert_eq!(heard, b"");
}

#[test]
fn what_is_shared_leaks_nothing_recent() {
    let shared = RefCell::new(Vec::new());
    let share = |response: SharedResponse, encode: &dyn Fn() -> Vec<u8>| {
        let mut shared = shared.borrow_mut();
        let known = shared.iter().find(|(known, _)| *known == response);
        let bytes = known.map_or_else(|| Bytes::from(encode()), |(_, bytes)| Bytes::clone(bytes));
        shared.push((response, bytes.clone()));
        bytes
    };
    for (seed, options) in (0..24).zip(OPTIONS.into_iter().cycle()) {
        shared.borrow_mut().clear();
        let mut world = World::new(seed);
        let view = |world: &mut World| {
            let first_recent = Uid::new(world.chance.below(8)).filter(|_| options.recent);
            let view = View::new(READER, FlagBits::SEEN, world.mailbox_state.clone());
            view.with_recent(first_recent)
        };
        let mut views = [0; 4].map(|_| view(&mut world));
        for _ in 0..60 {
            for _ in 0..world.chance.below(4) {
                world.happen();
            }
            for view in &mut views {
                view.learn(world.mailbox_state.clone());
                let mut alone = copy_of(view);
                let (mut heard, mut expected) = (Vec::new(), Vec::new());
                view.tell(ExpungeTiming::Safe, options, share, &mut heard);
                let by_itself =
                    |_: SharedResponse, encode: &dyn Fn() -> Vec<u8>| Bytes::from(encode());
                alone.tell(ExpungeTiming::Safe, options, by_itself, &mut expected);
                assert_eq!(
                    heard.escape_ascii().to_string(),
                    expected.escape_ascii().to_string()
                );
            }
        }
    }
}

fn copy_of(view: &View) -> View {
    View {
        known: view.known.clone(),
        latest: view.latest.clone(),
        told: view.told.clone(),
        withheld: view.withheld.clone(),
        ..*view
    }
}

#[test]
fn in_imap4rev2_nothing_is_recent_any_more() {
    let mut world = World::new(3);
    while world.mailbox_state.image.is_empty() {
        world.happen();
    }
    let (_, message) = world.mailbox_state.image.iter().next().unwrap();
    let view = View::new(READER, FlagBits::NONE, world.mailbox_state.clone());
    let mut view = view.with_recent(Some(Uid::MIN));
    view.note(message.uid);
    view.settle();
    assert!(view.shown(&message).is_recent);
    view.end_recent();
    assert!(!view.shown(&message).is_recent);
    assert_eq!(view.count_recent(view.known()), 0);
}
