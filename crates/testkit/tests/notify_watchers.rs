//! Many who watch many mailboxes: what a page cannot show.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::panic, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use testkit::{Client, Cluster, Heard, Intervention, Stage, World, in_world};

const MAILBOXES: usize = 60;
const WATCHERS: usize = 20;

/// Others ask the database once a session and change: 2,648 statements for one APPEND and 200 watchers
/// (design, 15).
#[test]
fn what_is_watched_is_read_once_a_change_whoever_watches() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        for number in 0..MAILBOXES {
            let sentences = format!(
                "mailbox Team/{number}\nada may lri on Team/{number}\nbo may lr on Team/{number}"
            );
            stage.given(&sentences).await.unwrap();
        }
        let mut writer = stage.log_in("ada", 1).await.unwrap();
        let mut watchers = Vec::new();
        for _ in 0..WATCHERS {
            let mut watcher = stage.log_in("bo", 2).await.unwrap();
            let command = "NOTIFY SET (subtree Team (MessageNew MessageExpunge FlagChange))";
            watcher.ask_ok(command).await.unwrap();
            watchers.push(watcher);
        }
        let before = stage.summaries(2).unwrap();
        for number in 0..MAILBOXES {
            let command = format!("APPEND Team/{number} {{1+}}\r\nx");
            writer.ask_ok(command).await.unwrap();
        }
        for watcher in &mut watchers {
            assert_eq!(mailboxes_told(watcher).await.len(), MAILBOXES);
        }
        let read = stage.summaries(2).unwrap() - before;
        let changes = u64::try_from(MAILBOXES).unwrap();
        assert!((1..=changes).contains(&read), "{read} reads");
    })
    .unwrap();
}

/// A thousand annotations wait for one session, and ten thousand changes of the directory, be it of a hundred
/// annotations, are read at once. With more it is told that it missed some, and is told nothing any more
/// (RFC 5465, 5.8).
#[test]
fn more_than_can_wait_or_be_read_ends_in_notificationoverflow() {
    let cluster = Cluster::start().unwrap();
    for (mailboxes, times) in [(11, 1), (1, 101)] {
        in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
            for number in 0..mailboxes {
                let sentences = format!(
                    "mailbox Team/{number}\nada may lriwa on Team/{number}\nbo may lr on Team/{number}"
                );
                stage.given(&sentences).await.unwrap();
            }
            let mut writer = stage.log_in("ada", 1).await.unwrap();
            let mut watcher = stage.log_in("bo", 2).await.unwrap();
            let command =
                "NOTIFY SET (subtree Team (MessageNew MessageExpunge MailboxMetadataChange))";
            watcher.ask_ok(command).await.unwrap();
            stage.intervene(2, Intervention::DropWakeups).await.unwrap();
            for time in 0..times {
                for number in 0..mailboxes {
                    let command = format!("SETMETADATA Team/{number} ({})", a_hundred(time));
                    writer.ask_ok(command).await.unwrap();
                }
            }
            stage.intervene(2, Intervention::PassWakeups).await.unwrap();
            stage.intervene(2, Intervention::Compare).await.unwrap();
            let Heard::Response(response) = watcher.hear().await else {
                panic!("nothing is told");
            };
            let text = String::from_utf8_lossy(&response);
            assert!(text.starts_with("* OK [NOTIFICATIONOVERFLOW] "), "{text}");
            writer.ask_ok("APPEND Team/0 {1+}\r\nx").await.unwrap();
            stage.settle().await.unwrap();
            assert!(watcher.ask_ok("NOOP").await.unwrap().is_empty());
        })
        .unwrap();
    }
}

/// Annotations, all with this value.
fn a_hundred(value: usize) -> String {
    let entries: Vec<String> = (0..100)
        .map(|entry| format!("/shared/vendor/test/{entry} \"{value}\""))
        .collect();
    entries.join(" ")
}

/// The names in STATUS responses, until there is one for each mailbox.
async fn mailboxes_told(client: &mut Client) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    while names.len() < MAILBOXES {
        match client.hear().await {
            Heard::Response(response) => {
                let text = String::from_utf8_lossy(&response).into_owned();
                let name = text
                    .strip_prefix("* STATUS ")
                    .and_then(|rest| rest.split(' ').next());
                names.insert(name.unwrap_or_else(|| panic!("{text}")).to_owned());
            }
            other => panic!("{} told, then {other:?}", names.len()),
        }
    }
    names
}
