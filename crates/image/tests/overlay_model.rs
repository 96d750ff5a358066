//! Applies random private flags to an overlay and to a plain map, and compares the differences.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use image::{CHUNK_BYTES, CHUNK_UIDS, FlagChunk, FlagTest, Image, Message, Overlay, OverlayDelta};
use mail::{ContentId, FlagBits, InternalDate, ModSeq, Uid, UidSet};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use thiserror as _;

/// One committed change: a flag is set or cleared on a run of UIDs.
type Step = (bool, bool, u32, u32);

const FLAGS: [FlagBits; 2] = [FlagBits::FLAGGED, FlagBits::SEEN];

/// What the database would hold.
#[derive(Default)]
struct Model {
    flags: BTreeMap<(u32, u64), BTreeSet<u32>>,
    stamps: BTreeMap<u32, u64>,
}

impl Model {
    fn take(&mut self, modseq: u64, (is_seen, is_set, low, span): Step) -> OverlayDelta {
        let flag = FLAGS[usize::from(is_seen)];
        let high = low.saturating_add(span);
        for number in low..=high {
            let chunk = self
                .flags
                .entry((number / CHUNK_UIDS, flag.get()))
                .or_default();
            if is_set {
                chunk.insert(number)
            } else {
                chunk.remove(&number)
            };
            self.stamps.insert(number, modseq);
        }
        let chunks = low / CHUNK_UIDS..=high / CHUNK_UIDS;
        let uids = UidSet::from_ranges([(Uid::new(low).unwrap(), Uid::new(high).unwrap())]);
        OverlayDelta {
            modseq: ModSeq::new(modseq).unwrap(),
            chunks: chunks.map(|number| self.chunk(flag, number)).collect(),
            changed: vec![(ModSeq::new(modseq).unwrap(), uids)],
        }
    }

    /// The chunk as PostgreSQL's `set_bit` would have made it.
    fn chunk(&self, flag: FlagBits, number: u32) -> FlagChunk {
        let mut bytes = [0_u8; CHUNK_BYTES];
        for uid in &self.flags[&(number, flag.get())] {
            let offset = uid % CHUNK_UIDS;
            bytes[offset as usize / 8] |= 1 << (offset % 8);
        }
        FlagChunk::new(flag, number, &bytes)
    }

    fn seen(&self, number: u32) -> (FlagBits, u64) {
        let is_set = |flag: &FlagBits| {
            let chunk = self.flags.get(&(number / CHUNK_UIDS, flag.get()));
            chunk.is_some_and(|chunk| chunk.contains(&number))
        };
        let flags = FLAGS
            .into_iter()
            .filter(is_set)
            .fold(FlagBits::NONE, FlagBits::union);
        (flags, self.stamps.get(&number).copied().unwrap_or(0))
    }

