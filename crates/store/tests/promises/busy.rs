//! Who looks at a site is told who does most there, and where.

use std::time::Duration;

use mail::{AccountId, MailboxId, Place, SessionId};
use store::{BusyAccount, BusyMailbox, NodeRun, SessionReport, Store};

use crate::world::{World, append};

const WINDOW: Duration = Duration::from_secs(60);

async fn report(store: &Store, node: &NodeRun, sessions: &[(u8, AccountId, Option<MailboxId>)]) {
    let of = |&(session, account, mailbox)| SessionReport {
        session: SessionId::from_random([0, 0, 0, 0, 0, session]),
        account,
        account_name: "somebody".to_owned(),
        address: "192.0.2.7".to_owned(),
        client: None,
        mailbox,
        since: 1_000_000,
    };
    let reports: Vec<_> = sessions.iter().map(of).collect();
    store.report_sessions(node, &[], &reports).await.unwrap();
}

#[tokio::test]
async fn who_does_most_comes_first_and_who_only_looks_is_counted_too() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let bo = world.account("bo").await;
    let rights = &[("ada", "lrswite"), ("bo", "lrswite")];
    let team = world.shared("team", rights).await;
    let archive = world.shared("archive", rights).await;
    for _ in 0..3 {
        append(&world.store, ada, team, &["a"]).await;
    }
    append(&world.store, bo, archive, &["b"]).await;
    let node = |id, name: &str| NodeRun {
        id,
        name: name.to_owned(),
    };
    report(
        &world.store,
        &node(1, "one"),
        &[(1, bo, Some(archive)), (2, bo, None)],
    )
    .await;
    report(&world.store, &node(2, "two"), &[]).await;

    let busy = world.store.busy(WINDOW, 10).await.unwrap();
    let nodes: Vec<_> = busy.nodes.iter().map(|n| (&*n.name, n.sessions)).collect();
    assert_eq!(nodes, [("one", 2), ("two", 0)]);
    assert!(busy.nodes.iter().all(|node| node.silent < WINDOW));
    let mailbox = |path: &str, changes, sessions| BusyMailbox {
        place: Some(Place::Shared(path.to_owned())),
        changes,
        sessions,
    };
    // Three of each are root's: it made them, and gave rights to two.
    let mailboxes = [mailbox("team", 3 + 3, 0), mailbox("archive", 3 + 1, 1)];
    assert_eq!(busy.mailboxes, mailboxes);
    let account = |name: &str, changes, sessions| BusyAccount {
        name: name.to_owned(),
        changes,
        sessions,
    };
    assert_eq!(
        busy.accounts,
        [
            account("root", 3 + 3, 0),
            account("ada", 3, 0),
            account("bo", 1, 2)
        ]
    );

    let first = world.store.busy(WINDOW, 1).await.unwrap();
    assert_eq!((first.mailboxes.len(), first.accounts.len()), (1, 1));
    let later = world.store.busy(Duration::ZERO, 10).await.unwrap();
    assert_eq!(later.mailboxes, [mailbox("archive", 0, 1)]);
}
