//! What is kept of a password, by which its owner can prove that he knows it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest as _, Sha256};

use crate::hash::prepared;

/// Salt, iterations and keys of a password (RFC 5802, 3). Whoever has read it can guess at the password, and can pretend
/// to its owner to be this server; he cannot log in here.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) stored_key: [u8; 32],
    pub(super) server_key: [u8; 32],
}

/// RFC 7677 asks for 4,096 at least. Cyrus SASL, by which many clients speak, refuses more than 65,536.
const ITERATIONS: u32 = 60_000;
const SCHEME: &str = "SCRAM-SHA-256$";

impl ScramVerifier {
    /// That of a password. A salt is random and used once.
    #[must_use]
    pub fn of_password(password: &[u8], salt: &[u8; 16]) -> Self {
        Self::derive(password, salt.to_vec(), ITERATIONS)
    }

    pub(super) fn derive(password: &[u8], salt: Vec<u8>, iterations: u32) -> Self {
        let mut salted = [0; 32];
        pbkdf2_hmac::<Sha256>(&prepared(password), &salt, iterations, &mut salted);
        let client_key = hmac(&salted, b"Client Key");
        Self {
            salt,
            iterations,
            stored_key: Sha256::digest(client_key).into(),
            server_key: hmac(&salted, b"Server Key"),
        }
    }

    /// One that looks like any other and that no password fits, for names without one. The salt has to be the same each time.
    #[must_use]
    pub fn of_nobody(salt: &[u8; 16]) -> Self {
        Self {
            salt: salt.to_vec(),
            iterations: ITERATIONS,
            stored_key: [0; 32],
            server_key: [0; 32],
        }
    }

    /// Reads what [`Display`](fmt::Display) has written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (cost, keys) = text.strip_prefix(SCHEME)?.split_once('$')?;
        let ((iterations, salt), (stored_key, server_key)) =
            (cost.split_once(':')?, keys.split_once(':')?);
        let key = |text: &str| STANDARD.decode(text).ok()?.try_into().ok();
        Some(Self {
            salt: STANDARD.decode(salt).ok()?,
            iterations: iterations.parse().ok()?,
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        })
    }
}

/// As RFC 5803 has it.
impl fmt::Display for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64 = |bytes: &[u8]| STANDARD.encode(bytes);
        write!(
            f,
            "{SCHEME}{}:{}${}:{}",
            self.iterations,
            base64(&self.salt),
            base64(&self.stored_key),
            base64(&self.server_key)
        )
    }
}

impl fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramVerifier(…)")
    }
}

pub(super) fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104, 2).
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text);
    mac.finalize().into_bytes().into()
}
