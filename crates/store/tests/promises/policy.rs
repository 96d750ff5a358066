//! Which flags are private may change at any time, and nobody loses what they saw.

use std::collections::BTreeMap;

use acl::Operation;
use mail::{AccountId, FlagBits, MailboxId, ModSeq};
use store::{Fault, Store};

use crate::world::{
    Random, World, adding, append, found, image, inbox, judged, news, overlay, permit, privately,
    removing, uids,
};

const SUBJECTS: [&str; 12] = ["x"; 12];
const BOTH: FlagBits = FlagBits::SEEN.union(FlagBits::FLAGGED);

/// The flags and the mod-sequence of each message, as `who` sees them.
async fn seen_by(
    store: &Store,
    who: AccountId,
    mailbox: MailboxId,
) -> BTreeMap<u32, (FlagBits, ModSeq)> {
    let private = found(store, who, mailbox).await.private_flags;
    let overlay = overlay(store, who, mailbox).await;
    let image = image(store, mailbox).await;
    let seen = image.iter().map(|(_, message)| {
        let (flags, modseq) = overlay.seen(&message, private);
        (message.uid.get(), (flags.bits(), modseq))
    });
    seen.collect()
}

async fn scribble(store: &Store, random: &Random, people: &[AccountId], mailbox: MailboxId) {
    for _ in 0..20 {
        let who = people[usize::try_from(random.below(3)).unwrap()];
        let flag = [FlagBits::SEEN, FlagBits::FLAGGED][usize::try_from(random.below(2)).unwrap()];
        let some = random.uids(12);
        let edit = match random.below(3) {
            0 => removing(&some, flag),
            _ => adding(&some, flag),
        };
        let is_private = found(store, who, mailbox)
            .await
            .private_flags
            .contains(flag);
        let edit = if is_private { privately(edit) } else { edit };
        let leave = permit(store, who, mailbox, Operation::ChangeFlags(BOTH)).await;
        store.edit_flags(&leave, edit).await.unwrap();
    }
}

#[tokio::test]
async fn a_flag_that_becomes_private_looks_as_before_to_everybody() {
    let world = World::new().await;
    let (store, random) = (&world.store, Random::new(11));
    let root = world.admin().await;
    let (ada, bo, cy) = (
        world.account("ada").await,
        world.account("bo").await,
        world.account("cy").await,
    );
    let rights = [("ada", "lrswi"), ("bo", "lrsw"), ("cy", "lrsw")];
    let team = world.shared("team", &rights).await;
    let of_ada = inbox(store, ada).await;
    for (name, _) in &rights[1..] {
        world.grant(ada, of_ada, name, "lrsw").await;
    }
    for (mailbox, admin) in [(team, root), (of_ada, ada)] {
        append(store, ada, mailbox, &SUBJECTS).await;
        for _ in 0..4 {
            world.make_private(admin, mailbox, "").await;
            scribble(store, &random, &[ada, bo, cy], mailbox).await;
            let mut before = Vec::new();
            for who in [ada, bo, cy] {
                before.push(seen_by(store, who, mailbox).await);
            }
            world.make_private(admin, mailbox, "\\Seen \\Flagged").await;
            for (who, before) in [ada, bo, cy].into_iter().zip(before) {
                assert_eq!(seen_by(store, who, mailbox).await, before, "{who}");
            }
            scribble(store, &random, &[ada, bo, cy], mailbox).await;
        }
    }
}

#[tokio::test]
async fn a_flag_that_becomes_shared_is_set_where_anybody_saw_it() {
    let world = World::new().await;
    let (store, random) = (&world.store, Random::new(12));
    let root = world.admin().await;
    let (ada, bo, cy) = (
        world.account("ada").await,
        world.account("bo").await,
        world.account("cy").await,
    );
    // Dan never sets a flag: he sees what all began with.
    let dan = world.account("dan").await;
    let everybody = [ada, bo, cy, dan];
    let team = world.shared("team", &[("anyone", "lrswi")]).await;
    let of_ada = inbox(store, ada).await;
    world.grant(ada, of_ada, "anyone", "lrsw").await;
    for (mailbox, admin) in [(team, root), (of_ada, ada)] {
        append(store, ada, mailbox, &SUBJECTS).await;
        for _ in 0..4 {
            world.make_private(admin, mailbox, "\\Seen \\Flagged").await;
            scribble(store, &random, &[ada, bo, cy], mailbox).await;
            let mut before = Vec::new();
            for who in everybody {
                before.push(seen_by(store, who, mailbox).await);
            }
            world.make_private(admin, mailbox, "").await;
            for (who, before_to_one) in everybody.into_iter().zip(&before) {
                for (uid, (flags, modseq)) in seen_by(store, who, mailbox).await {
                    let united = before
                        .iter()
                        .fold(FlagBits::NONE, |all, seen| all.union(seen[&uid].0));
                    assert_eq!(flags, united, "{who} sees {uid}");
                    let (old_flags, old_modseq) = before_to_one[&uid];
                    assert!(
                        flags == old_flags || modseq > old_modseq,
                        "{who} hears of {uid}"
                    );
                }
            }
            let status = store.status(dan, &[judged(mailbox)]).await.unwrap()[0].1;
            let of_dan = seen_by(store, dan, mailbox).await;
            let unseen = of_dan
                .values()
                .filter(|(flags, _)| !flags.contains(FlagBits::SEEN));
            assert_eq!(status.unseen, unseen.count() as u64);
        }
    }
}

