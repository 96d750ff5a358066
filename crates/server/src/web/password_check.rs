//! Passwords at the pages: the same accounts, cache and throttle as by IMAP.

use std::net::IpAddr;
use std::sync::Arc;

use session::{Authenticator, LoginVerdict};
use web::{BoxFuture, PasswordCheck, PasswordVerdict};
use wire::Secret;

pub(super) struct Passwords(pub(super) Arc<dyn Authenticator>);

impl PasswordCheck for Passwords {
    fn check<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
        address: IpAddr,
    ) -> BoxFuture<'a, PasswordVerdict> {
        Box::pin(async move {
            let password = Secret(password.as_bytes().to_vec());
            match self.0.login(user, &password, address).await {
                LoginVerdict::Welcome(account) => PasswordVerdict::Welcome(account),
                // Whoever has one device shall not make another.
                LoginVerdict::ByToken(..)
                | LoginVerdict::ByBearer(..)
                | LoginVerdict::ByCertificate(..)
                | LoginVerdict::Refused => PasswordVerdict::Refused,
                LoginVerdict::TooMany => PasswordVerdict::TooMany,
                LoginVerdict::Unavailable => PasswordVerdict::Unavailable,
            }
        })
    }
}
