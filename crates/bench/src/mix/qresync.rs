//! SELECT by a client that comes back (RFC 7162): it says what it knows, and is told what changed.

use super::asked::{Asked, ROUNDS, ask};
use crate::bench::Bench;
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = quoted(&bench.copied("qresync", bench.letters()).await?);
    let changed = bench.scale.count(CHANGED);
    let mut client = bench.session(bench.world.first_node()?).await?;
    client.ask("ENABLE QRESYNC").await?;
    let [validity, known] = known(&mut client, &mailbox).await?;
    client
        .ask(&format!("STORE 1:{changed} +FLAGS.SILENT (\\Flagged)"))
        .await?;
    client.ask("UNSELECT").await?;
    let select = format!("SELECT {mailbox} (QRESYNC ({validity} {known}))");
    let asked = Asked {
        name: "100 of 10,000 changed".into(),
        command: &|_| select.clone(),
        between: &["UNSELECT"],
        responses_min: changed,
        rounds: ROUNDS,
        times_per_round: 20,
        target: Target::AtMost(0.4),
    };
    Ok(vec![ask(bench, &mut client, &asked).await?])
}

/// The UIDVALIDITY and the HIGHESTMODSEQ.
async fn known(client: &mut Client, mailbox: &str) -> Result<[u64; 2], BenchError> {
    let mut responses = String::new();
    let select = format!("SELECT {mailbox}");
    client
        .ask_and(&select, |response| {
            responses.push_str(&String::from_utf8_lossy(response));
        })
        .await?;
    let number = |code: &str| {
        let (_, rest) = responses.split_once(code)?;
        rest.split_once(']')?.0.parse().ok()
    };
    let numbers = number("[UIDVALIDITY ").zip(number("[HIGHESTMODSEQ "));
    let (validity, highest) =
        numbers.ok_or_else(|| BenchError::new(format!("{select}: {responses}")))?;
    Ok([validity, highest])
}

const CHANGED: usize = 100;
