//! What holds a sign-in at an identity provider together: all of it follows from one secret, which the browser keeps meanwhile, so that
//! whichever frontend the browser comes back to knows what was asked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::BrowserSecret;

/// One sign-in at an identity provider by a code (`OpenID` Connect Core 1.0, 3.1), with proof that who redeems it has asked for it (RFC 7636).
#[derive(Clone, Debug)]
pub struct CodeFlow(BrowserSecret);

const STATE: &str = "state";
const NONCE: &str = "nonce";
const VERIFIER: &str = "code verifier";

impl CodeFlow {
    /// The sign-in of a browser that keeps this secret, which is of no other.
    #[must_use]
    pub const fn new(secret: BrowserSecret) -> Self {
        Self(secret)
    }

    /// What the browser keeps.
    #[must_use]
    pub const fn secret(&self) -> &BrowserSecret {
        &self.0
    }

    /// What the browser brings back (RFC 6749, 10.12), for a sign-in about which this is to be remembered.
    #[must_use]
    pub fn state(&self, words: &[&str]) -> String {
        self.0.seal(&[&[STATE], words].concat())
    }

    /// Whether the browser has brought back [`state`](Self::state).
    #[must_use]
    pub fn is_state(&self, words: &[&str], text: &str) -> bool {
        self.0.is_seal(&[&[STATE], words].concat(), text)
    }

    /// What the ID token has to name.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.0.seal(&[NONCE])
    }

    /// What is told the provider with the code: 64 signs of which each may be there (RFC 7636, 4.1).
    #[must_use]
    pub fn verifier(&self) -> String {
        self.0.seal(&[VERIFIER])
    }

    /// What is told the provider before, by the method S256.
    #[must_use]
    pub fn challenge(&self) -> String {
        challenge(&self.verifier())
    }
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::{CodeFlow, challenge};
    use crate::BrowserSecret;

    #[test]
    fn a_verifier_is_challenged_as_in_the_example() {
        // RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn each_sign_in_has_its_own_words() {
        let ours = CodeFlow::new(BrowserSecret::from_random([1; 32]));
        let theirs = CodeFlow::new(BrowserSecret::from_random([2; 32]));
        let state = ours.state(&["/devices", "7"]);
        assert!(ours.is_state(&["/devices", "7"], &state));
        for words in [&["/devices", "8"][..], &["/devices7"], &[]] {
            assert!(!ours.is_state(words, &state), "{words:?}");
        }
        assert!(!theirs.is_state(&["/devices", "7"], &state));
        assert!(!ours.is_state(&["/devices", "7"], ""));
        let told = [state, ours.nonce(), ours.verifier(), ours.challenge()];
        for (index, one) in told.iter().enumerate() {
            assert!(told.iter().skip(index + 1).all(|other| other != one));
            assert_ne!(one, &*ours.secret().to_text());
        }
        assert_ne!(ours.nonce(), theirs.nonce());
        assert_eq!(ours.verifier().len(), 64);
    }
}
