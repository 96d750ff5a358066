//! Rights are asked again where it counts, by the same rules.

use acl::{Deed, Entry, Identifier, Modification, Rights, Subject};
use mail::{ChangeKind, FlagBits};
use store::{Doomed, Fault};

use crate::world::{
    Random, World, adding, append, claim, contents, found, image, inbox, is_denied, new_message,
    news, permit, uids,
};

/// Each with what it needs alone, and between them every right that anything needs.
const DEEDS: [(Deed, &str); 10] = [
    (Deed::Lookup, "l"),
    (Deed::Read, "r"),
    (Deed::ChangeFlags(FlagBits::SEEN), "rs"),
    (Deed::ChangeFlags(FlagBits::FLAGGED), "rw"),
    (Deed::Insert(FlagBits::NONE), "i"),
    (Deed::Post, "p"),
    (Deed::CreateChild, "k"),
    (Deed::DeleteMailbox, "x"),
    (Deed::MoveFrom, "rte"),
    (Deed::Administer, "a"),
];

#[tokio::test]
async fn the_database_and_acl_agree_on_every_list() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    for (group, members) in [("one", vec![ada]), ("two", vec![ada, bo])] {
        store.create_group(group).await.unwrap();
        for member in members {
            store.add_member(group, member).await.unwrap();
        }
    }
    let mailboxes = [world.shared("team", &[]).await, inbox(store, ada).await];
    let random = Random::new(1);
    let identifiers = [
        "ada",
        "bo",
        "root",
        "$one",
        "$two",
        "$three",
        "anyone",
        "authenticated",
        "anonymous",
        "owner",
    ];
    for round in 0..60 {
        for (mailbox, keeper) in mailboxes.into_iter().zip([root, ada]) {
            let identifier = identifiers[usize::try_from(random.below(10)).unwrap()];
            let dash = if random.below(3) == 0 { "-" } else { "" };
            let subject = Subject::parse(&format!("{dash}{identifier}")).unwrap();
            let rights = Rights::from_i16(i16::try_from(random.below(4096)).unwrap());
            let modification = match random.below(4) {
                0 => Modification::Add(rights),
                1 => Modification::Remove(rights),
                _ => Modification::Replace(rights),
            };
            let permit = permit(store, keeper, mailbox, Deed::Administer).await;
            store
                .set_rights(&permit, &subject, modification)
                .await
                .unwrap();
            for who in [ada, bo, root] {
                let rights = found(store, who, mailbox).await.standing.rights;
                for (deed, needed) in DEEDS {
                    let outcome = store.number_keywords(&claim(who, mailbox, deed), &[]).await;
                    let expected = rights.contains(Rights::parse(needed).unwrap());
                    assert_eq!(
                        outcome.is_ok(),
                        expected,
                        "round {round}: {who} {deed:?} {rights}"
                    );
                    assert_eq!(is_denied(&outcome), !expected);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_right_that_was_withdrawn_stops_every_kind_of_write() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswitexka")]).await;
    let own = inbox(store, ada).await;
    append(store, ada, mailbox, &["a"]).await;
    append(store, ada, own, &["b"]).await;
    let read = permit(store, ada, mailbox, Deed::Read).await;
    let insert = permit(store, ada, mailbox, Deed::Insert(FlagBits::NONE)).await;
    let flags = permit(store, ada, mailbox, Deed::ChangeFlags(FlagBits::ALL)).await;
    let expunge = permit(store, ada, mailbox, Deed::Expunge).await;
    let take = permit(store, ada, mailbox, Deed::MoveFrom).await;
    let delete = permit(store, ada, mailbox, Deed::DeleteMailbox).await;
    let administer = permit(store, ada, mailbox, Deed::Administer).await;
    let from_own = permit(store, ada, own, Deed::MoveFrom).await;
    let to_own = permit(store, ada, own, Deed::Insert(FlagBits::NONE)).await;
    store
        .edit_flags(&flags, adding(&uids([1]), FlagBits::DELETED))
        .await
        .unwrap();

    let root = store.find_account("root").await.unwrap().unwrap().id;
    world.grant(root, mailbox, "ada", "l").await;
    let before = (
        contents(&image(store, mailbox).await),
        contents(&image(store, own).await),
    );

    let one = uids([1]);
    let ada_again = Subject {
        identifier: Identifier::User("ada".into()),
        is_negative: false,
    };
    let all = Modification::Replace(Rights::ALL);
    let messages = vec![new_message("x", FlagBits::NONE, FlagBits::NONE)];
    assert!(is_denied(&store.append(&insert, messages).await));
    assert!(is_denied(
        &store
            .edit_flags(&flags, adding(&one, FlagBits::FLAGGED))
            .await
    ));
    let exact = store::FlagEdit {
        unchanged_since: Some(before.0.0),
        ..adding(&one, FlagBits::FLAGGED)
    };
    assert!(is_denied(&store.edit_flags(&flags, exact).await));
    assert!(is_denied(
        &store.expunge(&expunge, Doomed::AllDeleted).await
    ));
    assert!(is_denied(
        &store.copy(&read, &to_own, &one, FlagBits::ALL).await
    ));
    assert!(is_denied(
        &store
            .move_messages(&take, &to_own, &one, FlagBits::ALL)
            .await
    ));
    assert!(is_denied(
        &store.copy(&from_own, &insert, &one, FlagBits::ALL).await
    ));
    assert!(is_denied(&store.number_keywords(&flags, &[]).await));
    assert!(is_denied(
        &store.set_rights(&administer, &ada_again, all).await
    ));
    assert!(is_denied(
        &store.delete_rights(&administer, &ada_again).await
    ));
    assert!(is_denied(&store.delete_mailbox(&delete).await));
    let after = (
        contents(&image(store, mailbox).await),
        contents(&image(store, own).await),
    );
    assert_eq!(before, after);
}

#[tokio::test]
async fn an_old_permit_is_good_while_its_right_is_there() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lrswi")]).await;
    let insert = permit(&world.store, ada, mailbox, Deed::Insert(FlagBits::NONE)).await;
    let root = world.store.find_account("root").await.unwrap().unwrap().id;
    world.grant(root, mailbox, "ada", "-s").await;
    let messages = vec![new_message("x", FlagBits::NONE, FlagBits::NONE)];
    world.store.append(&insert, messages).await.unwrap();
}

#[tokio::test]
async fn a_change_of_the_list_is_news() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let before = image(&world.store, mailbox).await.modseq();
    let old = found(&world.store, ada, mailbox).await.standing.version;
    world.grant(ada, mailbox, "bo", "lr").await;
    let news = news(&world.store, mailbox, before, &[]).await;
    assert_eq!(news.changes.len(), 1);
    assert_eq!(news.changes[0].kind, ChangeKind::Mailbox);
    assert!(news.rights_version > old);
    assert_eq!(
        found(&world.store, ada, mailbox).await.standing.version,
        news.rights_version
    );
}

#[tokio::test]
async fn an_entry_keeps_what_it_was_given_and_goes_when_nothing_is_left() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let list = async || -> Vec<Entry> {
        let mut entries = found(&world.store, ada, mailbox).await.entries;
        entries.retain(|entry| entry.identifier != Identifier::User("ada".into()));
        entries
    };
    for (subject, change, expected) in [
        ("Bo", "lr", Some("lr")),
        ("bo", "+s", Some("lrs")),
        ("BO", "-lr", Some("s")),
        ("bo", "+", Some("s")),
        ("bo", "-s", None),
        ("bo", "-s", None),
        ("bo", "", None),
    ] {
        world.grant(ada, mailbox, subject, change).await;
        let rights: Vec<String> = list()
            .await
            .iter()
            .map(|entry| entry.rights.to_string())
            .collect();
        assert_eq!(
            rights,
            Vec::from_iter(expected.map(str::to_owned)),
            "{subject} {change}"
        );
    }
    // A quote, a backslash, another script: stored as said.
    for subject in ["u\"q", "back\\slash", "Ünï", "-$a group", "owner", "{3}"] {
        world.grant(ada, mailbox, subject, "lr").await;
    }
    let subjects: Vec<String> = list()
        .await
        .iter()
        .map(|entry| {
            let Entry {
                identifier,
                is_negative,
                ..
            } = entry.clone();
            Subject {
                identifier,
                is_negative,
            }
            .to_string()
        })
        .collect();
    assert_eq!(
        subjects,
        [
            "back\\slash",
            "-group:a group",
            "owner",
            "u\"q",
            "{3}",
            "ünï"
        ]
    );
    for subject in subjects {
        let permit = permit(&world.store, ada, mailbox, Deed::Administer).await;
        let subject = Subject::parse(&subject).unwrap();
        world.store.delete_rights(&permit, &subject).await.unwrap();
        world
            .store
            .delete_rights(
                &crate::world::permit(&world.store, ada, mailbox, Deed::Administer).await,
                &subject,
            )
            .await
            .unwrap();
    }
    assert!(list().await.is_empty());
}

