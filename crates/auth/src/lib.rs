//! Whether somebody is who they say: password hashes, SASL exchanges, and the brake on guessing.
//!
//! No sockets, no accounts, no clock and no randomness: bytes, salts, keys and the time are
//! arguments, and the answer is a value. What is expensive here is CPU, and whoever calls decides
//! on which thread it burns.

mod hash;
mod ledger;
mod sasl;
mod throttle;
mod verified;

pub use hash::{BadHash, Hasher, Unhashable, Verified};
pub use sasl::{Credentials, Exchange, Mechanism, Password, Step, prepare_name};
pub use throttle::{Policy, Throttle, Verdict};
pub use verified::{Attempt, VerifiedCache};
