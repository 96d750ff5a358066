//! What a client assembles from ADDTO and REMOVEFROM, against a fresh search after every news.

use std::cmp::Reverse;

use bytes::Bytes;
use image::{Image, Message};
use mail::{FlagBits, SeqNum, Uid, UidSet};
use wire::{Numbering, SearchKey, Tag};

use crate::context::kept::{Context, Contexts};
use crate::context::results::Results;
use crate::node::Now;
use crate::view::model::{OPTIONS, READER, World};
use crate::view::{ExpungeTiming, MessageLabel, ResponseOptions, Touched, View};

/// What the context is about: messages that are not `\Seen`, some of which are never found.
fn holds(view: &View, message: &Message) -> bool {
    let is_ever = !message.uid.get().is_multiple_of(5);
    is_ever && !view.shown(message).flags.contains(FlagBits::SEEN)
}

/// By which results are sorted, where they are: half of them alike, the others the last first.
fn sort_key(uid: Uid) -> (bool, Reverse<u32>, Uid) {
    let number = uid.get();
    let is_odd = !number.is_multiple_of(2);
    (is_odd, Reverse(if is_odd { number } else { 0 }), uid)
}

#[derive(Clone, Copy)]
enum Order {
    Mailbox,
    Sorted,
}

fn search(view: &View, order: Order) -> Vec<Uid> {
    let found = view.known().image.iter();
    let found = found.filter(|(_, message)| holds(view, message));
    let mut found: Vec<Uid> = found.map(|(_, message)| message.uid).collect();
    if let Order::Sorted = order {
        found.sort_by_key(|&uid| sort_key(uid));
    }
    found
}

/// As `revise` does, without texts and sort keys.
fn follow(context: &mut Context, view: &View, touched: &[Touched], out: &mut Vec<u8>) {
    let (found, lost): (Vec<_>, Vec<_>) = touched
        .iter()
        .map(|it| it.message.clone())
        .partition(|message| holds(view, message));
    let lost: UidSet = lost.iter().map(|message| message.uid).collect();
    let removed = context.results.remove(&lost);
    let found = found.iter().map(|message| message.uid);
    let mut new: Vec<Uid> = found
        .filter(|&uid| !context.results.members().contains(uid))
        .collect();
    let added = match context.results.order() {
        None => context.results.add(&new.into_iter().collect()),
        Some(order) => {
            new.sort_by_key(|&uid| sort_key(uid));
            let place = |&uid: &Uid| order.partition_point(|&it| sort_key(it) < sort_key(uid));
            let places: Vec<(usize, Uid)> = new.iter().map(|uid| (place(uid), *uid)).collect();
            context.results.insert(&places)
        }
    };
    context.say(&view.known().image, &removed, &added, out);
}

/// What the client has put together: its list, by the numbers that it was told.
struct Client {
    numbering: Numbering,
    results: Vec<u32>,
    /// How many messages there are.
    exists: u32,
}

impl Client {
    fn hear(&mut self, heard: &[u8]) {
        for line in std::str::from_utf8(heard).unwrap().lines() {
            let line = line.strip_prefix("* ").unwrap();
            if let Some(esearch) = line.strip_prefix("ESEARCH (TAG \"t\")") {
                self.hear_update(esearch);
                continue;
            }
            let (number, rest) = line.split_once(' ').unwrap();
            match rest.split(' ').next().unwrap() {
                "EXPUNGE" => self.lose(number.parse().unwrap()),
                "EXISTS" => self.exists = number.parse().unwrap(),
                _ => {}
            }
        }
    }

    fn lose(&mut self, expunged: u32) {
        self.exists -= 1;
        if self.numbering == Numbering::Sequence {
            assert!(
                !self.results.contains(&expunged),
                "EXPUNGE before REMOVEFROM"
            );
            for number in &mut self.results {
                *number -= u32::from(*number > expunged);
            }
        }
    }

    fn hear_update(&mut self, esearch: &str) {
        let esearch = match self.numbering {
            Numbering::Uid => esearch.strip_prefix(" UID").unwrap(),
            Numbering::Sequence => esearch,
        };
        for item in esearch.split(')').filter(|item| !item.is_empty()) {
            let (name, pairs) = item.trim().split_once(" (").unwrap();
            let words: Vec<&str> = pairs.split(' ').collect();
            for pair in words.chunks(2) {
                let position: usize = pair[0].parse().unwrap();
                match name {
                    "ADDTO" => self.add(position, &expand(pair[1])),
                    "REMOVEFROM" => self.remove(position, &expand(pair[1])),
                    other => panic!("heard {other}"),
                }
            }
        }
    }

