//! Keywords without a bit (ADR 0055) are kept, copied, cleared and told as those with one are.

use std::collections::BTreeMap;

use acl::{Operation, Permit};
use image::Image;
use mail::limits::{KEYWORDS_PER_MAILBOX_MAX, KEYWORDS_WITH_BIT_MAX};
use mail::{AccountId, Flag, FlagBits, Flags, Keyword, MailboxId, ModSeq, UidSet};
use store::{ActivityKind, ActivityQuery, Doomed, Fault, FlagEdit, Masks, Stamps, Store};

use crate::world::{
    Random, World, adding, all_deleted, append, contents, found, image, names_of, new_message,
    news, permit, removing, uid, uids,
};

const FULL: &str = "lrswitexa";
const WORDS: [&str; 5] = ["red", "Green", "blue", "$Work", "later"];

fn words(names: &[&str]) -> Vec<Keyword> {
    let names = names.iter();
    names.map(|name| Keyword::parse(name).unwrap()).collect()
}

/// Gives numbers to so many keywords that nobody uses.
async fn fill(store: &Store, who: AccountId, mailbox: MailboxId, count: usize) {
    let may = permit(store, who, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let fillers: Vec<String> = (0..count).map(|number| format!("f{number}")).collect();
    let fillers: Vec<&str> = fillers.iter().map(String::as_str).collect();
    store.number_keywords(&may, &words(&fillers)).await.unwrap();
}

async fn flags(store: &Store, may: &Permit, names: &[&str], bits: FlagBits) -> Flags {
    let known = store.number_keywords(may, &words(names)).await.unwrap();
    let named = words(names).into_iter();
    named
        .filter_map(|word| known.find(&Flag::Keyword(word)))
        .fold(bits.into(), |all, one| all.union(&one))
}

/// What the messages of a mailbox are called, by UID.
async fn shown(store: &Store, mailbox: MailboxId) -> BTreeMap<u32, Vec<String>> {
    let loaded = store.load_image(mailbox).await.unwrap().unwrap();
    let messages = loaded.image.iter();
    messages
        .map(|(_, message)| {
            let mut names = names_of(&loaded.keywords, &message.flags);
            names.sort();
            (message.uid.get(), names)
        })
        .collect()
}

/// Two mailboxes in which the same happens as in others, whose keywords have other numbers.
struct Pair {
    mailboxes: [MailboxId; 2],
    known: [Image; 2],
    /// The mod-sequence of the first mailbox after each step.
    past: Vec<ModSeq>,
}

/// Something that is done to a pair. Keywords stand for their places in `WORDS`.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<usize>),
    Add(UidSet, Vec<usize>),
    Remove(UidSet, Vec<usize>),
    Replace(UidSet, Vec<usize>),
    AddUnchanged(UidSet, Vec<usize>, usize),
    Expunge(UidSet),
    Copy(UidSet, usize, usize),
    Move(UidSet, usize, usize),
    CopyWithoutKeywords(UidSet),
    Exchange(u32, Vec<usize>),
}

impl Step {
    fn any(random: &Random, past: usize) -> Self {
        let uids = random.uids(12);
        let named = (0..WORDS.len()).filter(|_| random.below(3) == 0).collect();
        let side = |random: &Random| usize::try_from(random.below(2)).unwrap();
        match random.below(14) {
            0..=2 => Self::Append(named),
            3..=4 => Self::Add(uids, named),
            5..=6 => Self::Remove(uids, named),
            7..=8 => Self::Replace(uids, named),
            9 => {
                let since = random.below(u32::try_from(past).unwrap());
                Self::AddUnchanged(uids, named, usize::try_from(since).unwrap())
            }
            10 => Self::Expunge(random.uids(12).intersection(&uids)),
            11 => Self::Copy(uids, side(random), side(random)),
            12 => Self::Move(uids, side(random), side(random)),
            13 if random.below(2) == 0 => Self::CopyWithoutKeywords(uids),
            _ => Self::Exchange(random.below(12) + 1, named),
        }
    }
}

