//! The mechanisms by which somebody may log in (RFC 4422), under the names that are registered for them.

use std::fmt;

use crate::bearer::BearerMechanism;
use crate::sasl::PasswordMechanism;
use crate::scram::ScramMechanism;

/// A SASL mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// The client's certificate, which it has shown in TLS, says who it is (RFC 4422, appendix A).
    External,
    /// The client proves that it knows the password.
    Scram(ScramMechanism),
    /// The client has a token of an identity provider.
    Bearer(BearerMechanism),
    /// The client sends the password.
    Password(PasswordMechanism),
}

impl Mechanism {
    /// Every mechanism, the strongest first.
    pub const ALL: [Self; 7] = [
        Self::External,
        Self::Scram(ScramMechanism::Bound),
        Self::Scram(ScramMechanism::Unbound),
        Self::Bearer(BearerMechanism::OAuthBearer),
        Self::Bearer(BearerMechanism::XOAuth2),
        Self::Password(PasswordMechanism::Plain),
        Self::Password(PasswordMechanism::Login),
    ];

    /// The mechanism of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| mechanism.as_str().eq_ignore_ascii_case(name))
    }

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "EXTERNAL",
            Self::Scram(mechanism) => mechanism.as_str(),
            Self::Bearer(mechanism) => mechanism.as_str(),
            Self::Password(mechanism) => mechanism.as_str(),
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
