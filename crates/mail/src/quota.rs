//! Quota: which resources are limited, and which mailboxes share a limit (RFC 9208).

use std::fmt;

use crate::MailboxName;

/// A resource that can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Octets of messages, in units of 1,024 (RFC 9208, 5.1).
    Storage,
    /// Messages (RFC 9208, 5.2).
    Message,
    /// Mailboxes (RFC 9208, 5.3).
    Mailbox,
}

/// The limit of each resource; `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaLimits {
    /// The limit of storage, in units of 1,024 octets.
    pub storage: Option<u64>,
    /// The limit of messages.
    pub message: Option<u64>,
    /// The limit of mailboxes.
    pub mailbox: Option<u64>,
}

/// A limit and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The resource that is limited.
    pub resource: Resource,
    /// How much of it is used.
    pub used: u64,
    /// How much of it may be used.
    pub limit: u64,
}

/// Mailboxes that have limits in common: those of an account, or a part of the shared tree.
///
/// For clients its name is opaque (RFC 9208, 3.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QuotaRoot {
    /// `user/ada`: all mailboxes of an account.
    User(String),
    /// `shared/support`: this mailbox and all below it, whether it exists yet or not.
    Shared(String),
}

/// A text is not the name of a quota root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quota root is called user/NAME or shared/MAILBOX")]
pub struct BadQuotaRoot;

impl Resource {
    /// Every resource, in the order of the responses.
    pub const ALL: [Self; 3] = [Self::Storage, Self::Message, Self::Mailbox];

    /// The resource as the protocol writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "STORAGE",
            Self::Message => "MESSAGE",
            Self::Mailbox => "MAILBOX",
        }
    }

    /// The resource with this name, in any case; `None` for one that cannot be limited here.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_it = |resource: &Self| resource.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(is_it)
    }
}

impl QuotaLimits {
    /// The limit of one resource.
    #[must_use]
    pub const fn of(&self, resource: Resource) -> Option<u64> {
        match resource {
            Resource::Storage => self.storage,
            Resource::Message => self.message,
            Resource::Mailbox => self.mailbox,
        }
    }
}

/// The last limit of a resource counts.
impl FromIterator<(Resource, u64)> for QuotaLimits {
    fn from_iter<I: IntoIterator<Item = (Resource, u64)>>(limits: I) -> Self {
        let mut all = Self::default();
        for (resource, limit) in limits {
            let place = match resource {
                Resource::Storage => &mut all.storage,
                Resource::Message => &mut all.message,
                Resource::Mailbox => &mut all.mailbox,
            };
            *place = Some(limit);
        }
        all
    }
}

impl QuotaRoot {
    /// The root that is meant by one that is called as clients call the mailbox, whose names begin with `prefix`: no
    /// mailbox would ever belong to that one. `None` for any other.
    #[must_use]
    pub fn without_prefix(&self, prefix: &str) -> Option<Self> {
        let Self::Shared(path) = self else {
            return None;
        };
        let rest = path.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
        Some(Self::Shared(rest.to_owned()))
    }

    const USER: &str = "user/";
    const SHARED: &str = "shared/";

    /// Parses a name as it is printed.
    ///
    /// # Errors
    ///
    /// [`BadQuotaRoot`] for a text that cannot be a name. Whether such a root exists is not known
    /// here.
    pub fn parse(name: &str) -> Result<Self, BadQuotaRoot> {
        if let Some(user) = name
            .strip_prefix(Self::USER)
            .filter(|user| !user.is_empty())
        {
            return Ok(Self::User(user.to_owned()));
        }
        let path = name.strip_prefix(Self::SHARED).ok_or(BadQuotaRoot)?;
        match MailboxName::parse(path) {
            Ok(path) => Ok(Self::Shared(path.to_string())),
            Err(_) => Err(BadQuotaRoot),
        }
    }
}

impl fmt::Display for QuotaRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "{}{name}", Self::USER),
            Self::Shared(path) => write!(f, "{}{path}", Self::SHARED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadQuotaRoot, QuotaLimits, QuotaRoot, Resource};

    #[test]
    fn roots_print_as_they_parse() {
        for name in ["user/ada", "user/ada@one.org", "shared/a", "shared/a/b c"] {
            assert_eq!(QuotaRoot::parse(name).unwrap().to_string(), name);
        }
        for name in [
            "",
            "ada",
            "user/",
            "shared/",
            "shared/..",
            "shared//a",
            "User/ada",
        ] {
            assert_eq!(QuotaRoot::parse(name), Err(BadQuotaRoot), "{name}");
        }
    }

    #[test]
    fn what_is_not_named_has_no_limit() {
        assert_eq!(Resource::parse("storage"), Some(Resource::Storage));
        assert_eq!(Resource::parse("ANNOTATION-STORAGE"), None);
        let limits: QuotaLimits = [(Resource::Message, 7), (Resource::Message, 0)]
            .into_iter()
            .collect();
        assert_eq!(limits.of(Resource::Message), Some(0));
        assert_eq!(limits.of(Resource::Storage), None);
    }
}
