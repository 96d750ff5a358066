//! Applies random changes to an image and to a plain map, and compares what a client is told with
//! what is true.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::collections::BTreeMap;

use image::{Delta, Image, Message, OutOfOrder};
use mail::{ContentId, FlagBits, Flags, InternalDate, ModSeq, SeqNum, Uid, UidSet};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use thiserror as _;

/// One committed change of a mailbox.
#[derive(Clone, Debug)]
enum Step {
    Arrive(u32),
    /// Sets flags of the messages in a range of UIDs, at a distance.
    Flag {
        low: u32,
        span: u32,
        apart: u32,
        flags: Flags,
    },
    Expunge {
        low: u32,
        span: u32,
        apart: u32,
    },
    /// The image falls behind: the next delta contains several steps.
    Merge,
}

/// What the database would hold.
#[derive(Default)]
struct Model {
    messages: BTreeMap<u32, Message>,
    uid_next: u32,
    modseq: u64,
    touched: BTreeMap<u32, Message>,
    expunged: UidSet,
}

impl Model {
    fn new() -> Self {
        Self {
            uid_next: 1,
            ..Self::default()
        }
    }

    fn take(&mut self, step: &Step) {
        self.modseq += 1;
        match step {
            Step::Arrive(count) => {
                for _ in 0..*count {
                    self.put(message(self.uid_next, self.modseq, Flags::NONE));
                    self.uid_next += 1;
                }
            }
            Step::Flag {
                low,
                span,
                apart,
                flags,
            } => {
                for number in self.hit(*low, *span, *apart) {
                    self.put(message(number, self.modseq, flags.clone()));
                }
            }
            Step::Expunge { low, span, apart } => {
                for number in self.hit(*low, *span, *apart) {
                    self.messages.remove(&number);
                    self.expunged.insert(uid(number));
                }
            }
            Step::Merge => {}
        }
    }

    fn put(&mut self, message: Message) {
        self.messages.insert(message.uid.get(), message.clone());
        self.touched.insert(message.uid.get(), message);
    }

    fn hit(&self, low: u32, span: u32, apart: u32) -> Vec<u32> {
        let range = self.messages.range(low..low + span);
        range
            .map(|(number, _)| *number)
            .filter(|number| number % apart == 0)
            .collect()
    }

    /// Everything since the last delta. Messages that left meanwhile may still be among the
    /// upserts.
    fn delta(&mut self) -> Delta {
        Delta {
            modseq: ModSeq::new(self.modseq).unwrap(),
            uid_next: uid(self.uid_next),
            upserts: std::mem::take(&mut self.touched).into_values().collect(),
            expunged: std::mem::take(&mut self.expunged),
        }
    }

