//! Who asks: the holder of an access token for the API, or of a token of an identity provider. Knows nothing of what is asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use acl::{AccessMode, Operation, Permit};
use auth::Token;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use mail::{MailboxName, Place};
use sha2::{Digest as _, Sha256};
use store::{AccessToken, Account, Found, Services, Store};

use crate::problem::{Problem, Wait};
use crate::rate_limit::RateLimit;
use crate::sessions::{Sessions, client};
use crate::site::{ApiSite, BearerCheck, Caller, NotBorne, Refusal};

/// What all requests to one frontend share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) site: ApiSite,
    rate_limit: Mutex<RateLimit>,
    sessions: Mutex<Sessions>,
}

/// The holder of an access token for the API, who was let in by it for this one request.
#[derive(Debug)]
pub(crate) struct Asker {
    shared: Arc<Shared>,
    pub(crate) account: Account,
    /// `None` for whoever came with a token of an identity provider, which is remembered nowhere.
    pub(crate) token: Option<AccessToken>,
    /// What is written by this is recorded as the holder's, and denied once the token no longer lets him in.
    pub(crate) store: Store,
    pub(crate) caller: Caller,
}

/// A mailbox that was asked for by name, and that whoever asks may know of.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) name: MailboxName,
    pub(crate) place: Place,
    pub(crate) found: Found,
}

/// How long to wait who is throttled for wrong tokens, in seconds.
const THROTTLED_SECONDS: u64 = 60;

impl Shared {
    pub(crate) fn new(site: ApiSite) -> Self {
        Self {
            rate_limit: Mutex::new(RateLimit::new(site.requests_per_minute)),
            sessions: Mutex::default(),
            site,
        }
    }
}

/// Where somebody comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door {
    /// Whether a token that is good for this opens it.
    pub(crate) is_opened_by: fn(Services) -> bool,
    /// Whether a token of an identity provider may open it.
    pub(crate) takes_bearers: bool,
    /// What the record of activity calls programs that come in there.
    pub(crate) name: &'static str,
}

const DOOR: Door = Door {
    is_opened_by: |services| services.api,
    takes_bearers: true,
    name: "HTTP API",
};

impl FromRequestParts<Arc<Shared>> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        Self::enter(parts, shared, DOOR).await
    }
}

impl Asker {
    /// Whoever has a token that opens this door.
    pub(crate) async fn enter(
        parts: &Parts,
        shared: &Arc<Shared>,
        door: Door,
    ) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>();
        let caller = *caller.ok_or(Problem::Broken)?;
        let given = bearer(&parts.headers).ok_or(Problem::NoToken)?;
        let (account, token) = shared.admit(given, caller, door).await?;
        let is_reading = matches!(parts.method, Method::GET | Method::HEAD);
        let mode = token.as_ref().map(|token| token.mode);
        if mode == Some(AccessMode::ReadOnly) && !is_reading {
            return Err(Problem::ReadOnly);
        }
        let [a, b, c, d, e, f, ..] = (shared.site.random)().ok_or(Problem::Broken)?;
        let client = client(door.name, text(&parts.headers, USER_AGENT));
        let mut sessions = lock(&shared.sessions);
        let holder = (&account, token.as_ref());
        let store = sessions.store(&shared.site, holder, caller, client, [a, b, c, d, e, f]);
        drop(sessions);
        Ok(Self {
            shared: Arc::clone(shared),
            account,
            token,
            store,
            caller,
        })
    }
}

impl Shared {
    /// One answer for a token that is none, that has ended, and that is for something else; and only the first of these is counted,
    /// as at every other door.
    async fn admit(
        &self,
        given: &str,
        caller: Caller,
        door: Door,
    ) -> Result<(Account, Option<AccessToken>), Problem> {
        if let Some(provider) = &self.site.bearer_check
            && door.takes_bearers
            && is_web_token(given)
        {
            return self.admit_bearer(provider.as_ref(), given, caller).await;
        }
        let Ok(token) = Token::parse(given.as_bytes()) else {
            return Err(self.refuse(given, caller).await);
        };
        let hash = token.hash();
        let spent = lock(&self.rate_limit).check(&hash, caller.elapsed);
        spent.map_err(Problem::TooMany)?;
        let Some(holder) = self.site.store.find_token(&hash).await? else {
            return Err(self.refuse(given, caller).await);
        };
        lock(&self.rate_limit).count(&hash, caller.elapsed);
        let (account, token) = holder;
        if (door.is_opened_by)(token.services) {
            Ok((account, Some(token)))
        } else {
            Err(Problem::WrongToken)
        }
    }

