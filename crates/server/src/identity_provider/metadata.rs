//! What an identity provider says of itself (`OpenID` Connect Discovery 1.0, 3 and 4; RFC 8414, 2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Uri;
use serde_json::Value;

use super::{IdentityProvider, NoDocument};
use crate::config::parse_url;
use crate::environment;

/// What an identity provider says of itself, as far as it is needed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) authorization: Uri,
    pub(super) token: Uri,
    pub(super) keys: Uri,
    /// Whether a secret is taken where others have theirs: in the header.
    pub(super) takes_basic: bool,
    /// Whether it always says that it is the one who answers (RFC 9207, 3).
    pub(super) names_itself: bool,
}

/// What is known of what it says of itself.
#[derive(Default)]
pub(super) struct Known {
    said: Option<(Instant, Arc<Metadata>)>,
    failed_at: Option<Instant>,
}

/// Who says nothing is left alone for so long.
const SILENT_PAUSE: Duration = Duration::from_secs(2);

/// Where an issuer describes itself.
pub(crate) fn described_at(issuer: &str) -> String {
    format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    )
}

impl IdentityProvider {
    /// What it said of itself this long ago at most. While it says nothing, it is asked every two seconds, however many want to know.
    pub(super) async fn metadata(&self, age_max: Duration) -> Result<Arc<Metadata>, NoDocument> {
        let mut known = self.metadata.lock().await;
        let now = environment::now();
        if let Some((at, metadata)) = &known.said
            && now - *at < age_max
        {
            return Ok(Arc::clone(metadata));
        }
        if known.failed_at.is_some_and(|at| now - at < SILENT_PAUSE) {
            return Err(NoDocument::NoMetadata("it did not answer a moment ago"));
        }
        match self.read_metadata().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                let said = Some((environment::now(), Arc::clone(&metadata)));
                *known = Known {
                    said,
                    failed_at: None,
                };
                Ok(metadata)
            }
            Err(cause) => {
                known.failed_at = Some(environment::now());
                Err(cause)
            }
        }
    }

    async fn read_metadata(&self) -> Result<Metadata, NoDocument> {
        let url = parse_url(&described_at(&self.rules.issuer));
        let url = url.ok_or(NoDocument::NoMetadata("the issuer is no URL"))?;
        let document = self.read_document(&url).await?;
        Metadata::parse(&document, &self.rules.issuer)
    }
}

impl Metadata {
    fn parse(document: &[u8], issuer: &str) -> Result<Self, NoDocument> {
        let document: Value = serde_json::from_slice(document)
            .map_err(|_| NoDocument::NoMetadata("it describes itself by no JSON"))?;
        // Whoever describes another might stand between (4.3).
        if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(NoDocument::NoMetadata(
                "it calls itself otherwise than oauth.issuer does",
            ));
        }
        let url = |name: &str| {
            let text = document.get(name).and_then(Value::as_str);
            text.and_then(parse_url).ok_or(NoDocument::NoMetadata(
                "it does not say in https:// where people sign in, codes are redeemed and its keys are",
            ))
        };
        let methods = document.get("token_endpoint_auth_methods_supported");
        let methods = methods.and_then(Value::as_array);
        Ok(Self {
            authorization: url("authorization_endpoint")?,
            token: url("token_endpoint")?,
            keys: url("jwks_uri")?,
            takes_basic: methods
                .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
            names_itself: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Metadata;

    const ISSUER: &str = "https://id.example.org/mail";

    fn parse(changed: &Value) -> Result<Metadata, String> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.org/auth?x=1",
            "token_endpoint": "https://id.example.org/token",
            "jwks_uri": "https://id.example.org/jwks",
        });
        for (name, value) in changed.as_object().unwrap() {
            document[name] = value.clone();
        }
        let parsed = Metadata::parse(document.to_string().as_bytes(), ISSUER);
        parsed.map_err(|cause| cause.to_string())
    }

    #[test]
    fn a_provider_describes_itself_and_nobody_else() {
        let plain = parse(&json!({})).unwrap();
        assert!(plain.takes_basic && !plain.names_itself);
        let more = json!({
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "authorization_response_iss_parameter_supported": true,
        });
        let more = parse(&more).unwrap();
        assert!(!more.takes_basic && more.names_itself);
        for wrong in [
            json!({"issuer": "https://id.example.org/mail/"}),
            json!({"issuer": "https://evil.example"}),
            json!({"issuer": null}),
            json!({"authorization_endpoint": "http://id.example.org/auth"}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"token_endpoint": null}),
            json!({"jwks_uri": "/jwks"}),
        ] {
            assert!(parse(&wrong).is_err(), "{wrong}");
        }
        assert!(Metadata::parse(b"<html>", ISSUER).is_err());
    }
}
