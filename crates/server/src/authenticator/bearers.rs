//! Tokens of an identity provider.

use std::net::IpAddr;

use session::LoginVerdict;
use tracing::info;

use super::PasswordAuthenticator;
use crate::identity_provider::NoBearer;

impl PasswordAuthenticator {
    /// A wrong token is counted as a wrong access token: nobody guesses one. Accounts are not made by tokens.
    pub(super) async fn ask_by_bearer(&self, token: &str, address: IpAddr) -> LoginVerdict {
        let Some(provider) = &self.provider else {
            return LoginVerdict::Refused;
        };
        let (user, ends_at) = match provider.check(token).await {
            Ok(checked) => checked,
            Err(NoBearer::Bad(why)) => {
                info!(%why, "a token of the identity provider lets nobody in");
                return self.refuse_token(address).await;
            }
            Err(NoBearer::Unknown) => return LoginVerdict::Unavailable,
        };
        match self.find_open(&user).await {
            Ok(Some(account)) => LoginVerdict::ByBearer(account, ends_at),
            Ok(None) => self.refuse_token(address).await,
            Err(_) => LoginVerdict::Unavailable,
        }
    }
}
