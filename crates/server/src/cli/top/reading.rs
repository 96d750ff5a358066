//! A page of metrics as it was read, and what two of them say of the time between.

use std::collections::HashMap;
use std::time::Instant;

use crate::metrics::Sample;

/// One page: for each name its values, with their labels as they stand there.
#[derive(Debug)]
pub(super) struct Reading {
    at: Instant,
    series: HashMap<String, Vec<(String, f64)>>,
}

/// Two pages of one frontend.
pub(super) struct Between<'a> {
    pub(super) before: &'a Reading,
    pub(super) now: &'a Reading,
}

impl Reading {
    pub(super) fn parse(at: Instant, page: &str) -> Self {
        let mut series: HashMap<String, Vec<(String, f64)>> = HashMap::new();
        for sample in page.lines().filter_map(Sample::parse) {
            let values = series.entry(sample.name.to_owned()).or_default();
            values.push((sample.labels_text.to_owned(), sample.value));
        }
        Self { at, series }
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &(String, f64)> {
        self.series.get(name).into_iter().flatten()
    }

    /// Whether there is anything with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Of all values with this name, or of those with this label.
    pub(super) fn sum(&self, name: &str, label: &str) -> f64 {
        let fitting = self
            .values(name)
            .filter(|(labels, _)| labels.contains(label));
        // The sum of nothing is no negative zero.
        fitting.fold(0.0, |sum, (_, value)| sum + value)
    }
}

impl Between<'_> {
    /// What a name comes to in the second reading.
    pub(super) fn now(&self, name: &str) -> f64 {
        self.now.sum(name, "")
    }

    fn more(&self, name: &str, label: &str) -> f64 {
        self.now.sum(name, label) - self.before.sum(name, label)
    }

    /// How much was added in each second.
    pub(super) fn rate(&self, name: &str, label: &str) -> f64 {
        let passed = self.now.at.saturating_duration_since(self.before.at);
        self.more(name, label) / passed.as_secs_f64().max(1e-3)
    }

    /// The mean of what a histogram took in; `None` where that is nothing.
    pub(super) fn mean(&self, name: &str) -> Option<f64> {
        let count = self.more(&format!("{name}_count"), "");
        (count > 0.0).then(|| self.more(&format!("{name}_sum"), "") / count)
    }

    /// The upper end of the bucket below which 99 of 100 are that a histogram took in; `None` where that is nothing.
    pub(super) fn p99(&self, name: &str) -> Option<f64> {
        let name = format!("{name}_bucket");
        let mut ends: Vec<(f64, f64)> = Vec::new();
        for (reading, sign) in [(self.now, 1.0), (self.before, -1.0)] {
            for (labels, count) in reading.values(&name) {
                let end = labels
                    .split_once("le=\"")
                    .and_then(|(_, rest)| rest.split('"').next()?.parse().ok());
                let Some(end) = end else { continue };
                match ends.iter_mut().find(|(known, _)| *known == end) {
                    Some((_, sum)) => *sum += sign * count,
                    None => ends.push((end, sign * count)),
                }
            }
        }
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        let all = ends.last().map_or(0.0, |(_, count)| *count);
        let found = ends.iter().find(|(_, count)| *count >= 0.99 * all)?;
        (all > 0.0).then_some(found.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::environment;

    #[test]
    fn rates_and_times_are_of_what_lies_between() {
        let at = environment::now();
        let before = "# TYPE a_total counter\na_total{x=\"1\"} 5\na_total{x=\"2\"} 1\n\
                      t_seconds_bucket{le=\"0.1\",c=\"A\"} 4\nt_seconds_bucket{le=\"+Inf\",c=\"A\"} 9\n\
                      t_seconds_sum{c=\"A\"} 50\nt_seconds_count{c=\"A\"} 9\n";
        let now = "a_total{x=\"1\"} 9\na_total{x=\"2\"} 3\na_total{x=\"of a\"} 0\n\
                   t_seconds_bucket{le=\"0.1\",c=\"A\"} 6\nt_seconds_bucket{le=\"+Inf\",c=\"A\"} 11\n\
                   t_seconds_bucket{le=\"0.1\",c=\"B\"} 1\nt_seconds_bucket{le=\"+Inf\",c=\"B\"} 1\n\
                   t_seconds_sum{c=\"A\"} 50.1\nt_seconds_count{c=\"A\"} 11\n";
        assert_eq!(Reading::parse(at, before).sum("b", "").to_string(), "0");
        let (before, now) = (
            Reading::parse(at, before),
            Reading::parse(at + Duration::from_secs(2), now),
        );
        let between = Between {
            before: &before,
            now: &now,
        };
        assert_eq!(between.rate("a_total", ""), 3.0);
        assert_eq!(between.rate("a_total", "x=\"2\""), 1.0);
        assert_eq!(between.rate("none_total", ""), 0.0);
        assert_eq!(between.p99("t_seconds"), Some(0.1));
        assert_eq!(between.p99("none_seconds"), None);
        let mean = between.mean("t_seconds").unwrap();
        assert!((mean - 0.05).abs() < 1e-9, "{mean}");
        assert_eq!(now.sum("a_total", "x=\"1\""), 9.0);
    }
}
