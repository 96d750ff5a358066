//! Each message is recent to one session of a user.

use acl::{Operation, Permit};
use mail::{AccountId, FlagBits, MailboxId, Uid};
use store::{Fault, Store};
use tokio::task::JoinSet;

use crate::names::shared;
use crate::world::{World, adding, all_deleted, append, judged, permit, uid, uids};

const DELETED: FlagBits = FlagBits::DELETED;

async fn to_read(store: &Store, account: AccountId, mailbox: MailboxId) -> Permit {
    permit(store, account, mailbox, Operation::Read).await
}

/// From which UID on messages are recent to the next session.
async fn first_recent(store: &Store, account: AccountId) -> Uid {
    let found = store.resolve_with_counters(account, &shared("x")).await;
    let (_, counters) = found.unwrap().unwrap();
    counters.claimed.unwrap_or(Uid::MIN)
}

async fn recent(store: &Store, account: AccountId, mailbox: MailboxId) -> u64 {
    let counted = store.status_with_recent(account, &[judged(mailbox)]).await;
    counted.unwrap()[0].1.recent
}

#[tokio::test]
async fn what_one_session_claims_no_other_gets() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let bo = world.account("bo").await;
    let mailbox = world.shared("x", &[("ada", "lrswite"), ("bo", "lr")]).await;
    append(&world.store, ada, mailbox, &["a", "b", "c"]).await;
    let store = &world.store;
    let may = to_read(store, ada, mailbox).await;
    assert_eq!(recent(store, ada, mailbox).await, 3);
    assert_eq!(first_recent(store, ada).await, Uid::MIN);
    assert_eq!(store.claim_recent(&may, uid(4)).await.unwrap(), uid(1));
    assert_eq!(store.claim_recent(&may, uid(4)).await.unwrap(), uid(4));
    assert_eq!(first_recent(store, ada).await, uid(4));
    assert_eq!(recent(store, ada, mailbox).await, 0);
    // What a session on a node that lags claims takes nothing back.
    assert_eq!(store.claim_recent(&may, uid(2)).await.unwrap(), uid(4));
    assert_eq!(recent(store, bo, mailbox).await, 3);
    assert_eq!(first_recent(store, bo).await, Uid::MIN);

    append(&world.store, ada, mailbox, &["d", "e"]).await;
    let may_change = permit(store, ada, mailbox, Operation::ChangeFlags(DELETED)).await;
    let edit = adding(&uids([1, 4]), DELETED);
    store.edit_flags(&may_change, edit).await.unwrap();
    let may_expunge = permit(store, ada, mailbox, Operation::Expunge).await;
    let doomed = all_deleted();
    store.expunge(&may_expunge, doomed).await.unwrap();
    assert_eq!(recent(store, ada, mailbox).await, 1);
    assert_eq!(recent(store, bo, mailbox).await, 3);
    let uncounted = store.status(ada, &[judged(mailbox)]).await.unwrap()[0].1;
    assert_eq!(uncounted.recent, 0);
}

#[tokio::test]
async fn of_sessions_that_claim_at_once_one_gets_each() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("x", &[("ada", "lr")]).await;
    let may = to_read(&world.store, ada, mailbox).await;
    let nodes = [world.store.clone(), world.another_node().await];
    let mut claimed = vec![0; 80];
    for round in 1..8_u32 {
        let mut sessions = JoinSet::new();
        for session in 0..8 {
            let (store, may) = (nodes[session % 2].clone(), may);
            // Some know more than others.
            let next = uid(round * 10 - u32::try_from(session % 3).unwrap());
            sessions.spawn(async move { (store.claim_recent(&may, next).await.unwrap(), next) });
        }
        for (first, next) in sessions.join_all().await {
            for uid in first.get()..next.get() {
                claimed[uid as usize] += 1;
            }
        }
    }
    assert_eq!(claimed[1..70], [1; 69]);
}

#[tokio::test]
async fn claims_go_with_the_mailbox_and_the_account() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let bo = world.account("bo").await;
    let mailbox = world.shared("x", &[("ada", "lrxi"), ("bo", "lr")]).await;
    let store = &world.store;
    append(store, ada, mailbox, &["a"]).await;
    for who in [ada, bo] {
        let may = to_read(store, who, mailbox).await;
        assert_eq!(store.claim_recent(&may, uid(2)).await.unwrap(), uid(1));
    }
    store.delete_account(bo).await.unwrap();
    let may = to_read(store, ada, mailbox).await;
    let may_delete = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
    store.delete_mailbox(&may_delete).await.unwrap();
    let gone = store.claim_recent(&may, uid(2)).await;
    assert!(matches!(gone, Err(Fault::Gone)), "{gone:?}");
}
