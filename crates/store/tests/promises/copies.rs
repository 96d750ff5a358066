//! COPY and MOVE.

use acl::Operation;
use mail::{AccountId, FlagBits, Flags, Keyword, MailboxId, Uid, UidSet};
use store::{Doomed, Fault, Store};
use tokio::task::JoinSet;

use crate::world::{
    Random, World, adding, all_deleted, append, claim, contents, image, inbox, is_denied, judged,
    names_of, new_message, overlay, permit, privately, uid, uids,
};

const FULL: &str = "lrswite";

async fn copy_permits(
    store: &Store,
    who: AccountId,
    from: MailboxId,
    to: MailboxId,
) -> (acl::Permit, acl::Permit) {
    (
        permit(store, who, from, Operation::MoveFrom).await,
        permit(store, who, to, Operation::Insert(FlagBits::ALL)).await,
    )
}

#[tokio::test]
async fn a_copy_has_the_same_content_date_and_size_and_a_new_uid() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = world.shared("from", &[("ada", FULL)]).await;
    let to = world.shared("to", &[("ada", FULL)]).await;
    append(&world.store, ada, from, &["a", "b", "c"]).await;
    append(&world.store, ada, to, &["z"]).await;
    let (source, target) = copy_permits(&world.store, ada, from, to).await;
    let copied = world
        .store
        .copy(&source, &target, &uids([1, 3, 77]), FlagBits::ALL)
        .await
        .unwrap();
    assert_eq!(copied.pairs, [(uid(1), uid(2)), (uid(3), uid(3))]);
    let (old, new) = (
        image(&world.store, from).await,
        image(&world.store, to).await,
    );
    for (from, to) in copied.pairs {
        let ((_, old), (_, new)) = (old.find(from).unwrap(), new.find(to).unwrap());
        assert_eq!(
            (old.content, old.date, old.size),
            (new.content, new.date, new.size)
        );
        assert_eq!(new.modseq, copied.modseq);
    }
    assert_eq!(old.len(), 3);

    let nothing = world
        .store
        .copy(&source, &target, &uids([50]), FlagBits::ALL)
        .await
        .unwrap();
    assert!(nothing.pairs.is_empty());
    assert_eq!(nothing.modseq, new.modseq());
}

#[tokio::test]
async fn a_copy_keeps_what_the_copier_sees_and_may_set() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", FULL), ("bo", FULL)]).await;
    let own = inbox(&world.store, ada).await;
    append(&world.store, ada, team, &["a", "b"]).await;
    let operation = Operation::ChangeFlags(FlagBits::ALL);
    let (adas, bos) = (
        permit(&world.store, ada, team, operation).await,
        permit(&world.store, bo, team, operation).await,
    );
    let read = |numbers| privately(adding(&numbers, FlagBits::SEEN));
    world
        .store
        .edit_flags(&adas, read(uids([1])))
        .await
        .unwrap();
    world.store.edit_flags(&bos, read(uids([2]))).await.unwrap();
    world
        .store
        .edit_flags(&adas, adding(&uids([1, 2]), FlagBits::FLAGGED))
        .await
        .unwrap();

    // Into the own INBOX, where \Seen is nobody else's.
    let (source, target) = copy_permits(&world.store, ada, team, own).await;
    world
        .store
        .copy(&source, &target, &uids([1, 2]), FlagBits::ALL)
        .await
        .unwrap();
    let flags = async |mailbox| -> Vec<FlagBits> {
        image(&world.store, mailbox)
            .await
            .iter()
            .map(|(_, message)| message.flags.bits())
            .collect()
    };
    let both = FlagBits::SEEN.union(FlagBits::FLAGGED);
    assert_eq!(flags(own).await, [both, FlagBits::FLAGGED]);

    // Back, where it is private again, and only \Seen may be set.
    let (source, target) = copy_permits(&world.store, ada, own, team).await;
    let copied = world
        .store
        .copy(&source, &target, &uids([1]), FlagBits::SEEN)
        .await
        .unwrap();
    let new = copied.pairs[0].1;
    let (_, shown) = image(&world.store, team).await.find(new).unwrap();
    assert_eq!(shown.flags, Flags::NONE);
    assert_eq!(
        overlay(&world.store, ada, team).await.flags(new),
        FlagBits::SEEN
    );
    assert_eq!(
        overlay(&world.store, bo, team).await.flags(new),
        FlagBits::NONE
    );
}

