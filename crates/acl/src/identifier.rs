//! Identifiers: whom an entry of an access control list is for.

use std::fmt;

use mail::limits::IDENTIFIER_BYTES_MAX;

/// Whom an entry is for (RFC 4314, 2).
///
/// Texts are prepared as RFC 4013 says, so that one name has one spelling. The reserved
/// words are known in any case, so that no `Anyone` can be mistaken for `anyone`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// The account of this name, whether it exists or not.
    User(String),
    /// `group:name`, also read from `$name`.
    Group(String),
    /// `anyone`: everybody, logged in or not.
    Anyone,
    /// `authenticated`: everybody who is logged in.
    Authenticated,
    /// `domain:example.org`: every account whose name ends with `@example.org`.
    Domain(String),
    /// `anonymous`: whoever is not logged in; never an account.
    Anonymous,
    /// `owner`: the owner of the mailbox. On a shared mailbox it means nobody.
    Owner,
}

/// The second argument of SETACL: an identifier, or its negative rights with a `-` before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Whom the entry is for.
    pub identifier: Identifier,
    /// Whether the entry removes rights instead of granting them.
    pub is_negative: bool,
}

/// Why a text is not an identifier. SETACL is then refused as a whole: BAD, and nothing is stored
/// (RFC 4314, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentifier {
    /// The text is empty, or nothing follows its prefix.
    #[error("an identifier is not empty")]
    Empty,
    /// The text is longer than [`IDENTIFIER_BYTES_MAX`] bytes.
    #[error("an identifier has at most {IDENTIFIER_BYTES_MAX} bytes")]
    TooLong,
    /// The text has control characters, or others that RFC 4013 prohibits.
    #[error("an identifier holds no control or unassigned characters")]
    Prohibited,
    /// The text begins with a second `-`: such identifiers are reserved (RFC 4314, 2).
    #[error("an identifier does not begin with a dash")]
    Dash,
    /// A domain has an `@`; it is what follows the `@` of a name.
    #[error("a domain holds no @")]
    At,
}

const GROUP: &str = "group:";
const GROUP_SHORT: &str = "$";
const DOMAIN: &str = "domain:";

impl Identifier {
    /// # Errors
    ///
    /// [`BadIdentifier`] says why the text is not an identifier.
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        if text.len() > IDENTIFIER_BYTES_MAX {
            return Err(BadIdentifier::TooLong);
        }
        let prepared = stringprep::saslprep(text).map_err(|_| BadIdentifier::Prohibited)?;
        if prepared.starts_with('-') {
            return Err(BadIdentifier::Dash);
        }
        let identifier = Self::from_prepared(&prepared);
        let (Self::User(name) | Self::Group(name) | Self::Domain(name)) = &identifier else {
            return Ok(identifier);
        };
        if name.is_empty() {
            return Err(BadIdentifier::Empty);
        }
        if matches!(identifier, Self::Domain(_)) && name.contains('@') {
            return Err(BadIdentifier::At);
        }
        // Checked again, because preparation may lengthen a name, and `$` is shorter than `group:`.
        if identifier.to_string().len() > IDENTIFIER_BYTES_MAX {
            return Err(BadIdentifier::TooLong);
        }
        Ok(identifier)
    }

    fn from_prepared(text: &str) -> Self {
        if let Some(name) = behind(GROUP, text).or_else(|| text.strip_prefix(GROUP_SHORT)) {
            return Self::Group(name.to_owned());
        }
        if let Some(name) = behind(DOMAIN, text) {
            return Self::Domain(name.to_owned());
        }
        [
            Self::Anyone,
            Self::Authenticated,
            Self::Anonymous,
            Self::Owner,
        ]
        .into_iter()
        .find(|word| word.to_string().eq_ignore_ascii_case(text))
        .unwrap_or_else(|| Self::User(text.to_owned()))
    }

    /// Whether the identifier includes people whom nobody named one by one.
    #[must_use]
    pub const fn is_everybody(&self) -> bool {
        match self {
            Self::Anyone | Self::Authenticated | Self::Domain(_) | Self::Anonymous => true,
            Self::User(_) | Self::Group(_) | Self::Owner => false,
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => f.write_str(name),
            Self::Group(name) => write!(f, "{GROUP}{name}"),
            Self::Anyone => f.write_str("anyone"),
            Self::Authenticated => f.write_str("authenticated"),
            Self::Domain(name) => write!(f, "{DOMAIN}{name}"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Owner => f.write_str("owner"),
        }
    }
}

