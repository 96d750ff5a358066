//! `[oauth]`: an identity provider whose tokens let people in, and at which they sign in at the web pages.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use auth::{Algorithm, BearerRules};
use hyper::Uri;

use super::form::Form;
use super::setting::{Choice, Secret, Setting, words_of};

/// An identity provider whose tokens let people in.
#[derive(Clone, Debug)]
pub struct OAuthConfig {
    /// What its tokens must be.
    pub rules: BearerRules,
    /// Where its keys are.
    pub keys: KeySource,
    /// What its tokens must be to open the HTTP API; `None` where none does.
    pub api: Option<BearerRules>,
    /// How people sign in there at the web pages; `None` where they do not.
    pub sign_in: Option<SignInConfig>,
    /// The authorities that are trusted instead of the machine's.
    pub ca: Option<PathBuf>,
    /// How often its keys are read again.
    pub keys_every: Duration,
    /// Whether sessions end with the token that they began by.
    pub sessions_end: SessionsEnd,
}

/// How people sign in at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInConfig {
    /// What the provider calls this site.
    pub client_id: String,
    /// What it knows this site by; `None` for a client that keeps no secret.
    pub client_secret: Option<Secret>,
    /// What is asked for.
    pub scope: String,
    /// As people call the provider.
    pub name: String,
    /// Where browsers are sent and where codes are redeemed; `None` for where the provider says.
    pub endpoints: Option<(Uri, Uri)>,
}

/// Where the keys of an identity provider are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Where the provider says.
    Discovery,
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
        if text.is_empty() {
            return Ok(Self::Discovery);
        }
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        parse_url(text).map(Self::Url).ok_or_else(expected)
    }
}

impl Default for KeySource {
    fn default() -> Self {
        Self::File(PathBuf::new())
    }
}

/// A URL in TLS or of this machine, or nothing.
#[derive(Debug, Default)]
struct Endpoint(Option<Uri>);

impl Setting for Endpoint {
    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [text] if text.is_empty() => Ok(Self(None)),
            [text] => {
                let url = parse_url(text).ok_or_else(|| "https://host/path".to_owned())?;
                Ok(Self(Some(url)))
            }
            [] | [_, ..] => Err("https://host/path".to_owned()),
        }
    }
}