#[tokio::test]
async fn keywords_keep_their_names_whatever_their_numbers() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = world.shared("from", &[("ada", FULL)]).await;
    let to = world.shared("to", &[("ada", FULL)]).await;
    append(&world.store, ada, from, &["a", "b"]).await;
    let operation = Operation::ChangeFlags(FlagBits::FLAGGED);
    let words = |names: &[&str]| -> Vec<Keyword> {
        names
            .iter()
            .map(|name| Keyword::parse(name).unwrap())
            .collect()
    };
    let there = permit(&world.store, ada, to, operation).await;
    world
        .store
        .number_keywords(&there, &words(&["Other", "work"]))
        .await
        .unwrap();
    let here = permit(&world.store, ada, from, operation).await;
    let known = world
        .store
        .number_keywords(&here, &words(&["Work", "Later", "Unused"]))
        .await
        .unwrap();
    let flags = |names: &[&str]| {
        words(names)
            .into_iter()
            .filter_map(|word| known.find(&mail::Flag::Keyword(word)))
            .fold(Flags::from(FlagBits::DRAFT), |all, one| all.union(&one))
    };
    world
        .store
        .edit_flags(&here, adding(&uids([1]), flags(&["Work", "Later"])))
        .await
        .unwrap();

    let (source, target) = copy_permits(&world.store, ada, from, to).await;
    world
        .store
        .copy(&source, &target, &uids([1, 2]), FlagBits::ALL)
        .await
        .unwrap();
    let loaded = world.store.load_image(to).await.unwrap().unwrap();
    let names: Vec<Vec<String>> = loaded
        .image
        .iter()
        .map(|(_, message)| names_of(&loaded.keywords, &message.flags))
        .collect();
    assert_eq!(names, [vec!["\\Draft", "work", "Later"], vec![]]);
    assert_eq!(
        loaded.keywords.len(),
        3,
        "what no message carries is not numbered there"
    );
}

#[tokio::test]
async fn copies_number_no_keyword_that_they_may_not_bring() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = world.shared("from", &[("ada", FULL)]).await;
    let to = world.shared("to", &[("ada", FULL)]).await;
    append(&world.store, ada, from, &["a"]).await;
    let operation = Operation::ChangeFlags(FlagBits::FLAGGED);
    let here = permit(&world.store, ada, from, operation).await;
    let work = Keyword::parse("Work").unwrap();
    let known = world.store.number_keywords(&here, &[work]).await.unwrap();
    assert_eq!(known.len(), 1);
    let work = FlagBits::keyword(0).unwrap();
    world
        .store
        .edit_flags(&here, adding(&uids([1]), work.union(FlagBits::DRAFT)))
        .await
        .unwrap();

    let (source, target) = copy_permits(&world.store, ada, from, to).await;
    world
        .store
        .copy(&source, &target, &uids([1]), FlagBits::DRAFT)
        .await
        .unwrap();
    let loaded = world.store.load_image(to).await.unwrap().unwrap();
    let flags: Vec<FlagBits> = loaded.image.iter().map(|(_, it)| it.flags.bits()).collect();
    assert_eq!(flags, [FlagBits::DRAFT]);
    assert_eq!(loaded.keywords.len(), 0);
}

#[tokio::test]
async fn a_move_is_in_one_place_at_any_moment() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = world.shared("from", &[("ada", FULL)]).await;
    let to = world.shared("to", &[("ada", FULL)]).await;
    append(&world.store, ada, from, &["a", "b", "c"]).await;
    let (source, target) = copy_permits(&world.store, ada, from, to).await;
    let moved = world
        .store
        .move_messages(&source, &target, &uids([2, 3]), FlagBits::ALL)
        .await
        .unwrap();
    assert_eq!(moved.copied.pairs, [(uid(2), uid(1)), (uid(3), uid(2))]);
    assert_eq!(image(&world.store, from).await.len(), 1);
    assert_eq!(
        image(&world.store, from).await.modseq(),
        moved.source_modseq
    );
    assert_eq!(image(&world.store, to).await.len(), 2);
    let gone = world
        .store
        .vanished_since(from, mail::ModSeq::ZERO)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(gone, uids([2, 3]));

    // Within a mailbox: the message gets a new UID.
    let (source, target) = copy_permits(&world.store, ada, to, to).await;
    let moved = world
        .store
        .move_messages(&source, &target, &uids([1]), FlagBits::ALL)
        .await
        .unwrap();
    let left: Vec<Uid> = image(&world.store, to)
        .await
        .iter()
        .map(|(_, m)| m.uid)
        .collect();
    assert_eq!(left, [uid(2), uid(3)]);
    assert_eq!(moved.source_modseq, image(&world.store, to).await.modseq());
}

