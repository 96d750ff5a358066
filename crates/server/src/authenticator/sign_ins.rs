//! Who comes from an identity provider: a browser with a code, or a program with a token for the HTTP API.

use std::net::IpAddr;

use api::{BearerCheck, NotBorne};
use session::LoginVerdict;
use store::{Account, Fault};
use tracing::{info, warn};
use web::{AskedSignIn, BoxFuture, ProviderVerdict, SignInAnswer, SignInProvider};

use super::PasswordAuthenticator;
use crate::identity_provider::{NoBearer, NoSignIn};
use crate::metrics::LoginMethod;

/// Counted as an access token that is none: nobody guesses a code either. It is asked first whether somebody has to wait, since the
/// provider is asked on everybody's behalf.
impl SignInProvider for PasswordAuthenticator {
    fn name(&self) -> &str {
        let provider = self.provider.as_ref();
        provider.and_then(|it| it.name()).unwrap_or_default()
    }

    fn find_address<'a>(&'a self, asked: &'a AskedSignIn) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move { self.provider.as_ref()?.find_address(asked).await })
    }

    fn redeem<'a>(
        &'a self,
        answer: &'a SignInAnswer,
        address: IpAddr,
    ) -> BoxFuture<'a, ProviderVerdict> {
        Box::pin(async move {
            let verdict = self.sign_in(answer, address).await;
            let counted = match &verdict {
                ProviderVerdict::Welcome(_) => "welcome",
                ProviderVerdict::Refused(_) => "refused",
                ProviderVerdict::TooMany => "too_many",
                ProviderVerdict::NoAnswer | ProviderVerdict::Unavailable => "unavailable",
            };
            self.metrics.count_login(LoginMethod::Bearer, counted);
            verdict
        })
    }
}

impl PasswordAuthenticator {
    async fn sign_in(&self, answer: &SignInAnswer, address: IpAddr) -> ProviderVerdict {
        let Some(provider) = &self.provider else {
            return ProviderVerdict::Refused(None);
        };
        match self.must_wait(address).await {
            Ok(false) => {}
            Ok(true) => return ProviderVerdict::TooMany,
            Err(fault) => {
                warn!(cause = %fault, "could not look up wrong access tokens");
                return ProviderVerdict::Unavailable;
            }
        }
        let user = match provider.redeem(answer).await {
            Ok(user) => user,
            Err(NoSignIn::Refused) => return self.turn_away(None, address).await,
            Err(NoSignIn::NoAnswer) => return ProviderVerdict::NoAnswer,
        };
        match self.find_open(&user).await {
            Ok(Some(account)) => ProviderVerdict::Welcome(account),
            Ok(None) => self.turn_away(Some(user), address).await,
            Err(_) => ProviderVerdict::Unavailable,
        }
    }

    async fn turn_away(&self, user: Option<String>, address: IpAddr) -> ProviderVerdict {
        match self.refuse_token(address).await {
            LoginVerdict::TooMany => ProviderVerdict::TooMany,
            LoginVerdict::Unavailable => ProviderVerdict::Unavailable,
            LoginVerdict::Refused
            | LoginVerdict::Welcome(_)
            | LoginVerdict::ByToken(..)
            | LoginVerdict::ByBearer(..)
            | LoginVerdict::ByCertificate(..) => ProviderVerdict::Refused(user),
        }
    }

    /// The account that a token names, where it is there and open. Accounts are not made by tokens.
    pub(super) async fn find_open(&self, user: &str) -> Result<Option<Account>, Fault> {
        let account = self.store.find_account(user).await.inspect_err(
            |fault| warn!(cause = %fault, "could not look up the account of a token"),
        )?;
        let account = account.filter(|account| !account.is_disabled);
        if account.is_none() {
            info!(
                user,
                "the identity provider knows somebody who has no account that is open"
            );
        }
        Ok(account)
    }
}

impl BearerCheck for PasswordAuthenticator {
    fn check<'a>(&'a self, token: &'a str) -> api::BoxFuture<'a, Result<String, NotBorne>> {
        Box::pin(async move {
            let Some(provider) = &self.provider else {
                return Err(NotBorne::Refused);
            };
            let checked = provider.check_for_api(token).await;
            checked.map_err(|cause| match cause {
                NoBearer::Bad(why) => {
                    info!(%why, "a token of the identity provider does not open the API");
                    NotBorne::Refused
                }
                NoBearer::Unknown => NotBorne::Unknown,
            })
        })
    }
}
