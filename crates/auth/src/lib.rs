//! Whether somebody is who they say: password hashes, access tokens, SASL exchanges, secrets of browsers, and
//! the throttling of guesses.
//!
//! No sockets, no accounts, no clock and no randomness: bytes, salts, keys and the time are
//! arguments, and the answer is a value. Hashing is expensive in CPU, and the caller decides on
//! which thread it runs.

mod bearer;
mod browser_secret;
mod foreign;
mod hash;
mod mechanism;
mod network;
mod sasl;
mod scram;
mod throttle;
mod token;
mod verified;

pub use bearer::{
    Algorithm, BadBearer, BadKeys, Bearer, BearerLogin, BearerMechanism, BearerRules, CodeFlow,
    ExpectedIdToken, IdTokenRules, KeySet, SignedInSince, check_bearer, check_id_token,
};
pub use browser_secret::BrowserSecret;
pub use hash::{BadHash, Hasher, Unhashable, Verified};
pub use mechanism::Mechanism;
pub use network::network_of;
pub use sasl::{Credentials, Exchange, Password, PasswordMechanism, SaslStep, prepare_name};
pub use scram::{
    Binding, ClientFirst, Proof, ScramClient, ScramExchange, ScramMechanism, ScramVerifier,
    TlsBinding,
};
pub use throttle::{GuessCount, Guesses, Policy, Throttle, Verdict};
pub use token::{NoToken, Token};
pub use verified::{Attempt, VerifiedCache};
