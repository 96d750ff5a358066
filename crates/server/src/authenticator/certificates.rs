//! Certificates of clients.

use std::net::IpAddr;

use session::{ClientCertificate, LoginVerdict};
use tracing::{info, warn};

use super::PasswordAuthenticator;
use crate::client_certificates::subject_of;

impl PasswordAuthenticator {
    /// What is not good for a login is counted as a wrong access token: nobody guesses one.
    pub(super) async fn ask_by_certificate(
        &self,
        certificate: &ClientCertificate,
        address: IpAddr,
    ) -> LoginVerdict {
        let Some(certificates) = &self.certificates else {
            return LoginVerdict::Refused;
        };
        let certified = match certificates.judge(certificate) {
            Ok(certified) => certified,
            Err(why) => {
                let subject = subject_of(certificate);
                info!(subject, %why, "a client's certificate lets nobody in");
                return self.refuse_token(address).await;
            }
        };
        match self.store.find_account(&certified.user).await {
            Ok(Some(account)) if !account.is_disabled => {
                LoginVerdict::ByCertificate(account, certified.ends_at)
            }
            Ok(_) => {
                let user = certified.user;
                info!(
                    user,
                    "a client's certificate names somebody who has no account that is open"
                );
                self.refuse_token(address).await
            }
            Err(fault) => {
                warn!(cause = %fault, "could not look up the account of a certificate");
                LoginVerdict::Unavailable
            }
        }
    }
}
