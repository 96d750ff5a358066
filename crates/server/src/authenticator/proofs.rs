//! Proofs that somebody knows a password, which nobody tells (SCRAM). They cost no time, so they do not wait for a core.

use std::net::IpAddr;

use auth::{Proof, ScramVerifier, network_of};
use session::{Challenged, LoginVerdict};
use tracing::warn;

use super::PasswordAuthenticator;
use crate::environment;
use crate::metrics::HeldUp;

/// Proofs that are judged at a time: so few that the first answers slow down guesses on many connections.
pub(super) const JUDGED_MAX: usize = 16;

impl PasswordAuthenticator {
    /// What `user` is challenged with. A name that nobody has, and one without a verifier, is challenged by what no password fits.
    pub(super) async fn challenge_for(&self, user: &str) -> Result<Challenged, LoginVerdict> {
        let prover = self.store.find_prover(user).await.map_err(|fault| {
            warn!(cause = %fault, "could not look up by what somebody proves a password");
            LoginVerdict::Unavailable
        })?;
        let nonce = environment::random_bytes().ok_or(LoginVerdict::Unavailable)?;
        let is_ours = !self.is_of_directory(prover.account.as_ref(), user);
        let kept = prover.verifier.as_deref().filter(|_| is_ours);
        let verifier = kept.and_then(ScramVerifier::parse);
        let account = prover.account.filter(|account| !account.is_disabled);
        Ok(Challenged {
            account: account.filter(|_| verifier.is_some()),
            verifier: verifier.unwrap_or_else(|| ScramVerifier::of_nobody(&prover.salt)),
            nonce,
        })
    }

    pub(super) async fn judge(
        &self,
        user: &str,
        challenged: &Challenged,
        proof: &Proof,
        address: IpAddr,
    ) -> LoginVerdict {
        let Some(_turn) = self.proofs.turn().await else {
            self.metrics.count_held_up(HeldUp::Queue);
            return LoginVerdict::TooMany;
        };
        let (account, network) = (challenged.account.as_ref(), network_of(address));
        if let Err(verdict) = self.may_try(account, user, network).await {
            return verdict;
        }
        match (account, proof) {
            (Some(account), Proof::Right(_)) => {
                self.welcome(account, user, network).await;
                LoginVerdict::Welcome(account.clone())
            }
            // It says nothing of any password.
            (_, Proof::None) => LoginVerdict::Refused,
            (None, Proof::Right(_)) | (_, Proof::Wrong) => {
                self.refuse(account, user, address).await
            }
        }
    }
}
