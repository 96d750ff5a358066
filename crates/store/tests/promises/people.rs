//! Accounts and groups.

use acl::Operation;
use mail::Place;
use store::Fault;

use crate::world::{World, append, found, inbox, news};

#[tokio::test]
async fn a_name_belongs_to_one_account_in_any_case() {
    let world = World::new().await;
    let id = world
        .store
        .create_account("Ada@Example.org", Some("hash"), false)
        .await
        .unwrap();
    let again = world
        .store
        .create_account("ADA@example.ORG", None, false)
        .await;
    assert!(matches!(again, Err(Fault::Exists)));
    let found = world
        .store
        .find_account("aDa@example.org")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.id, found.name.as_str()), (id, "ada@example.org"));
    assert_eq!(world.store.find_account("bo").await.unwrap(), None);
    for no_name in ["", "a/b", "a*", "anyone", "group:x", "-a"] {
        let created = world.store.create_account(no_name, None, false).await;
        assert!(matches!(created, Err(Fault::Limit(_))), "{no_name:?}");
    }
}

#[tokio::test]
async fn a_change_of_password_has_a_version_of_its_own() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let before = world.store.find_account("ada").await.unwrap().unwrap();
    world.store.set_password(ada, Some("new")).await.unwrap();
    let after = world.store.find_account("ada").await.unwrap().unwrap();
    assert_eq!(after.password_hash.as_deref(), Some("new"));
    assert!(after.password_version > before.password_version);

    // A hash that is renewed says the same, and never brings an old password back.
    world.store.renew_hash(&before, "old again").await.unwrap();
    world.store.renew_hash(&after, "renewed").await.unwrap();
    let renewed = world.store.find_account("ada").await.unwrap().unwrap();
    assert_eq!(renewed.password_hash.as_deref(), Some("renewed"));
    assert_eq!(renewed.password_version, after.password_version);
}

#[tokio::test]
async fn what_proves_a_password_goes_with_it() {
    let world = World::new().await;
    let store = &world.store;
    let ada = store.create_account("ada", Some("one"), false).await;
    let ada = ada.unwrap();
    let kept = async || store.find_prover("ADA").await.unwrap().verifier;
    store.keep_verifier(ada, "one", "of one").await.unwrap();
    assert_eq!(kept().await.as_deref(), Some("of one"));
    // Neither a renewed hash nor another name is another password.
    let account = store.find_account("ada").await.unwrap().unwrap();
    store.renew_hash(&account, "one again").await.unwrap();
    store.disable_account(ada).await.unwrap();
    store.enable_account(ada).await.unwrap();
    assert_eq!(kept().await.as_deref(), Some("of one"));

    store.set_password(ada, Some("two")).await.unwrap();
    assert_eq!(kept().await, None);
    // Somebody has logged in by the old one meanwhile.
    store.keep_verifier(ada, "one", "of one").await.unwrap();
    assert_eq!(kept().await, None);
    store.keep_verifier(ada, "two", "of two").await.unwrap();
    assert_eq!(kept().await.as_deref(), Some("of two"));
    store.set_password(ada, None).await.unwrap();
    assert_eq!(kept().await, None);
}

#[tokio::test]
async fn a_name_has_one_salt_whether_or_not_somebody_is_called_so() {
    let world = World::new().await;
    let (here, there) = (&world.store, world.another_node().await);
    let before = here.find_prover("ada").await.unwrap();
    assert!(before.account.is_none() && before.verifier.is_none());
    let ada = world.account("ada").await;
    let after = there.find_prover("Ada").await.unwrap();
    assert_eq!(after.account.map(|account| account.id), Some(ada));
    assert_eq!(after.salt, before.salt);
    let others = ["bo", "", "a/b", "group:x", "ADA\u{301}"];
    let mut salts = vec![before.salt];
    for name in others {
        salts.push(there.find_prover(name).await.unwrap().salt);
    }
    salts.sort_unstable();
    salts.dedup();
    assert_eq!(salts.len(), 1 + others.len());
}

#[tokio::test]
async fn who_leaves_takes_the_own_mail_along_and_is_on_no_list() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", "lr"), ("bo", "lr")]).await;
    let own = inbox(&world.store, ada).await;
    append(&world.store, ada, own, &["mine"]).await;
    let before = found(&world.store, bo, team).await;

    world.store.delete_account(ada).await.unwrap();

    assert_eq!(world.store.find_account("ada").await.unwrap(), None);
    assert!(world.store.load_image(own).await.unwrap().is_none());
    let after = found(&world.store, bo, team).await;
    assert!(
        world
            .store
            .access_list(team)
            .await
            .unwrap()
            .iter()
            .all(|entry| entry.identifier.to_string() != "ada")
    );
    assert!(
        after.access.version > before.access.version,
        "open sessions hear of it"
    );
    // Somebody else of the same name begins with nothing.
    let other = world.account("ada").await;
    assert!(
        found(&world.store, other, team)
            .await
            .access
            .rights
            .is_empty()
    );
    assert!(matches!(
        world.store.delete_account(ada).await,
        Err(Fault::Gone)
    ));
}

