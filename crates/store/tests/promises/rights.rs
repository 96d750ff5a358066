//! Rights are asked again where it counts, by the same rules.

use acl::{AclEntry, Identifier, Modification, Operation, Rights, Subject, Who};
use mail::{AccountId, ChangeKind, EmailAddress, FlagBits, MailboxId, Place};
use store::{Fault, NewTarget, Posting, Readable, Recipients, Store};

use crate::world::{
    Random, World, adding, all_deleted, append, claim, contents, found, image, inbox, is_denied,
    new_message, news, permit, uids,
};

/// Each with what it needs alone, and between them every right that anything needs.
const OPERATIONS: [(Operation, &str); 10] = [
    (Operation::Lookup, "l"),
    (Operation::Read, "r"),
    (Operation::ChangeFlags(FlagBits::SEEN), "rs"),
    (Operation::ChangeFlags(FlagBits::FLAGGED), "rw"),
    (Operation::Insert(FlagBits::NONE), "i"),
    (Operation::Post, "p"),
    (Operation::CreateChild, "k"),
    (Operation::DeleteMailbox, "x"),
    (Operation::MoveFrom, "rte"),
    (Operation::Administer, "a"),
];

/// Random lists of all kinds of identifiers, on mailboxes of a domain and of the site, while the
/// groups change; what `acl` makes of them is what the database enforces.
#[tokio::test]
async fn the_database_and_acl_agree_on_every_list() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let boss = world.store.create_account("boss@one.org", None, true).await;
    let boss = boss.unwrap();
    let ada = world.account("ada@one.org").await;
    let (bo, cy) = (world.account("bo@two.org").await, world.account("cy").await);
    for group in GROUPS {
        store.create_group(group).await.unwrap();
    }
    let mailboxes = [
        (world.shared("team", &[]).await, root),
        (shared_by(store, boss, "team of one").await, boss),
        (inbox(store, ada).await, ada),
        (inbox(store, cy).await, cy),
    ];
    for (mailbox, keeper) in mailboxes {
        let may = permit(store, keeper, mailbox, Operation::Administer).await;
        let target = NewTarget::Mailbox(may, Posting::AsListed);
        let recipients = Recipients::Address(address_of(mailbox));
        let added = store.add_address(root, &recipients, &target, "+");
        added.await.unwrap();
    }
    let random = Random::new(1);
    for round in 0..50 {
        shuffle_groups(store, &random, &[ada, bo, cy]).await;
        for (mailbox, keeper) in mailboxes {
            let (subject, modification) = any_change(&random);
            let permit = permit(store, keeper, mailbox, Operation::Administer).await;
            store
                .set_rights(&permit, &subject, modification)
                .await
                .unwrap();
            for who in [ada, bo, cy, root] {
                let rights = found(store, who, mailbox).await.access.rights;
                for (operation, needed) in OPERATIONS {
                    let outcome = store
                        .number_keywords(&claim(who, mailbox, operation), &[])
                        .await;
                    let expected = rights.contains(Rights::parse(needed).unwrap());
                    assert_eq!(
                        outcome.is_ok(),
                        expected,
                        "round {round}: {who} {operation:?} {rights}"
                    );
                    assert_eq!(is_denied(&outcome), !expected);
                }
            }
            let address = address_of(mailbox);
            let mut senders = Vec::new();
            for (who, name) in [
                (ada, "ada@one.org"),
                (bo, "bo@two.org"),
                (boss, "boss@one.org"),
                (cy, "cy"),
                (root, "root"),
            ] {
                let found = found(store, who, mailbox).await;
                let list = store.access_list(mailbox).await.unwrap();
                let expected = acl::may_send_as(&list, &found.who, found.belonging());
                let may = store.may_send_as(who, &address, "+").await.unwrap();
                assert_eq!(may, expected, "round {round}: {who} sends as {address}");
                senders.extend(may.then(|| name.to_owned()));
            }
            assert_eq!(store.senders_of(&address, "+").await.unwrap(), senders);
            let rights = rights_of_nobody(store, root, mailbox).await;
            for (operation, needed) in OPERATIONS {
                let claim = claim(AccountId::NOBODY, mailbox, operation);
                let outcome = store.number_keywords(&claim, &[]).await;
                let expected = rights.contains(Rights::parse(needed).unwrap());
                assert_eq!(
                    outcome.is_ok(),
                    expected,
                    "round {round}: nobody {operation:?} {rights}"
                );
            }
        }
    }
}

fn address_of(mailbox: MailboxId) -> EmailAddress {
    EmailAddress::parse(&format!("m{mailbox}@example.org")).unwrap()
}

/// By `acl`, on what the list says.
async fn rights_of_nobody(store: &Store, root: AccountId, mailbox: MailboxId) -> Rights {
    let list = store.access_list(mailbox).await.unwrap();
    let found = found(store, root, mailbox).await;
    acl::effective(&list, &Who::nobody(), found.belonging())
}

