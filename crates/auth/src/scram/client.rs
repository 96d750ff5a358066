//! The client's half of an exchange, by the words of RFC 5802, 3: for tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest as _, Sha256};

use super::messages::TlsBinding;
use super::verifier::hmac;
use crate::hash::prepared;

/// A client that proves that it knows a password.
#[derive(Clone, Debug)]
pub struct ScramClient {
    header: String,
    connection: Vec<u8>,
    bare: String,
}

impl ScramClient {
    /// For `user`, who wants to act as `identity`, on a connection that is known by `binding`. A nonce is random.
    #[must_use]
    pub fn new(
        user: &str,
        identity: Option<&str>,
        binding: Option<TlsBinding>,
        nonce: &str,
    ) -> Self {
        let flag = binding.map_or("n", |_| "p=tls-exporter");
        let identity = identity.map_or(String::new(), |name| format!("a={}", escaped(name)));
        let header = format!("{flag},{identity},");
        let mut connection = header.clone().into_bytes();
        connection.extend(binding.iter().flat_map(|binding| binding.0));
        Self {
            header,
            connection,
            bare: format!("n={},r={nonce}", escaped(user)),
        }
    }

    /// The first message.
    #[must_use]
    pub fn first(&self) -> Vec<u8> {
        format!("{}{}", self.header, self.bare).into_bytes()
    }

    /// The answer to the server's challenge, and what the server has to say to it; `None` for what is no challenge.
    #[must_use]
    pub fn answer(&self, challenge: &[u8], password: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let challenge = str::from_utf8(challenge).ok()?;
        let field = |name: &str| challenge.split(',').find_map(|it| it.strip_prefix(name));
        let salt = STANDARD.decode(field("s=")?).ok()?;
        let iterations = field("i=")?.parse().ok()?;
        let mut salted = [0; 32];
        pbkdf2_hmac::<Sha256>(&prepared(password), &salt, iterations, &mut salted);
        let connection = STANDARD.encode(&self.connection);
        let answer = format!("c={connection},r={}", field("r=")?);
        let said = format!("{},{challenge},{answer}", self.bare);
        let client_key = hmac(&salted, b"Client Key");
        let stored_key: [u8; 32] = Sha256::digest(client_key).into();
        let signature = hmac(&stored_key, said.as_bytes());
        let proof: Vec<_> = client_key
            .iter()
            .zip(signature)
            .map(|(a, b)| a ^ b)
            .collect();
        let server_key = hmac(&salted, b"Server Key");
        let expected = STANDARD.encode(hmac(&server_key, said.as_bytes()));
        Some((
            format!("{answer},p={}", STANDARD.encode(proof)).into_bytes(),
            format!("v={expected}").into_bytes(),
        ))
    }
}

fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}
