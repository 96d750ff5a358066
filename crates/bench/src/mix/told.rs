//! How soon changes are told on all nodes while many mailboxes change at planned times, and what that costs the
//! database and the bus.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::time::sleep_until;

use super::push::{News, push};
use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds};
use crate::sample::Sample;
use crate::usage;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut teams = Vec::new();
    for number in 0..bench.scale.count(MAILBOXES) {
        teams.push(Team::gather(bench, number).await?);
    }
    let (nodes, rate) = (bench.world.nodes.len(), bench.extent.rate.max(1));
    let bus = bench.world.bus.as_ref().map(|bus| bus.pid);
    let (time, pause) = (bench.scale.time(ROUND), Duration::from_secs(1) / rate);
    let news = RefCell::new(News::default());
    let operations = Cell::new(0);
    let bus_ms = |pid: Option<u32>| pid.map_or(0.0, usage::cpu_ms);
    let bus_before = bus_ms(bus);
    let once = async || {
        let round = append_in_time(&mut teams, pause, time).await?;
        let appended = round.answered_ms.len();
        operations.set(operations.get() + appended);
        let times_ms = round.told_ms.clone();
        news.borrow_mut().add(round);
        Ok(Round {
            operations: appended,
            ..Round::median(times_ms)?
        })
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let bus_ms = (bus_ms(bus) - bus_before) / operations.get().max(1) as f64;
    let news = news.into_inner();
    let (Some(told), Some(answered)) = (Sample::of(news.told_ms), Sample::of(news.answered_ms))
    else {
        return Err(BenchError::new("nobody was told"));
    };
    let way = if bus.is_some() { "NATS" } else { "LISTEN" };
    let row = |name: &str, value: f64, unit, target| {
        let name = format!("{nodes} nodes, {way}, {rate}/s: {name}");
        found.with(value).other(name, unit, target)
    };
    Ok(vec![
        row("told, p50", told.median(), "ms", Target::Nothing),
        row("told, p99", told.percentile(99), "ms", Target::Nothing),
        row("told, last", told.max(), "ms", Target::Nothing),
        row(
            "writer answered, p50",
            answered.median(),
            "ms",
            Target::Nothing,
        ),
        row("nats-server, each", bus_ms, "ms", Target::Nothing),
        row("missed", news.missed as f64, "", Target::AtMost(0.0)),
    ])
}

/// A mailbox, who writes to it on one node, and who idles in it on every node.
struct Team {
    mailbox: String,
    writer: Client,
    watchers: Vec<Client>,
    messages: usize,
}

impl Team {
    async fn gather(bench: &mut Bench, number: usize) -> Result<Self, BenchError> {
        let mailbox = bench.create("told").await?;
        let nodes = bench.world.nodes.len();
        let mut watchers = bench.sessions(nodes, Spread::AllNodes).await?;
        for watcher in &mut watchers {
            watcher.ask(&format!("SELECT {}", quoted(&mailbox))).await?;
            watcher.idle().await?;
        }
        Ok(Self {
            writer: bench.session(bench.world.node(number % nodes)?).await?,
            mailbox,
            watchers,
            messages: 0,
        })
    }
}

/// One append after the other, each by the next team and at the time that was planned for it.
async fn append_in_time(
    teams: &mut [Team],
    pause: Duration,
    time: Duration,
) -> Result<News, BenchError> {
    let (begun, count) = (Instant::now(), teams.len());
    let each = teams.iter_mut().enumerate().map(async |(number, team)| {
        let mut news = News::default();
        for turn in (number..).step_by(count) {
            let planned = pause * u32::try_from(turn).unwrap_or(u32::MAX);
            if planned > time && turn >= count {
                return Ok::<_, BenchError>(news);
            }
            sleep_until((begun + planned).into()).await;
            team.messages += 1;
            let Team {
                mailbox,
                writer,
                watchers,
                messages,
            } = team;
            news.add(push(writer, watchers, mailbox, *messages, LETTER_BYTES).await?);
        }
        Ok(news)
    });
    let mut all = News::default();
    for news in try_join_all(each).await? {
        all.add(news);
    }
    Ok(all)
}

const MAILBOXES: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(10);
/// What is stored should not be what is measured.
const LETTER_BYTES: usize = 256;
