//! Deliveries by LMTP, by connections that deliver letter after letter, into one mailbox and into a
//! hundred. Every letter is another, every answer is read, and the letters are counted afterwards.

use std::cell::Cell;
use std::time::Duration;

use crate::bench::{Addressed, Bench, LETTER_BYTES, PARCEL_BYTES, Spread};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::Pattern;
use crate::probe::Yardstick;
use crate::rounds::{Budget, drive, rounds};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let many = bench.addressed(bench.scale.count(MAILBOXES)).await?;
    let serials = Cell::new(u64::from(std::process::id()) << 32);
    let mut figures = Vec::new();
    for size in &SIZES {
        for by in &BY {
            let mailboxes = match by.into {
                Mailboxes::One => bench.addressed(1).await?,
                Mailboxes::Many => many.clone(),
            };
            figures.push(deliveries(bench, &mailboxes, size, by, &serials).await?);
        }
    }
    Ok(figures)
}

async fn deliveries(
    bench: &mut Bench,
    mailboxes: &[Addressed],
    size: &Size,
    by: &By,
    serials: &Cell<u64>,
) -> Result<Figure, BenchError> {
    let patterns =
        (0..bench.scale.count(size.different)).map(|number| Pattern::new(number, size.bytes));
    let patterns: Vec<Pattern> = patterns.collect();
    let mut mtas = bench.mtas(by.connections, by.spread).await?;
    let before = bench.count(mailboxes).await?;
    let budget = bench.scale.budget(size.budget);
    let delivered = Cell::new(0);
    let once = async || {
        let round = drive(&mut mtas, budget, async |mta, turn| {
            let serial = serials.replace(serials.get() + 1);
            let to = mailboxes.get(turn.operation % mailboxes.len());
            let pattern = patterns.get(turn.operation % patterns.len());
            let (Some(to), Some(pattern)) = (to, pattern) else {
                return Err(BenchError::new("there is nothing to deliver"));
            };
            mta.deliver(&to.address, pattern, serial).await
        })
        .await?;
        delivered.set(delivered.get() + round.operations);
        Ok(round)
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let arrived = bench.count(mailboxes).await? - before;
    if arrived != delivered.get() {
        let words = format!(
            "{} letters were delivered, and {arrived} are there",
            delivered.get()
        );
        return Err(BenchError::new(words));
    }
    let name = format!("{} KB, {}", size.bytes / 1024, by.name);
    Ok(found.rate(name, "/s", Target::Nothing))
}

/// Who delivers, and into how many mailboxes.
struct By {
    name: &'static str,
    into: Mailboxes,
    connections: usize,
    spread: Spread,
}

#[derive(Clone, Copy)]
enum Mailboxes {
    One,
    Many,
}

const BY: [By; 7] = [
    By::new("1 connection", Mailboxes::One, 1),
    By::new("8 connections", Mailboxes::One, 8),
    By::new("32 connections", Mailboxes::One, 32),
    By {
        spread: Spread::AllNodes,
        ..By::new("32 connections on all nodes", Mailboxes::One, 32)
    },
    By::new("1 connection, 100 mailboxes", Mailboxes::Many, 1),
    By::new("8 connections, 100 mailboxes", Mailboxes::Many, 8),
    By::new("32 connections, 100 mailboxes", Mailboxes::Many, 32),
];

impl By {
    const fn new(name: &'static str, into: Mailboxes, connections: usize) -> Self {
        Self {
            name,
            into,
            connections,
            spread: Spread::FirstNode,
        }
    }
}

/// What is delivered, and how much of it in a round.
struct Size {
    bytes: usize,
    /// How many different letters there are besides their Message-ID; then they repeat.
    different: usize,
    budget: Budget,
}

const SIZES: [Size; 2] = [
    Size {
        bytes: LETTER_BYTES,
        different: 500,
        budget: Budget {
            operations_max: 20_000,
            time_max: ROUND_TIME,
        },
    },
    Size {
        bytes: PARCEL_BYTES,
        different: 20,
        budget: Budget {
            operations_max: 2_000,
            time_max: ROUND_TIME,
        },
    },
];
const MAILBOXES: usize = 100;
const ROUNDS: usize = 5;
const ROUND_TIME: Duration = Duration::from_secs(2);
