//! Messages come out as they went in, and all of an APPEND or nothing.

use acl::Operation;
use bytes::Bytes;
use mail::{ContentId, FlagBits, InternalDate, Place};
use store::{Fault, HeaderBlocks, NewMessage};

use crate::world::{
    World, append, claim, image, inbox, is_denied, message, new_message, overlay, permit,
};

#[tokio::test]
async fn a_message_comes_back_byte_for_byte() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let noise: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 11).to_le_bytes()[0])
        .collect();
    let mails: Vec<Vec<u8>> = vec![
        message("plain"),
        b"".to_vec(),
        b"no header at all".to_vec(),
        b"Subject: only a header".to_vec(),
        b"\r\n\r\nno header but a body".to_vec(),
        b"Subject: \xff\xfe\0\r\n\r\n\0\0\0".to_vec(),
        [b"Subject: noise\r\n\r\n", noise.as_slice()].concat(),
        [
            b"Subject: long\r\n\r\n",
            "line\r\n".repeat(100_000).as_bytes(),
        ]
        .concat(),
        [
            b"Subject: attached\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee there\r\n--b\r\n",
            b"Content-Type: application/octet-stream\r\n\r\n".as_slice(),
            noise.as_slice(),
            b"\r\n--b--\r\n",
        ]
        .concat(),
    ];
    let date = InternalDate {
        unix_seconds: -5,
        offset_minutes: -720,
    };
    let messages = mails
        .iter()
        .map(|mail| NewMessage {
            prepared: store::prepare(mail, date),
            shared: FlagBits::ANSWERED.into(),
            private: FlagBits::NONE,
        })
        .collect();
    world.store.append(&permit, messages).await.unwrap();

    let image = image(&world.store, mailbox).await;
    let ids: Vec<ContentId> = image.iter().map(|(_, message)| message.content).collect();
    let mut loaded = world.store.load_messages(&ids).await.unwrap();
    loaded.sort_by_key(|(id, _)| *id);
    let loaded: Vec<Bytes> = loaded.into_iter().map(|(_, mail)| mail).collect();
    assert_eq!(loaded, mails);
    for ((_, message), mail) in image.iter().zip(&mails) {
        assert_eq!(usize::try_from(message.size).unwrap(), mail.len());
        assert_eq!(message.date, date);
        assert_eq!(message.flags, FlagBits::ANSWERED.into());
    }

    let mut message_metadata = world
        .store
        .load_message_metadata(&ids, HeaderBlocks::Read)
        .await
        .unwrap();
    message_metadata.sort_by_key(|head| head.id);
    let mut texts = world.store.load_texts(&ids).await.unwrap();
    texts.sort_by_key(|(id, _)| *id);
    for ((head, (_, text)), mail) in message_metadata.iter().zip(&texts).zip(&mails) {
        let parsed = mime::parse(mail);
        assert_eq!(head.envelope, parsed.envelope);
        assert_eq!(head.body_structure, parsed.body_structure);
        assert_eq!(head.header.as_deref(), Some(&mail[..parsed.header_bytes]));
        assert_eq!(*text, mime::search_text(mail));
    }
    let without = world
        .store
        .load_message_metadata(&ids, HeaderBlocks::LeftOut);
    for head in &mut message_metadata {
        head.header = None;
    }
    let mut without = without.await.unwrap();
    without.sort_by_key(|head| head.id);
    assert_eq!(without, message_metadata);
}

