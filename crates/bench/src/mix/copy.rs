//! COPY and MOVE of a thousand messages of ten thousand.

use super::asked::{Asked, ROUNDS, ask};
use crate::bench::Bench;
use crate::client::quoted;
use crate::error::BenchError;
use crate::figure::{Figure, Short, Target};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let from = bench.copied("copy-from", bench.letters()).await?;
    let copied = bench.scale.count(COPIED);
    let mut client = bench.session(bench.world.first_node()?).await?;
    client.ask(&format!("SELECT {}", quoted(&from))).await?;
    let mut figures = Vec::new();
    for (verb, target) in [("COPY", 6.0), ("MOVE", 13.0)] {
        let to = bench.create("copy-to").await?;
        let asked = Asked {
            name: format!("{verb} of {}", Short(copied as f64)),
            command: &|number| {
                let first = number * copied + 1;
                let last = first + copied - 1;
                format!("UID {verb} {first}:{last} {}", quoted(&to))
            },
            between: &[],
            responses_min: 0,
            rounds: ROUNDS,
            times_per_round: 1,
            target: Target::AtMost(target),
        };
        figures.push(ask(bench, &mut client, &asked).await?);
        bench
            .expect(&to, bench.scale.rounds(ROUNDS) * copied)
            .await?;
    }
    Ok(figures)
}

const COPIED: usize = 1000;
