//! Access tokens: what they let somebody do, and how that ends.

use std::net::IpAddr;

use acl::{AccessMode, Modification, Operation, Rights};
use mail::limits::ACCESS_TOKENS_MAX;
use mail::{AccountId, FlagBits, MailboxId, Place, SessionId};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::{
    AccessToken, ActivityQuery, Fault, ListedToken, NewToken, Origin, Services, Store, TokenScope,
};
use tokio::task::JoinSet;

use crate::logins::Leave;
use crate::world::{World, append, contents, image, is_denied, permit};

const ALL: Services = Services {
    imap: true,
    submission: true,
    api: false,
    scim: false,
};

/// For the whole account and everything, without an end.
fn token(name: &str, hash: u8) -> NewToken<'_> {
    NewToken {
        name,
        hash: [hash; 32],
        mailbox: None,
        services: ALL,
        mode: AccessMode::ReadWrite,
        expires_at: None,
    }
}

fn of(mailbox: MailboxId, new: NewToken<'_>) -> NewToken<'_> {
    NewToken {
        mailbox: Some(mailbox),
        ..new
    }
}

async fn find(store: &Store, hash: u8) -> Option<AccessToken> {
    let found = store.find_token(&[hash; 32]).await.unwrap();
    found.map(|(_, token)| token)
}

/// The store of a session that has logged in by this token, from `address`.
async fn session(store: &Store, number: u8, hash: u8, address: u8) -> Store {
    let (account, token) = store.find_token(&[hash; 32]).await.unwrap().unwrap();
    store.from_origin(Origin {
        session: SessionId::from_random([1, 0, 0, 0, hash, number]),
        account: account.id,
        logins: vec![account.login(), token.login(account.id)],
        account_name: account.name,
        login_name: None,
        token: Some(token.usage()),
        node: "north".to_owned(),
        address: Some(IpAddr::from([192, 0, 2, address])),
        client: Some("Thunderbird".to_owned()),
    })
}

async fn run(world: &World, sql: &str) {
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    admin.execute(sql).await.unwrap();
    admin.close().await.unwrap();
}

async fn listed(store: &Store, account: AccountId) -> Vec<ListedToken> {
    store.tokens(Some(account)).await.unwrap()
}

async fn revoke(store: &Store, account: AccountId, mailbox: MailboxId, name: &str) {
    let permit = permit(store, account, mailbox, Operation::Administer).await;
    let subject = acl::Subject::parse(name).unwrap();
    let nothing = Modification::Replace(Rights::NONE);
    store.set_rights(&permit, &subject, nothing).await.unwrap();
}

#[tokio::test]
async fn a_token_is_found_by_its_hash_while_it_holds() {
    let world = World::new().await;
    let store = &world.store;
    let bo = world.account("bo").await;
    let team = world.shared("teams/my team", &[("bo", "lr")]).await;
    store.add_token(bo, &token("phone", 1)).await.unwrap();
    let seat = of(team, token("laptop, support", 2));
    store.add_token(bo, &seat).await.unwrap();
    let late = NewToken {
        expires_at: Some(1),
        ..token("old", 3)
    };
    store.add_token(bo, &late).await.unwrap();

    let phone = find(store, 1).await.unwrap();
    assert_eq!(
        (phone.name.as_str(), phone.scope),
        ("phone", TokenScope::Account)
    );
    let scope = TokenScope::Tree {
        path: "teams/my team".to_owned(),
        login: "bo/teams/my%20team".to_owned(),
    };
    assert_eq!(find(store, 2).await.unwrap().scope, scope);
    assert_eq!(find(store, 3).await, None, "it has expired");
    assert_eq!(find(store, 4).await, None, "nobody has it");

    store.disable_account(bo).await.unwrap();
    assert_eq!(find(store, 1).await, None);
    store.enable_account(bo).await.unwrap();
    assert!(find(store, 1).await.is_some());
    store.remove_token(bo, "phone").await.unwrap();
    assert_eq!(find(store, 1).await, None);
    let again = store.remove_token(bo, "phone").await;
    assert!(matches!(again, Err(Fault::Gone)));
}

#[tokio::test]
async fn a_token_goes_with_its_mailbox_and_its_account() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let bo = world.account("bo").await;
    let team = world
        .shared("team", &[("bo", "lr"), ("root", "lrxa")])
        .await;
    store
        .add_token(bo, &of(team, token("seat", 1)))
        .await
        .unwrap();
    store.add_token(bo, &token("phone", 2)).await.unwrap();
    let leave = permit(store, root, team, Operation::DeleteMailbox).await;
    store.delete_mailbox(&leave).await.unwrap();
    assert_eq!(find(store, 1).await, None);
    assert_eq!(listed(store, bo).await.len(), 1);
    store.delete_account(bo).await.unwrap();
    assert_eq!(store.tokens(None).await.unwrap(), []);
}

