//! What a program has that was built without a private PostgreSQL: an error that says so.

use std::path::Path;

use crate::config::Secret;
use crate::error::ServerError;

/// There is none.
#[derive(Debug)]
pub(super) enum Private {}

impl Private {
    pub(super) fn check() -> Result<(), ServerError> {
        Err(ServerError::NoDatabase)
    }

    #[expect(clippy::unused_async, reason = "the one that starts something waits")]
    pub(super) async fn start(_state_dir: &Path) -> Result<(Secret, Self), ServerError> {
        Err(ServerError::NoDatabase)
    }

    pub(super) fn of_another(_error: &ServerError, _state_dir: &Path) -> Option<Secret> {
        None
    }

    pub(super) fn pid(&self) -> u32 {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "the one that stops something waits")]
    pub(super) async fn stop(self) {
        match self {}
    }
}
