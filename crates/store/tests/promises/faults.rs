//! When connections die.

use acl::Operation;
use futures_util::future::join_all;
use mail::{FlagBits, UidSet};
use store::Fault;

use crate::world::{World, append, image, inbox, new_message, permit};

const NONE: FlagBits = FlagBits::NONE;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_dies_leaves_all_of_an_append_or_nothing() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let permit = permit(&world.store, ada, mailbox, Operation::Insert(NONE)).await;
    let (mut done, mut failed) = (UidSet::new(), 0);
    for _ in 0..15 {
        let appends = (0..8).map(|_| {
            let messages = (0..3).map(|_| new_message("three", NONE, NONE)).collect();
            world.store.append(&permit, messages)
        });
        let (outcomes, ()) = tokio::join!(join_all(appends), world.cut_connections());
        for outcome in outcomes {
            match outcome {
                Ok(appended) => done = done.union(&appended.uids.into_iter().collect()),
                Err(Fault::Unavailable(_)) => failed += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    // The pool finds out about the connections that died while nobody used them.
    let image = loop {
        match world.store.load_image(mailbox).await {
            Ok(loaded) => break loaded.unwrap().image,
            Err(Fault::Unavailable(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    };
    let there: UidSet = image.iter().map(|(_, message)| message.uid).collect();
    assert_eq!(
        there.intersection(&done),
        done,
        "what was answered is there"
    );
    assert!(
        image.len().is_multiple_of(3),
        "an append is there whole or not at all"
    );
    // What failed may have been committed, when the connection died before it could say so.
    assert!(there.len() <= done.len() + 3 * failed);
    assert_ne!(failed, 0, "some were hit");
}

#[tokio::test]
async fn a_store_goes_on_when_the_database_is_back() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    append(&world.store, ada, mailbox, &["before"]).await;
    world.cut_connections().await;
    // Each connection of the pool may fail once.
    let mut attempts = 0;
    while world.store.ping().await.is_err() {
        attempts += 1;
        assert!(attempts <= 8);
    }
    append(&world.store, ada, mailbox, &["after"]).await;
    assert_eq!(image(&world.store, mailbox).await.len(), 2);
}
