//! What holds of wake-ups whatever carries them: each claim is tested with PostgreSQL alone and with a NATS server.
//!
//! The safety comparison of the nodes is an hour away, so nobody is told of what was lost unless somebody compares.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where it fails"
)]

use std::time::Duration;

use testkit::{
    Client, Cluster, Given, Heard, Intervention, Meddling, Names, Stage, World, in_world,
};
use tokio::time::timeout;

/// For what must happen, and does within milliseconds unless the machine is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A test for each bus.
macro_rules! on_every_bus {
    ($($claim:ident),* $(,)?) => {
        mod postgres {
            $(#[test] fn $claim() { super::play(super::World::TwoNodes, super::$claim); })*
        }
        mod nats {
            $(#[test] fn $claim() { super::play(super::World::TwoNodesWithNats, super::$claim); })*
        }
    };
}

on_every_bus!(
    what_is_committed_on_one_node_is_told_on_the_other,
    what_was_lost_is_found_by_comparison,
    what_comes_twice_is_told_once,
    what_comes_late_and_in_another_order_is_told_once,
    what_was_missed_while_the_connection_was_cut_is_found_when_it_is_back,
    a_bus_that_starts_anew_misses_nothing,
    what_a_verb_does_is_told,
    a_bus_that_comes_after_the_node_is_used,
);

fn play(world: World, claim: impl AsyncFnOnce(&mut Stage)) {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, world, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Orders\nada may lri on Team/Orders\nbo may lr on Team/Orders")
            .await
            .unwrap();
        claim(stage).await;
    })
    .unwrap();
}

async fn what_is_committed_on_one_node_is_told_on_the_other(stage: &mut Stage) {
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, 2).await);
    for count in 1..=20 {
        append(&mut ada).await;
        told(&mut bo, count).await;
    }
}

async fn what_was_lost_is_found_by_comparison(stage: &mut Stage) {
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, 2).await);
    stage.bus_tap(2).unwrap().meddle(Meddling::Drop);
    append(&mut ada).await;
    caught(stage, 1).await;
    nothing_told(&mut bo).await;
    stage.intervene(2, Intervention::Compare).await.unwrap();
    told(&mut bo, 1).await;
    stage.bus_tap(2).unwrap().meddle(Meddling::Pass);
    append(&mut ada).await;
    told(&mut bo, 2).await;
}

async fn what_comes_twice_is_told_once(stage: &mut Stage) {
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, 2).await);
    stage.bus_tap(2).unwrap().meddle(Meddling::Double);
    for count in 1..=3 {
        append(&mut ada).await;
        told(&mut bo, count).await;
        nothing_told(&mut bo).await;
    }
    caught(stage, 3).await;
}

async fn what_comes_late_and_in_another_order_is_told_once(stage: &mut Stage) {
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, 2).await);
    stage.bus_tap(2).unwrap().meddle(Meddling::Hold);
    for count in 1..=3 {
        append(&mut ada).await;
        caught(stage, count).await;
    }
    nothing_told(&mut bo).await;
    stage.bus_tap(2).unwrap().meddle(Meddling::Pass);
    told(&mut bo, 3).await;
    nothing_told(&mut bo).await;
}

async fn what_was_missed_while_the_connection_was_cut_is_found_when_it_is_back(stage: &mut Stage) {
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, 2).await);
    for count in 1..=5 {
        stage.intervene(2, Intervention::CutListener).await.unwrap();
        append(&mut ada).await;
        told(&mut bo, count).await;
    }
}

async fn a_bus_that_starts_anew_misses_nothing(stage: &mut Stage) {
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, 2).await);
    stage.take_bus_away();
    // With PostgreSQL away nothing is committed. With another bus all goes on.
    let appended = ada.ask_ok(APPEND).await;
    let count = u32::from(appended.is_ok());
    stage.bring_bus_back().unwrap();
    if count > 0 {
        told(&mut bo, count).await;
    }
    let count = count + 1;
    while ada.ask_ok(APPEND).await.is_err() {}
    told(&mut bo, count).await;
}

/// Verbs have no bus, and no node says that it hears none.
async fn what_a_verb_does_is_told(stage: &mut Stage) {
    let mut bo = watcher(stage, 2).await;
    let sentence = "message $1 in Team/Orders flagged ()";
    let given = Given::parse(sentence, Some(b"x".to_vec())).unwrap();
    stage.make(&given, &mut Names::new()).await.unwrap();
    told(&mut bo, 1).await;
}

async fn a_bus_that_comes_after_the_node_is_used(stage: &mut Stage) {
    let number = stage.add_node_before_bus().await.unwrap();
    let (mut ada, mut bo) = (writer(stage).await, watcher(stage, number).await);
    append(&mut ada).await;
    told(&mut bo, 1).await;
}

const APPEND: &str = "APPEND Team/Orders {1+}\r\nx";

async fn writer(stage: &mut Stage) -> Client {
    stage.log_in("ada", 1).await.unwrap()
}

/// Somebody who idles in the mailbox.
async fn watcher(stage: &mut Stage, node: usize) -> Client {
    let mut bo = stage.log_in("bo", node).await.unwrap();
    bo.ask_ok("SELECT Team/Orders").await.unwrap();
    bo.say(b"x IDLE\r\n").await;
    assert!(bo.is_asked_for_more("x").await);
    bo
}

async fn append(ada: &mut Client) {
    ada.ask_ok(APPEND).await.unwrap();
}

/// Waits until so many wake-ups for node 2 were meddled with.
async fn caught(stage: &Stage, count: u32) {
    let caught = stage.bus_tap(2).unwrap().caught(count);
    timeout(PATIENCE, caught).await.unwrap();
}

/// Waits until the client was told of so many messages, and of no more than there are.
async fn told(client: &mut Client, count: u32) {
    let mut last = 0;
    while last < count {
        let Heard::Response(response) = client.hear().await else {
            panic!("only {last} of {count} messages were told");
        };
        if let Some(exists) = exists(&response) {
            assert!(last < exists && exists <= count, "{last} {exists} {count}");
            last = exists;
        }
    }
}

async fn nothing_told(client: &mut Client) {
    while let Heard::Response(response) = client.hear_now().await {
        assert_eq!(exists(&response), None);
    }
}

fn exists(response: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(response).ok()?;
    text.strip_prefix("* ")?
        .strip_suffix(" EXISTS")?
        .parse()
        .ok()
}
