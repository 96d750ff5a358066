//! `[oauth]`: an identity provider whose tokens let people in.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use auth::{Algorithm, BearerRules};
use hyper::Uri;

use super::form::Form;
use super::setting::{Choice, Setting, words_of};

/// An identity provider whose tokens let people in.
#[derive(Clone, Debug)]
pub struct OAuthConfig {
    /// What its tokens must be.
    pub rules: BearerRules,
    /// Where its keys are.
    pub keys: KeySource,
    /// The authorities that are trusted instead of the machine's.
    pub ca: Option<PathBuf>,
    /// How often its keys are read again.
    pub keys_every: Duration,
    /// Whether sessions end with the token that they began by.
    pub sessions_end: SessionsEnd,
}

/// Where the keys of an identity provider are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A document of the network.
    Url(Uri),
    /// A file.
    File(PathBuf),
}

/// When sessions end that began by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsEnd {
    /// With the token.
    WithToken,
    /// As others do.
    AsOthers,
}

/// The clock of a provider may be wrong by so much.
const SKEW_MAX: Duration = Duration::from_secs(10 * 60);

impl Choice for SessionsEnd {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("with_token", Self::WithToken),
        ("as_others", Self::AsOthers),
    ];
}

impl Setting for Vec<Algorithm> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let named: Option<Self> = words_of(texts).map(Algorithm::parse).collect();
        named
            .filter(|named| !named.is_empty())
            .ok_or_else(|| "some of RS256, ES256, EdDSA".to_owned())
    }
}

/// A URL in TLS or of this machine, or a path.
impl Setting for KeySource {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let expected = || "https://host/path, or the path of a file".to_owned();
        let text = match texts {
            [text] => text.as_str(),
            [] | [_, ..] => return Err(expected()),
        };
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let url: Uri = text.parse().map_err(|_| expected())?;
        let is_sound = match (url.scheme_str(), url.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some(host)) => is_loopback(host),
            _ => false,
        };
        is_sound.then_some(Self::Url(url)).ok_or_else(expected)
    }
}

impl Default for KeySource {
    fn default() -> Self {
        Self::File(PathBuf::new())
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl OAuthConfig {
    pub(super) fn fill(form: &mut Form) -> Option<Self> {
        let issuer: String = form.take(
            "oauth.issuer",
            "",
            "The identity provider whose tokens let people in by OAUTHBEARER and XOAUTH2, exactly as its tokens call it (iss), as in \
             https://id.example.org. login.mechanisms has to name these. Empty: no tokens but one's own.",
        );
        let audience: String = form.take(
            "oauth.audience",
            "",
            "For whom its tokens have to be (aud): one of these, with commas between.",
        );
        let keys: Option<KeySource> = form.take(
            "oauth.keys",
            "",
            "Where its keys are (jwks_uri), as in https://id.example.org/jwks; or a file. http:// is taken of this machine only.",
        );
        let ca = form.take(
            "oauth.ca",
            "",
            "The certificates of the authorities that have signed that of the identity provider, PEM; else those count that the machine trusts.",
        );
        let keys_every = form.at_least(
            "oauth.keys_every",
            "1h",
            Duration::from_secs(60),
            "How often its keys are read. An unknown key has them read at once, but not more often than once a minute.",
        );
        let algorithms = form.take(
            "oauth.algorithms",
            "RS256, ES256, EdDSA",
            "How its tokens may be signed, with commas between: RS256, ES256, EdDSA.",
        );
        let account_claim = form.take(
            "oauth.account_claim",
            "email",
            "The claim with the name of the account, which has to be there already. An email that is not email_verified is none.",
        );
        let scope: Option<String> = form.take(
            "oauth.scope",
            "",
            "What a token has to be good for (scope, scp). Empty: anything.",
        );
        let skew = form.at_least(
            "oauth.clock_skew",
            "1min",
            Duration::ZERO,
            "How far the clock of the identity provider may be wrong, 10min at most.",
        );
        form.check(
            skew <= SKEW_MAX,
            "oauth.clock_skew",
            "must be at most 10min",
        );
        let sessions_end = form.choose(
            "oauth.sessions_end",
            SessionsEnd::WithToken,
            "Whether a session ends when the token does that it began by.",
        );
        let audiences: Vec<String> = audience
            .split(',')
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        if issuer.is_empty() {
            return None;
        }
        form.check(
            !audiences.is_empty(),
            "oauth.audience",
            "is needed: tokens for others would let their owners in here",
        );
        form.check(keys.is_some(), "oauth.keys", "is needed");
        Some(Self {
            rules: BearerRules {
                issuer,
                audiences,
                algorithms,
                account_claim,
                scope,
                skew: i64::try_from(skew.as_secs()).unwrap_or(i64::MAX),
            },
            keys: keys?,
            ca,
            keys_every,
            sessions_end,
        })
    }
}