    /// What is seen of each UID that was ever changed.
    fn all(&self) -> BTreeMap<u32, (FlagBits, u64)> {
        self.stamps
            .keys()
            .map(|number| (*number, self.seen(*number)))
            .collect()
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let low = prop_oneof![1..20_000_u32, (u32::MAX - 9000)..=u32::MAX];
    prop::collection::vec(
        (
            any::<bool>(),
            any::<bool>(),
            low,
            prop_oneof![0..5_u32, 0..9000_u32],
        ),
        1..12,
    )
}

fn message(number: u32) -> Message {
    Message {
        uid: Uid::new(number).unwrap(),
        modseq: ModSeq::new(3).unwrap(),
        flags: FlagBits::SEEN.union(FlagBits::DRAFT).into(),
        content: ContentId(1),
        size: 1,
        date: InternalDate {
            unix_seconds: 0,
            offset_minutes: 0,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn an_overlay_is_what_the_deltas_made_of_it(
        steps in steps(),
        behind in any::<prop::sample::Index>(),
        shift in 0..31_usize,
    ) {
        let mut model = Model::default();
        let mut versions = vec![(Overlay::default(), BTreeMap::new())];
        for (step, modseq) in steps.iter().zip(1..) {
            let next = versions.last().unwrap().0.apply(&model.take(modseq, *step));
            assert_eq!(next.modseq().get(), modseq);
            versions.push((next, model.all()));
        }
        let (overlay, now) = versions.last().unwrap();
        for (number, (flags, modseq)) in now {
            let uid = Uid::new(*number).unwrap();
            assert_eq!((overlay.flags(uid), overlay.changed_at(uid).get()), (*flags, *modseq));
        }
        let (old, then) = behind.get(&versions);
        let nothing = (FlagBits::NONE, 0);
        let differing = now.iter().filter(|(number, is)| then.get(*number).unwrap_or(&nothing) != *is);
        let differing: UidSet = differing.map(|(number, _)| Uid::new(*number).unwrap()).collect();
        assert_eq!(old.difference(overlay), differing);
        assert_eq!(overlay.difference(old), differing);
        let bits = |seen: &BTreeMap<u32, (FlagBits, u64)>, number| {
            seen.get(number).map_or(0, |(flags, _)| flags.get())
        };
        let flipped = now.keys().map(|number| (bits(now, number) ^ bits(then, number)).count_ones() as usize);
        assert_eq!(old.count_differing(overlay), flipped.sum::<usize>());

        let since = ModSeq::new(then.values().map(|(_, modseq)| *modseq).max().unwrap_or(0)).unwrap();
        let later = now.iter().filter(|(_, (_, modseq))| *modseq > since.get());
        let later: UidSet = later.map(|(number, _)| Uid::new(*number).unwrap()).collect();
        assert_eq!(overlay.changed_since(since), later);

        let image = Image::from_messages((1..5000).map(message), ModSeq::ZERO, Uid::MIN).unwrap();
        let lacking: Vec<u32> =
            (1..5000).filter(|number| !model.seen(*number).0.contains(FlagBits::SEEN)).collect();
        assert_eq!(overlay.count_without(FlagBits::SEEN, &image) as usize, lacking.len());
        let first = overlay.first_without(FlagBits::SEEN, &image).map(|number| number.get());
        assert_eq!(first, lacking.first().copied());

        let seldom = Image::from_messages((1..5000).step_by(7).map(message), ModSeq::ZERO, Uid::MIN).unwrap();
        let first = overlay.first_without(FlagBits::SEEN, &seldom);
        let first = first.and_then(|number| seldom.get(number)).map(|message| message.uid.get());
        assert_eq!(first, lacking.iter().copied().find(|number| number % 7 == 1));

        let mixed = |number| Message {
            flags: FlagBits::from_i64(i64::from(number / 700 * 7 % 32)).into(),
            ..message(number)
        };
        let mixed = Image::from_messages((1..5000).map(mixed), ModSeq::ZERO, Uid::MIN).unwrap();
        let flags = [FlagBits::SEEN, FlagBits::FLAGGED, FlagBits::DRAFT];
        let some = |choice: usize| flags.iter().enumerate().filter(move |(at, _)| choice >> at & 1 == 1);
        let some = |choice| some(choice).fold(FlagBits::NONE, |flags, (_, flag)| flags.union(*flag));
        for choice in (0..512).step_by(31).map(|choice| choice + shift) {
            let (has, lacks, private) = (some(choice & 7), some(choice >> 3 & 7), some(choice >> 6));
            for image in [&image, &seldom, &mixed] {
                let is_meant = |message: &Message| {
                    let flags = overlay.seen(message, private).0.bits();
                    flags.contains(has) && flags.intersection(lacks).is_empty()
                };
                let expected = image.iter().filter(|(_, message)| is_meant(message)).count();
                assert_eq!(image.count(FlagTest { has, lacks }, overlay, private) as usize, expected);
            }
        }
    }
}

#[test]
fn one_sees_ones_own_of_what_is_private_and_everybodys_of_the_rest() {
    let mut model = Model::default();
    let overlay = Overlay::default().apply(&model.take(9, (false, true, 5, 0)));
    let seen = |number, private| overlay.seen(&message(number), private);
    let (flagged, draft) = (FlagBits::FLAGGED, FlagBits::DRAFT);
    let own = FlagBits::SEEN.union(flagged);
    let at = |number| ModSeq::new(number).unwrap();
    assert_eq!(seen(5, own), (flagged.union(draft).into(), at(9)));
    assert_eq!(seen(6, own), (draft.into(), at(3)));
    assert_eq!(
        seen(5, FlagBits::NONE).0,
        message(5).flags,
        "a policy that was taken back"
    );
}

#[test]
fn the_latest_of_several_changes_counts_whatever_their_order() {
    let uids = |low, high| UidSet::from_ranges([(Uid::new(low).unwrap(), Uid::new(high).unwrap())]);
    let at = |number| ModSeq::new(number).unwrap();
    let changed = vec![
        (at(8), uids(10, 12)),
        (at(4), uids(1, 20_000)),
        (at(6), uids(11, 11)),
    ];
    let delta = OverlayDelta {
        modseq: at(8),
        chunks: Vec::new(),
        changed,
    };
    let overlay = Overlay::default().apply(&delta);
    let stamps = [9, 10, 11, 13, 20_000, 20_001]
        .map(|number| overlay.changed_at(Uid::new(number).unwrap()).get());
    assert_eq!(stamps, [4, 8, 8, 4, 4, 0]);
    let older = OverlayDelta {
        modseq: at(7),
        chunks: Vec::new(),
        changed: vec![(at(7), uids(5, 5))],
    };
    assert!(overlay.difference(&overlay.apply(&older)).is_empty());
}

#[test]
fn a_chunk_may_be_short() {
    let chunk = FlagChunk::new(FlagBits::SEEN, 0, &[0b10]);
    let delta = OverlayDelta {
        modseq: ModSeq::ZERO,
        chunks: vec![chunk],
        changed: Vec::new(),
    };
    let overlay = Overlay::default().apply(&delta);
    assert_eq!(overlay.flags(Uid::MIN), FlagBits::SEEN);
    assert_eq!(overlay.flags(Uid::new(9).unwrap()), FlagBits::NONE);
}
