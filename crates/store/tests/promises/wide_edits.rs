//! Private flags of very many messages at once.

use std::collections::BTreeSet;

use acl::Operation;
use mail::{AccountId, FlagBits, MailboxId, ModSeq, UidSet};
use store::{Doomed, FlagEdit, Store};

use crate::world::{
    Random, World, adding, append, judged, overlay, permit, privately, removing, uid, uids,
};

const MANY: [&str; 500] = ["x"; 500];
/// So that they are in two chunks of bits.
const MESSAGES: u32 = 8500;

/// A mailbox with holes.
async fn large(world: &World, who: AccountId) -> (MailboxId, BTreeSet<u32>) {
    let mailbox = world.shared("large", &[("anyone", "lrswite")]).await;
    for _ in 0..17 {
        append(&world.store, who, mailbox, &MANY).await;
    }
    let holes = [1, 2, 4000, 4001, 4003, 8190, 8191, 8192, 8194, 8499];
    expunge(&world.store, who, mailbox, uids(holes)).await;
    let there = (1..=MESSAGES).filter(|number| !holes.contains(number));
    (mailbox, there.collect())
}

async fn expunge(store: &Store, who: AccountId, mailbox: MailboxId, gone: UidSet) {
    let may = permit(store, who, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let delete = adding(&gone, FlagBits::DELETED);
    store.edit_flags(&may, delete).await.unwrap();
    let may = permit(store, who, mailbox, Operation::Expunge).await;
    store
        .expunge(&may, Doomed::DeletedAmong(gone))
        .await
        .unwrap();
}

async fn edit(store: &Store, who: AccountId, mailbox: MailboxId, edit: FlagEdit) -> ModSeq {
    let operation = Operation::ChangeFlags(FlagBits::SEEN);
    let may = permit(store, who, mailbox, operation).await;
    store
        .edit_flags(&may, privately(edit))
        .await
        .unwrap()
        .modseq
}

async fn unseen(store: &Store, who: AccountId, mailbox: MailboxId) -> usize {
    let status = store.status(who, &[judged(mailbox)]).await.unwrap();
    usize::try_from(status[0].1.unseen).unwrap()
}

fn numbers(uids: &UidSet) -> BTreeSet<u32> {
    uids.iter().map(mail::Uid::get).collect()
}

/// A few stretches, some of a single message, some beyond the last.
fn stretches(random: &Random) -> UidSet {
    let stretch = |_| {
        let low = random.below(MESSAGES + 50) + 1;
        let length = match random.below(4) {
            0 => 1,
            1 => random.below(100) + 1,
            _ => random.below(9000) + 1,
        };
        (uid(low), uid(low + length))
    };
    UidSet::from_ranges((0..=random.below(5)).map(stretch))
}

#[tokio::test]
async fn what_a_wide_edit_changes_is_exactly_what_was_not_so() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let (mailbox, there) = large(&world, ada).await;
    let store = world.another_node().await;
    let random = Random::new(11);
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    let mut modseq = overlay(&store, ada, mailbox).await.modseq();
    let mut changes = 0;
    for round in 0..60 {
        let (who, seen) = match round % 2 {
            0 => (ada, &mut seen[0]),
            _ => (bo, &mut seen[1]),
        };
        let asked = stretches(&random);
        let meant: BTreeSet<u32> = there
            .iter()
            .copied()
            .filter(|number| asked.contains(uid(*number)))
            .collect();
        let (change, flipped): (_, BTreeSet<u32>) = if random.below(2) == 0 {
            let flipped = meant.difference(seen).copied().collect();
            seen.extend(&meant);
            (adding(&asked, FlagBits::SEEN), flipped)
        } else {
            let flipped = meant.intersection(seen).copied().collect();
            seen.retain(|number| !meant.contains(number));
            (removing(&asked, FlagBits::SEEN), flipped)
        };
        let now = edit(&store, who, mailbox, change).await;
        assert_eq!(now > modseq, !flipped.is_empty(), "round {round}");
        let overlay = overlay(&store, who, mailbox).await;
        assert_eq!(
            numbers(&overlay.changed_since(modseq)),
            flipped,
            "round {round}"
        );
        let shown =
            (1..=MESSAGES).filter(|number| overlay.flags(uid(*number)).contains(FlagBits::SEEN));
        assert_eq!(shown.collect::<BTreeSet<_>>(), *seen, "round {round}");
        assert_eq!(
            unseen(&store, who, mailbox).await,
            there.len() - seen.len(),
            "round {round}"
        );
        changes += usize::from(now > modseq);
        modseq = now;
    }
    assert!(changes > 30, "{changes} of 60 changed something");
}

#[tokio::test]
async fn a_wide_edit_reads_no_message() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let (mailbox, there) = large(&world, ada).await;
    let before = world.rows_read("entry").await;
    let written = world.rows_written().await;
    let store = world.another_node().await;
    let all = UidSet::from_ranges([(uid(1), uid(u32::MAX - 1))]);
    let first = edit(&store, ada, mailbox, adding(&all, FlagBits::SEEN)).await;
    // What is so already changes nothing.
    let again = edit(&store, ada, mailbox, adding(&all, FlagBits::SEEN)).await;
    assert_eq!(first, again);
    let overlay = overlay(&store, ada, mailbox).await;
    assert!(
        there
            .iter()
            .all(|number| overlay.flags(uid(*number)) == FlagBits::SEEN)
    );
    assert_eq!(world.rows_read("entry").await, before);
    let written = world.rows_written().await - written;
    assert!(written < 20, "{written} rows were written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wide_edits_of_several_and_expunges_on_two_nodes_lose_nothing() {
    let world = World::new().await;
    let [ada, bo, cleo] = ["ada", "bo", "cleo"];
    let people = [
        world.account(ada).await,
        world.account(bo).await,
        world.account(cleo).await,
    ];
    let (mailbox, mut there) = large(&world, people[0]).await;
    let nodes = [world.another_node().await, world.another_node().await];
    let marking = async |who: AccountId, node: &Store, seed| {
        let random = Random::new(seed);
        let mut seen = UidSet::new();
        for _ in 0..40 {
            let asked = stretches(&random);
            if random.below(3) == 0 {
                edit(node, who, mailbox, removing(&asked, FlagBits::SEEN)).await;
                seen = seen.difference(&asked);
            } else {
                edit(node, who, mailbox, adding(&asked, FlagBits::SEEN)).await;
                seen = seen.union(&asked);
            }
        }
        seen
    };
    let gone: Vec<u32> = (0..40).map(|number| number * 200 + 17).collect();
    let expunging = async {
        for number in &gone {
            expunge(&nodes[1], people[2], mailbox, uids([*number])).await;
        }
    };
    let (of_ada, of_bo, ()) = tokio::join!(
        marking(people[0], &nodes[0], 1),
        marking(people[1], &nodes[1], 2),
        expunging
    );
    there.retain(|number| !gone.contains(number));
    for (who, marked) in [(people[0], of_ada), (people[1], of_bo)] {
        let overlay = overlay(&world.store, who, mailbox).await;
        let shown = there
            .iter()
            .filter(|number| overlay.flags(uid(**number)).contains(FlagBits::SEEN));
        let meant = there.iter().filter(|number| marked.contains(uid(**number)));
        assert!(shown.clone().eq(meant));
        let seen = shown.count();
        assert_eq!(unseen(&world.store, who, mailbox).await, there.len() - seen);
    }
}
