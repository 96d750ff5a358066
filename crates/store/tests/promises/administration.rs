//! What site administrators do with accounts, groups and lists by a session: it is theirs, and only theirs.

use acl::{AccessMode, Modification, Operation, Rights, Subject};
use mail::{AccountId, SessionId};
use store::{ActivityKind, ActivityQuery, Fault, NewToken, Origin, Services, Store};

use crate::world::{World, is_denied, permit};

/// The store of a session by another token of this account.
async fn session(store: &Store, name: &str, number: u8, mode: AccessMode) -> Store {
    let account = store.find_account(name).await.unwrap().unwrap();
    let token = NewToken {
        name: &format!("token {number}"),
        hash: [number; 32],
        mailbox: None,
        services: Services::API,
        mode,
        expires_at: None,
    };
    store.add_token(account.id, &token).await.unwrap();
    let (account, token) = store.find_token(&[number; 32]).await.unwrap().unwrap();
    store.from_origin(Origin {
        session: SessionId::from_random([3, 0, 0, 0, 0, number]),
        account: account.id,
        logins: vec![account.login(), token.login(account.id)],
        account_name: account.name,
        login_name: None,
        token: Some(token.usage()),
        node: "north".to_owned(),
        address: None,
        client: Some("HTTP API".to_owned()),
    })
}

/// What was done with accounts and groups, and by whom.
async fn done(store: &Store) -> Vec<(String, Option<String>, Option<String>)> {
    let query = ActivityQuery {
        mailbox: None,
        account: None,
        kind: None,
        message: None,
        since: 0,
        until: ActivityQuery::END_OF_TIME,
        below: None,
        count_max: 100,
    };
    let rows = store.activity(&query).await.unwrap().into_iter();
    let of_site = |kind| matches!(kind, ActivityKind::Account | ActivityKind::Group);
    rows.filter(|row| of_site(row.kind))
        .map(|row| (row.detail.unwrap_or_default(), row.actor, row.token))
        .collect()
}

/// Everything that only site administrators may do; `bo` and the group `staff` are there.
async fn administer(store: &Store, bo: AccountId) -> Vec<Result<(), Fault>> {
    vec![
        store.create_account("cy", None, false).await.map(drop),
        store
            .create_account_with_folders("dee", None, false)
            .await
            .map(drop),
        store.set_password(bo, Some("another")).await,
        store.disable_account(bo).await,
        store.enable_account(bo).await,
        store.create_group("sales").await,
        store.add_member("staff", bo).await,
        store.remove_member("staff", bo).await,
        store.add_group("staff", "clerks").await,
        store.remove_group("staff", "clerks").await,
        store.delete_group("clerks").await,
        store.delete_account(bo).await,
    ]
}

#[tokio::test]
async fn what_an_administrator_does_in_a_session_is_recorded_as_his() {
    let world = World::new().await;
    let store = &world.store;
    world.admin().await;
    let bo = world.account("bo").await;
    store.create_group("staff").await.unwrap();
    store.create_group("clerks").await.unwrap();
    let root = session(store, "root", 1, AccessMode::ReadWrite).await;
    let before = done(store).await;
    // At the command line nobody is known.
    assert!(
        before.iter().all(|(_, actor, _)| actor.is_none()),
        "{before:?}"
    );

    for outcome in administer(&root, bo).await {
        outcome.unwrap();
    }
    let after = done(store).await.split_off(before.len());
    assert_eq!(after.len(), 12, "{after:?}");
    for (detail, actor, token) in &after {
        let told = (actor.as_deref(), token.as_deref());
        assert_eq!(told, (Some("root"), Some("token 1")), "{detail}");
    }
    // The connections know nothing of it afterwards.
    store.create_account("eve", None, false).await.unwrap();
    let last = done(store).await.pop().unwrap();
    assert_eq!(last, ("eve created".to_owned(), None, None));
}