const GROUPS: [&str; 4] = ["one", "two", "three", "four"];

const IDENTIFIERS: [&str; 14] = [
    "ada@one.org",
    "bo@two.org",
    "cy",
    "root",
    "$one",
    "$two",
    "$three",
    "$four",
    "anyone",
    "authenticated",
    "anonymous",
    "owner",
    "domain:one.org",
    "domain:two.org",
];

fn any_of<'t>(random: &Random, texts: &[&'t str]) -> &'t str {
    let below = u32::try_from(texts.len()).unwrap();
    texts[usize::try_from(random.below(below)).unwrap()]
}

fn any_change(random: &Random) -> (Subject, Modification) {
    let dash = if random.below(3) == 0 { "-" } else { "" };
    let subject = format!("{dash}{}", any_of(random, &IDENTIFIERS));
    let rights = Rights::from_i16(i16::try_from(random.below(4096)).unwrap());
    let modification = match random.below(4) {
        0 => Modification::Add(rights),
        1 => Modification::Remove(rights),
        _ => Modification::Replace(rights),
    };
    (Subject::parse(&subject).unwrap(), modification)
}

/// Somebody or some group joins or leaves, and everybody's groups are what the definition says:
/// those they are in, and those that these are in, and so on.
async fn shuffle_groups(store: &Store, random: &Random, people: &[AccountId]) {
    let (group, inner) = (any_of(random, &GROUPS), any_of(random, &GROUPS));
    let who = people[usize::try_from(random.below(3)).unwrap()];
    match random.below(4) {
        0 => store.remove_group(group, inner).await.unwrap(),
        1 => store.remove_member(group, who).await.unwrap(),
        2 => store.add_member(group, who).await.unwrap(),
        _ => match store.add_group(group, inner).await {
            // A circle is refused.
            Ok(()) | Err(Fault::Limit(_)) => {}
            Err(fault) => panic!("{fault}"),
        },
    }
    let groups = store.groups().await.unwrap();
    for &who in people {
        let who = store.who(who).await.unwrap();
        let mut expected: Vec<String> = Vec::new();
        for _ in GROUPS {
            let is_inside = |group: &&store::Group| {
                group.members.contains(&who.name)
                    || group.groups.iter().any(|inner| expected.contains(inner))
            };
            expected = groups
                .iter()
                .filter(is_inside)
                .map(|group| group.name.clone())
                .collect();
        }
        let mut known = who.groups;
        known.sort();
        expected.sort();
        assert_eq!(known, expected, "{}", who.name);
    }
}

