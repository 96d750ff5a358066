//! Messages that are changed, copied, moved and expunged by stretches of UIDs, some of which end where a chunk of bits does.

use std::collections::BTreeMap;

use acl::Operation;
use image::Image;
use mail::{AccountId, ContentId, FlagBits, MailboxId, Uid, UidSet};
use store::{Copied, Doomed, FlagEdit, Store};

use crate::world::{
    Random, World, adding, append, contents, image, inbox, judged, news, overlay, permit,
    privately, removing, uid,
};

const MANY: [&str; 500] = ["x"; 500];
/// Of the INBOX at first: more than a chunk of bits.
const MESSAGES: u32 = 8500;
/// Where the second chunk of bits begins.
const BORDER: u32 = 8192;

/// What there shall be in a mailbox, as its user sees it.
struct Expected {
    mailbox: MailboxId,
    messages: BTreeMap<Uid, (ContentId, FlagBits)>,
    next: u32,
    known: Image,
}

impl Expected {
    async fn begin(store: &Store, mailbox: MailboxId) -> Self {
        let known = image(store, mailbox).await;
        Self {
            mailbox,
            messages: known
                .iter()
                .map(|(_, message)| (message.uid, (message.content, FlagBits::NONE)))
                .collect(),
            next: known.uid_next().get(),
            known,
        }
    }

    fn among(&self, uids: &UidSet) -> Vec<Uid> {
        let there = self.messages.keys().copied();
        there.filter(|uid| uids.contains(*uid)).collect()
    }

    fn edit(&mut self, uids: &UidSet, flag: FlagBits, is_set: bool) {
        for uid in self.among(uids) {
            let flags = &mut self.messages.get_mut(&uid).unwrap().1;
            *flags = if is_set {
                flags.union(flag)
            } else {
                flags.without(flag)
            };
        }
    }

    fn receive(&mut self, from: &Self, uids: &UidSet, copied: &Copied) {
        let pairs = from.among(uids).into_iter().zip(self.next..);
        let pairs: Vec<(Uid, Uid)> = pairs.map(|(old, new)| (old, uid(new))).collect();
        assert_eq!(copied.pairs, pairs);
        for (old, new) in pairs {
            self.messages.insert(new, from.messages[&old]);
            self.next += 1;
        }
    }

    fn lose(&mut self, uids: &UidSet) {
        self.messages.retain(|uid, _| !uids.contains(*uid));
    }

    /// Compares with what the store says; `private` are the flags that the image does not have.
    async fn compare(&mut self, store: &Store, who: AccountId, private: FlagBits, round: u32) {
        let news = news(store, self.mailbox, self.known.modseq(), &[who]).await;
        self.known = self.known.apply(&news.delta);
        let loaded = image(store, self.mailbox).await;
        assert_eq!(contents(&self.known), contents(&loaded), "round {round}");
        let own = overlay(store, who, self.mailbox).await;
        let shown: BTreeMap<_, _> = loaded
            .iter()
            .map(|(_, message)| {
                let flags = message.flags.bits().union(own.flags(message.uid));
                (message.uid, (message.content, flags))
            })
            .collect();
        assert!(shown == self.messages, "round {round}");
        let shared = loaded
            .iter()
            .all(|(_, message)| message.flags.bits().without(private) == message.flags.bits());
        assert!(shared, "round {round}");

        let (_, status) = store.status(who, &[judged(self.mailbox)]).await.unwrap()[0];
        let count = |is_counted: fn(FlagBits) -> bool| {
            let flags = self.messages.values().map(|(_, flags)| *flags);
            u64::try_from(flags.filter(|flags| is_counted(*flags)).count()).unwrap()
        };
        assert_eq!(status.messages, count(|_| true), "round {round}");
        let unseen = count(|flags| !flags.contains(FlagBits::SEEN));
        assert_eq!(status.unseen, unseen, "round {round}");
        let deleted = count(|flags| flags.contains(FlagBits::DELETED));
        assert_eq!(status.deleted, deleted, "round {round}");
        let size: u64 = loaded.iter().map(|(_, one)| u64::from(one.size)).sum();
        assert_eq!(status.size, size, "round {round}");
    }
}