fn named(places: &[usize]) -> Vec<&'static str> {
    places.iter().map(|&place| WORDS[place]).collect()
}

fn replacing(uids: &UidSet, flags: &Flags) -> FlagEdit {
    let add = adding(uids, flags.clone());
    FlagEdit {
        shared: Masks {
            keep: FlagBits::NONE,
            ..add.shared
        },
        ..add
    }
}

impl Pair {
    async fn new(world: &World, who: AccountId, fillers: [usize; 2]) -> Self {
        let [a, b] = fillers;
        let mailboxes = [
            world.shared(&format!("a {a} {b}"), &[("ada", FULL)]).await,
            world.shared(&format!("b {a} {b}"), &[("ada", FULL)]).await,
        ];
        for (mailbox, count) in mailboxes.into_iter().zip(fillers) {
            fill(&world.store, who, mailbox, count).await;
        }
        let known = [
            image(&world.store, mailboxes[0]).await,
            image(&world.store, mailboxes[1]).await,
        ];
        Self {
            past: vec![known[0].modseq()],
            mailboxes,
            known,
        }
    }

    /// Returns what UNCHANGEDSINCE left alone.
    async fn take(&mut self, store: &Store, who: AccountId, step: &Step) -> UidSet {
        let [one, _] = self.mailboxes;
        let change = permit(store, who, one, Operation::ChangeFlags(FlagBits::ALL)).await;
        let insert = permit(store, who, one, Operation::Insert(FlagBits::ALL)).await;
        let mut modified = UidSet::new();
        match step {
            Step::Append(words) => {
                let flags = flags(store, &insert, &named(words), FlagBits::SEEN).await;
                let messages = vec![
                    new_message("x", flags, FlagBits::NONE),
                    new_message("y", FlagBits::NONE, FlagBits::NONE),
                ];
                store.append(&insert, messages).await.unwrap();
            }
            Step::Add(uids, words) => {
                let flags = flags(store, &change, &named(words), FlagBits::FLAGGED).await;
                store
                    .edit_flags(&change, adding(uids, flags))
                    .await
                    .unwrap();
            }
            Step::Remove(uids, words) => {
                let flags = flags(store, &change, &named(words), FlagBits::FLAGGED).await;
                let edit = removing(uids, flags);
                store.edit_flags(&change, edit).await.unwrap();
            }
            Step::Replace(uids, words) => {
                let flags = flags(store, &change, &named(words), FlagBits::DRAFT).await;
                let edit = replacing(uids, &flags);
                store.edit_flags(&change, edit).await.unwrap();
            }
            Step::AddUnchanged(uids, words, since) => {
                let flags = flags(store, &change, &named(words), FlagBits::NONE).await;
                let mut edit = adding(uids, flags);
                edit.unchanged_since = Some(self.past[*since]);
                modified = store.edit_flags(&change, edit).await.unwrap().modified;
            }
            Step::Expunge(uids) => {
                let deleted = adding(uids, FlagBits::DELETED);
                store.edit_flags(&change, deleted).await.unwrap();
                let may = permit(store, who, one, Operation::Expunge).await;
                let doomed = Doomed::DeletedAmong(uids.clone());
                store.expunge(&may, doomed).await.unwrap();
            }
            Step::Copy(uids, from, to) => {
                let (from, to) = self.both(store, who, *from, *to).await;
                store.copy(&from, &to, uids, FlagBits::ALL).await.unwrap();
            }
            Step::Move(uids, from, to) => {
                let (from, to) = self.both(store, who, *from, *to).await;
                let moved = store.move_messages(&from, &to, uids, FlagBits::ALL).await;
                moved.unwrap();
            }
            Step::CopyWithoutKeywords(uids) => {
                let (from, to) = self.both(store, who, 0, 1).await;
                store.copy(&from, &to, uids, FlagBits::SEEN).await.unwrap();
            }
            Step::Exchange(old, words) => {
                let (from, _) = self.both(store, who, 0, 0).await;
                let flags = flags(store, &insert, &named(words), FlagBits::NONE).await;
                let message = new_message("z", flags, FlagBits::NONE);
                let replaced = store.replace(&from, &insert, uid(*old), message).await;
                assert!(
                    matches!(replaced, Ok(_) | Err(Fault::Expunged)),
                    "{replaced:?}"
                );
            }
        }
        for (known, mailbox) in self.known.iter_mut().zip(self.mailboxes) {
            *known = known.apply(&news(store, mailbox, known.modseq(), &[]).await.delta);
            let loaded = image(store, mailbox).await;
            assert_eq!(contents(known), contents(&loaded), "{step:?}");
        }
        self.past.push(self.known[0].modseq());
        modified
    }

