//! A measured value, beside its yardstick and the target of `docs/BENCHMARKS.md`. Pure.

use std::fmt;

use crate::probe::Yardstick;
use crate::sample::Sample;
use crate::usage::Shares;

/// One row of the report.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    /// The value of each round.
    pub(crate) values: Vec<f64>,
    pub(crate) unit: &'static str,
    /// The yardstick's rate in the same minute; `None` where the machine has none or it means
    /// nothing.
    pub(crate) probe: Option<Reading>,
    pub(crate) target: Target,
    /// Which processes used the processors meanwhile.
    pub(crate) shares: Option<Shares>,
    /// What one operation took.
    pub(crate) work: Option<Work>,
}

/// What one operation took: those who waited for it, and the processors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// The processor time of all frontends.
    pub(crate) nodes_ms: f64,
    /// The processor time of the database.
    pub(crate) postgres_ms: f64,
}

/// How many of a yardstick's operations there were in a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) yardstick: Yardstick,
    pub(crate) per_second: f64,
    /// The value in units of the yardstick, each round by its own probe; `None` for a value that is
    /// not a rate.
    pub(crate) ratio: Option<f64>,
}

/// What we want to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A rate of so many times the probe's.
    Times(f64),
    AtLeast(f64),
    AtMost(f64),
    /// So many milliseconds of all processors for one operation, in all processes.
    WorkAtMost(f64),
    /// No target: the value is shown for comparison.
    Nothing,
}

impl Figure {
    /// A figure that does not depend on how busy the machine is.
    pub(crate) fn alone(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        target: Target,
    ) -> Self {
        Self {
            name: name.into(),
            value,
            values: vec![value],
            unit,
            probe: None,
            target,
            shares: None,
            work: None,
        }
    }

    /// Whether the target is reached; `None` where there is no target, or nothing to compare with.
    pub(crate) fn is_reached(&self) -> Option<bool> {
        match self.target {
            Target::Times(times) => Some(self.probe?.ratio? >= times),
            Target::AtLeast(least) => Some(self.value >= least),
            Target::AtMost(most) => Some(self.value <= most),
            Target::WorkAtMost(most) => self
                .work
                .map(|work| work.nodes_ms + work.postgres_ms <= most),
            Target::Nothing => None,
        }
    }

    /// How many times as fast this is as the other, the median of the rounds by pairs.
    pub(crate) fn times_as_fast(&self, other: &Self) -> Option<f64> {
        let pairs = self.values.iter().zip(&other.values);
        let times = pairs.map(|(&ours, &theirs)| match self.unit {
            "ms" => theirs / ours,
            _ => ours / theirs,
        });
        Sample::of(times).map(|sample| sample.median())
    }

    /// The target in words; empty where there is none.
    pub(crate) fn target(&self) -> String {
        let unit = self.unit;
        match (self.target, self.probe) {
            (Target::Times(times), Some(probe)) => {
                format!("≥ {times} × {}", probe.yardstick.name())
            }
            (Target::Times(times), None) => format!("≥ {times} × its probe"),
            (Target::AtLeast(least), _) => format!("≥ {} {unit}", Short(least)),
            (Target::AtMost(most), _) => format!("≤ {} {unit}", Short(most)),
            (Target::WorkAtMost(most), _) => format!("≤ {} ms of work", Short(most)),
            (Target::Nothing, _) => String::new(),
        }
    }
}

/// Prints a number with as many digits as are significant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short(pub(crate) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0.abs() {
            0.0 => 0,
            size if size < 1.0 => 3,
            size if size < 10.0 => 2,
            size if size < 100.0 => 1,
            _ => 0,
        };
        let text = format!("{:.digits$}", self.0);
        let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        let rest = rest.trim_end_matches('0').trim_end_matches('.');
        f.pad(&format!("{}{rest}", grouped(whole)))
    }
}

/// Groups thousands: `1,234,567`.
fn grouped(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() * 4 / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, ratio: Option<f64>, target: Target) -> Figure {
        let reading = Reading {
            yardstick: Yardstick::Fdatasync,
            per_second: 1000.0,
            ratio,
        };
        Figure {
            name: "x".into(),
            value,
            values: vec![],
            unit: "ms",
            probe: Some(reading),
            target,
            shares: None,
            work: None,
        }
    }

    #[test]
    fn reaching_is_measured_in_its_own_terms() {
        for (value, ratio, target, expected, words) in [
            (
                5.0,
                Some(1.5),
                Target::Times(1.5),
                Some(true),
                "≥ 1.5 × fdatasync",
            ),
            (
                5.0,
                Some(1.4),
                Target::Times(1.5),
                Some(false),
                "≥ 1.5 × fdatasync",
            ),
            (5.0, None, Target::Times(1.5), None, "≥ 1.5 × fdatasync"),
            (5.0, None, Target::AtMost(5.0), Some(true), "≤ 5 ms"),
            (5.1, None, Target::AtMost(5.0), Some(false), "≤ 5 ms"),
            (
                5.0,
                None,
                Target::AtLeast(1000.0),
                Some(false),
                "≥ 1,000 ms",
            ),
            (5.0, None, Target::Nothing, None, ""),
        ] {
            let figure = figure(value, ratio, target);
            assert_eq!(figure.is_reached(), expected, "{target:?}");
            assert_eq!(figure.target(), words);
        }
    }

    #[test]
    fn work_is_that_of_all_processes() {
        let mut figure = figure(5.0, None, Target::WorkAtMost(0.13));
        assert_eq!(figure.target(), "≤ 0.13 ms of work");
        assert_eq!(figure.is_reached(), None);
        for (postgres_ms, is_reached) in [(0.03, true), (0.04, false)] {
            figure.work = Some(Work {
                p50_ms: 9.0,
                p99_ms: 9.0,
                nodes_ms: 0.0999,
                postgres_ms,
            });
            assert_eq!(figure.is_reached(), Some(is_reached));
        }
    }

    #[test]
    fn faster_is_more_in_a_second_or_fewer_milliseconds() {
        let times = |unit| {
            let [ours, theirs] = [[8.0, 30.0, 12.0], [4.0, 10.0, 4.0]].map(|values| Figure {
                values: values.to_vec(),
                unit,
                ..figure(5.0, None, Target::Nothing)
            });
            ours.times_as_fast(&theirs)
        };
        assert_eq!(times("/s"), Some(3.0));
        assert_eq!(times("ms"), Some(1.0 / 3.0));
    }

    #[test]
    fn without_its_probe_nothing_is_reached() {
        let mut figure = figure(5.0, Some(9.0), Target::Times(1.5));
        figure.probe = None;
        assert_eq!(figure.is_reached(), None);
        assert_eq!(figure.target(), "≥ 1.5 × its probe");
    }

    #[test]
    fn numbers_are_as_long_as_they_are_true() {
        for (number, text) in [
            (0.0, "0"),
            (0.0123, "0.012"),
            (0.5, "0.5"),
            (1.25, "1.25"),
            (12.34, "12.3"),
            (20.0, "20"),
            (999.4, "999"),
            (1234.5, "1,234"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(Short(number).to_string(), text);
        }
        assert_eq!(format!("{:>6}", Short(20.0)), "    20");
    }
}
