//! What somebody did is written down, by whom and from where.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use acl::Operation;
use mail::{AccountId, EntryName, FlagBits, Place, SessionId};
use store::{Activity, ActivityKind, ActivityQuery, Origin, Store};

use crate::world::{
    World, adding, all_deleted, append, connect_with_standby, image, inbox, is_denied, new_message,
    permit, privately, uids,
};

const EVERYTHING: ActivityQuery = ActivityQuery {
    mailbox: None,
    account: None,
    kind: None,
    message: None,
    since: 0,
    until: 1 << 40,
    below: None,
    count_max: 1000,
};

fn origin(session: u8, account: AccountId, name: &str) -> Origin {
    Origin {
        session: SessionId::from_random([0, 0, 0, 0, 0, session]),
        account,
        account_name: name.to_owned(),
        login_name: None,
        token: None,
        logins: Vec::new(),
        node: "north".to_owned(),
        address: Some(IpAddr::from([192, 0, 2, 7])),
        client: None,
    }
}

async fn read(store: &Store, query: ActivityQuery) -> Vec<Activity> {
    store.activity(&query).await.unwrap()
}

/// `append ada {1}`, a line a row.
fn told(rows: &[Activity]) -> Vec<String> {
    let tell = |row: &Activity| {
        let actor = row.actor.as_deref().unwrap_or("-");
        let flags = |sign, names: &[String]| -> String {
            names.iter().map(|name| format!(" {sign}{name}")).collect()
        };
        let uids: Vec<String> = row.uids.iter().map(|uid| uid.to_string()).collect();
        format!(
            "{} {actor} {}{}{}",
            row.kind.word(),
            uids.join(","),
            flags('+', &row.flags_set),
            flags('-', &row.flags_cleared),
        )
    };
    rows.iter().map(tell).collect()
}

#[tokio::test]
async fn each_change_has_its_row_with_the_one_who_made_it() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswipkxtea")]).await;
    let archive = world.shared("archive", &[("ada", "lrswipkxtea")]).await;
    let store = world.store.from_origin(origin(1, ada, "ada"));
    append(&store, ada, team, &["a", "b", "c"]).await;
    let change = permit(&store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    let edit = adding(&uids([1, 2]), FlagBits::FLAGGED);
    store.edit_flags(&change, edit.clone()).await.unwrap();
    // What was so already is no change.
    store.edit_flags(&change, edit).await.unwrap();
    let deleted = adding(&uids([2]), FlagBits::DELETED);
    store.edit_flags(&change, deleted).await.unwrap();
    let doomed = permit(&store, ada, team, Operation::Expunge).await;
    store.expunge(&doomed, all_deleted()).await.unwrap();
    store.expunge(&doomed, all_deleted()).await.unwrap();
    let target = permit(&store, ada, archive, Operation::Insert(FlagBits::NONE)).await;
    let source = permit(&store, ada, team, Operation::Read).await;
    store
        .copy(&source, &target, &uids([1]), FlagBits::NONE)
        .await
        .unwrap();
    let source = permit(&store, ada, team, Operation::MoveFrom).await;
    store
        .move_messages(&source, &target, &uids([3]), FlagBits::NONE)
        .await
        .unwrap();
    world.grant(ada, team, "bo", "lr").await;
    let delete = permit(&store, ada, team, Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();

    let mut query = ActivityQuery {
        mailbox: Some(team),
        account: Some("ADA".to_owned()),
        ..EVERYTHING
    };
    let rows = read(&world.store, query.clone()).await;
    assert_eq!(
        told(&rows),
        [
            "append ada 1,2,3",
            "flags ada 1,2 +\\Flagged",
            "flags ada 2 +\\Deleted",
            "expunge ada 2",
            "move ada 3",
            "rights ada ",
            "delete ada ",
        ]
    );
    let first = rows.first().unwrap();
    assert_eq!(first.place, Some(Place::Shared("team".to_owned())));
    assert_eq!(first.node.as_deref(), Some("north"));
    assert_eq!(first.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(first.session, SessionId::from_i64(1));
    let moved = rows.iter().find(|row| row.kind == ActivityKind::Move);
    assert_eq!(
        moved.unwrap().other_place,
        Some(Place::Shared("archive".to_owned()))
    );
    query.mailbox = Some(archive);
    assert_eq!(
        told(&read(&world.store, query).await),
        ["copy ada 1", "move ada 2"]
    );
}

#[tokio::test]
async fn writers_of_one_batch_are_told_apart() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world
        .shared("team", &[("ada", "lrswite"), ("bo", "lrswite")])
        .await;
    append(&world.store, ada, team, &["a", "b", "c", "d"]).await;
    let ours = world.store.from_origin(origin(1, ada, "ada"));
    let theirs = world.store.from_origin(origin(2, bo, "bo"));
    let operation = Operation::ChangeFlags(FlagBits::ALL);
    let by_ada = permit(&ours, ada, team, operation).await;
    let by_bo = permit(&theirs, bo, team, operation).await;
    // Polled in turn on one thread: the edits of the second and third are one batch.
    tokio::join!(
        async {
            ours.edit_flags(&by_ada, adding(&uids([4]), FlagBits::DRAFT))
                .await
                .unwrap();
        },
        async {
            ours.edit_flags(&by_ada, adding(&uids([1, 2]), FlagBits::FLAGGED))
                .await
                .unwrap();
        },
        async {
            theirs
                .edit_flags(&by_bo, adding(&uids([2, 3]), FlagBits::ANSWERED))
                .await
                .unwrap();
        },
        async { append(&theirs, bo, team, &["e"]).await },
        async { append(&ours, ada, team, &["f", "g"]).await },
    );
    let rows = read(
        &world.store,
        ActivityQuery {
            mailbox: Some(team),
            ..EVERYTHING
        },
    )
    .await;
    let told = told(&rows);
    for row in [
        "flags ada 4 +\\Draft",
        "flags ada 1,2 +\\Flagged",
        "flags bo 2,3 +\\Answered",
    ] {
        assert!(told.iter().any(|told| told == row), "{row}: {told:?}");
    }
    let appended: u64 = rows
        .iter()
        .filter(|row| row.kind == ActivityKind::Append && row.actor.as_deref() == Some("ada"))
        .map(|row| row.uids.len())
        .sum();
    assert_eq!(appended, 4 + 2, "{told:?}");
}

#[tokio::test]
async fn what_one_sees_alone_is_nobody_elses_business() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrsi")]).await;
    append(&world.store, ada, team, &["a"]).await;
    let change = permit(
        &world.store,
        ada,
        team,
        Operation::ChangeFlags(FlagBits::SEEN),
    )
    .await;
    let before = image(&world.store, team).await.modseq();
    let seen = privately(adding(&uids([1]), FlagBits::SEEN));
    let edited = world.store.edit_flags(&change, seen).await.unwrap();
    assert!(edited.modseq > before, "it was a change");
    let query = ActivityQuery {
        mailbox: Some(team),
        kind: Some(ActivityKind::Flags),
        ..EVERYTHING
    };
    assert_eq!(told(&read(&world.store, query).await), [""; 0]);
}

