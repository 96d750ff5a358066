//! One session that asks again and again, and waits for each answer.

use std::cell::Cell;

use crate::bench::Bench;
use crate::client::Client;
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};

/// What is asked, and what must come back.
pub(super) struct Asked<'a> {
    pub(super) name: String,
    /// The command by its number.
    pub(super) command: &'a dyn Fn(usize) -> String,
    /// Commands between two of these, which are not timed.
    pub(super) between: &'a [&'a str],
    /// Fewer responses are an error.
    pub(super) responses_min: usize,
    pub(super) rounds: usize,
    pub(super) times_per_round: usize,
    pub(super) target: Target,
}

/// The time of half of the answers, in milliseconds.
pub(super) async fn ask(
    bench: &mut Bench,
    client: &mut Client,
    asked: &Asked<'_>,
) -> Result<Figure, BenchError> {
    let number = Cell::new(0);
    let times_per_round = bench.scale.count(asked.times_per_round);
    let once = async || {
        let mut times = Vec::new();
        for _ in 0..times_per_round {
            let command = (asked.command)(number.replace(number.get() + 1));
            let (answer, ms) = timed(client.ask(&command)).await?;
            if answer.responses < asked.responses_min {
                let came = answer.responses;
                return Err(BenchError::new(format!("{command}: {came} responses came")));
            }
            times.push(ms);
            for command in asked.between {
                client.ask(command).await?;
            }
        }
        Round::median(times)
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, asked.rounds, once).await?;
    Ok(found.other(&asked.name, "ms", asked.target))
}

pub(super) const ROUNDS: usize = 5;
