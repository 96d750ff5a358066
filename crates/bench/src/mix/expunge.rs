//! UID EXPUNGE of a thousand messages in a mailbox of ten thousand.

use super::asked::{Asked, ROUNDS, ask};
use crate::bench::Bench;
use crate::client::quoted;
use crate::error::BenchError;
use crate::figure::{Figure, Target};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let expunged = bench.scale.count(EXPUNGED);
    // Half of them are expunged before it has ten thousand, half of them after.
    let mailbox = bench
        .copied("expunge", bench.letters() + ROUNDS / 2 * expunged)
        .await?;
    let mut client = bench.session(bench.world.first_node()?).await?;
    client.ask(&format!("SELECT {}", quoted(&mailbox))).await?;
    let delete = format!("STORE 1:{} +FLAGS.SILENT (\\Deleted)", ROUNDS * expunged);
    client.ask(&delete).await?;
    let asked = Asked {
        name: "1,000 of 10,000".into(),
        command: &|number| {
            let first = number * expunged + 1;
            format!("UID EXPUNGE {first}:{}", first + expunged - 1)
        },
        between: &[],
        responses_min: expunged,
        rounds: ROUNDS,
        times_per_round: 1,
        target: Target::AtMost(6.0),
    };
    Ok(vec![ask(bench, &mut client, &asked).await?])
}

const EXPUNGED: usize = 1000;
