//! Every node hears of every commit, sooner or later, and of its own losses.

use std::collections::HashMap;

use acl::Operation;
use futures_util::future::join_all;
use mail::{FlagBits, MailboxId, ModSeq};
use store::{Heard, Listener};
use tokio::time::Instant;

use crate::world::{World, all_deleted, append, claim, connect, inbox, new_message, permit, uids};

/// Listens until each of these mailboxes is known to have news up to here.
async fn hear(
    listener: &mut Listener,
    expected: &[(MailboxId, ModSeq)],
) -> HashMap<MailboxId, ModSeq> {
    let mut heard: HashMap<MailboxId, ModSeq> = HashMap::new();
    while !expected
        .iter()
        .all(|(mailbox, modseq)| heard.get(mailbox) >= Some(modseq))
    {
        match listener.next().await {
            Heard::Wakeups(wakeups) => {
                heard.extend(wakeups.iter().map(|wakeup| (wakeup.mailbox, wakeup.modseq)));
            }
            other @ (Heard::Account(_)
            | Heard::Withdrawal(_)
            | Heard::SessionsEnd
            | Heard::Resync
            | Heard::Closed) => panic!("{other:?}"),
        }
    }
    heard
}

/// As a verb of the command line does: the connection by which it tells others is still being opened when it ends.
#[tokio::test]
async fn who_leaves_at_once_has_told_what_it_did() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswi")]).await;
    let next = world.shared("next", &[("ada", "lrswi")]).await;
    let mut listener = world.store.listen().await.unwrap();
    for _ in 0..10 {
        let url = world.url.clone();
        let leaving = std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let store = connect(&url).await;
                let appended = append(&store, ada, team, &["a"]).await;
                store.drain().await.unwrap();
                appended.modseq
            })
        });
        let appended = leaving.join().unwrap();
        // Notifications come in the order of their commits.
        let after = append(&world.store, ada, next, &["b"]).await.modseq;
        let heard = hear(&mut listener, &[(next, after)]).await;
        assert_eq!(heard.get(&team), Some(&appended));
    }
}

#[tokio::test]
async fn every_kind_of_commit_is_heard_on_every_node() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswitexka")]).await;
    let own = inbox(store, ada).await;
    let other = world.another_node().await;
    let mut here = store.listen().await.unwrap();
    let mut there = other.listen().await.unwrap();

    let appended = append(store, ada, team, &["a", "b"]).await.modseq;
    hear(&mut here, &[(team, appended)]).await;
    hear(&mut there, &[(team, appended)]).await;

    let flags = permit(store, ada, team, Operation::ChangeFlags(FlagBits::ALL)).await;
    let edit = crate::world::adding(&uids([1]), FlagBits::DELETED);
    let edited = store.edit_flags(&flags, edit).await.unwrap().modseq;
    hear(&mut there, &[(team, edited)]).await;

    let expunge = permit(store, ada, team, Operation::Expunge).await;
    let expunged = store.expunge(&expunge, all_deleted()).await.unwrap().modseq;
    hear(&mut there, &[(team, expunged)]).await;

    let take = permit(store, ada, team, Operation::MoveFrom).await;
    let give = permit(store, ada, own, Operation::Insert(FlagBits::NONE)).await;
    let moved = store
        .move_messages(&take, &give, &uids([2]), FlagBits::NONE)
        .await
        .unwrap();
    hear(
        &mut there,
        &[(team, moved.source_modseq), (own, moved.copied.modseq)],
    )
    .await;

    let administer = permit(store, ada, team, Operation::Administer).await;
    let subject = acl::Subject::parse("bo").unwrap();
    let lookup = acl::Modification::Replace(acl::Rights::LOOKUP);
    store
        .set_rights(&administer, &subject, lookup)
        .await
        .unwrap();
    let counted = store.counters(&[team]).await.unwrap();
    hear(&mut there, &counted).await;

    store
        .delete_mailbox(&claim(ada, team, Operation::DeleteMailbox))
        .await
        .unwrap();
    let (mailbox, last) = counted[0];
    hear(
        &mut there,
        &[(mailbox, ModSeq::new(last.get() + 1).unwrap())],
    )
    .await;
}

#[tokio::test]
async fn what_was_missed_while_the_connection_was_lost_is_a_resync() {
    let world = World::new().await;
    let mut listener = world.store.listen().await.unwrap();
    world.cut_connections().await;
    assert_eq!(listener.next().await, Heard::Resync);
    // And from then on news are heard again.
    let other = world.another_node().await;
    let ada = other.create_account("ada", None, false).await.unwrap();
    let own = inbox(&other, ada).await;
    let modseq = append(&other, ada, own, &["x"]).await.modseq;
    hear(&mut listener, &[(own, modseq)]).await;
}

#[tokio::test]
async fn a_wakeup_that_could_not_be_sent_is_sent_later() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let own = inbox(&world.store, ada).await;
    let other = world.another_node().await;
    // The notifier has a connection, which is cut while it waits.
    let mut listener = other.listen().await.unwrap();
    let first = append(&world.store, ada, own, &["x"]).await.modseq;
    hear(&mut listener, &[(own, first)]).await;
    world.cut_connections().await;
    assert_eq!(listener.next().await, Heard::Resync);
    let insert = claim(ada, own, Operation::Insert(FlagBits::NONE));
    let modseq = loop {
        let messages = vec![new_message("y", FlagBits::NONE, FlagBits::NONE)];
        if let Ok(appended) = world.store.append(&insert, messages).await {
            break appended.modseq;
        }
    };
    hear(&mut listener, &[(own, modseq)]).await;
}

/// However fast many write, a millisecond passes between two notifications; and nobody's last change waits for another.
#[tokio::test]
async fn changes_that_follow_each_other_are_told_together() {
    const WRITERS: usize = 8;
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mut mailboxes = Vec::new();
    for number in 0..WRITERS {
        let name = format!("team {number}");
        mailboxes.push(world.shared(&name, &[("ada", "lrswi")]).await);
    }
    let other = world.another_node().await;
    let mut listener = other.listen().await.unwrap();
    let sent = || world.store.stats().notifications_sent;
    let (before, began) = (sent(), Instant::now());
    let writers = mailboxes.iter().map(async |&mailbox| {
        let mut last = ModSeq::default();
        for _ in 0..50 {
            last = append(&world.store, ada, mailbox, &["x"]).await.modseq;
        }
        (mailbox, last)
    });
    let written = join_all(writers).await;
    hear(&mut listener, &written).await;
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap();
    let notifications = sent() - before;
    assert!(
        notifications <= milliseconds + 1,
        "{notifications} in {milliseconds} ms"
    );
}

#[tokio::test]
async fn draining_says_the_last_words_and_ends_the_listening() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let own = inbox(&world.store, ada).await;
    let other = world.another_node().await;
    let mut here = world.store.listen().await.unwrap();
    let mut there = other.listen().await.unwrap();
    let modseq = append(&world.store, ada, own, &["x"]).await.modseq;
    world.store.drain().await.unwrap();
    hear(&mut there, &[(own, modseq)]).await;
    while here.next().await != Heard::Closed {}
}