#[tokio::test]
async fn older_rows_are_read_page_by_page_each_once() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrsi")]).await;
    for name in ["a", "b", "c", "d", "e"] {
        append(&world.store, ada, team, &[name]).await;
    }
    let all = told(&read(&world.store, ActivityQuery::newest_on(team, 100)).await);
    let (mut pages, mut below) = (Vec::new(), None);
    loop {
        let query = ActivityQuery {
            below,
            ..ActivityQuery::newest_on(team, 2)
        };
        let page = read(&world.store, query).await;
        let Some(oldest) = page.first() else {
            break;
        };
        below = Some(oldest.number);
        pages.splice(0..0, told(&page));
    }
    assert_eq!(pages, all);
}

#[tokio::test]
async fn a_change_that_failed_has_no_row() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lri")]).await;
    let insert = permit(&world.store, ada, team, Operation::Insert(FlagBits::NONE)).await;
    let root = world.store.find_account("root").await.unwrap().unwrap().id;
    world.grant(root, team, "ada", "").await;
    let letter = new_message("a", FlagBits::NONE, FlagBits::NONE);
    assert!(is_denied(&world.store.append(&insert, vec![letter]).await));
    let query = ActivityQuery {
        kind: Some(ActivityKind::Append),
        ..EVERYTHING
    };
    assert_eq!(told(&read(&world.store, query).await), [""; 0]);
}

#[tokio::test]
async fn what_becomes_of_groups_and_accounts_is_written_down() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("Ada").await;
    for group in ["Support", "night"] {
        store.create_group(group).await.unwrap();
    }
    store.add_member("SUPPORT", ada).await.unwrap();
    store.add_group("support", "night").await.unwrap();
    store.remove_member("support", ada).await.unwrap();
    store.remove_group("support", "night").await.unwrap();
    store.delete_group("night").await.unwrap();
    store.set_password(ada, Some("secret")).await.unwrap();
    store.disable_account(ada).await.unwrap();
    store.enable_account(ada).await.unwrap();
    store.delete_account(ada).await.unwrap();
    let nobody = [
        store.delete_account(ada).await,
        store.set_password(ada, None).await,
        store.add_member("support", ada).await,
        store.add_member("night", root).await,
    ];
    assert!(nobody.iter().all(Result::is_err), "{nobody:?}");
    let of_kind = async |kind| {
        let kind = Some(kind);
        let rows = read(store, ActivityQuery { kind, ..EVERYTHING }).await;
        let details = rows.into_iter().map(|row| row.detail.unwrap());
        details.collect::<Vec<_>>()
    };
    assert_eq!(
        of_kind(ActivityKind::Group).await,
        [
            "support created",
            "night created",
            "support +ada",
            "support +group:night",
            "support -ada",
            "support -group:night",
            "night deleted",
        ]
    );
    assert_eq!(
        of_kind(ActivityKind::Account).await,
        [
            "root created, administers the site",
            "ada created",
            "ada has another password",
            "ada disabled",
            "ada enabled",
            "ada deleted",
        ]
    );
}