    async fn both(
        &self,
        store: &Store,
        who: AccountId,
        from: usize,
        to: usize,
    ) -> (Permit, Permit) {
        let (from, to) = (self.mailboxes[from], self.mailboxes[to]);
        let to = permit(store, who, to, Operation::Insert(FlagBits::ALL)).await;
        (permit(store, who, from, Operation::MoveFrom).await, to)
    }
}

#[tokio::test]
async fn whatever_happens_the_names_are_those_that_bits_would_have_had() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    // All with bits; all without; some with; with bits in one of the two only.
    let mut pairs = Vec::new();
    for fillers in [[0, 0], [60, 70], [55, 60], [0, 60], [60, 0]] {
        pairs.push(Pair::new(&world, ada, fillers).await);
    }
    let random = Random::new(55);
    for round in 1..=120 {
        let step = Step::any(&random, round);
        let mut outcomes = Vec::new();
        for pair in &mut pairs {
            let modified = pair.take(store, ada, &step).await;
            let [one, other] = pair.mailboxes;
            outcomes.push((modified, shown(store, one).await, shown(store, other).await));
        }
        for outcome in &outcomes[1..] {
            assert_eq!(outcome, &outcomes[0], "{step:?}");
        }
        assert_eq!(world.misplaced_keywords().await, 0, "{step:?}");
    }

    let mailboxes: Vec<MailboxId> = pairs.iter().flat_map(|pair| pair.mailboxes).collect();
    let outlines = store.outlines(ada, &mailboxes).await.unwrap();
    let all: Vec<_> = outlines.iter().collect();
    let read = store.load_images(ada, &all, Stamps::LeftOut).await.unwrap();
    for (mailbox, (read, _)) in mailboxes.iter().zip(read) {
        assert_eq!(contents(&read), contents(&image(store, *mailbox).await));
    }

    assert!(world.rare_keywords().await > 0);
    for mailbox in mailboxes {
        let may = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
        store.delete_mailbox(&may).await.unwrap();
    }
    assert_eq!(world.rare_keywords().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_set_and_clear_them_at_once_none_is_lost() {
    let world = World::new().await;
    let (store, other) = (&world.store, world.another_node().await);
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", FULL)]).await;
    append(store, ada, team, &["a", "b", "c", "d"]).await;
    fill(store, ada, team, KEYWORDS_WITH_BIT_MAX).await;
    let all = uids(1..=4);
    let work = async |node: &Store, writer: u32| {
        let may = permit(node, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
        let name = format!("k{writer}");
        let own = flags(node, &may, &[&name], FlagBits::NONE).await;
        assert!(own.bits().is_empty(), "{name} has a bit");
        for round in 0..6 {
            let one = uids([(writer + round) % 4 + 1]);
            node.edit_flags(&may, adding(&all, own.clone()))
                .await
                .unwrap();
            node.edit_flags(&may, removing(&one, own.clone()))
                .await
                .unwrap();
            // Those who change what has bits are composed meanwhile.
            node.edit_flags(&may, adding(&one, FlagBits::FLAGGED))
                .await
                .unwrap();
        }
    };
    let writers = (0..8).map(|writer| work(if writer % 2 == 0 { store } else { &other }, writer));
    futures_util::future::join_all(writers).await;

    assert_eq!(world.misplaced_keywords().await, 0);
    for (number, names) in shown(store, team).await {
        // The last round of each writer cleared its keyword on one message.
        let left = (0..8).filter(|writer| (writer + 5) % 4 + 1 != number);
        let mut expected: Vec<String> = left.map(|writer| format!("k{writer}")).collect();
        expected.push("\\Flagged".into());
        expected.sort();
        assert_eq!(names, expected, "message {number}");
    }
}

#[tokio::test]
async fn who_replaces_flags_clears_those_that_he_did_not_know() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", FULL)]).await;
    append(store, ada, team, &["a", "b"]).await;
    let may = permit(store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    fill(store, ada, team, KEYWORDS_WITH_BIT_MAX).await;
    let red = flags(store, &may, &["red"], FlagBits::NONE).await;
    let both = uids([1, 2]);
    let set = store.edit_flags(&may, adding(&both, red.clone())).await;

    // What is so already takes no mod-sequence.
    let modseq = set.unwrap().modseq;
    for same in [
        adding(&both, red.clone()),
        replacing(&both, &red),
        removing(&both, flags(store, &may, &["green"], FlagBits::NONE).await),
    ] {
        assert_eq!(store.edit_flags(&may, same).await.unwrap().modseq, modseq);
    }

    // An edit of bits alone, as it was composed with others.
    let seen = replacing(&uids([1]), &FlagBits::SEEN.into());
    assert!(store.edit_flags(&may, seen).await.unwrap().modseq > modseq);
    let names = shown(store, team).await;
    assert_eq!(names[&1], ["\\Seen"]);
    assert_eq!(names[&2], ["red"]);
    assert_eq!(world.misplaced_keywords().await, 0);
}

#[tokio::test]
async fn the_release_before_neither_clears_nor_loses_them() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", FULL)]).await;
    append(store, ada, team, &["a"]).await;
    fill(store, ada, team, KEYWORDS_WITH_BIT_MAX).await;
    let may = permit(store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    let red = flags(store, &may, &["red"], FlagBits::FLAGGED).await;
    let edit = adding(&uids([1]), red);
    store.edit_flags(&may, edit).await.unwrap();

    world.replace_flags_as_before(team).await;
    let from = permit(store, ada, team, Operation::MoveFrom).await;
    let to = permit(store, ada, team, Operation::Insert(FlagBits::ALL)).await;
    // It has no such bit among all that are allowed.
    let allowed = FlagBits::ALL.without(FlagBits::RARE);
    store.copy(&from, &to, &uids([1]), allowed).await.unwrap();
    let names = shown(store, team).await;
    assert_eq!(names[&1], ["\\Draft", "red"]);
    assert_eq!(names[&2], ["\\Draft", "red"]);
    assert_eq!(world.misplaced_keywords().await, 0);
}

#[tokio::test]
async fn activity_names_them_as_they_were_called_then() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", FULL)]).await;
    append(store, ada, team, &["a"]).await;
    let may = permit(store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    fill(store, ada, team, KEYWORDS_PER_MAILBOX_MAX - 1).await;
    let old = flags(store, &may, &["old"], FlagBits::FLAGGED).await;
    let one = uids([1]);
    store
        .edit_flags(&may, adding(&one, old.clone()))
        .await
        .unwrap();
    store.edit_flags(&may, removing(&one, old)).await.unwrap();
    // All others were given before it and are on no message either, so that it takes all to come to its number.
    let names: Vec<String> = (0..KEYWORDS_PER_MAILBOX_MAX)
        .map(|n| format!("n{n}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let new = store.number_keywords(&may, &words(&names)).await.unwrap();
    let last = new
        .find(&Flag::Keyword(words(&["n599"]).remove(0)))
        .unwrap();
    assert_eq!(last, Flags::keyword(KEYWORDS_PER_MAILBOX_MAX - 1));

    // What was meant was `old`.
    let late = store.edit_flags(&may, adding(&one, last.clone())).await;
    assert!(matches!(late, Err(Fault::Stale)), "{late:?}");
    let may = permit(store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    store
        .edit_flags(&may, replacing(&one, &last))
        .await
        .unwrap();

    let done = store.activity(&ActivityQuery::newest_on(team, 100)).await;
    let done = done.unwrap().into_iter();
    let done = done.filter(|activity| activity.kind == ActivityKind::Flags);
    let told: Vec<_> = done.map(|it| (it.flags_set, it.flags_cleared)).collect();
    assert_eq!(told[0].0, ["\\Flagged", "old"]);
    assert_eq!(told[1].1, ["\\Flagged", "old"]);
    assert_eq!(told[2].0, ["n599"]);
    assert_eq!(told[2].1.len(), 5 + KEYWORDS_PER_MAILBOX_MAX - 1);
}

#[tokio::test]
async fn a_mailbox_without_them_asks_for_none() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let own = world.shared("own", &[("ada", FULL)]).await;
    let to = world.shared("to", &[("ada", FULL)]).await;
    let other = world.shared("other", &[("ada", FULL)]).await;
    append(&world.store, ada, other, &["a"]).await;
    fill(&world.store, ada, other, KEYWORDS_WITH_BIT_MAX).await;
    let may = permit(
        &world.store,
        ada,
        other,
        Operation::ChangeFlags(FlagBits::ALL),
    )
    .await;
    let red = flags(&world.store, &may, &["red"], FlagBits::NONE).await;
    let edit = adding(&uids([1]), red);
    world.store.edit_flags(&may, edit).await.unwrap();
    fill(&world.store, ada, own, 20).await;
    let before = world.scans("entry_keyword").await;

    let node = world.another_node().await;
    append(&node, ada, own, &["a", "b", "c", "d"]).await;
    let since = image(&node, own).await.modseq();
    let may = permit(&node, ada, own, Operation::ChangeFlags(FlagBits::ALL)).await;
    let work = flags(&node, &may, &["f3", "work"], FlagBits::SEEN).await;
    for edit in [
        adding(&uids([1, 2]), work.clone()),
        removing(&uids([1]), work.clone()),
        replacing(&uids([1, 2]), &work),
        replacing(&uids([2]), &Flags::NONE),
    ] {
        let mut exact = edit.clone();
        node.edit_flags(&may, edit).await.unwrap();
        exact.unchanged_since = Some(since);
        node.edit_flags(&may, exact).await.unwrap();
    }
    let from = permit(&node, ada, own, Operation::MoveFrom).await;
    let target = permit(&node, ada, to, Operation::Insert(FlagBits::ALL)).await;
    let here = permit(&node, ada, own, Operation::Insert(FlagBits::ALL)).await;
    node.copy(&from, &target, &uids([1]), FlagBits::ALL)
        .await
        .unwrap();
    node.copy(&from, &here, &uids([1]), FlagBits::ALL)
        .await
        .unwrap();
    node.move_messages(&from, &target, &uids([1]), FlagBits::ALL)
        .await
        .unwrap();
    let new = new_message("new", work, FlagBits::NONE);
    node.replace(&from, &here, uid(2), new).await.unwrap();
    node.edit_flags(&may, adding(&uids([3]), FlagBits::DELETED))
        .await
        .unwrap();
    let expunge = permit(&node, ada, own, Operation::Expunge).await;
    node.expunge(&expunge, all_deleted()).await.unwrap();
    news(&node, own, since, &[ada]).await;
    found(&node, ada, own).await;
    let outlines = node.outlines(ada, &[own, to]).await.unwrap();
    let all: Vec<_> = outlines.iter().collect();
    node.load_images(ada, &all, Stamps::Told).await.unwrap();

    assert_eq!(world.scans("entry_keyword").await, before);
    image(&world.another_node().await, other).await;
    assert!(world.scans("entry_keyword").await > before, "it counts");
}
