//! STORE in one mailbox that all users have selected, so that everybody is told of everybody's
//! changes. Flags are set and cleared in turn, so that each STORE changes something.

use std::cell::Cell;
use std::time::Duration;

use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Budget, Round, drive, rounds, timed};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.create("store").await?;
    let messages = bench.scale.count(MESSAGES).max(USERS_MAX);
    bench.fill(&mailbox, messages, MESSAGE_BYTES).await?;
    let mut figures = Vec::new();
    for load in &LOADS {
        figures.push(single(bench, &mailbox, messages, load).await?);
    }
    figures.push(many(bench, &mailbox, messages).await?);
    Ok(figures)
}

/// Each user sets and clears flags on messages of his own.
async fn single(
    bench: &mut Bench,
    mailbox: &str,
    messages: usize,
    load: &StoreLoad,
) -> Result<Figure, BenchError> {
    let mut clients = bench.sessions(load.users, load.spread).await?;
    select(&mut clients, mailbox).await?;
    let budget = bench.scale.budget(BUDGET);
    let own = messages / load.users;
    let turns: Vec<Cell<usize>> = clients.iter().map(|_| Cell::new(0)).collect();
    let once = async || {
        drive(&mut clients, budget, async |client, turn| {
            let Some(turns) = turns.get(turn.client) else {
                return Ok(());
            };
            let count = turns.replace(turns.get() + 1);
            let number = turn.client * own + count % own + 1;
            let sign = if (count / own).is_multiple_of(2) {
                '+'
            } else {
                '-'
            };
            let command = format!("STORE {number} {sign}FLAGS.SILENT (\\Flagged)");
            client.ask(&command).await.map(drop)
        })
        .await
    };
    let found = rounds(&mut bench.probes, load.yardstick, ROUNDS, once).await?;
    // The flags are cleared, so that the next load's STOREs change something.
    let mut last = clients.into_iter().next();
    if let Some(client) = &mut last {
        client.ask("STORE 1:* -FLAGS.SILENT (\\Flagged)").await?;
    }
    Ok(found.rate(load.name, "/s", load.target))
}

async fn many(bench: &mut Bench, mailbox: &str, messages: usize) -> Result<Figure, BenchError> {
    let mut clients = bench.sessions(1, Spread::FirstNode).await?;
    select(&mut clients, mailbox).await?;
    let once = async || {
        let mut round = Vec::new();
        for sign in ['+', '-'].into_iter().cycle().take(STORES_PER_ROUND) {
            for client in &mut clients {
                let command = format!("STORE 1:{messages} {sign}FLAGS.SILENT (\\Answered)");
                round.push(timed(client.ask(&command)).await?.1);
            }
        }
        Round::median(round)
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    Ok(found.other("1:1000, 1 user, p50", "ms", Target::AtMost(2.5)))
}

async fn select(clients: &mut [Client], mailbox: &str) -> Result<(), BenchError> {
    for client in clients {
        client.ask(&format!("SELECT {}", quoted(mailbox))).await?;
    }
    Ok(())
}

struct StoreLoad {
    name: &'static str,
    users: usize,
    spread: Spread,
    yardstick: Yardstick,
    target: Target,
}

const LOADS: [StoreLoad; 3] = [
    StoreLoad {
        name: "one message, 1 user",
        users: 1,
        spread: Spread::FirstNode,
        yardstick: Yardstick::Commit,
        target: Target::AtLeast(1800.0),
    },
    StoreLoad {
        name: "one message, 32 users",
        users: USERS_MAX,
        spread: Spread::FirstNode,
        yardstick: Yardstick::Fdatasync,
        target: Target::WorkAtMost(0.06),
    },
    StoreLoad {
        name: "one message, 32 users on all nodes",
        users: USERS_MAX,
        spread: Spread::AllNodes,
        yardstick: Yardstick::Fdatasync,
        target: Target::Nothing,
    },
];

const MESSAGES: usize = 1000;
/// Each has a message of his own.
const USERS_MAX: usize = 32;
const MESSAGE_BYTES: usize = 1024;
const ROUNDS: usize = 5;
const STORES_PER_ROUND: usize = 10;
const BUDGET: Budget = Budget {
    operations_max: 40_000,
    time_max: Duration::from_secs(2),
};
