//! The challenge, and whether what comes back proves anything.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::messages::{ClientFinal, ClientFirst};
use super::verifier::{ScramVerifier, hmac};
use crate::foreign::is_same;

/// An exchange that waits for the client's proof.
#[derive(Clone, Debug)]
pub struct ScramExchange {
    verifier: ScramVerifier,
    connection: Vec<u8>,
    nonce: String,
    /// The first message of each side, which the proof is about.
    said: String,
}

/// What a client's last message turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The client knows the password. This proves to it that the server knows it as well.
    Right(Vec<u8>),
    /// It does not.
    Wrong,
    /// It is no proof in this exchange: malformed, or of another exchange or connection.
    None,
}

impl ClientFirst {
    /// Challenges the client to prove that it knows the password behind `verifier`. `nonce` is random.
    #[must_use]
    pub fn challenge(self, verifier: ScramVerifier, nonce: &[u8; 18]) -> (Vec<u8>, ScramExchange) {
        self.challenge_with(verifier, &STANDARD_NO_PAD.encode(nonce))
    }

    pub(super) fn challenge_with(
        self,
        verifier: ScramVerifier,
        ours: &str,
    ) -> (Vec<u8>, ScramExchange) {
        let nonce = self.nonce + ours;
        let challenge = format!(
            "r={nonce},s={},i={}",
            STANDARD.encode(&verifier.salt),
            verifier.iterations
        );
        let exchange = ScramExchange {
            verifier,
            connection: self.connection,
            nonce,
            said: format!("{},{challenge}", self.bare),
        };
        (challenge.into_bytes(), exchange)
    }
}

impl ScramExchange {
    /// Whether the client's answer to the challenge proves that it knows the password.
    #[must_use]
    pub fn check(&self, message: &[u8]) -> Proof {
        let Some(answer) = ClientFinal::parse(message) else {
            return Proof::None;
        };
        if answer.nonce != self.nonce || answer.connection != self.connection {
            return Proof::None;
        }
        let said = format!("{},{}", self.said, answer.without_proof);
        let signature = hmac(&self.verifier.stored_key, said.as_bytes());
        let mut client_key = answer.proof;
        for (byte, mask) in client_key.iter_mut().zip(signature) {
            *byte ^= mask;
        }
        if !is_same(&Sha256::digest(client_key), &self.verifier.stored_key) {
            return Proof::Wrong;
        }
        let signature = hmac(&self.verifier.server_key, said.as_bytes());
        Proof::Right(format!("v={}", STANDARD.encode(signature)).into_bytes())
    }
}
