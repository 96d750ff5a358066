//! APPEND into one mailbox. Small messages show the cost of a commit and how well batches share it;
//! large ones show the throughput of bytes.

use std::time::Duration;

use crate::bench::{Bench, LETTER_BYTES, PARCEL_BYTES, Spread};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::letters;
use crate::probe::Yardstick;
use crate::rounds::{Budget, drive, rounds};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = Vec::new();
    for load in &SMALL {
        figures.push(small(bench, load).await?);
    }
    for load in &LARGE {
        figures.push(large(bench, load).await?);
    }
    Ok(figures)
}

async fn small(bench: &mut Bench, load: &AppendLoad) -> Result<Figure, BenchError> {
    let mailbox = bench.create("append").await?;
    let messages = letters(bench.scale.count(DIFFERENT), LETTER_BYTES);
    let budget = bench.scale.budget(SMALL_BUDGET);
    let mut clients = bench.sessions(load.sessions, load.spread).await?;
    let once = async || {
        drive(&mut clients, budget, async |client, turn| {
            let message = messages.get(turn.operation % messages.len());
            client
                .append(&mailbox, message.map_or(&[], Vec::as_slice))
                .await
        })
        .await
    };
    let found = rounds(&mut bench.probes, load.yardstick, ROUNDS, once).await?;
    Ok(found.rate(load.name, "/s", load.target))
}

async fn large(bench: &mut Bench, load: &LargeLoad) -> Result<Figure, BenchError> {
    let mailbox = bench.create("append").await?;
    let messages = letters(bench.scale.count(LARGE_DIFFERENT), load.bytes);
    let mut clients = bench.sessions(LARGE_SESSIONS, Spread::FirstNode).await?;
    let budget = bench.scale.budget(Budget {
        operations_max: load.operations_max,
        ..SMALL_BUDGET
    });
    let once = async || {
        let round = drive(&mut clients, budget, async |client, turn| {
            let message = messages.get(turn.operation % messages.len());
            client
                .append(&mailbox, message.map_or(&[], Vec::as_slice))
                .await
        })
        .await?;
        let megabytes = round.value * load.bytes as f64 / 1e6;
        Ok(round.with(megabytes))
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let target = Target::AtLeast(load.megabytes_min);
    Ok(found.other(load.name, "MB/s", target))
}

struct AppendLoad {
    name: &'static str,
    sessions: usize,
    spread: Spread,
    yardstick: Yardstick,
    target: Target,
}

const SMALL: [AppendLoad; 4] = [
    AppendLoad {
        name: "4 KB, 1 session",
        sessions: 1,
        spread: Spread::FirstNode,
        yardstick: Yardstick::Commit,
        target: Target::Times(0.35),
    },
    AppendLoad {
        name: "4 KB, 8 sessions",
        sessions: 8,
        spread: Spread::FirstNode,
        yardstick: Yardstick::Fdatasync,
        target: Target::Nothing,
    },
    AppendLoad {
        name: "4 KB, 32 sessions",
        sessions: 32,
        spread: Spread::FirstNode,
        yardstick: Yardstick::Fdatasync,
        target: Target::WorkAtMost(0.13),
    },
    AppendLoad {
        name: "4 KB, 32 sessions on all nodes",
        sessions: 32,
        spread: Spread::AllNodes,
        yardstick: Yardstick::Fdatasync,
        target: Target::Nothing,
    },
];

struct LargeLoad {
    name: &'static str,
    bytes: usize,
    /// In a round.
    operations_max: usize,
    megabytes_min: f64,
}

const LARGE: [LargeLoad; 2] = [
    LargeLoad {
        name: "75 KB, 4 sessions",
        bytes: PARCEL_BYTES,
        operations_max: 800,
        megabytes_min: 120.0,
    },
    LargeLoad {
        name: "1 MB, 4 sessions",
        bytes: 1 << 20,
        operations_max: 80,
        megabytes_min: 200.0,
    },
];
const LARGE_SESSIONS: usize = 4;
const SMALL_BUDGET: Budget = Budget {
    operations_max: 20_000,
    time_max: Duration::from_secs(2),
};
const ROUNDS: usize = 5;
/// How many different letters there are; then they repeat.
const DIFFERENT: usize = 500;
const LARGE_DIFFERENT: usize = 20;