    fn add(&mut self, position: usize, numbers: &[u32]) {
        if self.numbering == Numbering::Sequence {
            let is_known = |number: &u32| *number <= self.exists;
            assert!(numbers.iter().all(is_known), "ADDTO before EXISTS");
        }
        if position == 0 {
            self.results.extend(numbers);
            self.results.sort_unstable();
        } else {
            let at = position - 1;
            self.results.splice(at..at, numbers.iter().copied());
        }
    }

    fn remove(&mut self, position: usize, numbers: &[u32]) {
        if position == 0 {
            let before = self.results.len();
            self.results.retain(|number| !numbers.contains(number));
            assert_eq!(self.results.len() + numbers.len(), before);
        } else {
            let gone = position - 1..position - 1 + numbers.len();
            let gone: Vec<u32> = self.results.drain(gone).collect();
            assert_eq!(gone, numbers);
        }
    }
}

fn expand(set: &str) -> Vec<u32> {
    let ranges = set.split(',').map(|range| {
        let (low, high) = range.split_once(':').unwrap_or((range, range));
        low.parse::<u32>().unwrap()..=high.parse().unwrap()
    });
    ranges.flatten().collect()
}

fn numbers(uids: &[Uid], numbering: Numbering, image: &Image) -> Vec<u32> {
    let number = |uid: &Uid| match numbering {
        Numbering::Uid => uid.get(),
        Numbering::Sequence => image.seqnum(*uid).map(SeqNum::get).unwrap(),
    };
    uids.iter().map(number).collect()
}

fn begin(view: &View, numbering: Numbering, order: Order) -> Context {
    let found = search(view, order);
    Context {
        tag: Tag::parse(b"t").unwrap(),
        numbering,
        key: SearchKey::All,
        order: Vec::new(),
        attributes: Vec::new(),
        asked_at: Now { unix_seconds: 0 },
        results: match order {
            Order::Mailbox => Results::of_mailbox(found.into_iter().collect()),
            Order::Sorted => Results::in_order(found),
        },
        private: view.private(),
        is_settled: true,
    }
}

fn tell(
    view: &mut View,
    contexts: &mut Contexts,
    timing: ExpungeTiming,
    options: ResponseOptions,
) -> Vec<u8> {
    let mut heard = Vec::new();
    contexts.tell_losses(view, &mut heard);
    let before = view.known().clone();
    view.tell(
        timing,
        options,
        |_, encode| Bytes::from(encode()),
        &mut heard,
    );
    let touched = view.touched_since(&before);
    for context in &mut contexts.0 {
        follow(context, view, &touched, &mut heard);
    }
    heard
}

#[test]
fn the_list_of_the_client_is_always_what_a_fresh_search_finds() {
    let orders = [Order::Mailbox, Order::Sorted];
    let numberings = [Numbering::Sequence, Numbering::Uid];
    let ways = orders.map(|order| numberings.map(|numbering| (order, numbering)));
    for (seed, (order, numbering)) in (0..120).zip(ways.into_iter().flatten().cycle()) {
        let mut world = World::new(seed);
        let options_list: Vec<ResponseOptions> = OPTIONS
            .into_iter()
            .filter(|options| numbering == Numbering::Uid || options.label != MessageLabel::Uid)
            // A client that counts has to be told what is expunged in numbers.
            .filter(|options| numbering == Numbering::Uid || !options.vanished)
            .collect();
        let options = options_list[usize::try_from(seed).unwrap() % options_list.len()];
        for _ in 0..world.chance.below(20) {
            world.happen();
        }
        let mut view = View::new(READER, FlagBits::SEEN, world.mailbox_state.clone());
        let context = begin(&view, numbering, order);
        let found = search(&view, order);
        let mut client = Client {
            numbering,
            results: numbers(&found, numbering, &view.known().image),
            exists: view.known().image.len(),
        };
        let mut contexts = Contexts(vec![context]);
        for _ in 0..60 {
            for _ in 0..world.chance.below(4) {
                world.happen();
            }
            view.learn(world.mailbox_state.clone());
            let (timing, options) = world.occasion(options);
            client.hear(&tell(&mut view, &mut contexts, timing, options));
            // What waits to be counted as expunged is no result any more.
            let latest = &view.latest().image;
            let mut expected = search(&view, order);
            expected.retain(|&uid| latest.find(uid).is_some());
            let expected = numbers(&expected, numbering, &view.known().image);
            assert_eq!(client.results, expected, "seed {seed}");
        }
    }
}
