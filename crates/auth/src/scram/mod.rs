//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the server's half of an exchange, and what is kept of a password for it.
//!
//! The password never comes over the wire, and what is kept proves nothing to anybody else. Who the user is, and whether he may try
//! at all, is decided elsewhere.

mod client;
mod exchange;
mod messages;
mod verifier;

pub use client::ScramClient;
pub use exchange::{Proof, ScramExchange};
pub(crate) use messages::unescaped;
pub use messages::{ClientFirst, TlsBinding};
pub use verifier::ScramVerifier;

/// Whether an exchange is bound to the connection that it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256-PLUS: the client proves that both ends see the same TLS connection.
    Bound,
    /// SCRAM-SHA-256.
    Unbound,
}

/// What an exchange has to say of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// That it is this one.
    To(TlsBinding),
    /// Nothing, by a client that could not. One that could, and believes that this server cannot, has been lied to by
    /// somebody between them (RFC 5802, 6).
    Refused,
    /// Nothing.
    Impossible,
}

impl ScramMechanism {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bound => "SCRAM-SHA-256-PLUS",
            Self::Unbound => "SCRAM-SHA-256",
        }
    }
}

#[cfg(test)]
mod tests;