/// A mailbox at the top of the shared tree, of its creator's domain.
async fn shared_by(store: &Store, creator: AccountId, path: &str) -> MailboxId {
    let create_permit = acl::shared_root(&store.who(creator).await.unwrap()).unwrap();
    let place = Place::Shared(path.into());
    store
        .create_mailbox(&create_permit, &place, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_mailbox_has_the_domain_of_its_owner_or_of_who_began_its_tree() {
    let world = World::new().await;
    let store = &world.store;
    let boss = store.create_account("boss@one.org", None, true).await;
    let boss = boss.unwrap();
    let ada = world.account("ada@two.org").await;
    let domain = async |mailbox| found(store, boss, mailbox).await.domain;
    let site = world.shared("site", &[]).await;
    let team = shared_by(store, boss, "team").await;
    assert_eq!(domain(site).await, None);
    assert_eq!(domain(team).await.as_deref(), Some("one.org"));
    assert_eq!(
        domain(inbox(store, ada).await).await.as_deref(),
        Some("two.org")
    );

    // Below a mailbox its domain counts, whoever creates.
    world.grant(boss, team, "ada@two.org", "lkxa").await;
    let parent = found(store, ada, team).await;
    let create_permit = acl::below(&parent.access).unwrap();
    let place = Place::Shared("team/below".into());
    let below = store
        .create_mailbox(&create_permit, &place, None)
        .await
        .unwrap();
    assert_eq!(domain(below).await.as_deref(), Some("one.org"));

    // Who takes a mailbox home takes it into the own domain.
    let own = acl::own_tree(&store.who(ada).await.unwrap());
    let take = permit(store, ada, below, Operation::DeleteMailbox).await;
    let home = Place::Mine("below".into());
    store
        .rename_mailbox(&take, &own, &place, &home)
        .await
        .unwrap();
    assert_eq!(domain(below).await.as_deref(), Some("two.org"));
}

#[tokio::test]
async fn groups_in_groups_reach_whoever_is_inside() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    for group in ["team", "shift", "crew"] {
        store.create_group(group).await.unwrap();
    }
    let team = world.shared("team", &[("$team", "lr")]).await;
    let rights = async || found(store, ada, team).await.access.rights.to_string();
    let version = async || found(store, ada, team).await.access.version;
    store.add_group("team", "shift").await.unwrap();
    store.add_group("shift", "crew").await.unwrap();
    let before = version().await;
    store.add_member("crew", ada).await.unwrap();
    assert_eq!(rights().await, "lr");
    assert!(version().await > before, "open sessions hear of it");
    for (outer, inner) in [("crew", "team"), ("team", "team")] {
        let circle = store.add_group(outer, inner).await;
        assert!(matches!(circle, Err(Fault::Limit(_))), "{outer} {inner}");
    }

    // Two ways lead in; one of them is not enough to be out.
    store.add_group("team", "crew").await.unwrap();
    let before = version().await;
    store.delete_group("shift").await.unwrap();
    assert_eq!(rights().await, "lr");
    assert!(version().await > before, "open sessions hear of it");
    store.remove_group("team", "crew").await.unwrap();
    assert_eq!(rights().await, "");
    for (outer, inner) in [("team", "nobody"), ("nobody", "team")] {
        let gone = store.add_group(outer, inner).await;
        assert!(matches!(gone, Err(Fault::Gone)), "{outer} {inner}");
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
    let read = permit(store, ada, mailbox, Operation::Read).await;
    let insert = permit(store, ada, mailbox, Operation::Insert(FlagBits::NONE)).await;
    let flags = permit(store, ada, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let expunge = permit(store, ada, mailbox, Operation::Expunge).await;
    let take = permit(store, ada, mailbox, Operation::MoveFrom).await;
    let delete = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
    let administer = permit(store, ada, mailbox, Operation::Administer).await;
    let from_own = permit(store, ada, own, Operation::MoveFrom).await;
    let to_own = permit(store, ada, own, Operation::Insert(FlagBits::NONE)).await;
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
    assert!(is_denied(&store.expunge(&expunge, all_deleted()).await));
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
    let insert = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
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
    let old = found(&world.store, ada, mailbox).await.access.version;
    world.grant(ada, mailbox, "bo", "lr").await;
    let news = news(&world.store, mailbox, before, &[]).await;
    assert_eq!(news.changes.len(), 1);
    assert_eq!(news.changes[0].kind, ChangeKind::Mailbox);
    assert!(news.rights_version > old);
    assert_eq!(
        found(&world.store, ada, mailbox).await.access.version,
        news.rights_version
    );
}

#[tokio::test]
async fn an_entry_keeps_what_it_was_given_and_goes_when_nothing_is_left() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let list = async || -> Vec<AclEntry> {
        let mut entries = world.store.access_list(mailbox).await.unwrap();
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
            let AclEntry {
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
        let permit = permit(&world.store, ada, mailbox, Operation::Administer).await;
        let subject = Subject::parse(&subject).unwrap();
        world.store.delete_rights(&permit, &subject).await.unwrap();
        world
            .store
            .delete_rights(
                &crate::world::permit(&world.store, ada, mailbox, Operation::Administer).await,
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
    let insert = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let administer = permit(&world.store, root, mailbox, Operation::Administer).await;
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

/// Between the judgement and the numbers somebody may have withdrawn the right, and added what may not be told.
#[tokio::test]
async fn no_number_is_newer_than_the_right_to_read_it() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", "lria"), ("bo", "lr")]).await;
    let judged = |version| Readable {
        mailbox: team,
        rights_version: version,
    };
    let before = judged(found(store, bo, team).await.access.version);
    let change = async |modification: fn(Rights) -> Modification, rights: &str| {
        let permit = permit(store, ada, team, Operation::Administer).await;
        let subject = Subject::parse("bo").unwrap();
        let rights = Rights::parse(rights).unwrap();
        store
            .set_rights(&permit, &subject, modification(rights))
            .await
            .unwrap();
    };
    assert_eq!(store.status(bo, &[before]).await.unwrap().len(), 1);
    // More rights are no reason to tell less.
    change(Modification::Add, "s").await;
    assert_eq!(store.status(bo, &[before]).await.unwrap().len(), 1);
    assert!(
        store
            .still_readable(bo, &[before])
            .await
            .unwrap()
            .contains(&team)
    );
    change(Modification::Replace, "l").await;
    append(store, ada, team, &["not for bo"]).await;
    assert_eq!(store.status(bo, &[before]).await.unwrap(), []);
    assert!(
        store
            .still_readable(bo, &[before])
            .await
            .unwrap()
            .is_empty()
    );
    // Nor are others' numbers left out.
    let own = Readable {
        mailbox: inbox(store, bo).await,
        rights_version: 0,
    };
    let told = store.status(bo, &[before, own]).await.unwrap();
    assert_eq!(
        told.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [own.mailbox]
    );
}
