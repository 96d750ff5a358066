//! Many people at once, on two nodes: what a talk cannot show.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where it fails"
)]

use std::collections::BTreeSet;

use testkit::{Client, Cluster, Stage, World, in_world};
use tokio::task::JoinSet;

const WRITERS: usize = 8;
const APPENDS_EACH: usize = 25;
const STORERS: usize = 32;

/// Other servers take UIDs outside the transaction that writes: 107 of 250 messages appeared below
/// a UID that a watcher had seen (design, 15).
#[test]
fn a_watcher_never_sees_a_uid_below_one_it_has_seen() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Orders\nwriter may lri on Team/Orders\nbo may lr on Team/Orders")
            .await
            .unwrap();
        let mut writers = JoinSet::new();
        for index in 0..WRITERS {
            writers.spawn(append_all(
                stage.log_in("writer", 1 + index % 2).await.unwrap(),
            ));
        }
        let mut watchers = JoinSet::new();
        for node in [1, 2] {
            watchers.spawn(watch(stage.log_in("bo", node).await.unwrap()));
        }
        let written: BTreeSet<u32> = writers.join_all().await.into_iter().flatten().collect();
        assert_eq!(written.len(), WRITERS * APPENDS_EACH);
        for seen in watchers.join_all().await {
            assert!(seen.is_sorted(), "{seen:?}");
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), written);
        }
    })
    .unwrap();
}

async fn append_all(mut client: Client) -> Vec<u32> {
    let mut uids = Vec::new();
    for number in 0..APPENDS_EACH {
        let message = format!("Subject: {number}\r\n\r\n");
        let command = format!("APPEND Team/Orders {{{}+}}\r\n{message}", message.len());
        let answer = client.ask(command).await;
        uids.push(appended_uid(answer.last().unwrap()));
    }
    uids
}

/// The UID from `tag OK [APPENDUID validity uid] …`.
fn appended_uid(response: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(response);
    let code = text
        .split_once("[APPENDUID ")
        .unwrap_or_else(|| panic!("{text}"))
        .1;
    let (_, uid) = code.split_once(']').unwrap().0.split_once(' ').unwrap();
    uid.parse().unwrap()
}

/// Asks only for UIDs above the highest one so far, as mail clients do.
async fn watch(mut client: Client) -> Vec<u32> {
    client.ask_ok("SELECT Team/Orders").await.unwrap();
    let mut seen: Vec<u32> = Vec::new();
    while seen.len() < WRITERS * APPENDS_EACH {
        client.ask_ok("NOOP").await.unwrap();
        let highest = seen.last().copied().unwrap_or(0);
        let fetched = client
            .ask_ok(format!("UID FETCH {}:* UID", highest + 1))
            .await
            .unwrap();
        // n:* includes the last message even when it is below n.
        seen.extend(
            fetched
                .iter()
                .filter_map(|line| fetched_uid(line))
                .filter(|&uid| uid > highest),
        );
    }
    seen
}

fn fetched_uid(response: &[u8]) -> Option<u32> {
    let text = str::from_utf8(response).ok()?;
    let (_, uid) = text.split_once(" FETCH (UID ")?;
    uid.strip_suffix(')')?.parse().ok()
}

const ROUNDS: usize = 200;

/// Without asking the database, a NOOP missed an APPEND that was answered 148 to 186 times of 200.
#[test]
fn whoever_asks_after_an_ok_is_told_on_either_node() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Orders with messages $1\nwriter may lrisw on Team/Orders\nbo may lr on Team/Orders")
            .await
            .unwrap();
        let mut writer = stage.log_in("writer", 1).await.unwrap();
        writer.ask_ok("SELECT Team/Orders").await.unwrap();
        let mut readers = Vec::new();
        for node in [1, 2] {
            let mut reader = stage.log_in("bo", node).await.unwrap();
            reader.ask_ok("SELECT Team/Orders").await.unwrap();
            readers.push(reader);
        }
        for round in 0..ROUNDS {
            let command = if round % 2 == 0 {
                "APPEND Team/Orders {1+}\r\nx".to_owned()
            } else {
                let sign = if round % 4 == 1 { '+' } else { '-' };
                format!("STORE 1 {sign}FLAGS.SILENT (\\Flagged)")
            };
            writer.ask_ok(&command).await.unwrap();
            for (index, reader) in readers.iter_mut().enumerate() {
                let told = reader.ask_ok("NOOP").await.unwrap();
                assert!(!told.is_empty(), "reader {index}, round {round}: {command}");
            }
        }
    })
    .unwrap();
}

/// Other servers refuse 25 to 70 % of the commands (design, 15).
#[test]
fn thirty_two_sessions_store_on_the_same_messages_and_none_is_refused() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        stage
            .given(
                "mailbox Team/Orders with messages $1 $2 $3 $4 $5\nstorer may lrsw on Team/Orders",
            )
            .await
            .unwrap();
        let mut storers = JoinSet::new();
        for index in 0..STORERS {
            storers.spawn(store_all(
                stage.log_in("storer", 1 + index % 2).await.unwrap(),
                index,
            ));
        }
        assert_eq!(storers.join_all().await.len(), STORERS);
        for node in [1, 2] {
            let mut reader = stage.log_in("storer", node).await.unwrap();
            reader.ask_ok("SELECT Team/Orders").await.unwrap();
            let fetched = reader.ask_ok("FETCH 1:5 FLAGS").await.unwrap();
            assert_eq!(fetched.len(), 5);
            for line in fetched {
                let line = String::from_utf8(line).unwrap();
                for index in 0..STORERS {
                    assert!(
                        line.contains(&format!("keep{index} "))
                            || line.contains(&format!("keep{index})")),
                        "{line}"
                    );
                }
                assert!(!line.contains("flicker"), "{line}");
            }
        }
    })
    .unwrap();
}

/// Adds a flag of its own, and sets and clears a flag that all of them use.
async fn store_all(mut client: Client, index: usize) {
    client.ask_ok("SELECT Team/Orders").await.unwrap();
    for command in [
        "STORE 1:5 +FLAGS.SILENT (flicker)".to_owned(),
        format!("STORE 1:5 +FLAGS (keep{index})"),
        "UID STORE 1:5 +FLAGS (\\Flagged flicker)".to_owned(),
        "STORE 1:5 -FLAGS (\\Flagged flicker)".to_owned(),
    ] {
        client
            .ask_ok(&command)
            .await
            .unwrap_or_else(|refusal| panic!("{command}: {refusal}"));
    }
    // Another session may have set it again after this one cleared it.
    client
        .ask_ok("STORE 1:5 -FLAGS.SILENT (flicker)")
        .await
        .unwrap();
}
