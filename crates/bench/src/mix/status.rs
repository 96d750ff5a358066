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
    for (name, sessions) in [("1 session", 1), ("8 sessions", 8)] {
        let mut clients = bench.sessions(sessions, Spread::FirstNode).await?;
        let once = async || {
            drive(&mut clients, budget, async |client, _| {
                client.ask(&status).await.map(drop)
            })
            .await
        };
        let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
        figures.push(found.other(name, "/s", Target::Nothing));
    }
    Ok(figures)
}

const ROUNDS: usize = 5;
const BUDGET: Budget = Budget {
    operations_max: usize::MAX,
    time_max: Duration::from_secs(1),
};