/// As `an_ended_login_stops_every_kind_of_write`, and the other two ways in which a token ends.
#[tokio::test]
async fn what_a_token_let_in_writes_nothing_once_it_has_ended() {
    for how in ["removed", "expired", "disabled", "password", "renamed"] {
        let world = World::new().await;
        let root = world.admin().await;
        let bo = world.account("bo").await;
        let may = "lrswitexka";
        let mailbox = world.shared("open", &[("anyone", may)]).await;
        append(&world.store, root, mailbox, &["a"]).await;
        let seat = of(mailbox, token("seat", 1));
        world.store.add_token(bo, &seat).await.unwrap();
        let store = session(&world.store, 1, 1, 7).await;
        let mut leave = Leave::of(&store, bo, mailbox).await;
        store.append(&leave.insert, vec![]).await.unwrap();

        match how {
            "removed" => world.store.remove_token(bo, "seat").await.unwrap(),
            "expired" => run(&world, "update access_token set expires_at = now()").await,
            "disabled" => world.store.disable_account(bo).await.unwrap(),
            "password" => world.store.set_password(bo, Some("new")).await.unwrap(),
            _ => {
                let delete = permit(&world.store, root, mailbox, Operation::DeleteMailbox).await;
                let top = acl::shared_root(&world.store.who(root).await.unwrap()).unwrap();
                let (old, new) = (Place::Shared("open".into()), Place::Shared("moved".into()));
                let renamed = world.store.rename_mailbox(&delete, &top, &old, &new).await;
                renamed.unwrap();
                leave = Leave::of(&world.store, bo, mailbox).await;
            }
        }
        let before = contents(&image(&world.store, mailbox).await);
        for (write, is_refused) in leave.refusals(&store).await {
            assert!(is_refused, "{how}: {write}");
        }
        assert_eq!(
            contents(&image(&world.store, mailbox).await),
            before,
            "{how}"
        );
    }
}

/// Also by permits that were given to somebody else than this session.
#[tokio::test]
async fn a_token_that_only_reads_writes_nothing() {
    let world = World::new().await;
    let root = world.admin().await;
    let bo = world.account("bo").await;
    let mailbox = world.shared("open", &[("anyone", "lrswitexka")]).await;
    append(&world.store, root, mailbox, &["a"]).await;
    let reading = NewToken {
        mode: AccessMode::ReadOnly,
        ..token("reader", 1)
    };
    world.store.add_token(bo, &reading).await.unwrap();
    let store = session(&world.store, 1, 1, 7).await;
    let place = Place::Shared("open".into());
    let found = store.resolve(bo, &place).await.unwrap().unwrap();
    assert_eq!(found.access.rights.to_string(), "lr");
    for listed in store.visible(bo).await.unwrap() {
        assert_eq!(
            listed.rights,
            Rights::LOOKUP
                .union(Rights::READ)
                .intersection(listed.rights)
        );
    }
    let leave = Leave::of(&world.store, bo, mailbox).await;
    for (write, is_refused) in leave.refusals(&store).await {
        assert!(is_refused, "{write}");
    }
    let annotate = permit(&world.store, bo, mailbox, Operation::Annotate).await;
    let comment = mail::EntryName::parse("/private/comment").unwrap();
    let note = [(comment, Some(b"mine".to_vec()))];
    assert!(is_denied(&store.set_metadata(&annotate, &note).await));
    // Beside it the account goes on.
    let other = crate::logins::session(&world.store, "bo", None).await;
    other.set_metadata(&annotate, &note).await.unwrap();
}

#[tokio::test]
async fn a_login_by_a_token_for_a_tree_holds_while_something_of_it_may_be_known() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let bo = world.account("bo").await;
    let team = world.shared("team", &[("bo", "lr"), ("root", "la")]).await;
    let sent = world
        .shared("team/Sent", &[("bo", "l"), ("root", "la")])
        .await;
    let teams = world.shared("teams", &[("bo", "lr")]).await;
    store
        .add_token(bo, &of(team, token("seat", 1)))
        .await
        .unwrap();
    let id = find(store, 1).await.unwrap().id;
    let holds = async || {
        !store
            .login_versions(&[(bo, Some(id))])
            .await
            .unwrap()
            .is_empty()
    };
    assert!(holds().await);
    let above = world.shared("other", &[]).await;
    for (changed, is_concerned) in [(team, true), (sent, true), (above, false), (teams, false)] {
        let concerned = store.tokens_concerned(changed, &[id]).await.unwrap();
        assert_eq!(concerned.contains(&id), is_concerned, "{changed}");
    }
    revoke(store, root, team, "bo").await;
    assert!(holds().await, "Sent is left");
    revoke(store, root, sent, "bo").await;
    assert!(!holds().await);
    let another = store.add_token(bo, &of(team, token("again", 2))).await;
    assert!(is_denied(&another));
}

