//! Why the directory could not say what it was asked.

use ldap3::LdapError;

/// Why the directory could not say what it was asked. None of these says anything of a password or of a person.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No answer within `ldap.timeout`.
    #[error("it does not answer in time")]
    Silent,
    /// The connection cannot be made, or has ended.
    #[error("{0}")]
    Lost(String),
    /// It answered something else than what was asked for.
    #[error("it answers with code {code} ({name}): {text}")]
    Refused {
        /// The result code of RFC 4511.
        code: u32,
        /// Its name there.
        name: &'static str,
        /// What the directory says of it.
        text: String,
    },
    /// The filter finds several people of one user name.
    #[error("several entries match one user name: ldap.filter must find one at most")]
    Several,
    /// More entries than a pass takes.
    #[error("it has more than {0} entries of one kind")]
    TooMany(usize),
    /// A group's members come in parts.
    #[error("it tells the members of {0} in parts: set ldap.membership to memberOf")]
    InParts(String),
    /// A file or the system's certificates cannot be used.
    #[error("{0}")]
    Certificates(String),
}

impl Trouble {
    pub(crate) fn of_result(result: &ldap3::LdapResult) -> Self {
        Self::Refused {
            code: result.rc,
            name: name(result.rc),
            text: result.text.clone(),
        }
    }

    /// Whether another connection may do better at once.
    pub(crate) fn is_of_connection(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}

impl From<LdapError> for Trouble {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::Timeout { .. } => Self::Silent,
            LdapError::LdapResult { result } => Self::of_result(&result),
            other => Self::Lost(other.to_string()),
        }
    }
}

/// What RFC 4511, 4.1.9 calls the results that are met most.
const fn name(code: u32) -> &'static str {
    match code {
        1 => "operationsError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        13 => "confidentialityRequired",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        _ => "another result",
    }
}
