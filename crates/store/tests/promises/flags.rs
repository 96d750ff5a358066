//! Flags of many people in one mailbox.

use acl::Operation;
use mail::limits::KEYWORDS_PER_MAILBOX_MAX;
use mail::{Flag, FlagBits, Keyword, ModSeq, UidSet};
use store::{ActivityKind, ActivityQuery, Fault, FlagEdit, Masks, RareEdit};

use crate::world::{
    Random, World, adding, append, claim, contents, image, is_denied, judged, overlay, permit,
    privately, removing, uid, uids,
};

const SUBJECTS: [&str; 20] = ["x"; 20];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_stores_are_never_refused_and_none_is_lost() {
    let world = World::new().await;
    let other = world.another_node().await;
    let mailbox = world.shared("team", &[("anyone", "lrswite")]).await;
    let first = world.account("user0").await;
    append(&world.store, first, mailbox, &SUBJECTS).await;
    // Each of eight people owns a bit, and sets it on some messages while all others do likewise.
    let keywords: Vec<Keyword> = (0..8)
        .map(|n| Keyword::parse(&format!("k{n}")).unwrap())
        .collect();
    let numbering = permit(
        &world.store,
        first,
        mailbox,
        Operation::ChangeFlags(FlagBits::FLAGGED),
    )
    .await;
    world
        .store
        .number_keywords(&numbering, &keywords)
        .await
        .unwrap();
    let mut people = tokio::task::JoinSet::new();
    for number in 0..8_u32 {
        let name = format!("user{}", number + 1);
        let who = world.account(&name).await;
        let store = if number % 2 == 0 {
            world.store.clone()
        } else {
            other.clone()
        };
        let bit = FlagBits::keyword(usize::try_from(number).unwrap()).unwrap();
        people.spawn(async move {
            let permit = permit(&store, who, mailbox, Operation::ChangeFlags(bit)).await;
            let random = Random::new(u64::from(number) + 100);
            let mut mine = UidSet::new();
            for _ in 0..60 {
                let some = random.uids(20);
                if random.below(2) == 0 {
                    store.edit_flags(&permit, adding(&some, bit)).await.unwrap();
                    mine = mine.union(&some);
                } else {
                    store
                        .edit_flags(&permit, removing(&some, bit))
                        .await
                        .unwrap();
                    mine = mine.difference(&some);
                }
            }
            (bit, mine)
        });
    }
    let outcomes = people.join_all().await;
    let image = image(&world.store, mailbox).await;
    for (bit, expected) in outcomes {
        let have: UidSet = image
            .iter()
            .filter(|(_, message)| message.flags.contains(bit))
            .map(|(_, message)| message.uid)
            .collect();
        assert_eq!(have, expected);
    }
}

#[tokio::test]
async fn edits_in_a_batch_are_edits_one_by_one() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let rights = [("ada", "lrswite"), ("bo", "lrswite")];
    let batched = world.shared("batched", &rights).await;
    let single = world.shared("single", &rights).await;
    for mailbox in [batched, single] {
        append(&world.store, ada, mailbox, &SUBJECTS).await;
    }
    let random = Random::new(5);
    for _ in 0..10 {
        let edits: Vec<(bool, FlagEdit)> = (0..30)
            .map(|_| {
                let edit = FlagEdit {
                    uids: random.uids(25),
                    shared: random.masks(),
                    rare: RareEdit::default(),
                    private: random.masks(),
                    unchanged_since: None,
                };
                (random.below(2) == 0, edit)
            })
            .collect();
        let operation = Operation::ChangeFlags(FlagBits::ALL);
        // Polled in order, so queued in order; the first is under way while the others gather.
        let permits = [
            permit(&world.store, ada, batched, operation).await,
            permit(&world.store, bo, batched, operation).await,
        ];
        let all = edits.iter().map(|(is_ada, edit)| {
            world
                .store
                .edit_flags(&permits[usize::from(!is_ada)], edit.clone())
        });
        for outcome in futures_util::future::join_all(all).await {
            outcome.unwrap();
        }
        let permits = [
            permit(&world.store, ada, single, operation).await,
            permit(&world.store, bo, single, operation).await,
        ];
        for (is_ada, edit) in &edits {
            let permit = &permits[usize::from(!is_ada)];
            world.store.edit_flags(permit, edit.clone()).await.unwrap();
        }
        for who in [ada, bo] {
            let (one, other) = (
                overlay(&world.store, who, batched).await,
                overlay(&world.store, who, single).await,
            );
            for number in 1..=20 {
                assert_eq!(one.flags(uid(number)), other.flags(uid(number)));
            }
        }
        let flags = async |mailbox| -> Vec<FlagBits> {
            image(&world.store, mailbox)
                .await
                .iter()
                .map(|(_, message)| message.flags.bits())
                .collect()
        };
        assert_eq!(flags(batched).await, flags(single).await);
    }
    let stats = world.store.stats();
    assert!(
        stats.batches.iter().skip(4).any(|&count| count > 0),
        "some were batched: {stats:?}"
    );
}

