//! What is tried again and again, and said seldom when it fails.

/// Failures since the last success.
#[derive(Debug, Default)]
pub(crate) struct Failures(u32);

impl Failures {
    /// Counts one more; whether it is worth a warning: the first is, and then one of `per_warning`.
    pub(crate) fn add(&mut self, per_warning: u32) -> bool {
        let is_worth_it = self.0.is_multiple_of(per_warning);
        self.0 = self.0.saturating_add(1);
        is_worth_it
    }

    /// Begins anew; how many there were, where there were any.
    pub(crate) fn end(&mut self) -> Option<u32> {
        Some(std::mem::take(&mut self.0)).filter(|failures| *failures > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Failures;

    #[test]
    fn the_first_is_said_and_then_one_of_many() {
        let mut failures = Failures::default();
        let said: Vec<bool> = (0..7).map(|_| failures.add(3)).collect();
        assert_eq!(said, [true, false, false, true, false, false, true]);
        assert_eq!(failures.end(), Some(7));
        assert_eq!(failures.end(), None);
        assert!(failures.add(3));
    }
}