/// One to three stretches, the half of them around the border between two chunks.
fn stretches(random: &Random, below: u32) -> UidSet {
    let stretch = |_| {
        let low = match random.below(2) {
            0 => random.below(below) + 1,
            _ => BORDER - random.below(100),
        };
        let length = match random.below(3) {
            0 => 0,
            1 => random.below(20),
            _ => random.below(200),
        };
        (uid(low), uid(low + length))
    };
    UidSet::from_ranges((0..=random.below(2)).map(stretch))
}

async fn edit(store: &Store, who: AccountId, mailbox: MailboxId, edit: FlagEdit) {
    let operation = Operation::ChangeFlags(FlagBits::ALL);
    let may = permit(store, who, mailbox, operation).await;
    store.edit_flags(&may, edit).await.unwrap();
}

async fn expunge(store: &Store, who: AccountId, expected: &mut Expected, uids: &UidSet) {
    let may = permit(store, who, expected.mailbox, Operation::Expunge).await;
    let doomed = Doomed::DeletedAmong(uids.clone());
    store.expunge(&may, doomed).await.unwrap();
    let gone = expected.among(uids).into_iter();
    let gone = gone.filter(|uid| expected.messages[uid].1.contains(FlagBits::DELETED));
    let gone: UidSet = gone.collect();
    expected.lose(&gone);
}

async fn transfer(
    store: &Store,
    who: AccountId,
    from: &mut Expected,
    to: &mut Expected,
    uids: &UidSet,
    is_move: bool,
) {
    let source = permit(store, who, from.mailbox, Operation::MoveFrom).await;
    let insert = Operation::Insert(FlagBits::ALL);
    let target = permit(store, who, to.mailbox, insert).await;
    if is_move {
        let moved = store
            .move_messages(&source, &target, uids, FlagBits::ALL)
            .await
            .unwrap();
        to.receive(from, uids, &moved.copied);
        from.lose(uids);
    } else {
        let copied = store
            .copy(&source, &target, uids, FlagBits::ALL)
            .await
            .unwrap();
        to.receive(from, uids, &copied);
    }
}

#[tokio::test]
async fn what_is_done_to_stretches_is_done_to_each_of_their_messages() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswite")]).await;
    let own = inbox(&world.store, ada).await;
    for _ in 0..MESSAGES / 500 {
        append(&world.store, ada, own, &MANY).await;
    }
    append(&world.store, ada, team, &MANY).await;
    let store = world.another_node().await;
    // In her INBOX \Seen is a flag like others; in the team's mailbox it is hers alone.
    let mut own = Expected::begin(&store, own).await;
    let mut team = Expected::begin(&store, team).await;
    let flags = [
        FlagBits::SEEN,
        FlagBits::DELETED,
        FlagBits::FLAGGED,
        FlagBits::ANSWERED,
    ];
    let random = Random::new(29);
    for round in 0..150 {
        let uids = stretches(&random, MESSAGES);
        let few = stretches(&random, 900);
        let flag = flags[usize::try_from(random.below(4)).unwrap()];
        let is_set = random.below(3) > 0;
        let change = if is_set { adding } else { removing };
        match random.below(7) {
            0 | 1 => {
                edit(&store, ada, own.mailbox, change(&uids, flag)).await;
                own.edit(&uids, flag, is_set);
            }
            2 if flag == FlagBits::SEEN => {
                let change = privately(change(&few, flag));
                edit(&store, ada, team.mailbox, change).await;
                team.edit(&few, flag, is_set);
            }
            2 => {
                edit(&store, ada, team.mailbox, change(&few, flag)).await;
                team.edit(&few, flag, is_set);
            }
            3 => transfer(&store, ada, &mut own, &mut team, &uids, is_set).await,
            4 => transfer(&store, ada, &mut team, &mut own, &few, is_set).await,
            5 => expunge(&store, ada, &mut own, &uids).await,
            _ => {
                // All of the team's, whatever has gone from it.
                let all = UidSet::from_ranges([(uid(1), uid(u32::MAX - 1))]);
                let change = privately(change(&all, FlagBits::SEEN));
                edit(&store, ada, team.mailbox, change).await;
                team.edit(&all, FlagBits::SEEN, is_set);
                expunge(&store, ada, &mut team, &all).await;
            }
        }
        own.compare(&store, ada, FlagBits::NONE, round).await;
        team.compare(&store, ada, FlagBits::SEEN, round).await;
    }
}
