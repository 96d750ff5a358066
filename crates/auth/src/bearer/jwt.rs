//! Whether a JSON Web Token (RFC 7519) was made for this site, and whom it names.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::keys::KeySet;
use crate::sasl::prepare_name;

/// An algorithm of signatures (RFC 7518, RFC 8037). There is none for secrets that are shared, and none for no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA, PKCS #1 1.5, with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// What a token must be to let somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerRules {
    /// Who has made it.
    pub issuer: String,
    /// For whom it was made: one of these.
    pub audiences: Vec<String>,
    /// How it may be signed.
    pub algorithms: Vec<Algorithm>,
    /// The claim that names the account.
    pub account_claim: String,
    /// What it must be good for, besides.
    pub scope: Option<String>,
    /// How far the clock of who has made it may be wrong, in seconds.
    pub skew: i64,
}

/// Whom a token lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerLogin {
    /// The account's name, prepared by [`prepare_name`](crate::prepare_name).
    pub user: String,
    /// When the token ends, in seconds since 1970.
    pub ends_at: i64,
}

/// Why a token lets nobody in. Only the log is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadBearer {
    /// It is no JSON Web Token, or says something that must be understood and is not.
    Malformed,
    /// It is signed in a way that is not allowed, or not at all.
    Algorithm,
    /// No such key is known.
    UnknownKey,
    /// The signature is wrong.
    Forged,
    /// Somebody else has made it.
    Issuer,
    /// It was made for somebody else.
    Audience,
    /// It has ended, or says of no end.
    Ended,
    /// It has not begun.
    NotBegun,
    /// It is not good for this.
    Scope,
    /// It names no account, or one by an address that was not verified.
    Nameless,
    /// It belongs to another sign-in.
    Nonce,
    /// It was given to another client.
    Party,
    /// Whoever it names has not just shown the provider who he is.
    NotAgain,
}

impl Algorithm {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

impl fmt::Display for BadBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed",
            Self::Algorithm => "signed in a way that is not allowed",
            Self::UnknownKey => "signed by an unknown key",
            Self::Forged => "forged",
            Self::Issuer => "of another issuer",
            Self::Audience => "for another audience",
            Self::Ended => "ended",
            Self::NotBegun => "not begun",
            Self::Scope => "without the scope",
            Self::Nameless => "without an account",
            Self::Nonce => "of another sign-in",
            Self::Party => "given to another client",
            Self::NotAgain => "of somebody who has not signed in again",
        })
    }
}

/// Whom `token` lets in at `now`, in seconds since 1970.
///
/// # Errors
///
/// [`BadBearer`] for a token that lets nobody in.
pub fn check_bearer(
    token: &str,
    keys: &KeySet,
    rules: &BearerRules,
    now: i64,
) -> Result<BearerLogin, BadBearer> {
    let claims = signed(token, keys, &rules.algorithms)?;
    let is_ours = |name: &str| rules.audiences.iter().any(|ours| ours == name);
    check_issuer(&claims, &rules.issuer)?;
    if !audiences(&claims).any(is_ours) {
        return Err(BadBearer::Audience);
    }
    let ends_at = check_times(&claims, rules.skew, now)?;
    if let Some(scope) = &rules.scope
        && !has_scope(&claims, scope)
    {
        return Err(BadBearer::Scope);
    }
    Ok(BearerLogin {
        user: account(&claims, &rules.account_claim)?,
        ends_at,
    })
}

pub(super) fn check_issuer(claims: &Map<String, Value>, issuer: &str) -> Result<(), BadBearer> {
    match claims.get("iss") {
        Some(Value::String(named)) if named == issuer => Ok(()),
        _ => Err(BadBearer::Issuer),
    }
}

/// For whom it was made: a text, or a list of them (RFC 7519, 4.1.3).
pub(super) fn audiences(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let named = match claims.get("aud") {
        Some(Value::Array(names)) => names.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    named.iter().filter_map(Value::as_str)
}

/// When it ends, where it holds now.
pub(super) fn check_times(
    claims: &Map<String, Value>,
    skew: i64,
    now: i64,
) -> Result<i64, BadBearer> {
    let ends_at = time(claims, "exp")?.ok_or(BadBearer::Ended)?;
    if ends_at.saturating_add(skew) <= now {
        return Err(BadBearer::Ended);
    }
    let begins_at = time(claims, "nbf")?;
    if begins_at.is_some_and(|begin| begin > now.saturating_add(skew)) {
        return Err(BadBearer::NotBegun);
    }
    Ok(ends_at)
}

/// The account that it names.
pub(super) fn account(claims: &Map<String, Value>, claim: &str) -> Result<String, BadBearer> {
    let is_doubtful = claim == "email" && claims.get("email_verified") == Some(&Value::Bool(false));
    let user = claims.get(claim).and_then(Value::as_str);
    let user = user.filter(|_| !is_doubtful).and_then(prepare_name);
    user.ok_or(BadBearer::Nameless)
}

/// The claims, once it is known that they are those of who has the key.
pub(super) fn signed(
    token: &str,
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<Map<String, Value>, BadBearer> {
    let (text, signature) = token.rsplit_once('.').ok_or(BadBearer::Malformed)?;
    let (header, claims) = text.split_once('.').ok_or(BadBearer::Malformed)?;
    let header = object(header)?;
    // What must be understood, is not (RFC 7515, 4.1.11).
    if header.contains_key("crit") {
        return Err(BadBearer::Malformed);
    }
    let named = |name: &str| header.get(name).and_then(Value::as_str);
    let algorithm = named("alg").and_then(Algorithm::parse);
    let algorithm = algorithm.filter(|algorithm| algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or(BadBearer::Algorithm)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| BadBearer::Malformed)?;
    match keys.has_signed(algorithm, named("kid"), text.as_bytes(), &signature) {
        Some(true) => object(claims),
        Some(false) => Err(BadBearer::Forged),
        None => Err(BadBearer::UnknownKey),
    }
}

fn object(part: &str) -> Result<Map<String, Value>, BadBearer> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    let value = bytes
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match value {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(BadBearer::Malformed),
    }
}

/// Seconds since 1970, which may have a fraction.
pub(super) fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, BadBearer> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value.as_i64().or_else(|| {
        let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e15)?;
        format!("{seconds:.0}").parse().ok()
    });
    seconds.map(Some).ok_or(BadBearer::Malformed)
}

/// In `scope` (RFC 8693, 4.2), or in `scp` as some have it.
fn has_scope(claims: &Map<String, Value>, scope: &str) -> bool {
    ["scope", "scp"].iter().any(|name| match claims.get(*name) {
        Some(Value::String(scopes)) => scopes.split(' ').any(|one| one == scope),
        Some(Value::Array(scopes)) => scopes.iter().any(|one| one == scope),
        _ => false,
    })
}
