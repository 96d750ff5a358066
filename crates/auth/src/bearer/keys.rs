//! The keys by which an identity provider signs (RFC 7517). A key knows which algorithm it is for: what a token says of itself
//! chooses among keys, never among algorithms for one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde_json::Value;

use super::jwt::Algorithm;

/// The keys of an identity provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

/// Why a text is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// It is no JSON, or has no list of keys.
    #[error("this is no JSON Web Key Set")]
    Unreadable,
    /// None of its keys is for an algorithm that is known here.
    #[error("none of its keys is for RS256, ES256 or EdDSA")]
    None,
    /// So many keys has nobody.
    #[error("it has more than 100 keys")]
    TooMany,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    public: Public,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point, uncompressed.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

const KEYS_MAX: usize = 100;

impl KeySet {
    /// Reads a JSON Web Key Set. Keys for something else, or of another kind, are passed over.
    ///
    /// # Errors
    ///
    /// [`BadKeys`] where no key is left.
    pub fn parse(text: &[u8]) -> Result<Self, BadKeys> {
        let document: Value = serde_json::from_slice(text).map_err(|_| BadKeys::Unreadable)?;
        let keys = document.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or(BadKeys::Unreadable)?;
        if keys.len() > KEYS_MAX {
            return Err(BadKeys::TooMany);
        }
        let keys: Vec<_> = keys.iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(BadKeys::None);
        }
        Ok(Self(keys))
    }

    /// Whether one of the keys that are meant has signed this; `None` where there is no such key.
    pub(super) fn has_signed(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        text: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let mut meant = self
            .0
            .iter()
            .filter(|key| key.public.algorithm() == algorithm)
            .filter(|key| id.is_none() || key.id.as_deref() == id)
            .peekable();
        meant.peek()?;
        Some(meant.any(|key| key.public.has_signed(text, signature)))
    }
}

impl Key {
    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let public = match (text("kty")?, text("crv")) {
            ("RSA", None) => Public::Rsa {
                n: bytes("n")?,
                e: bytes("e")?,
            },
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let is_whole = x.len() == 32 && y.len() == 32;
                is_whole.then(|| Public::P256([&[4][..], &x, &y].concat()))?
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(bytes("x")?),
            _ => return None,
        };
        let is_for_it = text("alg").is_none_or(|name| name == public.algorithm().as_str());
        is_for_it.then(|| Self {
            id: text("kid").map(str::to_owned),
            public,
        })
    }
}

impl Public {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature)
            }
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature)
            }
            Self::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(text, signature),
        };
        verified.is_ok()
    }
}