#[tokio::test]
async fn groups_come_and_go_with_their_rights() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    store.create_group("Support").await.unwrap();
    assert!(matches!(
        store.create_group("support").await,
        Err(Fault::Exists)
    ));
    let team = world.shared("team", &[("$support", "lrs")]).await;
    let rights = async || found(store, ada, team).await.access.rights.to_string();
    let version = async || found(store, ada, team).await.access.version;

    let before = version().await;
    assert_eq!(rights().await, "");
    store.add_member("support", ada).await.unwrap();
    assert_eq!(rights().await, "lrs");
    let joined = version().await;
    assert!(joined > before);

    // What is so already wakes nobody.
    store.add_member("support", ada).await.unwrap();
    assert_eq!(version().await, joined);
    assert_eq!(store.groups().await.unwrap()[0].members, ["ada"]);

    store.remove_member("support", ada).await.unwrap();
    assert_eq!(rights().await, "");
    store.add_member("support", ada).await.unwrap();
    store.delete_group("support").await.unwrap();
    assert_eq!(rights().await, "");
    // A new group of the same name inherits nothing.
    store.create_group("support").await.unwrap();
    store.add_member("support", ada).await.unwrap();
    assert_eq!(rights().await, "");
    assert!(matches!(
        store.add_member("nobody", ada).await,
        Err(Fault::Gone)
    ));
}

#[tokio::test]
async fn a_change_of_membership_is_news_for_every_mailbox_that_names_the_group() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    world.store.create_group("team").await.unwrap();
    let named = world.shared("named", &[("$team", "lr")]).await;
    let other = world.shared("other", &[("ada", "lr")]).await;
    let at = async |mailbox| crate::world::image(&world.store, mailbox).await.modseq();
    let (before, other_before) = (at(named).await, at(other).await);
    world.store.add_member("team", ada).await.unwrap();
    let news = news(&world.store, named, before, &[]).await;
    assert_eq!(news.changes.len(), 1);
    assert_eq!(news.changes[0].kind, mail::ChangeKind::Mailbox);
    assert_eq!(at(other).await, other_before);
}

#[tokio::test]
async fn subscriptions_may_name_what_does_not_exist() {
    let world = World::new().await;
    let (ada, _bo) = (world.account("ada").await, world.account("bo").await);
    let places = [
        Place::Mine("Never/made".into()),
        Place::Shared("nor this".into()),
        Place::Theirs {
            owner: "bo".into(),
            path: "Work".into(),
        },
    ];
    for place in &places {
        world.store.subscribe(ada, place).await.unwrap();
        world.store.subscribe(ada, place).await.unwrap();
    }
    let subscriptions = world.store.subscriptions(ada).await.unwrap();
    let mut subscribed: Vec<Place> = subscriptions
        .into_iter()
        .filter(|subscription| subscription.is_wanted)
        .map(|subscription| subscription.place)
        .collect();
    subscribed.sort();
    let mut expected = places.to_vec();
    expected.sort();
    assert_eq!(subscribed, expected);
    for place in &places {
        world.store.unsubscribe(ada, place).await.unwrap();
    }
    assert!(world.store.subscriptions(ada).await.unwrap().is_empty());
    let nowhere = Place::Theirs {
        owner: "nobody".into(),
        path: "INBOX".into(),
    };
    assert!(matches!(
        world.store.subscribe(ada, &nowhere).await,
        Err(Fault::Gone)
    ));
}

#[tokio::test]
async fn an_account_begins_with_an_inbox_where_it_may_do_everything() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let own = inbox(&world.store, ada).await;
    let mine = found(&world.store, ada, own).await;
    assert_eq!(mine.access.rights, acl::Rights::ALL);
    assert_eq!(mine.owner, Some(ada));
    assert!(
        mine.private_flags.is_empty(),
        "nothing is apart from oneself"
    );
    let theirs = found(&world.store, bo, own).await;
    assert!(acl::permit(&theirs.access, Operation::Read).is_err());
    assert_eq!(theirs.private_flags, mail::FlagBits::SEEN);
}

#[tokio::test]
async fn what_exists_at_anothers_and_is_not_wanted_stays_so_until_it_is() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    world.shared("team", &[("ada", "lr")]).await;
    let team = Place::Shared("team".into());
    let heard = async || {
        let heard = world.store.subscriptions(ada).await.unwrap();
        heard
            .into_iter()
            .map(|said| said.is_wanted)
            .collect::<Vec<_>>()
    };
    world.store.unsubscribe(ada, &team).await.unwrap();
    world.store.unsubscribe(ada, &team).await.unwrap();
    assert_eq!(heard().await, [false]);
    world.store.subscribe(ada, &team).await.unwrap();
    assert_eq!(heard().await, [true]);
    // Of one's own only the INBOX is shown by default, so nothing has to be remembered of others.
    let own = crate::names::create(&world.store, ada, "Work").await;
    assert_ne!(own, inbox(&world.store, ada).await);
    for (path, said) in [("Work", &[true][..]), ("INBOX", &[true, false])] {
        let place = Place::Mine(path.into());
        world.store.unsubscribe(ada, &place).await.unwrap();
        assert_eq!(heard().await, said, "{path}");
    }
}
