//! Sessions at the web pages: what they are let in by, and how that ends.

use acl::AccessMode;
use mail::limits::WEB_SESSIONS_MAX;
use mail::{AccountId, SessionId};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::{
    Account, ActivityKind, ActivityQuery, Fault, NewToken, Origin, Services, SignedInBy, Store,
};

use crate::world::World;

async fn account(store: &Store, name: &str) -> Account {
    store.find_account(name).await.unwrap().unwrap()
}

async fn begin(store: &Store, account: &Account, hash: u8) -> Result<(), Fault> {
    begin_by(store, account, hash, SignedInBy::Password).await
}

async fn begin_by(store: &Store, account: &Account, hash: u8, by: SignedInBy) -> Result<(), Fault> {
    let session = SessionId::from_random([2, 0, 0, 0, 0, hash]);
    let hash = [hash; 32];
    store.begin_web_session(account, session, &hash, by).await
}

async fn who(store: &Store, hash: u8) -> Option<AccountId> {
    let found = store.use_web_session(&[hash; 32]).await.unwrap();
    found.map(|found| found.account.id)
}

async fn run(world: &World, sql: &'static str) {
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    admin.execute(sql).await.unwrap();
    admin.close().await.unwrap();
}

#[tokio::test]
async fn a_session_holds_as_long_as_the_login_that_let_it_in() {
    let world = World::new().await;
    let store = &world.store;
    let bo = world.account("bo").await;
    let before = account(store, "bo").await;
    begin(store, &before, 1).await.unwrap();
    assert_eq!(who(store, 1).await, Some(bo));
    assert_eq!(who(store, 2).await, None, "nobody has it");

    store.set_password(bo, Some("another")).await.unwrap();
    assert_eq!(who(store, 1).await, None);
    let late = begin(store, &before, 2).await;
    assert!(matches!(late, Err(Fault::Gone)), "{late:?}");

    begin(store, &account(store, "bo").await, 3).await.unwrap();
    store.disable_account(bo).await.unwrap();
    assert_eq!(who(store, 3).await, None);
    store.enable_account(bo).await.unwrap();
    assert_eq!(who(store, 3).await, None, "the login was another one");

    begin(store, &account(store, "bo").await, 4).await.unwrap();
    store.end_web_session(&[4; 32]).await.unwrap();
    assert_eq!(who(store, 4).await, None);
    begin(store, &account(store, "bo").await, 5).await.unwrap();
    store.delete_account(bo).await.unwrap();
    assert_eq!(who(store, 5).await, None);
}

#[tokio::test]
async fn a_session_ends_by_its_time_and_without_use() {
    let world = World::new().await;
    let store = &world.store;
    world.account("bo").await;
    let bo = account(store, "bo").await;
    for hash in 1..=3 {
        begin(store, &bo, hash).await.unwrap();
    }
    run(
        &world,
        r"update web_session set used_at = now() - interval '61 minutes' where hash = decode(repeat('01', 32), 'hex');
          update web_session set expires_at = now() where hash = decode(repeat('02', 32), 'hex');
          update web_session set used_at = now() - interval '59 minutes' where hash = decode(repeat('03', 32), 'hex')",
    )
    .await;
    assert_eq!(who(store, 1).await, None);
    assert_eq!(who(store, 2).await, None);
    assert_eq!(who(store, 3).await, Some(bo.id));
    store.trim_web_sessions().await.unwrap();
    run(&world, "update web_session set used_at = now() - interval '30 minutes', expires_at = now() + interval '1 hour'").await;
    assert_eq!(who(store, 1).await, None, "it is forgotten");
    assert_eq!(who(store, 2).await, None, "it is forgotten");
    assert_eq!(who(store, 3).await, Some(bo.id), "it was used a moment ago");
}

#[tokio::test]
async fn a_session_knows_how_it_was_begun_and_for_a_while_that_it_was_confirmed() {
    let world = World::new().await;
    let store = &world.store;
    world.account("bo").await;
    let bo = account(store, "bo").await;
    let ways = [
        SignedInBy::Password,
        SignedInBy::Provider,
        SignedInBy::ProviderAgain,
    ];
    for (hash, by) in (1..).zip(ways) {
        begin_by(store, &bo, hash, by).await.unwrap();
    }
    let by = async |hash| {
        store
            .use_web_session(&[hash; 32])
            .await
            .unwrap()
            .unwrap()
            .by
    };
    for (hash, known) in (1..).zip(ways) {
        assert_eq!(by(hash).await, known);
    }
    run(
        &world,
        "update web_session set confirmed_at = confirmed_at - interval '5 minutes'",
    )
    .await;
    assert_eq!(by(1).await, SignedInBy::Password);
    assert_eq!(by(3).await, SignedInBy::Provider, "that was a while ago");
}

#[tokio::test]
async fn of_too_many_sessions_the_oldest_ends() {
    let world = World::new().await;
    let store = &world.store;
    world.account("bo").await;
    world.account("cleo").await;
    let (bo, cleo) = (account(store, "bo").await, account(store, "cleo").await);
    begin(store, &cleo, 100).await.unwrap();
    let max = u8::try_from(WEB_SESSIONS_MAX).unwrap();
    for hash in 1..=max + 1 {
        begin(store, &bo, hash).await.unwrap();
    }
    assert_eq!(who(store, 1).await, None);
    assert_eq!(who(store, 2).await, Some(bo.id));
    assert_eq!(who(store, max + 1).await, Some(bo.id));
    assert_eq!(who(store, 100).await, Some(cleo.id));
}

#[tokio::test]
async fn who_makes_a_token_in_a_session_is_recorded_and_must_be_logged_in() {
    let world = World::new().await;
    let store = &world.store;
    let bo = world.account("bo").await;
    let account = account(store, "bo").await;
    let session = store.from_origin(Origin {
        session: SessionId::from_random([2, 0, 0, 0, 0, 9]),
        account: bo,
        account_name: "bo".to_owned(),
        login_name: None,
        token: None,
        logins: vec![account.login()],
        node: "north".to_owned(),
        address: None,
        client: Some("web page".to_owned()),
    });
    let token = |name| NewToken {
        name,
        hash: [name.len().try_into().unwrap(); 32],
        mailbox: None,
        services: Services {
            imap: true,
            submission: false,
            api: false,
            scim: false,
        },
        mode: AccessMode::ReadWrite,
        expires_at: None,
    };
    session.add_token(bo, &token("phone")).await.unwrap();
    session.remove_token(bo, "phone").await.unwrap();
    session.add_token(bo, &token("laptop")).await.unwrap();
    let query = ActivityQuery {
        mailbox: None,
        account: Some("bo".to_owned()),
        kind: Some(ActivityKind::Account),
        message: None,
        since: 0,
        until: ActivityQuery::END_OF_TIME,
        below: None,
        count_max: 10,
    };
    let rows = store.activity(&query).await.unwrap();
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| row.client.as_deref() == Some("web page"))
    );

    store.set_password(bo, Some("another")).await.unwrap();
    let made = session.add_token(bo, &token("tablet of bo")).await;
    assert!(matches!(made, Err(Fault::Denied)), "{made:?}");
    let taken = session.remove_token(bo, "laptop").await;
    assert!(matches!(taken, Err(Fault::Denied)), "{taken:?}");
}
