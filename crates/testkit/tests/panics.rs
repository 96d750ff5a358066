//! A panic has one victim: what asked for it. Everything else on the node goes on.
//!
//! Builds with debug assertions panic where a message or a keyword asks for it; a release has none of that.
#![cfg(debug_assertions)]
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use testkit::{Client, Cluster, Heard, Stage, World, in_world};

/// Appends that are sent without waiting for an answer, so that they meet in batches.
const TOGETHER: usize = 30;

fn append(panics_in: &str) -> String {
    let message = format!("X-Postroom-Panic: {panics_in}\r\n\r\nbody");
    format!("APPEND Team/a {{{}+}}\r\n{message}", message.len())
}

fn tagged(responses: &[Vec<u8>]) -> String {
    String::from_utf8_lossy(responses.last().unwrap()).into_owned()
}

async fn team(stage: &mut Stage) -> (Client, Client) {
    let given = "mailbox Team/a\nada may lrswite on Team/a\nbo may lrswite on Team/a";
    stage.given(given).await.unwrap();
    (
        stage.log_in("ada", 1).await.unwrap(),
        stage.log_in("bo", 1).await.unwrap(),
    )
}

#[test]
fn a_message_that_trips_a_parser_is_refused() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let (mut ada, _) = team(stage).await;
        let refused = tagged(&ada.ask(append("parse")).await);
        assert!(refused.contains(" NO [SERVERBUG] "), "{refused}");
        ada.ask_ok(append("nowhere")).await.unwrap();
    })
    .unwrap();
}

#[test]
fn a_message_whose_text_cannot_be_read_is_not_found_and_the_others_are() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let (mut ada, _) = team(stage).await;
        ada.ask_ok(append("search-text")).await.unwrap();
        ada.ask_ok(append("nowhere")).await.unwrap();
        ada.ask_ok("SELECT Team/a").await.unwrap();
        let found = ada.ask_ok("SEARCH BODY body").await.unwrap();
        assert_eq!(found.first().unwrap(), b"* SEARCH 2");
    })
    .unwrap();
}

#[test]
fn a_session_that_panics_hears_bye_and_no_other_does() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let (mut ada, mut bo) = team(stage).await;
        ada.ask_ok(append("section")).await.unwrap();
        for client in [&mut ada, &mut bo] {
            client.ask_ok("SELECT Team/a").await.unwrap();
        }
        ada.say(b"x FETCH 1 BODY.PEEK[1]\r\n").await;
        let Heard::Response(bye) = ada.hear().await else {
            panic!("nothing is said");
        };
        assert!(
            bye.starts_with(b"* BYE "),
            "{}",
            String::from_utf8_lossy(&bye)
        );
        assert!(matches!(ada.hear().await, Heard::End));
        bo.ask_ok("STORE 1 +FLAGS (\\Flagged)").await.unwrap();
        let mut ada = stage.log_in("ada", 1).await.unwrap();
        ada.ask_ok("SELECT Team/a").await.unwrap();
        ada.ask_ok("FETCH 1 BODY.PEEK[]").await.unwrap();
    })
    .unwrap();
}

#[test]
fn of_a_batch_that_panics_only_the_guilty_write_fails() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let (_, mut bo) = team(stage).await;
        let mut clients = Vec::new();
        for _ in 0..TOGETHER {
            clients.push(stage.log_in("ada", 1).await.unwrap());
        }
        let panics_in = |place: usize| {
            if place == TOGETHER / 2 {
                "batch"
            } else {
                "nowhere"
            }
        };
        for (place, client) in clients.iter_mut().enumerate() {
            let command = format!("x {}\r\n", append(panics_in(place)));
            client.say(command.as_bytes()).await;
        }
        for (place, client) in clients.iter_mut().enumerate() {
            let Heard::Response(answer) = client.hear().await else {
                panic!("no answer");
            };
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let expected = if panics_in(place) == "batch" {
                "x NO [SERVERBUG] "
            } else {
                "x OK "
            };
            assert!(answer.starts_with(expected), "{place}: {answer}");
        }
        let select = bo.ask_ok("SELECT Team/a").await.unwrap();
        let exists = format!("* {} EXISTS", TOGETHER - 1);
        assert!(
            select
                .iter()
                .any(|line| line.starts_with(exists.as_bytes()))
        );
    })
    .unwrap();
}

#[test]
fn a_mailbox_whose_news_panic_disturbs_no_other() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let (mut ada, mut bo) = team(stage).await;
        stage
            .given("mailbox Team/b\nada may lrswite on Team/b\nbo may lrswite on Team/b")
            .await
            .unwrap();
        ada.ask_ok(append("nowhere")).await.unwrap();
        ada.ask_ok("SELECT Team/a").await.unwrap();
        bo.ask_ok("SELECT Team/b").await.unwrap();
        let stored = tagged(&ada.ask("STORE 1 +FLAGS ($PostroomPanic)").await);
        assert!(
            stored.contains(" NO [SERVERBUG] ") || stored.contains(" OK "),
            "{stored}"
        );
        for exists in 1..4 {
            ada.ask("APPEND Team/b {1+}\r\nx").await;
            let told = bo.ask_ok("CHECK").await.unwrap();
            let line = format!("* {exists} EXISTS");
            let is_told =
                |told: &[Vec<u8>]| told.iter().any(|one| one.starts_with(line.as_bytes()));
            if !is_told(&told) {
                let Heard::Response(late) = wait(&mut bo).await else {
                    panic!("{line} is not told");
                };
                assert!(late.starts_with(line.as_bytes()));
            }
        }
    })
    .unwrap();
}

/// What IDLE tells first.
async fn wait(client: &mut Client) -> Heard {
    client.say(b"y IDLE\r\n").await;
    let mut heard = client.hear().await;
    while matches!(&heard, Heard::Response(line) if line.starts_with(b"+")) {
        heard = client.hear().await;
    }
    client.say(b"DONE\r\n").await;
    let _end = client.hear().await;
    heard
}
