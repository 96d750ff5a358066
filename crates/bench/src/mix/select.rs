//! SELECT of a large mailbox: first on a node that has never seen it, while another session has it
//! open there, and when no session has it open any more.

use crate::bench::{ARCHIVE, Bench, Stock};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let archive = bench.stock(Stock::Archive).await?;
    let select = format!("SELECT {}", quoted(&archive));
    let node = bench.world.last_node()?;
    let mut opener = bench.session(node).await?;
    let mut follower = bench.session(node).await?;

    let once = async || Round::median(vec![timed(opener.ask(&select)).await?.1]);
    let first = rounds(&mut bench.probes, Yardstick::Fdatasync, 1, once).await?;

    let once = async || median_of(&mut follower, &select).await;
    let open = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;

    opener.ask("UNSELECT").await?;
    let once = async || median_of(&mut follower, &select).await;
    let again = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;

    let name = |when: &str| format!("{ARCHIVE} messages, {when}");
    Ok(vec![
        first.other(name("first on a node"), "ms", Target::AtMost(60.0)),
        open.other(name("open there, p50"), "ms", Target::AtMost(2.0)),
        again.other(name("open nowhere, p50"), "ms", Target::AtMost(15.0)),
    ])
}

async fn median_of(client: &mut Client, select: &str) -> Result<Round, BenchError> {
    let mut times = Vec::new();
    for _ in 0..SELECTS_PER_ROUND {
        times.push(timed(client.ask(select)).await?.1);
        client.ask("UNSELECT").await?;
    }
    Round::median(times)
}

const ROUNDS: usize = 5;
const SELECTS_PER_ROUND: usize = 10;