#[tokio::test]
async fn private_flags_are_seen_by_nobody_else() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("team", &[("ada", "lrs"), ("bo", "lrs"), ("root", "lrswi")])
        .await;
    let root = world.store.find_account("root").await.unwrap().unwrap().id;
    append(&world.store, root, mailbox, &SUBJECTS).await;
    let before = image(&world.store, mailbox).await;

    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::SEEN),
    )
    .await;
    let read = privately(adding(&uids([2, 3, 5]), FlagBits::SEEN));
    let edited = world.store.edit_flags(&permit, read).await.unwrap();

    let own = overlay(&world.store, ada, mailbox).await;
    for number in 1..=20 {
        let expected = if [2, 3, 5].contains(&number) {
            FlagBits::SEEN
        } else {
            FlagBits::NONE
        };
        assert_eq!(own.flags(uid(number)), expected);
    }
    assert_eq!(own.changed_at(uid(3)), edited.modseq);
    assert_eq!(own.changed_at(uid(4)), ModSeq::ZERO);
    assert_eq!(
        overlay(&world.store, bo, mailbox).await.flags(uid(3)),
        FlagBits::NONE
    );
    let after = image(&world.store, mailbox).await;
    assert_eq!(
        contents(&before).2,
        contents(&after).2,
        "what everybody sees is as before"
    );

    let status = async |who| {
        world.store.status(who, &[judged(mailbox)]).await.unwrap()[0]
            .1
            .unseen
    };
    assert_eq!((status(ada).await, status(bo).await), (17, 20));
}

#[tokio::test]
async fn unchangedsince_passes_over_what_changed_shared_or_privately() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lrsw")])
        .await;
    append(&world.store, ada, mailbox, &SUBJECTS).await;
    let operation = Operation::ChangeFlags(FlagBits::ALL);
    let (adas, bos) = (
        permit(&world.store, ada, mailbox, operation).await,
        permit(&world.store, bo, mailbox, operation).await,
    );
    let known = image(&world.store, mailbox).await.modseq();
    let edit = async |permit, edit| world.store.edit_flags(permit, edit).await.unwrap();
    edit(&bos, adding(&uids([1, 2]), FlagBits::FLAGGED)).await;
    edit(&adas, privately(adding(&uids([3]), FlagBits::SEEN))).await;
    // Bo's own marks are no change for Ada.
    edit(&bos, privately(adding(&uids([4]), FlagBits::SEEN))).await;

    let exact = FlagEdit {
        unchanged_since: Some(known),
        ..adding(&uids([1, 3, 4, 5, 99]), FlagBits::ANSWERED)
    };
    let edited = edit(&adas, exact.clone()).await;
    assert_eq!(edited.modified, uids([1, 3]));
    let image = image(&world.store, mailbox).await;
    let answered: UidSet = image
        .iter()
        .filter(|(_, message)| message.flags.contains(FlagBits::ANSWERED))
        .map(|(_, message)| message.uid)
        .collect();
    assert_eq!(answered, uids([4, 5]));
    // Now all of them have changed.
    assert_eq!(edit(&adas, exact).await.modified, uids([1, 3, 4, 5]));
}

