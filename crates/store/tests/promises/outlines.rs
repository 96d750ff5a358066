//! Many mailboxes are read together, each as it would be read alone.

use acl::Operation;
use image::{Image, Message, Overlay};
use mail::{AccountId, FlagBits, MailboxId, ModSeq, Place, Uid};
use store::{Outline, Stamps, Store};

use crate::world::{
    World, adding, append, image, inbox, overlay, permit, privately, removing, uid, uids,
};

/// What `asker` sees of each mailbox, read together.
async fn read(
    store: &Store,
    asker: AccountId,
    mailboxes: &[MailboxId],
) -> Vec<(Outline, (Image, Overlay))> {
    let outlines = store.outlines(asker, mailboxes).await.unwrap();
    let all: Vec<&Outline> = outlines.iter().collect();
    let read = store.load_images(asker, &all, Stamps::Told).await.unwrap();
    outlines.into_iter().zip(read).collect()
}

fn messages(image: &Image) -> Vec<Message> {
    image.iter().map(|(_, message)| message).collect()
}

#[tokio::test]
async fn each_mailbox_is_what_it_is_alone() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let own = inbox(store, ada).await;
    let orders = world.shared("orders", &[("ada", "lrswite")]).await;
    let empty = world.shared("empty", &[("ada", "lrswite")]).await;
    let other = world.shared("other", &[("ada", "lrswite")]).await;
    append(store, ada, own, &["a", "b", "c"]).await;
    append(store, ada, orders, &["d", "e", "f"]).await;
    append(store, ada, other, &["g"]).await;
    let may = permit(store, ada, orders, Operation::ChangeFlags(FlagBits::ALL)).await;
    for edit in [
        privately(adding(&uids([1, 3]), FlagBits::SEEN)),
        privately(removing(&uids([3]), FlagBits::SEEN)),
        adding(&uids([2]), FlagBits::FLAGGED),
    ] {
        store.edit_flags(&may, edit).await.unwrap();
    }

    let asked = [other, orders, MailboxId(4711), empty, own];
    let read = read(store, ada, &asked).await;

    let ids: Vec<MailboxId> = read.iter().map(|(outline, _)| outline.id).collect();
    assert_eq!(ids, [other, orders, empty, own]);
    for (outline, (read, private)) in &read {
        let alone = image(store, outline.id).await;
        assert_eq!(messages(read), messages(&alone));
        assert_eq!(u64::from(alone.len()), outline.messages);
        assert_eq!(read.uid_next(), alone.uid_next());
        assert_eq!(read.modseq(), alone.modseq());
        let own = overlay(store, ada, outline.id).await;
        assert!(own.difference(private).is_empty());
    }
    assert_eq!(read[3].0.private_flags, FlagBits::NONE);
    let (outline, (_, private)) = &read[1];
    assert_eq!(outline.private_flags, FlagBits::SEEN);
    assert_eq!(private.flags(uid(1)), FlagBits::SEEN);
    assert_eq!(private.flags(uid(3)), FlagBits::NONE);
    assert!(private.changed_at(uid(3)) > private.changed_at(uid(1)));
    let without = store
        .load_images(ada, &[outline], Stamps::LeftOut)
        .await
        .unwrap();
    let changed_at = |uid: Uid| without[0].1.changed_at(uid);
    assert_eq!(changed_at(uid(1)), ModSeq::ZERO);
    assert_eq!(without[0].1.flags(uid(1)), FlagBits::SEEN);
}

#[tokio::test]
async fn to_read_some_mailboxes_leaves_the_others_alone() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mut asked = Vec::new();
    for number in 0..3 {
        let (small, large) = (format!("small-{number}"), format!("large-{number}"));
        let small = world.shared(&small, &[("ada", "lrswite")]).await;
        append(&world.store, ada, small, &["a", "b"]).await;
        asked.push(small);
        let large = world.shared(&large, &[("ada", "lrswite")]).await;
        append(&world.store, ada, large, &["x"; 500]).await;
    }
    let before = world.rows_read("entry").await;

    let node = world.another_node().await;
    assert_eq!(read(&node, ada, &asked).await.len(), 3);

    let read = world.rows_read("entry").await - before;
    assert!(
        (6..=20).contains(&read),
        "{read} entries were read to see six messages"
    );
}

#[tokio::test]
async fn a_mailbox_has_a_place_in_the_eyes_of_each() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let bo = world.account("bo").await;
    let shared = world.shared("orders", &[("ada", "lr")]).await;
    let own = inbox(&world.store, ada).await;
    let place = async |asker, mailbox| world.store.place_of(asker, mailbox).await.unwrap();
    assert_eq!(
        place(ada, shared).await,
        Some(Place::Shared("orders".into()))
    );
    assert_eq!(place(ada, own).await, Some(Place::Mine("INBOX".into())));
    let theirs = Place::Theirs {
        owner: "ada".into(),
        path: "INBOX".into(),
    };
    assert_eq!(place(bo, own).await, Some(theirs));
    assert_eq!(place(ada, MailboxId(4711)).await, None);
}
