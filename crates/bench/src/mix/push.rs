//! The time from the sending of an APPEND until each idling session has read the EXISTS, one
//! message at a time. Our own reading is included: all watchers are in this one process.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use tokio::time::timeout;

use crate::bench::{Bench, LETTER_BYTES, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::letter;
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds};
use crate::sample::Sample;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = Vec::new();
    for watchers in WATCHERS {
        let told = told(bench, bench.scale.count(watchers)).await?;
        figures.extend([
            told.median,
            told.most,
            told.last,
            told.answered,
            told.missed,
        ]);
    }
    Ok(figures)
}

/// When so many watchers were told, and the writer answered.
pub(super) struct Told {
    pub(super) median: Figure,
    most: Figure,
    last: Figure,
    pub(super) answered: Figure,
    missed: Figure,
}

pub(super) async fn told(bench: &mut Bench, count: usize) -> Result<Told, BenchError> {
    let mailbox = bench.create("push").await?;
    let mut watchers = bench.tls_sessions(count, Spread::AllNodes).await?;
    for watcher in &mut watchers {
        watcher.ask(&format!("SELECT {}", quoted(&mailbox))).await?;
        watcher.idle().await?;
    }
    let mut writer = bench.session(bench.world.first_node()?).await?;
    let news = RefCell::new(News::default());
    let mut messages = 0;
    let once = async || {
        let mut round = Vec::new();
        for _ in 0..APPENDS_PER_ROUND {
            messages += 1;
            let one = push(&mut writer, &mut watchers, &mailbox, messages, LETTER_BYTES).await?;
            round.extend_from_slice(&one.told_ms);
            news.borrow_mut().add(one);
        }
        let operations = APPENDS_PER_ROUND;
        Ok(Round {
            operations,
            ..Round::median(round)?
        })
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let News {
        told_ms,
        answered_ms,
        missed,
    } = news.into_inner();
    let (Some(told), Some(answered)) = (Sample::of(told_ms), Sample::of(answered_ms)) else {
        return Err(BenchError::new("nobody was told"));
    };
    let row = |name: &str, value: f64, unit, target| {
        let name = format!("{count} watchers: {name}");
        found.with(value).other(name, unit, target)
    };
    Ok(Told {
        median: row("told, p50", told.median(), "ms", Target::AtMost(20.0)),
        most: row(
            "told, p99",
            told.percentile(99),
            "ms",
            Target::AtMost(100.0),
        ),
        last: row("told, last", told.max(), "ms", Target::Nothing),
        answered: row(
            "writer answered, p50",
            answered.median(),
            "ms",
            Target::Nothing,
        ),
        missed: row("missed", missed as f64, "", Target::AtMost(0.0)),
    })
}

/// The results of some pushes.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) told_ms: Vec<f64>,
    pub(super) answered_ms: Vec<f64>,
    pub(super) missed: usize,
}

impl News {
    pub(super) fn add(&mut self, other: Self) {
        self.told_ms.extend(other.told_ms);
        self.answered_ms.extend(other.answered_ms);
        self.missed += other.missed;
    }
}

pub(super) async fn push(
    writer: &mut Client,
    watchers: &mut [Client],
    mailbox: &str,
    messages: usize,
    bytes: usize,
) -> Result<News, BenchError> {
    let message = letter(messages, bytes);
    let hear = watchers
        .iter_mut()
        .map(|watcher| timeout(TELL_TIMEOUT, watcher.hear_exists(messages)));
    let append = async {
        // It is polled after the watchers, so all of them listen by now.
        let start = Instant::now();
        writer.append(mailbox, &message).await?;
        Ok::<_, BenchError>((start, Instant::now()))
    };
    let (heard, appended) = join(join_all(hear), append).await;
    let (start, answered) = appended?;
    let ms = |at: Instant| at.saturating_duration_since(start).as_secs_f64() * 1e3;
    let mut news = News {
        answered_ms: vec![ms(answered)],
        ..News::default()
    };
    for heard in heard {
        match heard {
            Ok(at) => news.told_ms.push(ms(at?)),
            Err(_) => news.missed += 1,
        }
    }
    Ok(news)
}

const WATCHERS: [usize; 4] = [10, 100, 500, 1000];
const ROUNDS: usize = 5;
const APPENDS_PER_ROUND: usize = 10;
/// A watcher that was not told within this time counts as missed.
const TELL_TIMEOUT: Duration = Duration::from_secs(10);