#[tokio::test]
async fn nobody_administers_who_may_not_or_may_no_longer() {
    let world = World::new().await;
    let store = &world.store;
    world.admin().await;
    let (zoe, bo) = (
        store.create_account("zoe", None, true).await.unwrap(),
        world.account("bo").await,
    );
    store.create_group("staff").await.unwrap();
    store.create_group("clerks").await.unwrap();
    let own = session(store, "bo", 1, AccessMode::ReadWrite).await;
    let reading = session(store, "root", 2, AccessMode::ReadOnly).await;
    let disabled = session(store, "zoe", 3, AccessMode::ReadWrite).await;
    let withdrawn = session(store, "root", 4, AccessMode::ReadWrite).await;
    store.disable_account(zoe).await.unwrap();
    let root = store.find_account("root").await.unwrap().unwrap();
    store.remove_token(root.id, "token 4").await.unwrap();
    let before = (done(store).await, store.accounts().await.unwrap());
    for stranger in [own, reading, disabled, withdrawn] {
        for outcome in administer(&stranger, bo).await {
            assert!(is_denied(&outcome), "{outcome:?}");
        }
    }
    assert_eq!((done(store).await, store.accounts().await.unwrap()), before);
    assert_eq!(store.groups().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_list_that_was_looked_at_is_changed_only_while_it_is_that_list() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let team = world
        .shared("team", &[("ada", "lra"), ("group:staff", "lr")])
        .await;
    store.create_group("staff").await.unwrap();
    let bo = Subject::parse("bo").unwrap();
    let set = async |letters: &str, seen| {
        let rights = Modification::Replace(Rights::parse(letters).unwrap());
        store.set_rights_of_unchanged(seen, &bo, rights).await
    };
    let seen = permit(store, ada, team, Operation::Administer).await;
    let (one, other) = tokio::join!(set("lr", &seen), set("lrs", &seen));
    let lost = [one, other].into_iter().filter_map(Result::err);
    let lost: Vec<_> = lost.collect();
    assert!(matches!(lost.as_slice(), [Fault::Stale]), "{lost:?}");

    // Also where a group has gone from it, with nobody's help.
    let seen = permit(store, ada, team, Operation::Administer).await;
    store.delete_group("staff").await.unwrap();
    let before = store.access_list(team).await.unwrap();
    let late = set("lrw", &seen).await;
    assert!(matches!(late, Err(Fault::Stale)), "{late:?}");
    assert_eq!(store.access_list(team).await.unwrap(), before);
    let seen = permit(store, ada, team, Operation::Administer).await;
    set("lrw", &seen).await.unwrap();

    // Nobody without the right finds out whether it was changed.
    let seen = permit(store, ada, team, Operation::Administer).await;
    world.grant(root, team, "ada", "lr").await;
    assert!(is_denied(&set("lrsw", &seen).await));
}

#[tokio::test]
async fn a_token_for_the_api_is_for_nothing_else() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lr")]).await;
    let api = NewToken {
        name: "job",
        hash: [1; 32],
        mailbox: None,
        services: Services::API,
        mode: AccessMode::ReadOnly,
        expires_at: None,
    };
    let imap = Services {
        imap: true,
        ..Services::API
    };
    for both in [
        NewToken {
            services: imap,
            ..api
        },
        NewToken {
            mailbox: Some(team),
            ..api
        },
    ] {
        let added = store.add_token(ada, &both).await;
        assert!(matches!(added, Err(Fault::Limit(_))), "{added:?}");
    }
    store.add_token(ada, &api).await.unwrap();
    let (_, found) = store.find_token(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(
        (found.services, found.mode),
        (Services::API, AccessMode::ReadOnly)
    );
    assert!(!Services::API.is_nothing() && !Services::API.imap);
}

#[tokio::test]
async fn accounts_are_read_in_pages() {
    let world = World::new().await;
    let names = ["a", "b@x.test", "c", "ä"];
    for name in names {
        world.account(name).await;
    }
    for count in 1..6 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = world
                .store
                .accounts_after(after.as_deref(), count)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            assert!(page.len() <= count as usize);
            seen.extend(page.into_iter().map(|account| account.name));
        }
        assert_eq!(seen, names, "{count}");
    }
}