#[tokio::test]
async fn nothing_moves_without_the_rights_at_both_ends() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let from = world.shared("from", &[("ada", FULL), ("bo", "lr")]).await;
    let to = world.shared("to", &[("ada", FULL), ("bo", "lri")]).await;
    append(&world.store, ada, from, &["a"]).await;
    let before = (
        contents(&image(&world.store, from).await),
        contents(&image(&world.store, to).await),
    );
    let all = uids([1]);
    let store = &world.store;
    let take = claim(bo, from, Operation::MoveFrom);
    let give = claim(bo, to, Operation::Insert(FlagBits::NONE));
    assert!(is_denied(
        &store.move_messages(&take, &give, &all, FlagBits::ALL).await
    ));
    let flagged = claim(bo, to, Operation::Insert(FlagBits::FLAGGED));
    let look = claim(bo, from, Operation::Read);
    assert!(is_denied(
        &store.copy(&look, &flagged, &all, FlagBits::ALL).await
    ));
    let after = (
        contents(&image(store, from).await),
        contents(&image(store, to).await),
    );
    assert_eq!(before, after);
    // Reading and inserting suffice for a copy.
    assert_eq!(
        store
            .copy(&look, &give, &all, FlagBits::NONE)
            .await
            .unwrap()
            .pairs
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moves_to_and_fro_lose_nothing_and_wait_for_nobody_forever() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let boxes = [
        world.shared("a", &[("ada", FULL)]).await,
        world.shared("b", &[("ada", FULL)]).await,
        world.shared("c", &[("ada", FULL)]).await,
    ];
    for mailbox in boxes {
        append(&world.store, ada, mailbox, &["x"; 10]).await;
    }
    let other = world.another_node().await;
    let mut movers = JoinSet::new();
    for number in 0..6_usize {
        let store = if number.is_multiple_of(2) {
            world.store.clone()
        } else {
            other.clone()
        };
        movers.spawn(async move {
            let random = Random::new(u64::try_from(number).unwrap());
            for _ in 0..40 {
                let (from, to) = (random.below(3), random.below(3));
                let from = boxes[usize::try_from(from).unwrap()];
                let to = boxes[usize::try_from(to).unwrap()];
                let highest = image(&store, from)
                    .await
                    .uid_max()
                    .map_or(1, |uid| uid.get());
                let some = random.uids(highest);
                let (source, target) = copy_permits(&store, ada, from, to).await;
                store
                    .move_messages(&source, &target, &some, FlagBits::ALL)
                    .await
                    .unwrap();
                // Writers of other kinds are in between.
                let flags = permit(&store, ada, from, Operation::ChangeFlags(FlagBits::ALL)).await;
                store
                    .edit_flags(&flags, adding(&some, FlagBits::FLAGGED))
                    .await
                    .unwrap();
            }
        });
    }
    movers.join_all().await;
    let mut all = Vec::new();
    for mailbox in boxes {
        let image = image(&world.store, mailbox).await;
        all.extend(image.iter().map(|(_, message)| message.content));
        let (_, status) = world.store.status(ada, &[judged(mailbox)]).await.unwrap()[0];
        assert_eq!(status.messages, u64::from(image.len()));
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 30, "each message is in exactly one place");
}

#[tokio::test]
async fn expunge_takes_what_is_deleted_and_nothing_else() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", FULL)]).await;
    append(&world.store, ada, mailbox, &["x"; 6]).await;
    let flags = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::DELETED),
    )
    .await;
    let expunge = permit(&world.store, ada, mailbox, Operation::Expunge).await;
    world
        .store
        .edit_flags(&flags, adding(&uids([1, 2, 5]), FlagBits::DELETED))
        .await
        .unwrap();
    let some = world
        .store
        .expunge(&expunge, Doomed::DeletedAmong(uids([2, 3])))
        .await
        .unwrap();
    assert_eq!(some.uids, uids([2]));
    let (one, two) = tokio::join!(
        world.store.expunge(&expunge, all_deleted()),
        world.store.expunge(&expunge, all_deleted()),
    );
    assert_eq!(one.unwrap().uids.union(&two.unwrap().uids), uids([1, 5]));
    let left: UidSet = image(&world.store, mailbox)
        .await
        .iter()
        .map(|(_, m)| m.uid)
        .collect();
    assert_eq!(left, uids([3, 4, 6]));
}

/// RFC 8508, 3.4: there must not be two drafts where there was one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_replace_one_message_one_does() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let drafts = world.shared("drafts", &[("ada", FULL)]).await;
    append(&world.store, ada, drafts, &["draft"]).await;
    let (from, to) = copy_permits(&world.store, ada, drafts, drafts).await;
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let store = world.store.clone();
        writers.spawn(async move {
            let message = new_message("saved", FlagBits::NONE, FlagBits::NONE);
            store.replace(&from, &to, uid(1), message).await
        });
    }
    let outcomes = writers.join_all().await;
    let (done, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(
        refused
            .iter()
            .all(|outcome| matches!(outcome, Err(Fault::Expunged)))
    );
    let left: Vec<Uid> = image(&world.store, drafts)
        .await
        .iter()
        .map(|(_, message)| message.uid)
        .collect();
    assert_eq!(left, [done[0].as_ref().unwrap().uid]);
}