#[tokio::test]
async fn tokens_are_added_and_removed_at_the_same_time_up_to_their_bound() {
    let world = World::new().await;
    let bo = world.account("bo").await;
    let mut adding = JoinSet::new();
    for number in 0..u8::try_from(ACCESS_TOKENS_MAX).unwrap() + 20 {
        let store = world.store.clone();
        adding.spawn(async move {
            let name = format!("token {number}");
            store
                .add_token(bo, &token(&name, number))
                .await
                .map(|_| name)
        });
    }
    let mut added = Vec::new();
    while let Some(outcome) = adding.join_next().await {
        match outcome.unwrap() {
            Ok(name) => added.push(name),
            Err(Fault::Limit(_)) => {}
            Err(fault) => panic!("{fault}"),
        }
    }
    assert_eq!(added.len(), ACCESS_TOKENS_MAX);
    let mut removing = JoinSet::new();
    for name in [added.clone(), added].concat() {
        let store = world.store.clone();
        removing.spawn(async move { store.remove_token(bo, &name).await });
    }
    let mut removed = 0;
    while let Some(outcome) = removing.join_next().await {
        match outcome.unwrap() {
            Ok(()) => removed += 1,
            Err(Fault::Gone) => {}
            Err(fault) => panic!("{fault}"),
        }
    }
    assert_eq!(removed, ACCESS_TOKENS_MAX, "each once");
    assert_eq!(listed(&world.store, bo).await, []);
}

#[tokio::test]
async fn names_are_an_accounts_own_and_can_be_printed() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    store.add_token(bo, &token("Bo's iPhone", 1)).await.unwrap();
    let again = store.add_token(bo, &token("Bo's iPhone", 2)).await;
    assert!(matches!(again, Err(Fault::Exists)));
    let same = store.add_token(ada, &token("other", 1)).await;
    assert!(matches!(same, Err(Fault::Exists)), "no two have one hash");
    store
        .add_token(ada, &token("Bo's iPhone", 3))
        .await
        .unwrap();
    let long = "x".repeat(101);
    for name in ["", " x", "x\n", "a\tb", &long] {
        let refused = store.add_token(bo, &token(name, 9)).await;
        assert!(matches!(refused, Err(Fault::Limit(_))), "{name:?}");
    }
    let nobody = store.add_token(AccountId(i64::MAX), &token("x", 9)).await;
    assert!(matches!(nobody, Err(Fault::Gone)));
}

#[tokio::test]
async fn use_is_written_down_once_a_minute_and_activity_has_the_tokens_name() {
    let world = World::new().await;
    let store = &world.store;
    let bo = world.account("bo").await;
    let mailbox = world.shared("open", &[("bo", "lri")]).await;
    store.add_token(bo, &token("phone", 1)).await.unwrap();
    let use_from = async |number: u8| {
        let node = world.another_node().await;
        session(&node, number, 1, number).await.note_login();
        node.drain().await.unwrap();
        let listed = listed(store, bo).await.remove(0);
        (listed.used_address.unwrap(), listed.used_client.unwrap())
    };
    assert_eq!(listed(store, bo).await[0].used_at, None);
    assert_eq!(use_from(1).await.0, "192.0.2.1");
    assert_eq!(
        use_from(2).await.0,
        "192.0.2.1",
        "no second write in a minute"
    );
    run(
        &world,
        "update access_token set used_at = used_at - interval '1 minute'",
    )
    .await;
    assert_eq!(
        use_from(3).await,
        ("192.0.2.3".to_owned(), "Thunderbird".to_owned())
    );

    let writer = session(store, 4, 1, 4).await;
    let permit = permit(&writer, bo, mailbox, Operation::Insert(FlagBits::NONE)).await;
    let message = crate::world::new_message("x", FlagBits::NONE, FlagBits::NONE);
    writer.append(&permit, vec![message]).await.unwrap();
    let rows = store
        .activity(&ActivityQuery::newest_on(mailbox, 1))
        .await
        .unwrap();
    assert_eq!(rows[0].actor.as_deref(), Some("bo"));
    assert_eq!(rows[0].token.as_deref(), Some("phone"));
}

#[tokio::test]
async fn wrong_tokens_count_for_their_network_and_against_no_password() {
    let world = World::new().await;
    let bo = world.account("bo").await;
    let (north, south) = (&world.store, world.another_node().await);
    let network = IpAddr::from([192, 0, 2, 1]);
    for count in 1..=3 {
        assert_eq!(north.count_wrong_token(network).await.unwrap().count, count);
    }
    assert_eq!(south.wrong_tokens(network).await.unwrap().count, 3);
    let elsewhere = IpAddr::from([192, 0, 2, 2]);
    assert_eq!(south.wrong_tokens(elsewhere).await.unwrap().count, 0);
    let wrong = south
        .wrong_passwords(Some(bo), "bo", network)
        .await
        .unwrap();
    assert_eq!(wrong, store::WrongPasswords::default());
}
