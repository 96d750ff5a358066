//! Many readings of one value, and their percentiles. Pure.

/// At least one reading, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// Sorts readings; `None` when there are none.
    pub(crate) fn of(readings: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut readings: Vec<f64> = readings.into_iter().collect();
        readings.sort_by(f64::total_cmp);
        (!readings.is_empty()).then_some(Self(readings))
    }

    /// The smallest reading that `percent` of all readings do not exceed (the nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100);
        let reading = self.0.get(rank.saturating_sub(1));
        reading.copied().unwrap_or_else(|| self.max())
    }

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    pub(crate) fn max(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn a_percentile_is_a_reading_and_not_between_two() {
        for (readings, percent, expected) in [
            (vec![7.0], 50, 7.0),
            (vec![7.0], 99, 7.0),
            (vec![3.0, 1.0, 2.0], 50, 2.0),
            (vec![4.0, 3.0, 1.0, 2.0], 50, 2.0),
            ((1..=100).map(f64::from).collect(), 50, 50.0),
            ((1..=100).map(f64::from).collect(), 99, 99.0),
            ((1..=1000).map(f64::from).collect(), 99, 990.0),
            ((1..=10).map(f64::from).collect(), 99, 10.0),
            ((1..=10).map(f64::from).collect(), 0, 1.0),
        ] {
            let sample = Sample::of(readings.clone()).unwrap();
            let found = sample.percentile(percent);
            assert!(
                (found - expected).abs() < f64::EPSILON,
                "{readings:?} {percent}"
            );
        }
    }

    #[test]
    fn the_largest_is_the_last() {
        let sample = Sample::of([2.0, 9.5, 1.0]).unwrap();
        assert!((sample.max() - 9.5).abs() < f64::EPSILON);
    }

    #[test]
    fn of_nothing_nothing_is_said() {
        assert!(Sample::of([]).is_none());
    }
}