    /// Whoever a token of the identity provider names; one answer for a token that is wrong and for somebody who is not there. However
    /// many tokens he has, he asks as often as by one.
    async fn admit_bearer(
        &self,
        provider: &dyn BearerCheck,
        given: &str,
        caller: Caller,
    ) -> Result<(Account, Option<AccessToken>), Problem> {
        let user = match provider.check(given).await {
            Ok(user) => user,
            Err(NotBorne::Refused) => return Err(self.refuse(given, caller).await),
            Err(NotBorne::Unknown) => return Err(Problem::Unavailable),
        };
        let bucket = Sha256::digest(user.as_bytes()).into();
        let spent = lock(&self.rate_limit).check(&bucket, caller.elapsed);
        spent.map_err(Problem::TooMany)?;
        let account = self.site.store.find_account(&user).await?;
        let Some(account) = account.filter(|account| !account.is_disabled) else {
            return Err(self.refuse(given, caller).await);
        };
        lock(&self.rate_limit).count(&bucket, caller.elapsed);
        Ok((account, None))
    }

    async fn refuse(&self, given: &str, caller: Caller) -> Problem {
        let refusal = self.site.token_refusal.refuse(given, caller.address);
        match refusal.await {
            Refusal::Refused => Problem::WrongToken,
            Refusal::TooMany => Problem::TooMany(Wait {
                seconds: THROTTLED_SECONDS,
            }),
            Refusal::Unavailable => Problem::Unavailable,
        }
    }
}

/// Three parts with dots between (RFC 7515, 3.1), which no token of ours has.
fn is_web_token(given: &str) -> bool {
    given.split('.').count() == 3
}

/// What stands behind `Bearer` (RFC 6750, 2.1). Nowhere else is a token looked for: what is in an address is in logs.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, AUTHORIZATION).split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Asker {
    pub(crate) fn site(&self) -> &ApiSite {
        &self.shared.site
    }

    /// For what only the command line did before: the same answer whatever it is asked about.
    pub(crate) fn check_administrator(&self) -> Result<(), Problem> {
        if self.account.is_admin {
            Ok(())
        } else {
            Err(Problem::NotAllowed)
        }
    }

    /// As whoever asks calls a mailbox.
    pub(crate) fn name(&self, place: &Place) -> MailboxName {
        self.site().namespaces.name(place)
    }

    /// The place that a name means to whoever asks; `None` where no mailbox can be.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        let name = MailboxName::parse(name).ok()?;
        self.site().namespaces.place(&name)
    }

    /// The mailbox of this name, if it may be known and `operation` may be done there. One answer for what does not exist and for
    /// what must stay hidden (RFC 4314, 6).
    pub(crate) async fn permit(
        &self,
        name: &str,
        operation: Operation,
    ) -> Result<(Mailbox, Permit), Problem> {
        let place = self.place(name).ok_or(Problem::NotFound)?;
        let found = self.store.resolve(self.account.id, &place).await?;
        let found = found.ok_or(Problem::NotFound)?;
        let permit = acl::permit(&found.access, operation)?;
        let mailbox = Mailbox {
            name: self.name(&place),
            place,
            found,
        };
        Ok((mailbox, permit))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::AUTHORIZATION;
    use axum::http::{HeaderMap, HeaderValue};

    use super::bearer;

    #[test]
    fn a_token_stands_behind_bearer() {
        for (value, expected) in [
            ("Bearer prtok_x", Some("prtok_x")),
            ("bearer   prtok_x ", Some("prtok_x")),
            ("Basic YTpi", None),
            ("prtok_x", None),
            ("Bearer", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(bearer(&headers), expected, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
