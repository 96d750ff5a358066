//! Signing in at an identity provider by a code (`OpenID` Connect Core 1.0, 3.1), and what the code is worth.

use std::time::Duration;

use auth::{IdTokenRules, SignedInSince, check_id_token};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, Uri};
use serde_json::Value;
use tracing::{info, warn};
use web::{AskedSignIn, SignInAnswer};

use super::{DOCUMENT_BYTES_MAX, IdentityProvider, NoBearer};
use crate::config::SignInConfig;
use crate::environment;
use crate::telemetry::send_in_time;

/// Why a code lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSignIn {
    /// It is not right, or what is given for it is not.
    Refused,
    /// The provider does not answer.
    NoAnswer,
}

/// Who answered within that is there.
const PRESENT: Duration = Duration::from_secs(5);

/// Where it is asked, and how.
struct Endpoints {
    authorization: Uri,
    token: Uri,
    takes_basic: bool,
    names_itself: bool,
}

impl IdentityProvider {
    /// As people call it, where they sign in there.
    pub(crate) fn name(&self) -> Option<&str> {
        let sign_in = self.sign_in.as_ref()?;
        Some(&sign_in.name)
    }

    /// Whether it says itself where people sign in, instead of the settings.
    pub(super) fn is_asked_where_people_sign_in(&self) -> bool {
        let sign_in = self.sign_in.as_ref();
        sign_in.is_some_and(|sign_in| sign_in.endpoints.is_none())
    }

    /// Where a browser is sent to sign in; `None` while that is not known.
    pub(crate) async fn find_address(&self, asked: &AskedSignIn) -> Option<String> {
        let sign_in = self.sign_in.as_ref()?;
        // Whoever is sent to a provider that is away sees no page of ours.
        let endpoints = self.endpoints(sign_in, PRESENT).await?;
        let address = endpoints.authorization.to_string();
        let mut query = Serializer::new(String::new());
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &sign_in.client_id),
            ("redirect_uri", &asked.redirect),
            ("scope", &sign_in.scope),
            ("state", &asked.state),
            ("nonce", &asked.nonce),
            ("code_challenge", &asked.challenge),
            ("code_challenge_method", "S256"),
        ]);
        if asked.since == SignedInSince::Begun {
            // Whoever it knows already shall show again who he is, and the token shall say when (3.1.2.1).
            query.extend_pairs([("prompt", "login"), ("max_age", "0")]);
        }
        let separator = if address.contains('?') { '&' } else { '?' };
        Some(format!("{address}{separator}{}", query.finish()))
    }

    /// The name of the account that a code signs in.
    pub(crate) async fn redeem(&self, answer: &SignInAnswer) -> Result<String, NoSignIn> {
        let sign_in = self.sign_in.as_ref().ok_or(NoSignIn::Refused)?;
        let endpoints = self.endpoints(sign_in, self.every).await;
        let endpoints = endpoints.ok_or(NoSignIn::NoAnswer)?;
        // Another provider's answer is not told this one (RFC 9207, 2.4).
        let is_its = match &answer.issuer {
            Some(issuer) => *issuer == self.rules.issuer,
            None => !endpoints.names_itself,
        };
        if !is_its {
            info!("somebody else than the identity provider has answered a sign-in");
            return Err(NoSignIn::Refused);
        }
        let token = self.ask_for_token(&endpoints, sign_in, answer).await?;
        let rules = IdTokenRules {
            issuer: self.rules.issuer.clone(),
            client_id: sign_in.client_id.clone(),
            algorithms: self.rules.algorithms.clone(),
            account_claim: self.rules.account_claim.clone(),
            skew: self.rules.skew,
        };
        let expected = &answer.expected;
        let checked = self.with_keys(|keys| {
            check_id_token(&token, keys, &rules, expected, environment::unix_seconds())
        });
        checked.await.map_err(|cause| match cause {
            NoBearer::Bad(why) => {
                info!(%why, "an ID token of the identity provider signs nobody in");
                NoSignIn::Refused
            }
            NoBearer::Unknown => NoSignIn::NoAnswer,
        })
    }

    /// Its ID token, for a code.
    async fn ask_for_token(
        &self,
        endpoints: &Endpoints,
        sign_in: &SignInConfig,
        answer: &SignInAnswer,
    ) -> Result<String, NoSignIn> {
        let request = token_request(endpoints, sign_in, answer);
        let request = request.map_err(|cause| {
            warn!(%cause, "could not ask the identity provider for a token");
            NoSignIn::NoAnswer
        })?;
        let answered = send_in_time(self.tls.clone(), request).await;
        let answered = answered.map_err(|cause| {
            warn!(%cause, "the identity provider does not give tokens for codes");
            NoSignIn::NoAnswer
        })?;
        let status = answered.status();
        let body = answered.into_body();
        let said: Option<Value> = (body.len() <= DOCUMENT_BYTES_MAX)
            .then(|| serde_json::from_slice(&body).ok())
            .flatten();
        let word = |name: &str| said.as_ref()?.get(name)?.as_str();
        match (status.as_u16(), word("id_token")) {
            (200, Some(token)) => Ok(token.to_owned()),
            // What it refuses it says so (RFC 6749, 5.2); a wrong secret of ours is for the operator to read.
            (400, _) if word("error") == Some("invalid_grant") => {
                info!("the identity provider does not take a code");
                Err(NoSignIn::Refused)
            }
            (status, _) => {
                let error: String = word("error")
                    .unwrap_or_default()
                    .chars()
                    .take(100)
                    .collect();
                warn!(
                    status,
                    error, "the identity provider gave no token for a code"
                );
                Err(NoSignIn::NoAnswer)
            }
        }
    }

    async fn endpoints(&self, sign_in: &SignInConfig, age_max: Duration) -> Option<Endpoints> {
        if let Some((authorization, token)) = &sign_in.endpoints {
            return Some(Endpoints {
                authorization: authorization.clone(),
                token: token.clone(),
                takes_basic: true,
                names_itself: false,
            });
        }
        match self.metadata(age_max).await {
            Ok(metadata) => Some(Endpoints {
                authorization: metadata.authorization.clone(),
                token: metadata.token.clone(),
                takes_basic: metadata.takes_basic,
                names_itself: metadata.names_itself,
            }),
            Err(cause) => {
                warn!(%cause, "the identity provider does not say where people sign in");
                None
            }
        }
    }
}

fn token_request(
    endpoints: &Endpoints,
    sign_in: &SignInConfig,
    answer: &SignInAnswer,
) -> Result<Request<Bytes>, hyper::http::Error> {
    let mut form = Serializer::new(String::new());
    form.extend_pairs([
        ("grant_type", "authorization_code"),
        ("code", &answer.code),
        ("redirect_uri", &answer.redirect),
        ("code_verifier", &answer.verifier),
    ]);
    let mut request = Request::post(&endpoints.token)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    match &sign_in.client_secret {
        Some(secret) if endpoints.takes_basic => {
            // Both are encoded before they are put together (RFC 6749, 2.3.1).
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let both = [&sign_in.client_id, secret.expose()].map(encoded).join(":");
            let value = format!("Basic {}", STANDARD.encode(both));
            request = request.header(AUTHORIZATION, value);
        }
        Some(secret) => {
            form.extend_pairs([
                ("client_id", sign_in.client_id.as_str()),
                ("client_secret", secret.expose()),
            ]);
        }
        None => {
            form.extend_pairs([("client_id", &sign_in.client_id)]);
        }
    }
    request.body(Bytes::from(form.finish()))
}
