//! Digests are copies: they say what the messages say, or are not there.

use std::collections::HashMap;
use std::time::Duration;

use acl::Operation;
use bytes::Bytes;
use mail::{ContentId, FlagBits, MailboxId, Uid, UidSet};
use mime::{SearchText, fold};
use store::{SortKeysUse, Store};

use crate::world::{Random, World, adding, all_deleted, append, image, inbox, permit, uids};

async fn entries(store: &Store, mailbox: MailboxId) -> Vec<(Uid, ContentId)> {
    let image = image(store, mailbox).await;
    image
        .iter()
        .map(|(_, message)| (message.uid, message.content))
        .collect()
}

/// Subjects of a few words, some of them rare, some not in ASCII.
fn subjects(count: u32) -> Vec<String> {
    const WORDS: [&str; 8] = [
        "parcel",
        "Grüße",
        "the",
        "and",
        "Σίσυφος",
        "x",
        "over",
        "日本語",
    ];
    let dice = Random::new(7);
    (0..count)
        .map(|number| {
            let words = (0..4).map(|_| WORDS[dice.below(8) as usize]);
            format!("{} {number}", words.collect::<Vec<_>>().join(" "))
        })
        .collect()
}

async fn fill(world: &World, count: u32) -> MailboxId {
    let ada = world.account("ada").await;
    let mailbox = inbox(&world.store, ada).await;
    let subjects = subjects(count);
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    append(&world.store, ada, mailbox, &subjects).await;
    mailbox
}

/// The search text of each message that a digest shows.
async fn shown(store: &Store, mailbox: MailboxId) -> Vec<(Uid, Vec<u8>)> {
    let mut shown = Vec::new();
    for digest in store.find_digests(&[mailbox], &[]).await.unwrap() {
        let mut uids = Vec::new();
        loop {
            let texts = store.load_digested_texts(&digest, uids.len());
            let texts = texts.await.unwrap();
            if texts.is_empty() {
                break;
            }
            uids.extend(texts.iter().map(|(uid, _)| *uid));
            let texts = texts.into_iter();
            shown.extend(texts.map(|(uid, text)| (uid, text.to_vec())));
        }
        assert_eq!(uids.into_iter().collect::<UidSet>(), digest.uids);
    }
    shown.sort();
    shown
}

#[tokio::test]
async fn a_digest_has_what_the_messages_have() {
    let world = World::new().await;
    let store = &world.store;
    let mailbox = fill(&world, 300).await;
    let entries = entries(store, mailbox).await;
    store.write_digests(mailbox, entries.clone()).await.unwrap();

    let ids: Vec<ContentId> = entries.iter().map(|(_, id)| *id).collect();
    let texts: HashMap<ContentId, Bytes> =
        store.load_texts(&ids).await.unwrap().into_iter().collect();
    let expected: Vec<(Uid, Vec<u8>)> = entries
        .iter()
        .map(|(uid, id)| (*uid, texts[id].to_vec()))
        .collect();
    assert_eq!(shown(store, mailbox).await, expected);

    for used_by in [SortKeysUse::Sort, SortKeysUse::Thread] {
        let keys = store.load_sort_keys(&ids, used_by).await.unwrap();
        let keys: HashMap<ContentId, Bytes> = keys.into_iter().collect();
        let (mut digested, mut last) = (HashMap::new(), None);
        while let Some(found) = store
            .load_digested_sort_keys(mailbox, last, used_by)
            .await
            .unwrap()
        {
            last = Some(found.digest);
            digested.extend(found.keys);
        }
        assert_eq!(digested, keys);
    }
}

#[tokio::test]
async fn whoever_holds_the_needle_is_a_candidate() {
    let world = World::new().await;
    let store = &world.store;
    let mailbox = fill(&world, 300).await;
    store
        .write_digests(mailbox, entries(store, mailbox).await)
        .await
        .unwrap();
    let texts = shown(store, mailbox).await;
    for needle in [
        "",
        "x",
        "PARCEL",
        "grüsse",
        "the x",
        "σίσυφος",
        "日本",
        " 17",
        "zyzzyva",
        "e 123",
    ] {
        let needle = fold(needle);
        let digests = store
            .find_digests(&[mailbox], &[needle.as_str()])
            .await
            .unwrap();
        let candidates = digests
            .iter()
            .fold(UidSet::new(), |all, digest| all.union(&digest.candidates));
        let mut holders = 0;
        for (uid, text) in &texts {
            if SearchText::new(text).text(&needle) {
                holders += 1;
                assert!(candidates.contains(*uid), "{needle}: {uid}");
            }
        }
        if needle == "zyzzyva" || needle == "e 123" {
            assert_eq!(candidates.len(), holders, "{needle}");
        }
    }
}

#[tokio::test]
async fn of_two_nodes_that_write_one_digest_one_does() {
    let world = World::new().await;
    let (one, other) = (&world.store, world.another_node().await);
    let mailbox = fill(&world, 100).await;
    let entries = entries(one, mailbox).await;
    let (first, second) = tokio::join!(
        one.write_digests(mailbox, entries.clone()),
        other.write_digests(mailbox, entries.clone()),
    );
    first.unwrap();
    second.unwrap();
    assert_eq!(shown(one, mailbox).await.len(), entries.len());
}

#[tokio::test]
async fn a_small_digest_is_taken_into_the_next() {
    let world = World::new().await;
    let store = &world.store;
    let mailbox = fill(&world, 100).await;
    let entries = entries(store, mailbox).await;
    let (early, late) = entries.split_at(30);
    store.write_digests(mailbox, late.to_vec()).await.unwrap();
    store.write_digests(mailbox, early.to_vec()).await.unwrap();
    assert_eq!(store.find_digests(&[mailbox], &[]).await.unwrap().len(), 1);
    assert_eq!(shown(store, mailbox).await.len(), entries.len());
}

#[tokio::test]
async fn what_is_collected_is_in_no_digest() {
    let world = World::new().await;
    let store = &world.store;
    let mailbox = fill(&world, 20).await;
    let ada = store.find_account("ada").await.unwrap().unwrap().id;
    let entries = entries(store, mailbox).await;
    store.write_digests(mailbox, entries.clone()).await.unwrap();
    let flags = permit(
        store,
        ada,
        mailbox,
        Operation::ChangeFlags(FlagBits::DELETED),
    )
    .await;
    store
        .edit_flags(&flags, adding(&uids(3..4), FlagBits::DELETED))
        .await
        .unwrap();
    let expunge = permit(store, ada, mailbox, Operation::Expunge).await;
    store.expunge(&expunge, all_deleted()).await.unwrap();
    assert_eq!(shown(store, mailbox).await.len(), 20);
    store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(shown(store, mailbox).await.len(), 0);
    // Nor does it come into one later.
    store.write_digests(mailbox, entries).await.unwrap();
    assert_eq!(shown(store, mailbox).await.len(), 19);
}

#[tokio::test]
async fn a_deleted_mailbox_leaves_no_digest() {
    let world = World::new().await;
    let store = &world.store;
    let mailbox = world.shared("Orders", &[("anyone", "lrswipkxtea")]).await;
    let ada = world.account("ada").await;
    append(store, ada, mailbox, &["a", "b"]).await;
    let entries = entries(store, mailbox).await;
    store.write_digests(mailbox, entries.clone()).await.unwrap();
    assert_eq!(shown(store, mailbox).await.len(), 2);
    let delete = permit(store, ada, mailbox, Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();
    assert_eq!(shown(store, mailbox).await.len(), 0);
    store.write_digests(mailbox, entries).await.unwrap();
    assert_eq!(shown(store, mailbox).await.len(), 0);
}