    fn list(&self) -> Vec<Message> {
        self.messages.values().cloned().collect()
    }
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn message(number: u32, modseq: u64, flags: Flags) -> Message {
    Message {
        uid: uid(number),
        modseq: ModSeq::new(modseq).unwrap(),
        flags,
        content: ContentId(i64::from(number) << 33),
        size: number ^ 77,
        date: InternalDate {
            unix_seconds: i64::from(number) * 1001,
            offset_minutes: -90,
        },
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = (1..4000_u32, prop_oneof![1..20_u32, 1..4000_u32], 1..4_u32);
    let step = prop_oneof![
        3 => prop_oneof![1..4_u32, 1..1500_u32].prop_map(Step::Arrive),
        2 => (place.clone(), flags())
            .prop_map(|((low, span, apart), flags)| Step::Flag { low, span, apart, flags }),
        2 => place.prop_map(|(low, span, apart)| Step::Expunge { low, span, apart }),
        1 => Just(Step::Merge),
    ];
    prop::collection::vec(step, 1..30)
}

/// Any system flags, and no keyword, or some with and without a bit.
fn flags() -> impl Strategy<Value = Flags> {
    let keywords = prop_oneof![
        1 => Just(Vec::new()),
        1 => prop::collection::vec(prop_oneof![0..600_usize, 55..60_usize], 1..4),
    ];
    (0..32_i64, keywords).prop_map(|(bits, keywords)| {
        let keywords = keywords.into_iter().map(Flags::keyword);
        keywords.fold(Flags::from(FlagBits::from_i64(bits)), |flags, keyword| {
            flags.union(&keyword)
        })
    })
}

/// A client that knows only what it is told.
fn told(old: &Image, new: &Image) -> Vec<Message> {
    let difference = old.difference(new);
    let mut known: Vec<Message> = old.iter().map(|(_, message)| message).collect();
    let index = |number: SeqNum| usize::try_from(number.get() - 1).unwrap();
    let vanished: UidSet = difference
        .expunged
        .iter()
        .map(|number| known.remove(index(*number)).uid)
        .collect();
    assert_eq!(vanished, difference.vanished);
    assert_eq!(
        known.len() + usize::try_from(difference.arrived).unwrap(),
        new.len() as usize
    );
    for (number, message) in &difference.changed {
        assert_ne!(known[index(*number)], *message, "told without need");
        known[index(*number)] = message.clone();
    }
    let first_new = SeqNum::new(u32::try_from(known.len()).unwrap() + 1).unwrap();
    known.extend(
        new.by_number(first_new..=SeqNum::MAX)
            .map(|(_, message)| message),
    );
    known
}

fn check_lookups(image: &Image, model: &Model, low: u32, high: u32) {
    let list = model.list();
    let numbered: Vec<(SeqNum, Message)> = (1..)
        .map(|number| SeqNum::new(number).unwrap())
        .zip(list)
        .collect();
    for place in numbered.iter().step_by(97) {
        assert_eq!(image.get(place.0), Some(place.1.clone()));
        assert_eq!(image.find(place.1.uid), Some(place.clone()));
    }
    assert_eq!(
        image.seqnum(uid(low)).is_some(),
        model.messages.contains_key(&low)
    );
    let by_number: Vec<_> = image
        .by_number(SeqNum::new(low).unwrap()..=SeqNum::new(high).unwrap())
        .collect();
    let naive = numbered
        .iter()
        .filter(|(number, _)| (low..=high).contains(&number.get()));
    assert_eq!(by_number, naive.cloned().collect::<Vec<_>>());
    let by_uid = image.by_uid(uid(low)..=uid(high));
    let naive: Vec<_> = numbered
        .iter()
        .filter(|(_, message)| (low..=high).contains(&message.uid.get()))
        .cloned()
        .collect();
    assert_eq!(by_uid.len(), naive.len());
    assert_eq!(by_uid.collect::<Vec<_>>(), naive);
    let asked = UidSet::from_ranges([(Uid::MIN, uid(low)), (uid(high), Uid::MAX)]);
    let there = numbered
        .iter()
        .map(|(_, message)| message.uid)
        .filter(|uid| asked.contains(*uid));
    assert_eq!(image.resolve(&asked), there.collect());
    let lacking: Vec<_> = numbered
        .iter()
        .filter(|(_, message)| !message.flags.contains(FlagBits::SEEN))
        .collect();
    assert_eq!(image.count_without(FlagBits::SEEN) as usize, lacking.len());
    assert_eq!(
        image.first_without(FlagBits::SEEN),
        lacking.first().map(|(number, _)| *number)
    );
    let seen = numbered
        .iter()
        .filter(|(_, message)| message.flags.contains(FlagBits::SEEN));
    assert_eq!(
        image.carrying(FlagBits::SEEN).collect::<Vec<_>>(),
        seen.cloned().collect::<Vec<_>>()
    );
    let since = ModSeq::new(u64::from(low) % (model.modseq + 2)).unwrap();
    let later = numbered
        .iter()
        .filter(|(_, message)| message.modseq > since);
    assert_eq!(
        image.changed_since(since).collect::<Vec<_>>(),
        later.cloned().collect::<Vec<_>>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_image_is_what_the_deltas_made_of_it(
        steps in steps(),
        (a, b) in (1..5000_u32, 1..5000_u32),
        behind in any::<prop::sample::Index>(),
    ) {
        let mut model = Model::new();
        let mut versions = vec![Image::empty(ModSeq::ZERO, Uid::MIN)];
        for step in &steps {
            model.take(step);
            if !matches!(step, Step::Merge) {
                continue;
            }
            versions.push(versions.last().unwrap().apply(&model.delta()));
        }
        let last = model.delta();
        let image = versions.last().unwrap().apply(&last);
        let list: Vec<Message> = image.iter().map(|(_, message)| message).collect();
        assert_eq!(list, model.list());
        assert_eq!(image.modseq().get(), model.modseq);
        assert_eq!(image.uid_next().get(), model.uid_next);
        assert_eq!(image.uid_max().map(Uid::get), model.messages.keys().last().copied());
        check_lookups(&image, &model, a.min(b), a.max(b));

        let old = behind.get(&versions);
        assert_eq!(told(old, &image), list);
        assert!(image.difference(&image.apply(&last)).is_empty(), "said twice");
        let loaded = Image::from_messages(list.clone(), image.modseq(), image.uid_next()).unwrap();
        assert!(image.difference(&loaded).is_empty());
        assert_eq!(told(old, &loaded), list, "nothing shared");
        assert_eq!(image.unshared_with(&image), 0);
        assert_eq!(image.unshared_with(&loaded), 2 * list.len());
        let looked_at = old.unshared_with(&image);
        let difference = old.difference(&image);
        let found = difference.expunged.len() + 2 * difference.changed.len();
        assert!(looked_at >= found + difference.arrived as usize);
    }
}

#[test]
fn what_is_old_is_not_taken_in_again() {
    let of = |numbers: [u32; 2], modseq| {
        let messages = numbers.map(|number| message(number, modseq, Flags::NONE));
        Image::from_messages(messages, ModSeq::new(modseq).unwrap(), uid(9)).unwrap()
    };
    let image = of([2, 5], 7);
    let delta = |modseq, number| Delta {
        modseq: ModSeq::new(modseq).unwrap(),
        uid_next: uid(9),
        upserts: vec![message(number, modseq, FlagBits::ANSWERED.into())],
        expunged: UidSet::new(),
    };
    assert!(
        image.difference(&image.apply(&delta(6, 2))).is_empty(),
        "an older delta"
    );
    assert!(
        image.difference(&image.apply(&delta(8, 3))).is_empty(),
        "a message that left"
    );
    assert_eq!(image.apply(&delta(8, 9)).len(), 3);
    assert_eq!(image.apply(&delta(8, 9)).uid_next(), uid(10));
}

#[test]
fn messages_out_of_order_make_no_image() {
    for numbers in [[1, 3, 2], [1, 3, 3]] {
        let messages = numbers.map(|number| message(number, 1, Flags::NONE));
        let image = Image::from_messages(messages, ModSeq::ZERO, Uid::MIN);
        assert_eq!(image.unwrap_err(), OutOfOrder(uid(numbers[2])));
    }
}

#[test]
fn the_highest_uid_is_a_uid_like_any_other() {
    let last = message(u32::MAX, 1, Flags::NONE);
    let image = Image::from_messages([last], ModSeq::ZERO, Uid::MIN).unwrap();
    assert_eq!(image.by_uid(Uid::MAX..=Uid::MAX).count(), 1);
    assert_eq!(image.uid_next(), Uid::MAX);
    assert_eq!(image.by_uid(uid(7)..=uid(6)).count(), 0);
}