impl Subject {
    /// # Errors
    ///
    /// [`BadIdentifier`] says why the text is not an identifier.
    pub fn parse(text: &str) -> Result<Self, BadIdentifier> {
        let (is_negative, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        Ok(Self {
            identifier: Identifier::parse(name)?,
            is_negative,
        })
    }
}

/// Prints the identifier as the ACL response shows it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dash = if self.is_negative { "-" } else { "" };
        write!(f, "{dash}{}", self.identifier)
    }
}

/// The text that follows `prefix`, which is recognised in any case.
fn behind<'t>(prefix: &str, text: &'t str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The domain of an account's name: what follows its last `@`, if anything does.
#[must_use]
pub fn domain_of(name: &str) -> Option<&str> {
    let (_, domain) = name.rsplit_once('@')?;
    (!domain.is_empty()).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::{BadIdentifier, Identifier, Subject, domain_of};

    #[test]
    fn texts_name_somebody_or_nobody() {
        for (text, expected) in [
            ("bob", Ok("bob")),
            ("Bob", Ok("Bob")),
            ("u 12", Ok("u 12")),
            ("u\"q", Ok("u\"q")),
            ("back\\slash", Ok("back\\slash")),
            ("{3}", Ok("{3}")),
            ("bob@example.org", Ok("bob@example.org")),
            ("-bob", Ok("-bob")),
            ("group:staff", Ok("group:staff")),
            ("GROUP:staff", Ok("group:staff")),
            ("$staff", Ok("group:staff")),
            ("-$staff", Ok("-group:staff")),
            ("anyone", Ok("anyone")),
            ("ANYONE", Ok("anyone")),
            ("-Anyone", Ok("-anyone")),
            ("authenticated", Ok("authenticated")),
            ("anonymous", Ok("anonymous")),
            ("owner", Ok("owner")),
            ("domain:example.org", Ok("domain:example.org")),
            ("-Domain:example.org", Ok("-domain:example.org")),
            ("domain", Ok("domain")),
            ("domain:", Err(BadIdentifier::Empty)),
            ("domain:bob@example.org", Err(BadIdentifier::At)),
            // SASLprep gives one spelling to what looks the same, and removes invisible characters.
            ("Cafe\u{301}", Ok("Café")),
            ("b\u{ad}ob", Ok("bob")),
            ("any\u{200d}one", Ok("anyone")),
            ("", Err(BadIdentifier::Empty)),
            ("-", Err(BadIdentifier::Empty)),
            ("group:", Err(BadIdentifier::Empty)),
            ("$", Err(BadIdentifier::Empty)),
            ("\u{ad}", Err(BadIdentifier::Empty)),
            ("--bob", Err(BadIdentifier::Dash)),
            ("\u{ad}-bob", Err(BadIdentifier::Dash)),
            ("a\tb", Err(BadIdentifier::Prohibited)),
            ("a\0b", Err(BadIdentifier::Prohibited)),
            ("a\r\nb", Err(BadIdentifier::Prohibited)),
            ("a\u{7f}", Err(BadIdentifier::Prohibited)),
            ("a\u{202e}b", Err(BadIdentifier::Prohibited)),
        ] {
            let parsed = Subject::parse(text).map(|subject| subject.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for text in ["bob", "-bob", "$staff", "-group:a b", "anyone", "-owner"] {
            let subject = Subject::parse(text).unwrap();
            assert_eq!(Subject::parse(&subject.to_string()), Ok(subject));
        }
    }

    #[test]
    fn length_counts_as_stored() {
        assert!(Identifier::parse(&"x".repeat(255)).is_ok());
        for text in [
            "x".repeat(256),
            format!("${}", "x".repeat(250)),
            // One ligature of three bytes is prepared into eighteen letters of 33 bytes.
            "\u{fdfa}".repeat(40),
        ] {
            assert_eq!(Identifier::parse(&text), Err(BadIdentifier::TooLong));
        }
    }

    #[test]
    fn accounts_are_called_what_setacl_can_name() {
        for (name, may) in [
            ("bob", true),
            ("bob@example.org", true),
            ("Café", true),
            ("Cafe\u{301}", false),
            ("", false),
            ("-bob", false),
            ("anyone", false),
            ("Owner", false),
            ("$staff", false),
            ("group:staff", false),
            ("domain:example.org", false),
            ("b\u{ad}ob", false),
        ] {
            let user = Identifier::User(name.to_owned());
            assert_eq!(Identifier::parse(name) == Ok(user), may, "{name:?}");
        }
    }

    #[test]
    fn a_domain_is_what_follows_the_last_at() {
        for (name, domain) in [
            ("bob@example.org", Some("example.org")),
            ("\"b@b\"@example.org", Some("example.org")),
            ("bob", None),
            ("bob@", None),
            ("@example.org", Some("example.org")),
        ] {
            assert_eq!(domain_of(name), domain, "{name}");
        }
    }
}
