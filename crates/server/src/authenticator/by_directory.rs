//! Passwords that a directory knows, and this site does not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::VerifiedCache;
use ldap::{Directory, Person, Verdict};
use session::BoxFuture;
use store::{Account, Entered, Newcomers, Store};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::queue::Queue;
use super::{Checked, Method};
use crate::directory_sync::entered;
use crate::environment;
use crate::metrics::Metrics;

/// A wrong password is answered no sooner, so that it seldom tells whether there is such a person.
const REFUSAL_TIME_MIN: Duration = Duration::from_millis(300);

/// Asks a directory.
pub(super) struct ByDirectory {
    pub(super) directory: Arc<Directory>,
    pub(super) store: Store,
    /// With a place for each connection.
    pub(super) queue: Queue,
    pub(super) verified: Mutex<VerifiedCache>,
    /// Whether a login makes an account.
    pub(super) newcomers: Newcomers,
    pub(super) metrics: Arc<Metrics>,
}

impl ByDirectory {
    /// Whether the directory knows the password of whoever is called so.
    pub(super) fn concerns(&self, user: &str) -> bool {
        self.directory.concerns(user)
    }

    async fn check(&self, user: &str, password: &[u8], turn: OwnedSemaphorePermit) -> Checked {
        let answered_at = Instant::now() + REFUSAL_TIME_MIN;
        let begun = environment::now();
        let verdict = self.directory.verify(user, password).await;
        drop(turn);
        let said = match &verdict {
            Ok(Verdict::Right(_)) => "right",
            Ok(Verdict::Wrong) => "wrong",
            Err(_) => "trouble",
        };
        self.metrics
            .note_directory_answer(said, environment::now() - begun);
        let checked = match verdict {
            Ok(Verdict::Right(person)) => self.enter(&person).await,
            Ok(Verdict::Wrong) => Checked::Wrong,
            Err(trouble) => {
                warn!(cause = %trouble, "the directory could not say whether a password is right");
                return Checked::Unknown;
            }
        };
        if matches!(checked, Checked::Wrong) {
            sleep_until(answered_at).await;
        }
        checked
    }

    /// The account of whoever has proved who it is.
    async fn enter(&self, person: &Person) -> Checked {
        match self
            .store
            .enter_person(entered(person), self.newcomers)
            .await
        {
            Ok(Some((account, outcome))) => {
                if outcome != Entered::Known {
                    info!(user.id = %account.id, ?outcome, "the directory has news of a person who logs in");
                }
                match account.is_disabled {
                    true => Checked::Wrong,
                    false => Checked::Right(account),
                }
            }
            Ok(None) => Checked::Wrong,
            Err(cause @ (store::Fault::Exists | store::Fault::Limit(_))) => {
                warn!(%cause, directory.id = person.id, "a person of the directory cannot have an account of that name");
                Checked::Wrong
            }
            Err(cause) => {
                warn!(%cause, "could not look up the account of a person of the directory");
                Checked::Unknown
            }
        }
    }
}

impl Method for ByDirectory {
    fn queue(&self) -> &Queue {
        &self.queue
    }

    fn verified(&self) -> &Mutex<VerifiedCache> {
        &self.verified
    }

    fn check<'a>(
        &'a self,
        _account: Option<&'a Account>,
        user: &'a str,
        password: &'a [u8],
        turn: OwnedSemaphorePermit,
    ) -> BoxFuture<'a, Checked> {
        Box::pin(self.check(user, password, turn))
    }
}
