//! The HTTP API and SCIM: what the room `api` asks of the outside.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use api::{
    ApiService, ApiSite, BadPassword, BoxFuture, Caller, Doors, HashedPassword, PasswordHashing,
    Refusal, TokenRefusal,
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use mail::AccountId;
use session::{Authenticator, LoginVerdict};
use store::{Fault, Store};
use tokio::sync::Semaphore;
use tracing::warn;
use wire::Secret;

use crate::authenticator::PasswordAuthenticator;
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
    pub(super) fn new(
        config: &Config,
        imap: &ConnectionContext,
        authenticator: &Arc<PasswordAuthenticator>,
    ) -> Option<Self> {
        let node = &imap.node;
        let oauth = config.oauth.as_ref();
        let takes_bearers = oauth.is_some_and(|oauth| oauth.api.is_some());
        let served = config.web.api?;
        let site = ApiSite {
            node_name: config.node.name.clone(),
            store: node.store.clone(),
            namespaces: config.namespaces.clone(),
            everybody: config.acl.everybody,
            address_separator: config.address_separator.clone(),
            doors: Doors {
                api: served.serves_api,
                scim: served.serves_scim,
            },
            requests_per_minute: served.requests_per_minute,
            bearer_check: takes_bearers
                .then(|| Arc::<PasswordAuthenticator>::clone(authenticator) as _),
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

    /// Whether a request for this path is for this.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.service.is_at(path)
    }

    /// Answers one request, whatever it is.
    pub(super) async fn serve(
        &self,
        request: Request<Incoming>,
        address: IpAddr,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let bytes_max = ApiService::body_bytes_max(head.uri.path());
        let response = match read(body, bytes_max).await {
            Ok(body) => {
                let caller = Caller {
                    address,
                    unix_seconds: environment::unix_seconds(),
                    elapsed: environment::now().saturating_duration_since(self.began),
                };
                let request = Request::from_parts(head, body);
                self.service.answer(request, caller).await
            }
            Err(Unread::TooLarge) => ApiService::too_large(head.uri.path()).await,
            Err(Unread::BrokenOff) => ApiService::broken_off(head.uri.path()).await,
        };
        Ok(response.map(Full::from))
    }
}

/// Why a body is not there.
enum Unread {
    TooLarge,
    BrokenOff,
}

/// A body that is too large is taken up to so many times that and dropped: whoever still sends when the connection ends does not read
/// the answer.
const SWALLOWED_TIMES_MAX: usize = 16;

async fn read(mut body: Incoming, bytes_max: usize) -> Result<Bytes, Unread> {
    let (mut kept, mut bytes) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame.map_err(|_| Unread::BrokenOff)?.into_data() else {
            continue;
        };
        bytes += part.len();
        if bytes <= bytes_max {
            kept.extend_from_slice(&part);
        } else if bytes > SWALLOWED_TIMES_MAX * bytes_max {
            break;
        }
    }
    if bytes > bytes_max {
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
