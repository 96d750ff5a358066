//! Where letters go is remembered, and what is remembered is what would be read now (ADR 0069).

use acl::Operation;
use store::OldTarget;

use crate::addresses::{add, alias, reached, recipients, route};
use crate::world::{World, permit};

/// Another node changes something each time: what was remembered here does not outlive its OK.
#[tokio::test]
async fn a_route_that_is_remembered_is_what_it_would_be_now() {
    let world = World::new().await;
    let here = &world.store;
    let there = &world.another_node().await;
    let root = world.admin().await;
    world.account("ada").await;
    let support = world.shared("support", &[]).await;
    let other = world.shared("other", &[]).await;
    add(there, root, "support@example.org", support).await;
    add(there, root, "@caught.example", other).await;
    let asked = [
        "support@example.org",
        "support+bills@example.org",
        "help@example.org",
        "support@old.example",
        "who@caught.example",
    ];
    let as_remembered = async |after: &str| {
        let fresh = world.another_node().await;
        for text in asked {
            assert_eq!(
                route(here, text).await,
                route(&fresh, text).await,
                "{text} after {after}"
            );
        }
    };
    as_remembered("the start").await;
    as_remembered("nothing").await;

    alias(there, root, "help@example.org", "support@example.org")
        .await
        .unwrap();
    as_remembered("an alias").await;
    there
        .set_domain_alias(root, "old.example", Some("example.org"))
        .await
        .unwrap();
    as_remembered("a domain").await;
    let bills = world.shared("support/bills", &[]).await;
    as_remembered("a mailbox for a subaddress").await;
    add(there, root, "support@example.org", other).await;
    as_remembered("a second target").await;
    world.grant(root, support, "ada", "lrs").await;
    as_remembered("a right").await;
    let delete = permit(there, root, bills, Operation::DeleteMailbox).await;
    there.delete_mailbox(&delete).await.unwrap();
    as_remembered("a mailbox that is deleted").await;
    there
        .set_domain_alias(root, "old.example", None)
        .await
        .unwrap();
    as_remembered("a domain that goes").await;
    let all = OldTarget::All;
    assert!(
        there
            .remove_address(root, &recipients("support@example.org"), &all)
            .await
            .unwrap()
    );
    as_remembered("an address that goes").await;
    let delete = permit(there, root, other, Operation::DeleteMailbox).await;
    there.delete_mailbox(&delete).await.unwrap();
    as_remembered("the mailbox of a domain that goes").await;
    assert!(reached(here, "who@caught.example").await.is_empty());
}

/// While addresses are changed somewhere, whoever asks after the OK is told what holds.
#[tokio::test]
async fn what_is_remembered_while_addresses_change_is_never_older_than_their_ok() {
    let world = World::new().await;
    let (here, there) = (&world.store, &world.another_node().await);
    let root = world.admin().await;
    let one = world.shared("one", &[]).await;
    let two = world.shared("two", &[]).await;
    let of = recipients("team@example.org");
    add(there, root, "team@example.org", one).await;
    let changing = async {
        for round in 0..40 {
            let (from, to) = if round % 2 == 0 {
                (one, two)
            } else {
                (two, one)
            };
            add(there, root, "team@example.org", to).await;
            let reached_now = reached(here, "team@example.org").await;
            assert_eq!(reached_now.len(), 2, "in round {round}");
            let gone = there
                .remove_address(root, &of, &OldTarget::Mailbox(from))
                .await;
            assert!(gone.unwrap());
            assert_eq!(
                reached(here, "team@example.org").await,
                [to],
                "in round {round}"
            );
        }
    };
    // Others ask all the time, so that something is remembered and looked at whenever it changes.
    let asking = async || {
        for _ in 0..400 {
            route(here, "team@example.org").await;
        }
    };
    tokio::join!(asking(), asking(), changing);
}

#[tokio::test]
async fn a_route_that_is_remembered_reads_no_address() {
    let world = World::new().await;
    let root = world.admin().await;
    let support = world.shared("support", &[]).await;
    add(&world.store, root, "support@example.org", support).await;
    let scans_for = async |times: usize| {
        let before = world.scans("address").await;
        let node = world.another_node().await;
        for _ in 0..times {
            route(&node, "support@example.org").await;
        }
        world.scans("address").await - before
    };
    let once = scans_for(1).await;
    assert!(once > 0);
    assert_eq!(scans_for(20).await, once);
}
