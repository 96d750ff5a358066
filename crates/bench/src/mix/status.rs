//! STATUS of a mailbox that nobody changes, as clients poll it.

use std::time::Duration;

use crate::bench::{Bench, Spread, Stock};
use crate::client::quoted;
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Budget, drive, rounds};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.stock(Stock::Letters).await?;
    let status = format!("STATUS {} (MESSAGES UNSEEN SIZE)", quoted(&mailbox));
    let budget = bench.scale.budget(BUDGET);
    let mut figures = Vec::new();
    for (name, sessions, target) in LOADS {
        let mut clients = bench.sessions(sessions, Spread::FirstNode).await?;
        let once = async || {
            drive(&mut clients, budget, async |client, _| {
                client.ask(&status).await.map(drop)
            })
            .await
        };
        let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
        figures.push(found.other(name, "/s", target));
    }
    Ok(figures)
}

const LOADS: [(&str, usize, Target); 2] = [
    ("1 session", 1, Target::AtLeast(10_000.0)),
    ("8 sessions", 8, Target::Nothing),
];
const ROUNDS: usize = 5;
const BUDGET: Budget = Budget {
    operations_max: usize::MAX,
    time_max: Duration::from_secs(1),
};
