//! Passwords that somebody shall have from now on.

use auth::{Hasher, NoToken, Password, ScramVerifier, Token};
use mail::AccountId;
use store::{Fault, Store};

use crate::config::Verifiers;
use crate::environment;

/// What a password may measure.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1024;

/// A password, and its hash.
pub(crate) struct NewPassword {
    password: Password,
    pub(crate) hash: String,
}

/// Why a text becomes nobody's password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPassword {
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    #[error("a password does not begin as an access token does (`postroom token add` makes those)")]
    LikeToken,
    #[error("a password has no NUL in it")]
    Nul,
    #[error("this machine gives no random numbers")]
    NoRandomness,
    #[error("{0}")]
    NotHashed(String),
}

impl NewPassword {
    /// Hashes a password, which takes long.
    pub(crate) fn hash(text: &str) -> Result<Self, NoPassword> {
        if text.len() > PASSWORD_BYTES_MAX {
            return Err(NoPassword::TooLong);
        }
        if Token::parse(text.as_bytes()) != Err(NoToken::Password) {
            return Err(NoPassword::LikeToken);
        }
        let password = Password::new(text.as_bytes()).ok_or(NoPassword::Nul)?;
        let salt = environment::random_bytes().ok_or(NoPassword::NoRandomness)?;
        let hash = Hasher::new().hash(text.as_bytes(), &salt);
        let hash = hash.map_err(|cause| NoPassword::NotHashed(cause.to_string()))?;
        Ok(Self { password, hash })
    }

    /// As [`keep_verifier`], for the account that has it.
    pub(crate) async fn keep_verifier(
        &self,
        store: &Store,
        verifiers: Verifiers,
        account: (AccountId, &str),
    ) -> Result<(), Fault> {
        let password = self.password.as_bytes();
        keep_verifier(store, verifiers, account, (password, &self.hash)).await
    }
}

/// Keeps for an account that has this password, of this hash, by what its owner can prove that he knows it, where that is done here.
pub(crate) async fn keep_verifier(
    store: &Store,
    verifiers: Verifiers,
    (account, name): (AccountId, &str),
    (password, hash): (&[u8], &str),
) -> Result<(), Fault> {
    if verifiers == Verifiers::NotMade {
        return Ok(());
    }
    let salt = store.find_prover(name).await?.salt;
    let password = password.to_vec();
    let made = move || ScramVerifier::of_password(&password, &salt).to_string();
    match environment::run_blocking(made).await {
        Some(verifier) => store.keep_verifier(account, hash, &verifier).await,
        None => Ok(()),
    }
}