#[tokio::test]
async fn of_two_that_compare_first_only_one_wins() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswi")]).await;
    append(&world.store, ada, mailbox, &["x"]).await;
    let known = image(&world.store, mailbox).await.modseq();
    let other = world.another_node().await;
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::ALL),
    )
    .await;
    let claim_it = |flag| FlagEdit {
        unchanged_since: Some(known),
        ..adding(&uids([1]), flag)
    };
    let (one, two, three) = tokio::join!(
        world.store.edit_flags(&permit, claim_it(FlagBits::FLAGGED)),
        world
            .store
            .edit_flags(&permit, claim_it(FlagBits::ANSWERED)),
        other.edit_flags(&permit, claim_it(FlagBits::DRAFT)),
    );
    let winners = [one, two, three]
        .into_iter()
        .filter(|outcome| outcome.as_ref().unwrap().modified.is_empty())
        .count();
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn an_edit_whose_right_is_gone_does_nothing_and_fails_nobody_else() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lr")])
        .await;
    append(&world.store, ada, mailbox, &SUBJECTS).await;
    let may = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::FLAGGED),
    )
    .await;
    let may_not = claim(bo, mailbox, Operation::ChangeFlags(FlagBits::ANSWERED));
    let outcomes = futures_util::future::join_all((1..=20).map(|number| {
        if number % 2 == 0 {
            world
                .store
                .edit_flags(&may, adding(&uids([number]), FlagBits::FLAGGED))
        } else {
            world
                .store
                .edit_flags(&may_not, adding(&uids([number]), FlagBits::ANSWERED))
        }
    }))
    .await;
    for (number, outcome) in (1..).zip(&outcomes) {
        assert_eq!(
            is_denied(outcome),
            number % 2 == 1,
            "edit {number}: {outcome:?}"
        );
    }
    for (_, message) in &image(&world.store, mailbox).await {
        let expected = if message.uid.get() % 2 == 0 {
            FlagBits::FLAGGED
        } else {
            FlagBits::NONE
        };
        assert_eq!(message.flags, expected.into());
    }
}

#[tokio::test]
async fn keywords_are_numbered_once_and_bounded() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lriswt")]).await;
    let operation = Operation::ChangeFlags(FlagBits::ALL);
    let permit = permit(&world.store, ada, mailbox, operation).await;
    let keyword = |name: &str| Keyword::parse(name).unwrap();
    let number = async |names: &[Keyword]| world.store.number_keywords(&permit, names).await;

    let (one, other) = (
        [keyword("Work"), keyword("$Forwarded")],
        [keyword("WORK"), keyword("Later")],
    );
    let (one, other) = tokio::join!(number(&one), number(&other));
    let (one, other) = (one.unwrap(), other.unwrap());
    let longer = if one.len() > other.len() {
        &one
    } else {
        &other
    };
    let known = number(&[]).await.unwrap();
    assert_eq!(known.len(), 3);
    assert_eq!(*longer, known, "numbers do not change while there is room");

    let many: Vec<Keyword> = (0..KEYWORDS_PER_MAILBOX_MAX - 3)
        .map(|n| keyword(&format!("k{n}")))
        .collect();
    let all = number(&many).await.unwrap();
    assert_eq!(all.len(), KEYWORDS_PER_MAILBOX_MAX);
    // One that is on no message would make room.
    append(&world.store, ada, mailbox, &["x"]).await;
    let all = all.all_in(FlagBits::ALL.without(FlagBits::DELETED));
    let all = adding(&uids([1]), all);
    let used = world.store.edit_flags(&permit, all).await;
    used.unwrap();
    let full = number(&[keyword("more"), keyword("work")]).await.unwrap();
    assert_eq!(full.len(), KEYWORDS_PER_MAILBOX_MAX);
    assert!(full.find(&Flag::Keyword(keyword("more"))).is_none());
    assert!(full.find(&Flag::Keyword(keyword("work"))).is_some());
    assert_eq!(
        number(&[keyword("later")]).await.unwrap().len(),
        KEYWORDS_PER_MAILBOX_MAX
    );
}

