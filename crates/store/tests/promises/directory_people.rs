//! Accounts and groups that a directory keeps follow what it knows people by, whatever they are called.

use mail::AccountId;
use store::{DirectoryAccount, Entered, Fault, Newcomers, Person, Store};

use crate::world::World;

/// Lets the person in who is called so, and says what that did.
async fn enter(
    store: &Store,
    id: &str,
    name: &str,
    stamp: Option<&str>,
) -> Result<(AccountId, Entered), Fault> {
    let names = [name.to_owned()];
    let person = Person {
        id,
        names: &names,
        stamp,
    };
    let entered = store.enter_person(person, Newcomers::Welcome).await?;
    let (account, entered) = entered.unwrap();
    Ok((account.id, entered))
}

async fn kept(store: &Store, account: AccountId) -> DirectoryAccount {
    let accounts = store.directory_accounts().await.unwrap();
    accounts
        .into_iter()
        .find(|kept| kept.id == account)
        .unwrap()
}

#[tokio::test]
async fn a_person_is_known_by_an_id_whatever_the_name() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, entered) = enter(store, "1", "ada", None).await.unwrap();
    assert_eq!(entered, Entered::Created);
    for (name, stamp, expected) in [
        ("Ada", None, Entered::Known),
        ("ada", Some("1"), Entered::Renewed),
        ("ada", Some("1"), Entered::Known),
        ("ada", Some("2"), Entered::Renewed),
        ("lovelace", Some("2"), Entered::Renamed),
        // A directory that has ceased to say it does not mean another password.
        ("lovelace", None, Entered::Known),
    ] {
        let before = store.find_account(&kept(store, ada).await.name).await;
        let before = before.unwrap().unwrap().password_version;
        let again = enter(store, "1", name, stamp).await.unwrap();
        assert_eq!(again, (ada, expected), "{name} {stamp:?}");
        let after = store.find_account(name).await.unwrap().unwrap();
        let is_other = after.password_version != before;
        assert_eq!(is_other, expected != Entered::Known, "{name} {stamp:?}");
    }
    assert!(store.find_account("ada").await.unwrap().is_none());
    let newcomer = Person {
        id: "2",
        names: &["ada".to_owned()],
        stamp: None,
    };
    let refused = store.enter_person(newcomer, Newcomers::Refused).await;
    assert!(refused.unwrap().is_none());
}

#[tokio::test]
async fn nobody_gets_the_account_of_another_by_a_name() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, _) = enter(store, "1", "ada", None).await.unwrap();
    let hash = Some("a hash");
    let bo = store.create_account("bo", hash, false).await.unwrap();
    store.keep_verifier(bo, "a hash", "of it").await.unwrap();
    store.create_account("zoe", hash, true).await.unwrap();
    for name in ["ada", "zoe"] {
        let refused = enter(store, "2", name, None).await;
        assert!(matches!(refused, Err(Fault::Exists)), "{name}: {refused:?}");
    }
    // Nor by another name than before.
    let (cleo, _) = enter(store, "3", "cleo", None).await.unwrap();
    let refused = enter(store, "3", "ada", None).await;
    assert!(matches!(refused, Err(Fault::Exists)), "{refused:?}");
    assert_eq!(kept(store, cleo).await.name, "cleo");
    assert_eq!(kept(store, ada).await.directory_id, "1");
    // An account of this site is the person's from then on, and its password is forgotten.
    let (bo, entered) = enter(store, "2", "bo", None).await.unwrap();
    assert_eq!(entered, Entered::Adopted);
    assert_eq!(
        store
            .find_account("bo")
            .await
            .unwrap()
            .unwrap()
            .password_hash,
        None
    );
    assert_eq!(store.find_prover("bo").await.unwrap().verifier, None);
    let refused = store.set_password(bo, hash).await;
    assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
}

#[tokio::test]
async fn who_is_disabled_by_hand_stays_so() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, _) = enter(store, "1", "ada", None).await.unwrap();
    let ours = world.account("bo").await;
    for (account, expected) in [(ada, [true, false, true, false]), (ours, [false; 4])] {
        let done = [
            store.leave_directory(account).await.unwrap(),
            store.leave_directory(account).await.unwrap(),
            store.return_to_directory(account).await.unwrap(),
            store.return_to_directory(account).await.unwrap(),
        ];
        assert_eq!(done, expected, "{account}");
    }
    store.leave_directory(ada).await.unwrap();
    store.disable_account(ada).await.unwrap();
    assert!(!store.return_to_directory(ada).await.unwrap());
    assert!(kept(store, ada).await.is_disabled);
}

#[tokio::test]
async fn groups_of_a_directory_are_changed_by_it_alone() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    store.keep_group("support", [ada]).await.unwrap();
    store.create_group("ours").await.unwrap();
    let by_hand = [
        store.add_member("support", bo).await,
        store.remove_member("support", ada).await,
        store.add_group("support", "ours").await,
        store.delete_group("support").await,
    ];
    for refused in by_hand {
        assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    }
    let refused = store.keep_group("ours", [ada]).await;
    assert!(matches!(refused, Err(Fault::Exists)), "{refused:?}");
    // It may be a part of one that is kept by hand.
    store.add_group("ours", "support").await.unwrap();
    assert_eq!(store.who(ada).await.unwrap().groups.len(), 2);
    store.keep_group("support", [bo]).await.unwrap();
    assert!(store.who(ada).await.unwrap().groups.is_empty());
    assert_eq!(store.who(bo).await.unwrap().groups.len(), 2);
    // One that the directory has emptied may go.
    store.keep_group("support", []).await.unwrap();
    store.delete_group("support").await.unwrap();
}
