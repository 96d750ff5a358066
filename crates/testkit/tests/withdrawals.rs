//! The OK of a withdrawal means that nobody reads any more, on any node: what a talk cannot show.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::process::Command;

use store::LEASE_LENGTH;
use testkit::{Client, Cluster, Heard, Intervention, Stage, World, in_world};
use tokio::time::Instant;

const ROUNDS: usize = 100;

/// Of these answers none has the message.
fn is_told_nothing(answer: &[Vec<u8>]) -> bool {
    let is_secret = |line: &Vec<u8>| line.windows(6).any(|window| window == b"secret");
    !answer.iter().any(is_secret)
}

/// Ada, who administers a mailbox with one message.
async fn owner_of_a_secret(stage: &mut Stage) -> Client {
    stage
        .given("mailbox Team/Orders\nada may lria on Team/Orders")
        .await
        .unwrap();
    let mut ada = stage.log_in("ada", 1).await.unwrap();
    ada.ask_ok("APPEND Team/Orders {6+}\r\nsecret")
        .await
        .unwrap();
    ada
}

/// A reader on a node, with the mailbox selected.
async fn reader(stage: &mut Stage, node: usize) -> Client {
    let mut bo = stage.log_in("bo", node).await.unwrap();
    bo.ask_ok("NOTIFY SET (SELECTED (MessageNew MessageExpunge))")
        .await
        .unwrap();
    bo.ask_ok("SELECT Team/Orders").await.unwrap();
    bo
}

#[test]
fn after_the_ok_of_a_withdrawal_nothing_is_read_on_either_node() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let mut ada = owner_of_a_secret(stage).await;
        let reads = [
            "FETCH 1 BODY.PEEK[]",
            "UID SEARCH BODY secret",
            "APPEND INBOX CATENATE (URL \"/Team/Orders/;UID=1\")",
        ];
        for round in 0..ROUNDS {
            ada.ask_ok("SETACL Team/Orders bo lr").await.unwrap();
            let (mut near, mut far) = (reader(stage, 1).await, reader(stage, 2).await);
            ada.ask_ok("DELETEACL Team/Orders bo").await.unwrap();
            let read = reads[round % reads.len()];
            let (near, far) = tokio::join!(near.ask(read), far.ask(read));
            for answer in [near, far] {
                assert!(is_told_nothing(&answer), "round {round}: {read}");
                let last = String::from_utf8_lossy(answer.last().unwrap()).into_owned();
                assert!(!last.contains(" OK "), "round {round}: {read}: {last}");
                assert!(!answer.iter().any(|line| line.starts_with(b"* SEARCH 1")));
            }
        }
    })
    .unwrap();
}

/// A node that hears nothing does not answer. The withdrawal waits until its lease has run out, and from then on the
/// node asks the database before it serves.
#[test]
fn a_node_that_hears_nothing_holds_a_withdrawal_up_for_no_longer_than_its_lease() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let mut ada = owner_of_a_secret(stage).await;
        ada.ask_ok("SETACL Team/Orders bo lr").await.unwrap();
        let mut bo = reader(stage, 2).await;
        stage.intervene(2, Intervention::DropWakeups).await.unwrap();
        ada.ask_ok("DELETEACL Team/Orders bo").await.unwrap();
        let answer = bo.ask("FETCH 1 BODY.PEEK[]").await;
        assert!(is_told_nothing(&answer));
    })
    .unwrap();
}

/// An idling session reads as a command does: a node without a lease compares itself before it tells news.
#[test]
fn who_idles_on_a_node_that_missed_a_withdrawal_is_told_nothing_after_it() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let mut ada = owner_of_a_secret(stage).await;
        ada.ask_ok("SETACL Team/Orders bo lr").await.unwrap();
        let mut bo = reader(stage, 2).await;
        bo.say(b"x IDLE\r\n").await;
        assert!(bo.is_asked_for_more("x").await);
        stage.intervene(2, Intervention::DropWakeups).await.unwrap();
        stage.given("bo is disabled").await.unwrap();
        stage.intervene(2, Intervention::PassWakeups).await.unwrap();
        ada.ask_ok("APPEND Team/Orders {6+}\r\nsecret")
            .await
            .unwrap();
        let Heard::Response(told) = bo.hear().await else {
            return;
        };
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.starts_with("* BYE "), "{told}");
    })
    .unwrap();
}

/// As when the database cannot commit for a while: it still tells what may be read.
#[test]
fn who_reads_on_a_node_that_has_no_lease_is_answered() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let mut ada = owner_of_a_secret(stage).await;
        ada.ask_ok("SELECT Team/Orders").await.unwrap();
        let without_leases = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--command"])
            .arg("alter table node_lease rename to leases_of_before")
            .arg(stage.database_url())
            .status();
        assert!(without_leases.unwrap().success());
        let begun = Instant::now();
        while begun.elapsed() < 2 * LEASE_LENGTH {
            ada.ask_ok("NOOP").await.unwrap();
            let told = ada.ask_ok("FETCH 1 BODY.PEEK[]").await.unwrap();
            assert!(!is_told_nothing(&told), "{told:?}");
            ada.ask_ok("SELECT Team/Orders").await.unwrap();
        }
    })
    .unwrap();
}
