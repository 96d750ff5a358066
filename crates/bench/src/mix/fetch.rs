//! FETCH by one session on a node that did not store the messages: what a mail client asks for when
//! it synchronises flags, draws its list, and downloads. `first` is read from the database; `again`
//! is the same command once more.

use crate::bench::{Bench, Spread, Stock};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Found, Round, rounds, timed};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = flags(bench).await?;
    figures.extend(overview(bench).await?);
    figures.extend(bodies(bench).await?);
    Ok(figures)
}

async fn flags(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.stock(Stock::Archive).await?;
    let mut client = opened(bench, &mailbox).await?;
    let ask = Ask {
        command: "FETCH 1:* (FLAGS)",
        messages: bench.archive(),
        counts: Counts::Messages,
    };
    let found = repeat(bench, &mut client, &ask, ROUNDS).await?;
    let target = Target::AtLeast(4_000_000.0);
    Ok(vec![found.other("FLAGS of 100,000", "/s", target)])
}

async fn overview(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.stock(Stock::Letters).await?;
    let mut client = opened(bench, &mailbox).await?;
    let ask = Ask {
        command: "FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
        messages: bench.letters(),
        counts: Counts::Messages,
    };
    let first = repeat(bench, &mut client, &ask, 1).await?;
    let again = repeat(bench, &mut client, &ask, ROUNDS).await?;
    let whole = Ask {
        command: "FETCH 1:* (BODY.PEEK[])",
        messages: bench.letters(),
        counts: Counts::Megabytes,
    };
    let small_bodies = repeat(bench, &mut client, &whole, ROUNDS).await?;
    let again_target = Target::AtLeast(600_000.0);
    Ok(vec![
        first.other(
            "ENVELOPE BODYSTRUCTURE of 10,000, first",
            "/s",
            Target::AtLeast(200_000.0),
        ),
        again.other(
            "ENVELOPE BODYSTRUCTURE of 10,000, again",
            "/s",
            again_target,
        ),
        small_bodies.other("bodies of 4 KB", "MB/s", Target::Nothing),
    ])
}

async fn bodies(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.stock(Stock::Parcels).await?;
    let mut client = opened(bench, &mailbox).await?;
    let ask = Ask {
        command: "FETCH 1:* (BODY.PEEK[])",
        messages: bench.parcels(),
        counts: Counts::Megabytes,
    };
    let first = repeat(bench, &mut client, &ask, 1).await?;
    let again = repeat(bench, &mut client, &ask, ROUNDS).await?;
    let mut figures = vec![
        first.other("bodies of 75 KB, first", "MB/s", Target::AtLeast(700.0)),
        again.other("bodies of 75 KB, again", "MB/s", Target::AtLeast(2000.0)),
    ];
    if bench.tls.is_none() {
        return Ok(figures);
    }
    for mut client in bench.tls_sessions(1, Spread::FirstNode).await? {
        client.ask(&format!("EXAMINE {}", quoted(&mailbox))).await?;
        let in_tls = repeat(bench, &mut client, &ask, ROUNDS).await?;
        figures.push(in_tls.other("bodies of 75 KB, in TLS", "MB/s", Target::Nothing));
    }
    Ok(figures)
}

/// A command and what it must return.
struct Ask {
    command: &'static str,
    messages: usize,
    counts: Counts,
}

/// What is counted in a second.
#[derive(Clone, Copy)]
enum Counts {
    Messages,
    Megabytes,
}

async fn opened(bench: &Bench, mailbox: &str) -> Result<Client, BenchError> {
    let mut client = bench.session(bench.world.last_node()?).await?;
    client.ask(&format!("EXAMINE {}", quoted(mailbox))).await?;
    Ok(client)
}

async fn repeat(
    bench: &mut Bench,
    client: &mut Client,
    ask: &Ask,
    count: usize,
) -> Result<Found, BenchError> {
    let once = async || {
        let (answer, ms) = timed(client.ask(ask.command)).await?;
        if answer.responses != ask.messages {
            let (command, came) = (ask.command, answer.responses);
            return Err(BenchError::new(format!("{command}: {came} responses came")));
        }
        let rate = match ask.counts {
            Counts::Messages => answer.responses as f64 / ms * 1e3,
            Counts::Megabytes => answer.bytes as f64 / ms / 1e3,
        };
        Ok(Round::median(vec![ms])?.with(rate))
    };
    rounds(&mut bench.probes, Yardstick::Fdatasync, count, once).await
}

const ROUNDS: usize = 5;
