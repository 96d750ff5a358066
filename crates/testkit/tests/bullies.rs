//! Two users do the worst that is allowed, and a third goes on working: whatever they ask, it is not computed where
//! the third waits for it.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::cell::Cell;

use testkit::{Client, Cluster, Heard, Stage, World, in_world};

/// So often at least the third is answered while both bullies wait. They keep both threads of the runtime busy: without
/// places for computation it would be once, or twice.
const ANSWERS_MIN: usize = 5;

/// What the bullies ask once they have `given` the server what they need for it.
fn bully(given: &[String], attack: &str) {
    let cluster = Cluster::start().unwrap();
    let answers = in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut bullies = Vec::new();
        for name in ["ada", "bo"] {
            let mut bully = stage.log_in(name, 1).await.unwrap();
            for command in given {
                bully.ask_ok(command).await.unwrap();
            }
            bullies.push(bully);
        }
        let mut third = stage.log_in("cleo", 1).await.unwrap();
        third.ask_ok("NOOP").await.unwrap();
        let [ada, bo] = bullies.as_mut_slice() else {
            return Default::default();
        };
        let (sent, answered) = (Cell::new(0), Cell::new(0));
        let ask = async |bully: &mut Client| {
            let tag = bully.next_tag();
            bully.say(format!("{tag} {attack}\r\n").as_bytes()).await;
            sent.set(sent.get() + 1);
            while let Heard::Response(response) = bully.hear().await {
                if response.starts_with(tag.as_bytes()) {
                    assert!(response.starts_with(format!("{tag} OK").as_bytes()));
                    break;
                }
            }
            answered.set(answered.get() + 1);
        };
        let work = async {
            let mut answers = 0;
            while answered.get() == 0 {
                let is_under_way = sent.get() == 2;
                third.ask_ok("NOOP").await.unwrap();
                answers += usize::from(is_under_way);
            }
            answers
        };
        let ((), (), answers) = tokio::join!(ask(ada), ask(bo), work);
        answers
    });
    let answers = answers.unwrap();
    assert!(
        answers >= ANSWERS_MIN,
        "the third was answered {answers} times"
    );
}

/// An APPEND of these messages to INBOX.
fn append(messages: &[String]) -> String {
    let mut command = "APPEND INBOX".to_owned();
    for message in messages {
        command.push_str(&format!(" {{{}+}}\r\n{message}", message.len()));
    }
    command
}

fn letter(header: &str, body_bytes: usize) -> String {
    const LINE: &str = "What one says to the other is nobody else's business.\r\n";
    let body = LINE.repeat(body_bytes / LINE.len());
    format!("Subject: a letter\r\n{header}\r\n{body}")
}

/// So many small messages in INBOX, which is open.
fn many(messages: usize) -> Vec<String> {
    let letters: Vec<String> = (0..250)
        .map(|number| letter(&format!("Message-ID: <{number}@x>\r\n"), 0))
        .collect();
    let mut given = vec![append(&letters)];
    given.push("SELECT INBOX".to_owned());
    let mut there = letters.len();
    while there < messages {
        given.push("COPY 1:* INBOX".to_owned());
        given.push("NOOP".to_owned());
        there *= 2;
    }
    given
}

#[test]
fn taking_apart_a_large_message() {
    bully(&[], &append(&[letter("", 6_000_000)]));
}

#[test]
fn sending_parts_of_a_large_message() {
    let encoded = letter("Content-Transfer-Encoding: quoted-printable\r\n", 6_000_000);
    let given = [append(&[encoded]), "SELECT INBOX".to_owned()];
    bully(
        &given,
        &format!("FETCH 1 (PREVIEW{})", " BINARY.SIZE[1]".repeat(20)),
    );
}

#[test]
fn deciding_many_keys_of_many_messages() {
    let attack = format!("SEARCH{}", " ALL".repeat(8_000));
    bully(&many(1_000), &attack);
}

#[test]
fn looking_for_many_strings_in_large_messages() {
    let large: Vec<String> = (0..4).map(|_| letter("", 1_000_000)).collect();
    let given = [append(&large), "SELECT INBOX".to_owned()];
    let attack: String = (0..400).map(|n| format!(" NOT BODY x{n}y")).collect();
    bully(&given, &format!("SEARCH{attack}"));
}
