//! How long a third user waits for NOOP while two others ask for the worst that is allowed.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use tokio::time::Instant;

use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::rounds::timed;
use crate::sample::Sample;
use crate::scale::Scale;

/// What two users ask again and again, in a mailbox with some messages.
struct Attack {
    name: &'static str,
    /// The messages of the mailbox.
    messages: Vec<Vec<u8>>,
    /// How often all messages are copied into the same mailbox first.
    doublings: u32,
    /// The sessions of each of the two.
    sessions: usize,
    asked: Asked,
}

enum Asked {
    /// `@` stands for the mailbox.
    Command(String),
    /// An APPEND of this message.
    Append(Vec<u8>),
}

/// Runs each attack for some seconds.
pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = Vec::new();
    for attack in attacks(bench.scale) {
        let waits = waits_under(bench, &attack).await?;
        let name = |what| format!("NOOP beside {}, {what}", attack.name);
        let (median, most) = (waits.median(), waits.percentile(99));
        figures.push(Figure::alone(name("p50"), median, "ms", Target::Nothing));
        figures.push(Figure::alone(
            name("p99"),
            most,
            "ms",
            Target::AtMost(100.0),
        ));
    }
    Ok(figures)
}

async fn waits_under(bench: &mut Bench, attack: &Attack) -> Result<Sample, BenchError> {
    let mailbox = bench.create("bullies").await?;
    let mut people = bench
        .sessions(PEOPLE * attack.sessions, Spread::FirstNode)
        .await?;
    let Some(first) = people.first_mut() else {
        return Err(BenchError::new("nobody is here"));
    };
    prepare(first, &mailbox, attack).await?;
    // The sessions go round: every third is the third user's.
    let mut bullies = Vec::new();
    let mut thirds = Vec::new();
    for (number, mut client) in people.into_iter().enumerate() {
        client.ask(&format!("SELECT {}", quoted(&mailbox))).await?;
        if number % PEOPLE == PEOPLE - 1 {
            thirds.push(client);
        } else {
            bullies.push(client);
        }
    }
    let third = thirds.first_mut();
    let third = third.ok_or_else(|| BenchError::new("the third is not here"))?;
    let asked = Cell::new(0);
    let bullying = async {
        let each = bullies.iter_mut();
        join_all(each.map(|bully| ask_again(bully, &mailbox, &attack.asked, &asked))).await;
        eprintln!("{}: all were refused", attack.name);
        pending::<Infallible>().await
    };
    let attack_time = bench.scale.time(ATTACK_TIME);
    let working = async {
        let (mut waits, begun) = (Vec::new(), Instant::now());
        while begun.elapsed() < attack_time {
            tokio::time::sleep(PAUSE).await;
            waits.push(timed(third.ask("NOOP")).await?.1);
        }
        Ok::<_, BenchError>(waits)
    };
    // When the time is over the bullies hang up, whatever they wait for.
    let Either::Right((waits, _)) = select(pin!(bullying), pin!(working)).await;
    eprintln!("{}: answered {} times", attack.name, asked.get());
    Sample::of(waits?).ok_or_else(|| BenchError::new("the third was never answered"))
}

async fn prepare(client: &mut Client, mailbox: &str, attack: &Attack) -> Result<(), BenchError> {
    for message in &attack.messages {
        client.append(mailbox, message).await?;
    }
    let mailbox = quoted(mailbox);
    client.ask(&format!("SELECT {mailbox}")).await?;
    for _ in 0..attack.doublings {
        client.ask(&format!("COPY 1:* {mailbox}")).await?;
        client.ask("NOOP").await?;
    }
    Ok(())
}

/// Asks again and again, until it is refused: that is what an attack may come to.
async fn ask_again(client: &mut Client, mailbox: &str, asked: &Asked, times: &Cell<u32>) {
    loop {
        let answered = match asked {
            Asked::Command(command) => {
                let command = command.replace('@', &quoted(mailbox));
                client.ask(&command).await.map(drop)
            }
            Asked::Append(message) => client.append(mailbox, message).await,
        };
        if let Err(refused) = answered {
            eprintln!("{refused:.200}");
            return;
        }
        times.set(times.get() + 1);
    }
}

fn attacks(scale: Scale) -> Vec<Attack> {
    let bytes = |full| scale.count(full);
    let doublings = |full: u32| match scale {
        Scale::Full => full,
        Scale::Smoke => full / 2,
    };
    let one = |message| vec![message];
    let command = |command: &str| Asked::Command(command.to_owned());
    let strings: String = (0..500)
        .map(|number| format!(" NOT BODY x{number}y"))
        .collect();
    let sections: String = (0..20)
        .map(|first| format!(" BODY.PEEK[]<{first}.99999999>"))
        .collect();
    let crafted = (0..64).map(|message| {
        let named = (0..900).map(|id| format!(" <{}>\r\n", (id * (message + 7)) % 997));
        letter(&format!("References:{}", named.collect::<String>()), 0)
    });
    let encoded = "Content-Transfer-Encoding: quoted-printable\r\n";
    let attack = |name, messages, doublings, asked| Attack {
        name,
        messages,
        doublings,
        sessions: 1,
        asked,
    };
    vec![
        attack("nothing", vec![], 0, command("NOOP")),
        attack(
            "APPEND of 20 MB",
            vec![],
            0,
            Asked::Append(letter("", bytes(20_000_000))),
        ),
        attack(
            "SEARCH of 500 strings in 4 MB each",
            (0..8).map(|_| letter("", bytes(4_000_000))).collect(),
            0,
            Asked::Command(format!("SEARCH{strings}")),
        ),
        attack(
            "SEARCH of 15,000 keys",
            one(letter("", 0)),
            doublings(14),
            Asked::Command(format!("SEARCH{}", " ALL".repeat(15_000))),
        ),
        attack(
            "BINARY of a part of 10 MB",
            one(letter(encoded, bytes(10_000_000))),
            0,
            Asked::Command(format!("FETCH 1 ({})", ["BINARY.SIZE[1]"; 100].join(" "))),
        ),
        attack(
            "FETCH of 20 sections of 10 MB",
            one(letter("", bytes(10_000_000))),
            0,
            Asked::Command(format!("FETCH 1 (UID{sections})")),
        ),
        attack(
            "THREAD of crafted references",
            crafted.collect(),
            doublings(6),
            command("THREAD REFERENCES UTF-8 ALL"),
        ),
        attack(
            "SORT of 16,384",
            one(letter("", 0)),
            doublings(14),
            command("SORT (SUBJECT FROM TO CC DATE) UTF-8 ALL"),
        ),
        Attack {
            sessions: scale.count(30),
            ..attack(
                "60 sessions that COPY",
                one(letter("", 0)),
                5,
                command("COPY 1:32 @"),
            )
        },
    ]
}

fn letter(header: &str, body_bytes: usize) -> Vec<u8> {
    const LINE: &str = "What one says to the other is nobody else's business.\r\n";
    let body = LINE.repeat(body_bytes / LINE.len());
    format!("Subject: a letter\r\n{header}\r\n{body}").into_bytes()
}

const PEOPLE: usize = 3;
const ATTACK_TIME: Duration = Duration::from_secs(6);
/// Between two NOOPs of the third.
const PAUSE: Duration = Duration::from_millis(10);
