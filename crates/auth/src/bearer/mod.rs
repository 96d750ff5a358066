//! OAUTHBEARER (RFC 7628) and XOAUTH2: a token of an identity provider in place of a password; and what a browser brings back from it
//! (`OpenID` Connect Core 1.0). Where its keys come from, and which accounts there are, is decided elsewhere.

mod code_flow;
mod id_token;
mod jwt;
mod keys;

use std::fmt;

use mail::limits::BEARER_MESSAGE_BYTES_MAX;
use zeroize::Zeroizing;

pub use code_flow::CodeFlow;
pub use id_token::{ExpectedIdToken, IdTokenRules, SignedInSince, check_id_token};
pub use jwt::{Algorithm, BadBearer, BearerLogin, BearerRules, check_bearer};
pub use keys::{BadKeys, KeySet};

/// A mechanism that carries a token of an identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BearerMechanism {
    /// RFC 7628.
    OAuthBearer,
    /// What came before it, by Google, and what many clients still speak.
    XOAuth2,
}

/// What a client says with such a mechanism.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Whom the client wants to act as.
    pub identity: Option<String>,
    token: Zeroizing<String>,
}

impl BearerMechanism {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// Reads the client's message; `None` for one that does not fit the mechanism.
    #[must_use]
    pub fn parse(self, message: &[u8]) -> Option<Bearer> {
        if message.len() > BEARER_MESSAGE_BYTES_MAX {
            return None;
        }
        let fields = str::from_utf8(message).ok()?.strip_suffix("\x01\x01")?;
        let (head, fields) = fields.split_once('\x01')?;
        let identity = match self {
            Self::OAuthBearer => {
                let head = head.strip_prefix("n,").or(head.strip_prefix("y,"))?;
                match head.strip_suffix(',')? {
                    "" => None,
                    identity => Some(crate::scram::unescaped(identity.strip_prefix("a=")?)?),
                }
            }
            Self::XOAuth2 => Some(head.strip_prefix("user=")?.to_owned()),
        };
        let mut values = fields
            .split('\x01')
            .filter_map(|field| field.strip_prefix("auth="));
        let (scheme, token) = values.next()?.split_once(' ')?;
        let is_sound = scheme.eq_ignore_ascii_case("Bearer") && values.next().is_none();
        is_sound.then(|| Bearer {
            identity: identity.filter(|identity| !identity.is_empty()),
            token: Zeroizing::new(token.trim_matches(' ').to_owned()),
        })
    }

    /// What is said to a client whose token was refused, before the exchange ends (RFC 7628, 3.2.2).
    #[must_use]
    pub fn refusal(self, scope: Option<&str>, configuration: Option<&str>) -> Vec<u8> {
        let mut words = serde_json::Map::new();
        let status = match self {
            Self::OAuthBearer => "invalid_token",
            Self::XOAuth2 => "401",
        };
        words.insert("status".to_owned(), status.into());
        if self == Self::XOAuth2 {
            words.insert("schemes".to_owned(), "Bearer".into());
        }
        if let Some(scope) = scope {
            words.insert("scope".to_owned(), scope.into());
        }
        if let Some(configuration) = configuration {
            words.insert("openid-configuration".to_owned(), configuration.into());
        }
        serde_json::Value::Object(words).to_string().into_bytes()
    }
}

impl Bearer {
    /// The token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

#[cfg(test)]
mod tests;
