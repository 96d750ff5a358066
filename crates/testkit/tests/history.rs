//! A failover to a standby that lacks the last commits: what clients were shown and what there is differ under the same
//! numbers. The loss is made by SQL, as nothing else can; all else is as it is when a standby takes over.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::process::Command;

use testkit::{Client, Cluster, Intervention, Stage, World, in_world};

/// The last message of the mailbox never was.
const LOSE_THE_LAST: &str = "
with lost as (
  delete from entry e
   using mailbox m
   where e.mailbox = m.id and e.uid = m.uid_next - 1
     and m.id = (select mailbox from mailbox_name where path = 'Orders')
  returning e.mailbox, e.size
), unlogged as (
  delete from change c using lost where c.mailbox = lost.mailbox
     and c.modseq = (select modseq from mailbox where id = lost.mailbox)
)
update mailbox m
   set uid_next = uid_next - 1, modseq = modseq - 1, message_count = message_count - 1,
       byte_count = byte_count - lost.size, unseen_count = unseen_count - 1
  from lost
 where m.id = lost.mailbox;
create or replace function database_history() returns text language sql as $$ select 'of the standby' $$;";

async fn open(stage: &mut Stage, who: &str, node: usize) -> (Client, String) {
    let mut client = stage.log_in(who, node).await.unwrap();
    client.ask_ok("ENABLE QRESYNC").await.unwrap();
    let answers = client.ask_ok("SELECT Team/Orders").await.unwrap();
    (client, uid_validity(&answers))
}

fn uid_validity(answers: &[Vec<u8>]) -> String {
    let texts = answers.iter().map(|answer| String::from_utf8_lossy(answer));
    let mut found = texts.filter(|text| text.contains("UIDVALIDITY"));
    found.next().unwrap().into_owned()
}

fn has(answers: &[Vec<u8>], text: &str) -> bool {
    answers
        .iter()
        .any(|answer| String::from_utf8_lossy(answer).contains(text))
}

async fn fail_over(stage: &mut Stage) {
    let lost = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--command",
            LOSE_THE_LAST,
        ])
        .arg(stage.database_url())
        .output()
        .unwrap();
    assert!(lost.status.success(), "{lost:?}");
    for node in [1, 2] {
        stage
            .intervene(node, Intervention::CutDatabase)
            .await
            .unwrap();
    }
}

/// The next command that the database answers, as after every failover.
async fn ask_until_there(client: &mut Client, command: &str) -> Vec<Vec<u8>> {
    loop {
        let answers = client.ask(command).await;
        if !has(&answers, "[UNAVAILABLE]") {
            return answers;
        }
    }
}

#[test]
fn after_a_failover_that_lost_a_message_its_uid_is_never_that_of_another() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Orders\nada may lrswi on Team/Orders\nbo may lr on Team/Orders")
            .await
            .unwrap();
        let (mut ada, before) = open(stage, "ada", 1).await;
        ada.ask_ok("APPEND Team/Orders {4+}\r\nkept").await.unwrap();
        ada.ask_ok("APPEND Team/Orders {4+}\r\nlost").await.unwrap();
        let (mut bo, _) = open(stage, "bo", 2).await;
        let shown = bo.ask_ok("FETCH 2 BODY.PEEK[]").await.unwrap();
        assert!(has(&shown, "lost"));

        fail_over(stage).await;
        let answers = ask_until_there(&mut ada, "APPEND Team/Orders {5+}\r\nother").await;
        assert!(has(&answers, " OK "), "{answers:?}");
        // Who was shown what is lost is told that nothing of the mailbox is as it was.
        for client in [&mut ada, &mut bo] {
            let answers = ask_until_there(client, "NOOP").await;
            assert!(!has(&answers, "FETCH"));
            let answers = ask_until_there(client, "SELECT Team/Orders").await;
            assert_ne!(uid_validity(&answers), before);
            let told = client.ask_ok("UID FETCH 1:* BODY.PEEK[]").await.unwrap();
            assert!(has(&told, "kept") && has(&told, "other"), "{told:?}");
            assert!(!has(&told, "lost"), "{told:?}");
        }
        let (_, of_another) = open(stage, "ada", 2).await;
        let (_, of_one) = open(stage, "ada", 1).await;
        assert_eq!(of_one, of_another);
    })
    .unwrap();
}

#[test]
fn a_failover_that_lost_nothing_closes_nothing() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Orders\nada may lrswi on Team/Orders")
            .await
            .unwrap();
        let (mut ada, before) = open(stage, "ada", 1).await;
        ada.ask_ok("APPEND Team/Orders {4+}\r\nkept").await.unwrap();
        let renamed = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--command"])
            .arg("create or replace function database_history() returns text language sql as $$ select 'x' $$")
            .arg(stage.database_url())
            .status();
        assert!(renamed.unwrap().success());
        stage.intervene(1, Intervention::CutDatabase).await.unwrap();
        ask_until_there(&mut ada, "NOOP").await;
        let told = ask_until_there(&mut ada, "FETCH 1 BODY.PEEK[]").await;
        assert!(has(&told, "kept"), "{told:?}");
        let answers = ask_until_there(&mut ada, "SELECT Team/Orders").await;
        assert_eq!(uid_validity(&answers), before);
    })
    .unwrap();
}
