//! Several steps that all run, whichever fail; the failed ones are named at the end, with their reasons.

use crate::tool::ChoreError;

/// The steps that have failed so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    failed: Vec<(&'static str, ChoreError)>,
}

impl Steps {
    /// Runs one step; its error is printed here and remembered.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<(), ChoreError>,
    ) {
        eprintln!("== {name}");
        if let Err(error) = step() {
            eprintln!("== {name} failed: {error}");
            self.failed.push((name, error));
        }
    }

    /// An error unless every step succeeded.
    pub(crate) fn verdict(self) -> Result<(), ChoreError> {
        if self.failed.is_empty() {
            return Ok(());
        }
        let failed = self.failed.iter();
        let reasons: String = failed
            .map(|(name, error)| format!("\n{name}: {error}"))
            .collect();
        Err(ChoreError::new(format!("failed:{reasons}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_keep_the_next_from_running() {
        let mut ran = Vec::new();
        let mut steps = Steps::default();
        steps.run("first", || {
            ran.push(1);
            Err(ChoreError::new("no"))
        });
        steps.run("second", || {
            ran.push(2);
            Ok(())
        });
        assert_eq!(ran, [1, 2]);
        assert_eq!(
            steps.verdict().unwrap_err().to_string(),
            "failed:\nfirst: no"
        );
    }

    #[test]
    fn all_good_is_good() {
        let mut steps = Steps::default();
        steps.run("only", || Ok(()));
        assert!(steps.verdict().is_ok());
    }
}
