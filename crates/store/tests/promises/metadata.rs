//! Annotations belong to their mailbox and their user, and are bounded.

use acl::Operation;
use mail::limits::METADATA_ENTRIES_MAX;
use mail::{Depth, EntryName};
use store::{Annotation, Fault, NewValue, Wanted};

use crate::world::{World, permit};

fn entry(text: &str) -> EntryName {
    EntryName::parse(text).unwrap()
}

fn set(text: &str, value: &str) -> NewValue {
    (entry(text), Some(value.as_bytes().to_vec()))
}

const ALL: Wanted<'static> = Wanted {
    entries: &[],
    depth: Depth::Infinity,
    value_bytes_max: None,
};

fn read(annotations: &[Annotation]) -> Vec<(&str, &str)> {
    let text = |bytes| str::from_utf8(bytes).unwrap();
    annotations
        .iter()
        .map(|found| (found.entry.as_str(), text(found.value.as_deref().unwrap())))
        .collect()
}

#[tokio::test]
async fn private_annotations_are_read_by_their_user_alone() {
    let world = World::new().await;
    let store = &world.store;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let team = world.shared("team", &[("ada", "lr"), ("bo", "lr")]).await;
    let leave = permit(store, ada, team, Operation::Annotate).await;
    let changes = [set("/private/comment", "a"), set("/shared/comment", "b")];
    store.set_metadata(&leave, &changes).await.unwrap();
    let entries = [entry("/private/comment"), entry("/shared/comment")];
    let wanted = Wanted {
        entries: &entries,
        ..ALL
    };
    let of_ada = store.metadata(ada, &[team], wanted).await.unwrap();
    let of_bo = store.metadata(bo, &[team], wanted).await.unwrap();
    assert_eq!(
        read(&of_ada[&team]),
        [("/private/comment", "a"), ("/shared/comment", "b")]
    );
    assert_eq!(read(&of_bo[&team]), [("/shared/comment", "b")]);
}

#[tokio::test]
async fn annotations_keep_neither_their_account_nor_their_mailbox() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lr"), ("root", "lr")]).await;
    let leave = permit(store, ada, team, Operation::Annotate).await;
    let changes = [set("/private/comment", "a"), set("/shared/comment", "b")];
    store.set_metadata(&leave, &changes).await.unwrap();
    let own = [set("/private/comment", "c")];
    store.set_server_metadata(ada, &own).await.unwrap();
    store.delete_account(ada).await.unwrap();
    let entries = [entry("/shared/comment")];
    let wanted = Wanted {
        entries: &entries,
        ..ALL
    };
    let found = store.metadata(root, &[team], wanted).await.unwrap();
    assert_eq!(read(&found[&team]), [("/shared/comment", "b")]);
    let leave = permit(store, root, team, Operation::DeleteMailbox).await;
    store.delete_mailbox(&leave).await.unwrap();
    let found = store.metadata(root, &[team], wanted).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_command_that_would_make_too_many_changes_nothing() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lr")]).await;
    let leave = permit(store, ada, team, Operation::Annotate).await;
    let number = |n: usize| set(&format!("/shared/{n}"), "x");
    let full: Vec<NewValue> = (0..METADATA_ENTRIES_MAX).map(number).collect();
    store.set_metadata(&leave, &full).await.unwrap();
    let more = [set("/shared/0", "y"), set("/shared/more", "x")];
    let refused = store.set_metadata(&leave, &more).await;
    assert!(matches!(refused, Err(Fault::Annotations)), "{refused:?}");
    let entries = [entry("/shared/0")];
    let wanted = Wanted {
        entries: &entries,
        ..ALL
    };
    let found = store.metadata(ada, &[team], wanted).await.unwrap();
    assert_eq!(read(&found[&team]), [("/shared/0", "x")]);
    // What is private is counted apart, and one may go for another.
    let own = [set("/private/0", "x")];
    store.set_metadata(&leave, &own).await.unwrap();
    let exchanged = [(entry("/shared/1"), None), set("/shared/more", "x")];
    store.set_metadata(&leave, &exchanged).await.unwrap();
}

#[tokio::test]
async fn rights_are_asked_again_for_annotations() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lr")]).await;
    let leave = permit(store, ada, team, Operation::Annotate).await;
    world.grant(root, team, "ada", "l").await;
    let denied = store
        .set_metadata(&leave, &[set("/shared/comment", "x")])
        .await;
    assert!(matches!(denied, Err(Fault::Denied)), "{denied:?}");
    let denied = store
        .set_server_metadata(ada, &[set("/shared/comment", "x")])
        .await;
    assert!(matches!(denied, Err(Fault::Denied)), "{denied:?}");
    store
        .set_server_metadata(root, &[set("/shared/comment", "x")])
        .await
        .unwrap();
}