#[tokio::test]
async fn logins_are_written_down_and_guesses_are_counted() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let node = world.another_node().await;
    let session = node.from_origin(origin(9, ada, "ada"));
    session.note_login();
    session.name_client("Thunder 1.0".to_owned());
    let address = IpAddr::from([192, 0, 2, 66]);
    for _ in 0..5 {
        node.note_refusal("ADA", address);
    }
    node.note_refusal("hunter2", address);
    for last in 0..100 {
        node.note_refusal("eve", IpAddr::from([198, 51, 100, last]));
    }
    node.drain().await.unwrap();

    let rows = read(&world.store, EVERYTHING).await;
    let logins: Vec<_> = rows
        .iter()
        .filter(|row| row.kind == ActivityKind::Login)
        .collect();
    let [login] = logins[..] else {
        panic!("{logins:?}")
    };
    assert_eq!(login.client.as_deref(), Some("Thunder 1.0"));
    let refused: Vec<_> = rows
        .iter()
        .filter(|row| row.kind == ActivityKind::Refused)
        .map(|row| (row.actor.as_deref(), row.detail.as_deref().unwrap()))
        .collect();
    assert!(refused.contains(&(Some("ada"), "from 192.0.2.66, 5 times")));
    assert!(refused.contains(&(None, "from 192.0.2.66")), "{refused:?}");
    assert!(
        refused.len() < 20,
        "who guesses does not fill the disk: {refused:?}"
    );
    assert!(!format!("{rows:?}").contains("hunter2"));
}

/// Else who was let in before a disabling would seem to have been let in after it.
#[tokio::test]
async fn a_login_has_the_time_at_which_it_was() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let seconds = Arc::new(AtomicU64::new(100));
    let clock = {
        let seconds = seconds.clone();
        move || Duration::from_secs(seconds.load(Ordering::Relaxed))
    };
    let node = connect_with_standby(&world.url, None, Arc::new(clock)).await;
    node.from_origin(origin(9, ada, "ada")).note_login();
    node.note_refusal("ada", IpAddr::from([192, 0, 2, 66]));
    world.store.disable_account(ada).await.unwrap();
    seconds.store(107, Ordering::Relaxed);
    node.drain().await.unwrap();

    let rows = read(&world.store, EVERYTHING).await;
    let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
    let place = |kind| kinds.iter().rposition(|known| *known == kind).unwrap();
    let disabled = place(ActivityKind::Account);
    assert!(place(ActivityKind::Login) < disabled, "{rows:?}");
    assert!(place(ActivityKind::Refused) < disabled, "{rows:?}");
}

#[tokio::test]
async fn what_is_old_is_forgotten() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let store = world.store.from_origin(origin(1, ada, "ada"));
    append(&store, ada, mailbox, &["a"]).await;
    world
        .store
        .trim_activity(Duration::from_hours(1))
        .await
        .unwrap();
    assert!(!read(&world.store, EVERYTHING).await.is_empty());
    world.store.trim_activity(Duration::ZERO).await.unwrap();
    assert_eq!(told(&read(&world.store, EVERYTHING).await), [""; 0]);
}

#[tokio::test]
async fn annotations_are_recorded_by_name_and_only_what_all_share() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswa")]).await;
    let annotate = permit(&world.store, ada, team, Operation::Annotate).await;
    let values = ["/shared/comment", "/private/comment"].map(|name| {
        let entry = EntryName::parse(name).unwrap();
        (entry, Some(b"nobody's business".to_vec()))
    });
    world.store.set_metadata(&annotate, &values).await.unwrap();
    let query = ActivityQuery {
        kind: Some(ActivityKind::Metadata),
        ..EVERYTHING
    };
    let rows = read(&world.store, query).await;
    let details: Vec<_> = rows.iter().map(|row| row.detail.as_deref()).collect();
    assert_eq!(details, [Some("/shared/comment")]);
}