#[tokio::test]
async fn who_takes_part_in_a_race_with_a_withdrawal_is_before_it_or_refused() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("team", &[("ada", "lri")]).await;
    let root = world.store.find_account("root").await.unwrap().unwrap().id;
    let other = world.another_node().await;
    let insert = permit(&world.store, ada, mailbox, Deed::Insert(FlagBits::NONE)).await;
    let administer = permit(&world.store, root, mailbox, Deed::Administer).await;
    let ada_entry = Subject {
        identifier: Identifier::User("ada".into()),
        is_negative: false,
    };
    let appends = futures_util::future::join_all((0..50).map(|_| {
        world.store.append(
            &insert,
            vec![new_message("x", FlagBits::NONE, FlagBits::NONE)],
        )
    }));
    let (outcomes, withdrawn) = tokio::join!(appends, other.delete_rights(&administer, &ada_entry));
    withdrawn.unwrap();
    let changes = world
        .store
        .changes_since(mailbox, mail::ModSeq::ZERO, root)
        .await
        .unwrap()
        .unwrap();
    let withdrawal = changes
        .iter()
        .rfind(|change| change.kind == ChangeKind::Mailbox)
        .unwrap();
    for outcome in outcomes {
        match outcome {
            Ok(appended) => assert!(appended.modseq < withdrawal.modseq),
            Err(fault) => assert!(matches!(fault, Fault::Denied), "{fault:?}"),
        }
    }
}
