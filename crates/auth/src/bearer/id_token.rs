//! Whether an ID token (`OpenID` Connect Core 1.0, 2) is the answer to a sign-in that began here, and whom it names.

use serde_json::Value;

use super::jwt::{
    Algorithm, BadBearer, account, audiences, check_issuer, check_times, signed, time,
};
use super::keys::KeySet;

/// What an ID token must be to sign somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenRules {
    /// Who has made it.
    pub issuer: String,
    /// What the provider calls us.
    pub client_id: String,
    /// How it may be signed.
    pub algorithms: Vec<Algorithm>,
    /// The claim that names the account.
    pub account_claim: String,
    /// How far the clock of who has made it may be wrong, in seconds.
    pub skew: i64,
}

/// What is known of the sign-in that an ID token answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedIdToken {
    /// What was sent along to come back.
    pub nonce: String,
    /// When the browser was sent there, in seconds since 1970.
    pub begun_at: i64,
    /// Since when whoever it names has to have shown who he is.
    pub since: SignedInSince,
}

/// Since when somebody has to have shown the provider who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedInSince {
    /// Whenever: the provider knows him still.
    Whenever,
    /// Since the browser was sent there.
    Begun,
}

/// The name of the account that `token` signs in at `now`, in seconds since 1970; prepared by [`prepare_name`](crate::prepare_name).
///
/// # Errors
///
/// [`BadBearer`] for a token that signs nobody in.
pub fn check_id_token(
    token: &str,
    keys: &KeySet,
    rules: &IdTokenRules,
    expected: &ExpectedIdToken,
    now: i64,
) -> Result<String, BadBearer> {
    let claims = signed(token, keys, &rules.algorithms)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    check_issuer(&claims, &rules.issuer)?;
    if !audiences(&claims).any(|name| name == rules.client_id) {
        return Err(BadBearer::Audience);
    }
    // Of several audiences one is the client that asked (3.1.3.7, 4 and 5).
    let is_given_to_us = match claims.get("azp") {
        None => audiences(&claims).count() == 1,
        Some(party) => party.as_str() == Some(&rules.client_id),
    };
    if !is_given_to_us {
        return Err(BadBearer::Party);
    }
    check_times(&claims, rules.skew, now)?;
    let made_at = time(&claims, "iat")?.ok_or(BadBearer::Malformed)?;
    if made_at > now.saturating_add(rules.skew) {
        return Err(BadBearer::NotBegun);
    }
    if made_at.saturating_add(rules.skew) < expected.begun_at {
        return Err(BadBearer::Ended);
    }
    if text("nonce") != Some(&expected.nonce) {
        return Err(BadBearer::Nonce);
    }
    if expected.since == SignedInSince::Begun {
        let shown_at = time(&claims, "auth_time")?.ok_or(BadBearer::NotAgain)?;
        let is_shown = shown_at.saturating_add(rules.skew) >= expected.begun_at;
        is_shown.then_some(()).ok_or(BadBearer::NotAgain)?;
    }
    // Who it is for the provider, as every ID token says.
    if text("sub").is_none_or(str::is_empty) {
        return Err(BadBearer::Malformed);
    }
    account(&claims, &rules.account_claim)
}