#[tokio::test]
async fn what_no_longer_exists_is_missing_and_nothing_worse() {
    let world = World::new().await;
    let nowhere = [ContentId(i64::MAX)];
    assert!(
        world
            .store
            .load_message_metadata(&nowhere, HeaderBlocks::Read)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        world
            .store
            .load_messages(&nowhere)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(world.store.load_texts(&nowhere).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_messages_of_one_append_have_neighbouring_uids() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let (one, other) = tokio::join!(
        append(&world.store, ada, mailbox, &["1", "2", "3"]),
        append(&world.store, ada, mailbox, &["4", "5", "6"]),
    );
    let mut all = Vec::new();
    for appended in [one, other] {
        let first = appended.uids[0].get();
        let numbers: Vec<u32> = appended.uids.iter().map(|uid| uid.get()).collect();
        assert_eq!(numbers, (first..first + 3).collect::<Vec<_>>());
        all.extend(numbers);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=6).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_append_that_is_refused_leaves_nothing_and_fails_nobody_else() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world.shared("team", &[("ada", "lri"), ("bo", "lr")]).await;
    let may = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let may_not = claim(bo, mailbox, Operation::Insert(FlagBits::NONE));
    let messages = || vec![new_message("x", FlagBits::NONE, FlagBits::NONE)];

    // The first keeps the queue busy, so that the others meet in one batch.
    let outcomes = futures_util::future::join_all((0..20).map(|number| {
        world
            .store
            .append(if number % 2 == 0 { &may } else { &may_not }, messages())
    }))
    .await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(
            is_denied(outcome),
            number % 2 == 1,
            "append {number}: {outcome:?}"
        );
    }
    assert_eq!(image(&world.store, mailbox).await.len(), 10);
}

#[tokio::test]
async fn who_stops_waiting_has_appended_all_the_same() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let messages = vec![new_message("left behind", FlagBits::NONE, FlagBits::NONE)];
    {
        let impatient = std::pin::pin!(world.store.append(&permit, messages));
        // Polled once: queued, and then dropped.
        let polled = futures_util::future::select(impatient, std::future::ready(())).await;
        assert!(matches!(polled, futures_util::future::Either::Right(_)));
    }
    world.store.drain().await.unwrap();
    assert_eq!(image(&world.store, mailbox).await.len(), 1);
}

#[tokio::test]
async fn a_drained_store_takes_nothing_in_and_still_reads() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let permit = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    world.store.drain().await.unwrap();
    let messages = vec![new_message("late", FlagBits::NONE, FlagBits::NONE)];
    let late = world.store.append(&permit, messages).await;
    assert!(matches!(late, Err(Fault::Unavailable(_))));
    assert!(image(&world.store, mailbox).await.is_empty());
}

#[tokio::test]
async fn flags_at_append_are_for_all_or_for_oneself() {
    let world = World::new().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let mailbox = world
        .shared("team", &[("ada", "lrswi"), ("bo", "lrs")])
        .await;
    let permit = permit(&world.store, ada, mailbox, Operation::Insert(FlagBits::ALL)).await;
    let messages = vec![new_message("x", FlagBits::FLAGGED, FlagBits::SEEN)];
    let uid = world.store.append(&permit, messages).await.unwrap().uids[0];
    let (_, shown) = image(&world.store, mailbox).await.find(uid).unwrap();
    assert_eq!(shown.flags, FlagBits::FLAGGED.into());
    assert_eq!(
        overlay(&world.store, ada, mailbox).await.flags(uid),
        FlagBits::SEEN
    );
    assert_eq!(
        overlay(&world.store, bo, mailbox).await.flags(uid),
        FlagBits::NONE
    );
}

#[tokio::test]
async fn nothing_is_appended_to_what_is_gone() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let create_permit = acl::own_tree(&world.store.who(ada).await.unwrap());
    let place = Place::Mine("Short lived".into());
    let mailbox = world
        .store
        .create_mailbox(&create_permit, &place, None)
        .await
        .unwrap();
    let insert = permit(
        &world.store,
        ada,
        mailbox,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    let delete = permit(&world.store, ada, mailbox, Operation::DeleteMailbox).await;
    world.store.delete_mailbox(&delete).await.unwrap();
    let messages = vec![new_message("late", FlagBits::NONE, FlagBits::NONE)];
    assert!(matches!(
        world.store.append(&insert, messages).await,
        Err(Fault::Gone)
    ));
}