#[tokio::test]
async fn counters_of_status_follow_every_kind_of_write() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = crate::world::inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &SUBJECTS).await;
    let operation = Operation::ChangeFlags(FlagBits::ALL);
    let flags = permit(&world.store, ada, mailbox, operation).await;
    let expunge = permit(&world.store, ada, mailbox, Operation::Expunge).await;
    let random = Random::new(11);
    for round in 0..30 {
        let edit = FlagEdit {
            uids: random.uids(20),
            shared: random.masks(),
            rare: RareEdit::default(),
            private: Masks::IDENTITY,
            unchanged_since: None,
        };
        world.store.edit_flags(&flags, edit).await.unwrap();
        if round % 10 == 9 {
            let doomed = store::Doomed::DeletedAmong(random.uids(20));
            world.store.expunge(&expunge, doomed).await.unwrap();
        }
        let image = image(&world.store, mailbox).await;
        let (_, status) = world.store.status(ada, &[judged(mailbox)]).await.unwrap()[0];
        let count = |bit| {
            let with = image
                .iter()
                .filter(|(_, message)| message.flags.contains(bit))
                .count();
            u64::try_from(with).unwrap()
        };
        assert_eq!(status.messages, u64::from(image.len()));
        assert_eq!(status.unseen, status.messages - count(FlagBits::SEEN));
        assert_eq!(status.deleted, count(FlagBits::DELETED));
        assert_eq!(status.modseq, image.modseq());
        let bytes: u64 = image
            .iter()
            .map(|(_, message)| u64::from(message.size))
            .sum();
        assert_eq!(status.size, bytes);
    }
}

#[tokio::test]
async fn a_number_with_another_name_is_not_taken_for_the_old_one() {
    let world = World::new().await;
    let (store, ada) = (&world.store, world.account("ada").await);
    let team = world.shared("team", &[("ada", "lrswi")]).await;
    append(store, ada, team, &["one", "two"]).await;
    let flag = |name: &str| Flag::Keyword(Keyword::parse(name).unwrap());
    let words =
        (0..KEYWORDS_PER_MAILBOX_MAX).map(|number| Keyword::parse(&format!("k{number}")).unwrap());
    let words: Vec<Keyword> = words.collect();
    let leave = async || permit(store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    let old = leave().await;
    let numbered = store.number_keywords(&old, &words).await.unwrap();
    let first = numbered.find(&flag("k0")).unwrap();
    store
        .edit_flags(&old, adding(&uids([1]), first.clone()))
        .await
        .unwrap();
    store
        .edit_flags(&old, removing(&uids([1]), first.clone()))
        .await
        .unwrap();

    let work = [Keyword::parse("work").unwrap()];
    let renamed = store.number_keywords(&old, &work).await.unwrap();
    assert_eq!(renamed.find(&flag("work")), Some(first.clone()));
    assert_eq!(renamed.find(&flag("k0")), None);
    // What was meant was k0.
    let late = store
        .edit_flags(&old, adding(&uids([2]), first.clone()))
        .await;
    assert!(matches!(late, Err(Fault::Stale)), "{late:?}");
    store
        .edit_flags(&leave().await, adding(&uids([2]), first))
        .await
        .unwrap();
    let done = store.activity(&ActivityQuery::newest_on(team, 100)).await;
    let done = done.unwrap().into_iter();
    let done = done.filter(|activity| activity.kind == ActivityKind::Flags);
    let set = done.map(|activity| activity.flags_set.join(" "));
    assert_eq!(set.collect::<Vec<_>>(), ["k0", "", "work"]);
}
