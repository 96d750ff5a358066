//! Repeats a measurement several times, with the probe before and after each.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::client::Client;
use crate::error::BenchError;
use crate::figure::{Figure, Reading, Target};
use crate::probe::{Probes, Yardstick};
use crate::sample::Sample;
use crate::usage::{Meter, Shares};

/// The medians of the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    value: f64,
    probe: Option<Reading>,
    shares: Shares,
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
            probe,
            shares,
        } = self;
        Figure {
            name: name.into(),
            value,
            unit,
            probe,
            target,
            shares: Some(shares),
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

    /// The same rounds with another of their values.
    pub(crate) const fn with(self, value: f64) -> Self {
        Self { value, ..self }
    }
}

/// Repeats `once`, each time with its own probe.
pub(crate) async fn rounds(
    probes: &mut Probes,
    yardstick: Yardstick,
    count: usize,
    mut once: impl AsyncFnMut() -> Result<f64, BenchError>,
) -> Result<Found, BenchError> {
    let (mut values, mut rates, mut ratios, mut shares) = (vec![], vec![], vec![], vec![]);
    let processes = probes.processes.clone();
    let mut before = probes.read(yardstick)?;
    for _ in 0..count {
        let meter = Meter::start(&processes);
        let value = once().await?;
        shares.push(meter.shares());
        let after = probes.read(yardstick)?;
        values.push(value);
        if let (Some(before), Some(after)) = (before, after) {
            let rate = before.midpoint(after);
            rates.push(rate);
            ratios.push(value / rate);
        }
        before = after;
    }
    let median = |values: Vec<f64>| Sample::of(values).map(|sample| sample.median());
    let of = |part: fn(&Shares) -> f64| median(shares.iter().map(part).collect()).unwrap_or(0.0);
    Ok(Found {
        value: median(values).ok_or_else(|| BenchError::new("no rounds were made"))?,
        probe: median(rates).map(|per_second| Reading {
            yardstick,
            per_second,
            ratio: median(ratios),
        }),
        shares: Shares {
            nodes: of(|shares| shares.nodes),
            postgres: of(|shares| shares.postgres),
            bench: of(|shares| shares.bench),
            others: of(|shares| shares.others),
        },
    })
}

/// The bounds of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) operations_max: usize,
    pub(crate) time_max: Duration,
}

/// All clients repeat `once` concurrently until the budget is used up; returns operations in a
/// second. `once` gets the operation's number and the client's.
pub(crate) async fn drive(
    clients: &mut [Client],
    budget: Budget,
    once: impl AsyncFn(&mut Client, Turn) -> Result<(), BenchError>,
) -> Result<f64, BenchError> {
    let start = Instant::now();
    let taken = Cell::new(0);
    let (once, taken) = (&once, &taken);
    let work = clients
        .iter_mut()
        .enumerate()
        .map(async |(client, connection)| {
            while taken.get() < budget.operations_max && start.elapsed() < budget.time_max {
                let operation = taken.replace(taken.get() + 1);
                once(connection, Turn { operation, client }).await?;
            }
            Ok::<_, BenchError>(())
        });
    try_join_all(work).await?;
    Ok(taken.get() as f64 / start.elapsed().as_secs_f64())
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
