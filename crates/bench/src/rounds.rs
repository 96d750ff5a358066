//! Repeats a measurement several times, with the probe before and after each.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::error::BenchError;
use crate::figure::{Figure, Reading, Target, Work};
use crate::probe::{Probes, Yardstick};
use crate::sample::Sample;
use crate::usage::{Meter, Shares, Used};

/// What one round found.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    /// In the figure's unit.
    pub(crate) value: f64,
    pub(crate) operations: usize,
    /// How long each of them took, or how long each who was to be told waited.
    pub(crate) times_ms: Vec<f64>,
}

impl Round {
    /// A round whose value is how long half of its operations took.
    pub(crate) fn median(times_ms: Vec<f64>) -> Result<Self, BenchError> {
        let sample = Sample::of(times_ms.iter().copied());
        let sample = sample.ok_or_else(|| BenchError::new("nothing was measured"))?;
        Ok(Self {
            value: sample.median(),
            operations: times_ms.len(),
            times_ms,
        })
    }

    /// The same round with another value.
    pub(crate) fn with(self, value: f64) -> Self {
        Self { value, ..self }
    }
}

/// What all rounds found: medians, and the work of all operations together.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    value: f64,
    values: Vec<f64>,
    probe: Option<Reading>,
    shares: Shares,
    pub(crate) work: Work,
}

impl Found {
    /// The figure for a rate, compared with its probe.
    pub(crate) fn rate(
        self,
        name: impl Into<String>,
        unit: &'static str,
        target: Target,
    ) -> Figure {
        let Self {
            value,
            values,
            probe,
            shares,
            work,
        } = self;
        Figure {
            name: name.into(),
            value,
            values,
            unit,
            probe,
            target,
            shares: Some(shares),
            work: Some(work),
        }
    }

    /// The figure for a value that is not a rate; the probe only shows how busy the machine was.
    pub(crate) fn other(
        mut self,
        name: impl Into<String>,
        unit: &'static str,
        target: Target,
    ) -> Figure {
        if let Some(probe) = &mut self.probe {
            probe.ratio = None;
        }
        self.rate(name, unit, target)
    }

    /// The same rounds with a value of all of them together.
    pub(crate) fn with(&self, value: f64) -> Self {
        Self {
            value,
            values: vec![value],
            ..self.clone()
        }
    }
}

/// Repeats `once`, each time with its own probe.
pub(crate) async fn rounds(
    probes: &mut Probes,
    yardstick: Yardstick,
    count: usize,
    mut once: impl AsyncFnMut() -> Result<Round, BenchError>,
) -> Result<Found, BenchError> {
    let (mut values, mut rates, mut ratios) = (vec![], vec![], vec![]);
    let (mut used, mut times_ms, mut operations) = (vec![], vec![], 0);
    let processes = probes.processes.clone();
    let mut before = None;
    for round in 0..probes.scale.rounds(count) {
        let others_had_theirs = probes.turns.pass().await;
        if others_had_theirs || round == 0 {
            before = probes.read(yardstick)?;
        }
        let meter = Meter::start(&processes);
        let round = once().await?;
        used.push(meter.read());
        let after = probes.read(yardstick)?;
        values.push(round.value);
        times_ms.extend(round.times_ms);
        operations += round.operations;
        if let (Some(before), Some(after)) = (before, after) {
            let rate = before.midpoint(after);
            rates.push(rate);
            ratios.push(round.value / rate);
        }
        before = after;
    }
    let nothing = || BenchError::new("no rounds were made");
    Ok(Found {
        value: median(values.clone()).ok_or_else(nothing)?,
        values,
        probe: median(rates).map(|per_second| Reading {
            yardstick,
            per_second,
            ratio: median(ratios),
        }),
        shares: median_shares(&used),
        work: work(&used, times_ms, operations).ok_or_else(nothing)?,
    })
}

fn median(values: Vec<f64>) -> Option<f64> {
    Sample::of(values).map(|sample| sample.median())
}

fn median_shares(used: &[Used]) -> Shares {
    let of = |part: fn(&Shares) -> f64| {
        median(used.iter().map(|used| part(&used.shares)).collect()).unwrap_or(0.0)
    };
    Shares {
        nodes: of(|shares| shares.nodes),
        postgres: of(|shares| shares.postgres),
        bench: of(|shares| shares.bench),
        others: of(|shares| shares.others),
    }
}

fn work(used: &[Used], times_ms: Vec<f64>, operations: usize) -> Option<Work> {
    let times = Sample::of(times_ms)?;
    let each = |part: fn(&Used) -> f64| used.iter().map(part).sum::<f64>() / operations as f64;
    Some(Work {
        p50_ms: times.median(),
        p99_ms: times.percentile(99),
        nodes_ms: each(|used| used.nodes_ms),
        postgres_ms: each(|used| used.postgres_ms),
    })
}

/// The bounds of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) operations_max: usize,
    pub(crate) time_max: Duration,
}

/// All clients repeat `once` concurrently until the budget is used up; the round's value is
/// operations in a second. `once` gets the operation's number and the client's.
pub(crate) async fn drive<C>(
    clients: &mut [C],
    budget: Budget,
    once: impl AsyncFn(&mut C, Turn) -> Result<(), BenchError>,
) -> Result<Round, BenchError> {
    let start = Instant::now();
    let taken = Cell::new(0);
    let (once, taken) = (&once, &taken);
    let work = clients
        .iter_mut()
        .enumerate()
        .map(async |(client, connection)| {
            let mut times_ms = Vec::new();
            while taken.get() < budget.operations_max && start.elapsed() < budget.time_max {
                let operation = taken.replace(taken.get() + 1);
                let turn = Turn { operation, client };
                times_ms.push(timed(once(connection, turn)).await?.1);
            }
            Ok::<_, BenchError>(times_ms)
        });
    let times_ms = try_join_all(work).await?.concat();
    Ok(Round {
        value: times_ms.len() as f64 / start.elapsed().as_secs_f64(),
        operations: times_ms.len(),
        times_ms,
    })
}

/// The numbers of an operation and of its client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) operation: usize,
    pub(crate) client: usize,
}

/// How long `work` took, in milliseconds.
pub(crate) async fn timed<T>(
    work: impl Future<Output = Result<T, BenchError>>,
) -> Result<(T, f64), BenchError> {
    let start = Instant::now();
    let done = work.await?;
    Ok((done, start.elapsed().as_secs_f64() * 1e3))
}
