//! What an operation costs depends on the messages it names, and on the entries that concern whoever asks.

use acl::{Modification, Operation, Rights, Subject};
use mail::FlagBits;
use store::Doomed;

use crate::names::create;
use crate::world::{World, adding, append, claim, found, news, permit, privately, uids};

const MANY: [&str; 500] = ["x"; 500];
/// Entries that all operations of the test may read together: some for each of them.
const ENTRIES_READ_MAX: i64 = 60;

#[tokio::test]
async fn to_change_one_message_of_many_reads_few() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let from = world.shared("from", &[("ada", "lrswite")]).await;
    let to = world.shared("to", &[("ada", "lrswite")]).await;
    for _ in 0..4 {
        append(&world.store, ada, from, &MANY).await;
        append(&world.store, ada, to, &MANY).await;
    }
    let before = world.rows_read("entry").await;

    let node = world.another_node().await;
    let may = permit(&node, ada, from, Operation::ChangeFlags(FlagBits::ALL)).await;
    let one = uids([777]);
    let modseq = node
        .edit_flags(&may, adding(&one, FlagBits::FLAGGED))
        .await
        .unwrap()
        .modseq;
    node.edit_flags(&may, privately(adding(&one, FlagBits::SEEN)))
        .await
        .unwrap();
    let mut exact = adding(&one, FlagBits::DELETED);
    exact.unchanged_since = Some(modseq);
    node.edit_flags(&may, exact).await.unwrap();
    let source = permit(&node, ada, from, Operation::MoveFrom).await;
    let target = permit(&node, ada, to, Operation::Insert(FlagBits::ALL)).await;
    node.copy(&source, &target, &one, FlagBits::ALL)
        .await
        .unwrap();
    node.move_messages(&source, &target, &uids([778]), FlagBits::ALL)
        .await
        .unwrap();
    let may = permit(&node, ada, from, Operation::Expunge).await;
    node.expunge(&may, Doomed::DeletedAmong(one)).await.unwrap();
    news(&node, from, modseq, &[ada]).await;

    let read = world.rows_read("entry").await - before;
    assert!(
        (6..ENTRIES_READ_MAX).contains(&read),
        "{read} entries were read to change two messages of 2,000"
    );
}

/// EXPUNGE names no message; the node knows which are meant, and others are found all the same.
#[tokio::test]
async fn to_expunge_what_is_known_to_be_deleted_walks_through_no_mailbox() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("large", &[("ada", "lrswite")]).await;
    for _ in 0..4 {
        append(&world.store, ada, mailbox, &MANY).await;
    }
    let may = permit(
        &world.store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::ALL),
    )
    .await;
    let deleted = uids([3, 777, 1999]);
    let delete = adding(&deleted, FlagBits::DELETED);
    world.store.edit_flags(&may, delete).await.unwrap();
    let before = world.rows_read("entry").await;

    let node = world.another_node().await;
    let may = permit(&node, ada, mailbox, Operation::Expunge).await;
    // One of those that are known is not deleted, and never leaves.
    let known = Doomed::AllDeleted(uids([3, 4, 777, 1999]));
    let gone = node.expunge(&may, known).await.unwrap();
    assert_eq!(gone.uids, deleted);
    let read = world.rows_read("entry").await - before;
    assert!(read <= ENTRIES_READ_MAX, "{read} rows");

    let node = world.another_node().await;
    let may = permit(&node, ada, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let delete = adding(&uids([5, 6]), FlagBits::DELETED);
    node.edit_flags(&may, delete).await.unwrap();
    let may = permit(&node, ada, mailbox, Operation::Expunge).await;
    let known = Doomed::AllDeleted(uids([5]));
    let gone = node.expunge(&may, known).await.unwrap();
    assert_eq!(gone.uids, uids([5, 6]));
}

#[tokio::test]
async fn to_delete_a_mailbox_reads_none_of_the_others() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let large = world.shared("large", &[("ada", "lrswite")]).await;
    for _ in 0..8 {
        append(&world.store, ada, large, &MANY).await;
    }
    world.analyze().await;
    let mut small = Vec::new();
    // Often enough for the plans that are kept.
    for number in 0..12 {
        let path = format!("small{number}");
        small.push(world.shared(&path, &[("ada", "lrswitekx")]).await);
    }
    let before = world.rows_read("entry").await;
    let node = world.another_node().await;
    for mailbox in small {
        let may = permit(&node, ada, mailbox, Operation::DeleteMailbox).await;
        node.delete_mailbox(&may).await.unwrap();
    }
    let read = world.rows_read("entry").await - before;
    assert_eq!(read, 0, "entries of other mailboxes were read");
}

#[tokio::test]
async fn to_list_what_one_sees_reads_nobody_elses_names() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    world.shared("team", &[("ada", "lr")]).await;
    for number in 0..400 {
        create(&world.store, bo, &format!("case {number}")).await;
    }
    world.analyze().await;
    let before = world.rows_read("mailbox_name").await;
    let node = world.another_node().await;
    // Often enough for the plans that are kept.
    for _ in 0..12 {
        assert_eq!(node.visible(ada).await.unwrap().len(), 2);
    }
    let read = world.rows_read("mailbox_name").await - before;
    assert!(
        (24..240).contains(&read),
        "{read} names were read to list two, twelve times"
    );
}

#[tokio::test]
async fn to_find_the_rights_of_one_among_many_reads_few() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("long list", &[("ada", "lrswipa")]).await;
    for number in 0..300 {
        let subject = Subject::parse(&format!("nobody-{number}")).unwrap();
        let may = permit(&world.store, ada, mailbox, Operation::Administer).await;
        let add = Modification::Add(Rights::parse("l").unwrap());
        world.store.set_rights(&may, &subject, add).await.unwrap();
    }
    let before = world.rows_read("acl_entry").await;

    let node = world.another_node().await;
    found(&node, ada, mailbox).await;
    // A permit by an older version is checked again under the lock.
    let claim = claim(ada, mailbox, Operation::Insert(FlagBits::NONE));
    node.number_keywords(&claim, &[]).await.unwrap();

    let read = world.rows_read("acl_entry").await - before;
    assert!(
        (2..20).contains(&read),
        "{read} entries of 301 were read to find the rights of one"
    );
}