/// A URL in TLS, or of this machine.
pub(crate) fn parse_url(text: &str) -> Option<Uri> {
    let url: Uri = text.parse().ok()?;
    let is_sound = match (url.scheme_str(), url.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => is_loopback(host),
        _ => false,
    };
    is_sound.then_some(url)
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
            "The identity provider whose tokens let people in by OAUTHBEARER and XOAUTH2 (where login.mechanisms names these), at the \
             API (oauth.api_audience, oauth.api_scope), and at which they sign in at the web pages (oauth.client_id), exactly as its \
             tokens call it (iss), as in https://id.example.org. Empty: there is none.",
        );
        let audience: String = form.take(
            "oauth.audience",
            "",
            "For whom tokens of mail programs have to be (aud): one of these, with commas between.",
        );
        let keys: KeySource = form.take(
            "oauth.keys",
            "",
            "Where its keys are (jwks_uri), as in https://id.example.org/jwks; or a file. Empty: where the issuer says, at \
             /.well-known/openid-configuration. http:// is taken of this machine only.",
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
        let api_audience: String = form.take(
            "oauth.api_audience",
            "",
            "For whom a token has to be (aud) that opens the HTTP API (web.api). Empty with oauth.api_scope: as oauth.audience. Empty \
             without: none opens it.",
        );
        let api_scope: String = form.take(
            "oauth.api_scope",
            "",
            "What a token has to be good for (scope, scp) that opens the HTTP API, such as postroom:api.",
        );
        let sign_in = fill_sign_in(form, &issuer);
        let audiences = words(&audience);
        if issuer.is_empty() {
            form.check(sign_in.is_none(), "oauth.client_id", "needs oauth.issuer");
            return None;
        }
        let opens_api = !(api_audience.is_empty() && api_scope.is_empty());
        form.check(
            !audiences.is_empty() || sign_in.is_some() || !api_audience.is_empty(),
            "oauth.audience",
            "is needed: tokens for others would let their owners in here",
        );
        form.check(
            keys != KeySource::Discovery || parse_url(&issuer).is_some(),
            "oauth.keys",
            "is needed where oauth.issuer is no URL",
        );
        let api_audiences = match words(&api_audience) {
            none if none.is_empty() => audiences.clone(),
            named => named,
        };
        let is_of_mail = |name: &String| {
            let client_id = sign_in.as_ref().map(|sign_in| &sign_in.client_id);
            audiences.contains(name) || client_id == Some(name)
        };
        form.check(
            !opens_api || !api_scope.is_empty() || !api_audiences.iter().any(is_of_mail),
            "oauth.api_audience",
            "must be another than oauth.audience and oauth.client_id unless there is oauth.api_scope: tokens of mail programs would \
             open the API",
        );
        form.check(
            !opens_api || !api_audiences.is_empty(),
            "oauth.api_audience",
            "is needed where there is no oauth.audience",
        );
        let rules = BearerRules {
            issuer,
            audiences,
            algorithms,
            account_claim,
            scope,
            skew: i64::try_from(skew.as_secs()).unwrap_or(i64::MAX),
        };
        let api = opens_api.then(|| BearerRules {
            audiences: api_audiences,
            scope: Some(api_scope).filter(|scope| !scope.is_empty()),
            ..rules.clone()
        });
        Some(Self {
            rules,
            keys,
            api,
            sign_in,
            ca,
            keys_every,
            sessions_end,
        })
    }
}

fn fill_sign_in(form: &mut Form, issuer: &str) -> Option<SignInConfig> {
    let client_id: String = form.take(
        "oauth.client_id",
        "",
        "What the provider calls this site, for people who sign in there at the web pages. It has to allow the redirect URI \
         https://HOST/sign-in/answer, with the host and port of web.pages. Empty: nobody signs in there.",
    );
    let client_secret = form.secret(
        "oauth.client_secret",
        "What the provider knows this site by. Without it the site is a public client, which has PKCE alone.",
    );
    let scope = form.take(
        "oauth.sign_in_scope",
        "openid email profile",
        "What is asked of the provider at a sign-in: openid, and what oauth.account_claim is in.",
    );
    let name: String = form.take(
        "oauth.name",
        "",
        "As people call the provider, on the button by which they sign in. Empty: the host of oauth.issuer.",
    );
    let Endpoint(authorization) = form.take(
        "oauth.authorization_endpoint",
        "",
        "Where browsers are sent to sign in. Empty: where the issuer says, at /.well-known/openid-configuration.",
    );
    let Endpoint(token) = form.take(
        "oauth.token_endpoint",
        "",
        "Where the answer to a sign-in is redeemed. Empty: where the issuer says.",
    );
    form.check(
        authorization.is_some() == token.is_some(),
        "oauth.token_endpoint",
        "and oauth.authorization_endpoint go together",
    );
    if client_id.is_empty() {
        return None;
    }
    let url = parse_url(issuer);
    let endpoints = authorization.zip(token);
    form.check(
        url.is_some() || endpoints.is_some() || issuer.is_empty(),
        "oauth.authorization_endpoint",
        "is needed where oauth.issuer is no URL",
    );
    let host = url.as_ref().and_then(Uri::host).unwrap_or(issuer);
    Some(SignInConfig {
        client_id,
        client_secret,
        scope,
        name: if name.is_empty() {
            host.to_owned()
        } else {
            name
        },
        endpoints,
    })
}

/// What stands between commas.
fn words(text: &str) -> Vec<String> {
    let words = text.split(',').map(|word| word.trim().to_owned());
    words.filter(|word| !word.is_empty()).collect()
}