#[tokio::test]
async fn a_node_that_watches_learns_what_everybody_begins_with() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lrsw")])
        .await;
    append(store, ada, team, &SUBJECTS).await;
    let leave = permit(store, ada, team, Operation::ChangeFlags(FlagBits::FLAGGED)).await;
    let some = uids([2, 5]);
    store
        .edit_flags(&leave, adding(&some, FlagBits::FLAGGED))
        .await
        .unwrap();
    let before = overlay(store, bo, team).await;
    world.make_private(root, team, "\\Flagged").await;
    let leave = permit(store, bo, team, Operation::ChangeFlags(FlagBits::FLAGGED)).await;
    let own = privately(removing(&uids([5]), FlagBits::FLAGGED));
    store.edit_flags(&leave, own).await.unwrap();
    let news = news(store, team, before.modseq(), &[bo]).await;
    let (_, delta) = news.private.iter().find(|(who, _)| *who == bo).unwrap();
    let after = before.apply(delta);
    let loaded = overlay(store, bo, team).await;
    for number in 1..=12 {
        let uid = mail::Uid::new(number).unwrap();
        assert_eq!(
            after.flags(uid).contains(FlagBits::FLAGGED),
            number == 2,
            "{number}"
        );
        assert_eq!(loaded.flags(uid), after.flags(uid), "{number}");
    }
}

#[tokio::test]
async fn what_was_decided_by_the_old_policy_is_refused_and_colleagues_are_not() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswi")]).await;
    append(store, ada, team, &SUBJECTS).await;
    let operation = Operation::ChangeFlags(FlagBits::SEEN);
    let old = permit(store, ada, team, operation).await;
    world.make_private(root, team, "").await;
    let new = permit(store, ada, team, operation).await;
    let late = privately(adding(&uids([1]), FlagBits::SEEN));
    let (refused, done) = tokio::join!(
        store.edit_flags(&old, late),
        store.edit_flags(&new, adding(&uids([2]), FlagBits::SEEN)),
    );
    assert!(matches!(refused, Err(Fault::Stale)), "{refused:?}");
    done.unwrap();
    let seen = image(store, team).await;
    let seen = seen
        .iter()
        .filter(|(_, message)| message.flags.contains(FlagBits::SEEN));
    assert_eq!(
        seen.map(|(_, message)| message.uid.get())
            .collect::<Vec<_>>(),
        [2]
    );
}

#[tokio::test]
async fn unseen_is_counted_from_what_everybody_began_with() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lr")])
        .await;
    world.make_private(root, team, "").await;
    append(store, ada, team, &SUBJECTS).await;
    let operation = Operation::ChangeFlags(FlagBits::SEEN);
    let leave = permit(store, ada, team, operation).await;
    store
        .edit_flags(&leave, adding(&uids(1..=5), FlagBits::SEEN))
        .await
        .unwrap();
    world.make_private(root, team, "\\Seen").await;
    let leave = permit(store, ada, team, operation).await;
    store
        .edit_flags(&leave, privately(removing(&uids([1, 2]), FlagBits::SEEN)))
        .await
        .unwrap();
    store
        .edit_flags(&leave, privately(adding(&uids([9]), FlagBits::SEEN)))
        .await
        .unwrap();
    let unseen = async |who| {
        store.status(who, &[judged(team)]).await.unwrap()[0]
            .1
            .unseen
    };
    assert_eq!((unseen(ada).await, unseen(bo).await), (8, 7));
}
