//! The signals that stop the demo: Ctrl-C, SIGTERM, or a terminal that closes.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::tool::ChoreError;

/// From here on no such signal ends this process by itself.
#[derive(Debug)]
pub(super) struct Stop(Signals);

impl Stop {
    pub(super) fn listen() -> Result<Self, ChoreError> {
        Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map(Self)
            .map_err(ChoreError::at("signals"))
    }

    /// Ends a start-up that nobody waits for any more.
    pub(super) fn check(&mut self) -> Result<(), ChoreError> {
        match self.0.pending().next() {
            Some(_) => Err(ChoreError::new("stopped before it was ready")),
            None => Ok(()),
        }
    }

    /// Waits for such a signal.
    pub(super) fn wait(mut self) {
        self.0.forever().next();
    }
}
