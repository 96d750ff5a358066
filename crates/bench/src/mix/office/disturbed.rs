//! The office while something fails in the midst of it: what users notice before, during and afterwards.

use std::cell::{Cell, RefCell};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::{try_join, try_join_all};
use tokio::time::{sleep, sleep_until};

use super::{Office, User};
use crate::bench::Bench;
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::sample::Sample;

/// Before the disturbance, and from its end until the office closes.
const QUIET: Duration = Duration::from_secs(10);
/// For how long at most it lasts.
const DISTURBANCE_MAX: Duration = Duration::from_secs(120);
/// How often somebody who was cut off tries to come back.
const COME_BACK_EVERY: Duration = Duration::from_millis(100);
/// Failures that took longer are named.
const LONG: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What somebody wanted to do: when it was to begin, how long it took until it was done or he was back, and whether it was done.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    begun: Duration,
    took: Duration,
    is_done: bool,
}

/// When the disturbance began and ended, after the office had opened.
#[derive(Clone, Copy, Debug)]
struct Disturbance {
    begun: Duration,
    ended: Duration,
}

/// All users do what they do, while `command` disturbs them.
pub(super) async fn run(
    office: &Office,
    bench: &Bench,
    users: &mut [User],
    command: &str,
) -> Result<Vec<Figure>, BenchError> {
    office.begun.set(Instant::now());
    let closes_at = Cell::new(QUIET + DISTURBANCE_MAX + QUIET);
    let attempts = RefCell::new(Vec::new());
    let disturbing = async {
        sleep(QUIET).await;
        let begun = office.begun.get().elapsed();
        end_of(disturb(command)?).await?;
        let ended = office.begun.get().elapsed();
        closes_at.set(ended + QUIET);
        Ok(Disturbance { begun, ended })
    };
    let count = users.len();
    let working = try_join_all(users.iter_mut().map(async |user| {
        let mut turn = user.number;
        loop {
            let planned = office.pause * u32::try_from(turn).unwrap_or(u32::MAX);
            sleep_until((office.begun.get() + planned).into()).await;
            if planned > closes_at.get() {
                return Ok::<_, BenchError>(());
            }
            let done = office.turn(user).await;
            let is_done = done.is_ok();
            if let Err(error) = done {
                name_if_slow(office, planned, &error);
                come_back(office, bench, user).await?;
            }
            attempts.borrow_mut().push(Attempt {
                begun: planned,
                took: office.begun.get().elapsed().saturating_sub(planned),
                is_done,
            });
            // Who was held up has missed some turns.
            while office.pause * u32::try_from(turn).unwrap_or(u32::MAX)
                < office.begun.get().elapsed()
            {
                turn += count;
            }
        }
    }));
    let (disturbance, _) = try_join(disturbing, working).await?;
    Ok(figures(&attempts.take(), disturbance))
}

fn disturb(command: &str) -> Result<Child, BenchError> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    let child = shell.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    child.map_err(BenchError::at(command))
}

async fn end_of(mut child: Child) -> Result<(), BenchError> {
    let begun = Instant::now();
    loop {
        let status = child.try_wait().map_err(BenchError::at("--during"))?;
        match status {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(BenchError::new(format!("--during: {status}"))),
            None if begun.elapsed() > DISTURBANCE_MAX => {
                return Err(BenchError::new("--during takes too long"));
            }
            None => sleep(LOOK_EVERY).await,
        }
    }
}

/// As a mail program does: again and again, at one node after the other, until it is where it was.
async fn come_back(office: &Office, bench: &Bench, user: &mut User) -> Result<(), BenchError> {
    let begun = Instant::now();
    for attempt in 0.. {
        let tried = office.begun.get().elapsed();
        let opened = async {
            user.client = bench.anew(user.number, attempt).await?;
            office.take_seat(user).await
        };
        match opened.await {
            Ok(()) => break,
            Err(error) if begun.elapsed() > DISTURBANCE_MAX => return Err(error),
            Err(error) => {
                name_if_slow(office, tried, &error);
                sleep(COME_BACK_EVERY).await;
            }
        }
    }
    Ok(())
}

/// What failed only after a long time is what a person would ask about: its words are worth more than a percentile.
fn name_if_slow(office: &Office, begun: Duration, error: &BenchError) {
    let took = office.begun.get().elapsed().saturating_sub(begun);
    if took > LONG {
        eprintln!("failed after {took:.1?}: {error}");
    }
}

fn figures(attempts: &[Attempt], Disturbance { begun, ended }: Disturbance) -> Vec<Figure> {
    let lasted = (ended - begun).as_secs_f64();
    let mut figures = vec![Figure::alone("it lasts", lasted, "s", Target::Nothing)];
    for (when, attempts) in parts(attempts, Disturbance { begun, ended }) {
        let times = attempts
            .iter()
            .map(|attempt| attempt.took.as_secs_f64() * 1e3);
        let Some(times) = Sample::of(times) else {
            continue;
        };
        let failed = attempts.iter().filter(|attempt| !attempt.is_done).count();
        for (what, value, unit) in [
            ("actions", attempts.len() as f64, ""),
            ("of them failed", failed as f64, ""),
            ("p50", times.median(), "ms"),
            ("p99", times.percentile(99), "ms"),
            ("longest", times.max(), "ms"),
        ] {
            figures.push(Figure::alone(
                format!("{when}: {what}"),
                value,
                unit,
                Target::Nothing,
            ));
        }
    }
    figures
}

/// What was over before, what was held up, and what began afterwards.
fn parts(
    attempts: &[Attempt],
    Disturbance { begun, ended }: Disturbance,
) -> [(&'static str, Vec<Attempt>); 3] {
    let of = |holds: &dyn Fn(&Attempt) -> bool| {
        let some = attempts.iter().filter(|attempt| holds(attempt));
        some.copied().collect::<Vec<_>>()
    };
    let is_before = |attempt: &Attempt| attempt.begun + attempt.took < begun;
    let is_after = |attempt: &Attempt| attempt.begun >= ended;
    [
        ("before", of(&is_before)),
        (
            "during",
            of(&|attempt| !is_before(attempt) && !is_after(attempt)),
        ),
        ("after", of(&is_after)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_under_way_when_it_began_was_held_up_by_it() {
        let attempt = |begun, took| Attempt {
            begun: Duration::from_secs(begun),
            took: Duration::from_secs(took),
            is_done: true,
        };
        let disturbance = Disturbance {
            begun: Duration::from_secs(10),
            ended: Duration::from_secs(15),
        };
        let attempts = [attempt(1, 1), attempt(9, 5), attempt(12, 1), attempt(15, 0)];
        let counts = parts(&attempts, disturbance).map(|(_, attempts)| attempts.len());
        assert_eq!(counts, [1, 2, 1]);
    }
}
