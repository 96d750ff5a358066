//! The HTTP API: what the room `api` asks of the outside.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use api::{
    ApiService, ApiSite, BadPassword, BoxFuture, Caller, HashedPassword, PasswordHashing, Refusal,
    TokenRefusal,
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use mail::AccountId;
use mail::limits::API_BODY_BYTES_MAX;
use session::{Authenticator, LoginVerdict};
use store::{Fault, Store};
use tokio::sync::Semaphore;
use tracing::warn;
use wire::Secret;

use crate::config::{Config, Verifiers};
use crate::connection::ConnectionContext;
use crate::environment;
use crate::new_password::{NewPassword, NoPassword, keep_verifier};

/// The API of this frontend.
pub(super) struct Api {
    service: ApiService,
    began: Instant,
}

impl Api {
    /// `None` where it is not served.
    pub(super) fn new(config: &Config, imap: &ConnectionContext) -> Option<Self> {
        let node = &imap.node;
        let site = ApiSite {
            node_name: config.node.name.clone(),
            store: node.store.clone(),
            namespaces: config.namespaces.clone(),
            everybody: config.acl.everybody,
            address_separator: config.address_separator.clone(),
            requests_per_minute: config.web.api?.requests_per_minute,
            token_refusal: Arc::new(Refusals(Arc::clone(&node.authenticator))),
            password_hashing: Arc::new(Hashing {
                store: node.store.clone(),
                verifiers: config.login.verifiers(),
                places: Semaphore::new(HASHED_AT_ONCE_MAX),
            }),
            random: environment::random_bytes,
        };
        Some(Self {
            service: ApiService::new(site),
            began: environment::now(),
        })
    }

    /// Whether a request for this path is for the API.
    pub(super) fn is_at(path: &str) -> bool {
        let rest = path.strip_prefix(api::PATH);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers one request, whatever it is.
    pub(super) async fn serve(
        &self,
        request: Request<Incoming>,
        address: IpAddr,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let response = match read(body).await {
            Ok(body) => {
                let caller = Caller {
                    address,
                    unix_seconds: environment::unix_seconds(),
                    elapsed: environment::now().saturating_duration_since(self.began),
                };
                let request = Request::from_parts(head, body);
                self.service.answer(request, caller).await
            }
            Err(Unread::TooLarge) => ApiService::too_large().await,
            Err(Unread::BrokenOff) => ApiService::broken_off().await,
        };
        Ok(response.map(Full::from))
    }
}

/// Why a body is not there.
enum Unread {
    TooLarge,
    BrokenOff,
}

/// A body that is too large is taken up to here and dropped: whoever still sends when the connection ends does not read the answer.
const SWALLOWED_BYTES_MAX: usize = 16 * API_BODY_BYTES_MAX;

async fn read(mut body: Incoming) -> Result<Bytes, Unread> {
    let (mut kept, mut bytes) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame.map_err(|_| Unread::BrokenOff)?.into_data() else {
            continue;
        };
        bytes += part.len();
        if bytes <= API_BODY_BYTES_MAX {
            kept.extend_from_slice(&part);
        } else if bytes > SWALLOWED_BYTES_MAX {
            break;
        }
    }
    if bytes > API_BODY_BYTES_MAX {
        return Err(Unread::TooLarge);
    }
    Ok(Bytes::from(kept))
}

/// Each takes a core for some tenths of a second, and memory.
const HASHED_AT_ONCE_MAX: usize = 1;

/// Tokens that are none count as they do at every other door.
struct Refusals(Arc<dyn Authenticator>);

/// What is no token at all counts as one that is none.
const NO_TOKEN: &str = "prtok_";

impl TokenRefusal for Refusals {
    fn refuse<'a>(&'a self, token: &'a str, address: IpAddr) -> BoxFuture<'a, Refusal> {
        Box::pin(async move {
            // A password is never tried here.
            let is_token = token.starts_with(NO_TOKEN);
            let tried = if is_token { token } else { NO_TOKEN };
            let secret = Secret(tried.as_bytes().to_vec());
            match self.0.login("", &secret, address).await {
                LoginVerdict::TooMany => Refusal::TooMany,
                LoginVerdict::Unavailable => Refusal::Unavailable,
                // One that was made in this moment is let in next time.
                LoginVerdict::Refused
                | LoginVerdict::Welcome(_)
                | LoginVerdict::ByToken(..)
                | LoginVerdict::ByBearer(..)
                | LoginVerdict::ByCertificate(..) => Refusal::Refused,
            }
        })
    }
}

struct Hashing {
    store: Store,
    verifiers: Verifiers,
    places: Semaphore,
}

impl PasswordHashing for Hashing {
    fn hash<'a>(&'a self, password: &'a str) -> BoxFuture<'a, Result<HashedPassword, BadPassword>> {
        Box::pin(async move {
            let place = self.places.acquire().await;
            let _place = place.map_err(|_| BadPassword::NotHashed)?;
            let password = password.to_owned();
            let hashed = environment::run_blocking(move || NewPassword::hash(&password)).await;
            match hashed.ok_or(BadPassword::NotHashed)? {
                Ok(password) => Ok(HashedPassword(password.hash)),
                Err(cause) => Err(bad(&cause)),
            }
        })
    }

    fn keep_verifier<'a>(
        &'a self,
        account: AccountId,
        name: &'a str,
        password: &'a str,
        hashed: &'a HashedPassword,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        let password = (password.as_bytes(), hashed.0.as_str());
        Box::pin(keep_verifier(
            &self.store,
            self.verifiers,
            (account, name),
            password,
        ))
    }
}

fn bad(cause: &NoPassword) -> BadPassword {
    match cause {
        NoPassword::TooLong | NoPassword::LikeToken | NoPassword::Nul => {
            BadPassword::Unfit(cause.to_string())
        }
        NoPassword::NoRandomness | NoPassword::NotHashed(_) => {
            warn!(%cause, "a password could not be hashed");
            BadPassword::NotHashed
        }
    }
}
