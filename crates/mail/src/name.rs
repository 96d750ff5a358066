//! Names of mailboxes as users see them, and the places that they mean.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::limits::{NAME_BYTES_MAX, NAME_DEPTH_MAX};

/// A mailbox name as one user sees it: NFC, `/` between levels, INBOX in capitals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxName(String);

/// Why a text is not a mailbox name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The name is empty, or a level between two separators is.
    #[error("a mailbox name has no empty level")]
    EmptyLevel,
    /// The name is longer than [`NAME_BYTES_MAX`] bytes.
    #[error("a mailbox name has at most {NAME_BYTES_MAX} bytes")]
    TooLong,
    /// The name has more than [`NAME_DEPTH_MAX`] levels.
    #[error("a mailbox name has at most {NAME_DEPTH_MAX} levels")]
    TooDeep,
    /// The name has control characters, or characters that IMAP forbids in names.
    #[error("a mailbox name holds no control characters")]
    Control,
    /// A level is `.` or `..`.
    #[error("a level of a mailbox name is not . or ..")]
    Dots,
    /// The name has `*` or `%`, so that LIST could not ask for it.
    #[error("a mailbox name holds no * or %")]
    Wildcard,
    /// The name is not in the encoding that IMAP4rev1 has for names.
    #[error("a mailbox name is in modified UTF-7")]
    Undecodable,
}

/// Where a mailbox is, seen from one user: it has one name for its owner and another for everybody
/// else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the personal namespace of the user who asks.
    Mine(String),
    /// In another user's tree.
    Theirs {
        /// The owner's login name.
        owner: String,
        /// The name as the owner sees it.
        path: String,
    },
    /// In the tree that nobody owns.
    Shared(String),
}

/// The prefixes of the three namespaces (RFC 2342). The personal one is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespaces {
    /// The others' prefix, which ends with the separator.
    others: String,
    /// The shared prefix, which ends with the separator.
    shared: String,
}

impl MailboxName {
    /// What separates the levels of a name.
    pub const SEPARATOR: char = '/';
    /// The one name that every user has.
    pub const INBOX: &'static str = "INBOX";

    /// # Errors
    ///
    /// [`BadName`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if text.len() > NAME_BYTES_MAX {
            return Err(BadName::TooLong);
        }
        let mut name = Self::normalised(text);
        // Checked again, because composing may lengthen a name.
        if name.len() > NAME_BYTES_MAX {
            return Err(BadName::TooLong);
        }
        if name
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
        {
            return Err(BadName::Control);
        }
        if name.contains(['*', '%']) {
            return Err(BadName::Wildcard);
        }
        for level in name.split(Self::SEPARATOR) {
            match level {
                "" => return Err(BadName::EmptyLevel),
                "." | ".." => return Err(BadName::Dots),
                _ => {}
            }
        }
        if name.split(Self::SEPARATOR).count() > NAME_DEPTH_MAX {
            return Err(BadName::TooDeep);
        }
        let first = name.split(Self::SEPARATOR).next().map_or(0, str::len);
        if name
            .get(..first)
            .is_some_and(|level| level.eq_ignore_ascii_case(Self::INBOX))
        {
            name.replace_range(..first, Self::INBOX);
        }
        Ok(Self(name))
    }

    /// A name, or what shall match one, in the form that names have: NFC, however its accents were written.
    #[must_use]
    pub fn normalised(text: &str) -> String {
        text.nfc().collect()
    }

    /// The name in UTF-8, whatever the session uses.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name one level up; `None` at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once(Self::SEPARATOR)
            .map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether `self` is somewhere below `other`.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        self.0
            .strip_prefix(&other.0)
            .is_some_and(|rest| rest.starts_with(Self::SEPARATOR))
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Place {
    /// The place one level up in the same tree; `None` at its top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let above = |path: &str| path.rsplit_once('/').map(|(above, _)| above.to_owned());
        match self {
            Self::Mine(path) => above(path).map(Self::Mine),
            Self::Shared(path) => above(path).map(Self::Shared),
            Self::Theirs { owner, path } => above(path).map(|path| Self::Theirs {
                owner: owner.clone(),
                path,
            }),
        }
    }
}

impl Place {
    /// Whether `self` is somewhere below `other`, in the same tree.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        let mut above = self.parent();
        while let Some(place) = above {
            if place == *other {
                return true;
            }
            above = place.parent();
        }
        false
    }
}

impl Default for Namespaces {
    fn default() -> Self {
        Self {
            others: "Other Users/".to_owned(),
            shared: "Shared Folders/".to_owned(),
        }
    }
}

impl Namespaces {
    /// Builds the namespaces from the operator's prefixes, without the separator at their end.
    ///
    /// # Errors
    ///
    /// [`BadName`] when a prefix is not a single level of a name, is INBOX, or when both are equal.
    pub fn new(others: &str, shared: &str) -> Result<Self, BadName> {
        let prefix = |text: &str| {
            let name = MailboxName::parse(text)?;
            let is_usable = name.parent().is_none() && name.as_str() != MailboxName::INBOX;
            if is_usable {
                Ok(format!("{name}/"))
            } else {
                Err(BadName::TooDeep)
            }
        };
        let (others, shared) = (prefix(others)?, prefix(shared)?);
        if others == shared {
            Err(BadName::EmptyLevel)
        } else {
            Ok(Self { others, shared })
        }
    }

    /// The prefix of other users' mailboxes, with its separator.
    #[must_use]
    pub fn others(&self) -> &str {
        &self.others
    }

    /// The prefix of shared mailboxes, with its separator.
    #[must_use]
    pub fn shared(&self) -> &str {
        &self.shared
    }

    /// The place that `name` means for the user who says it; `None` for the roots of the
    /// namespaces, where no mailbox can be.
    #[must_use]
    pub fn place(&self, name: &MailboxName) -> Option<Place> {
        let is_root = |prefix: &str| prefix.strip_suffix('/') == Some(name.as_str());
        if is_root(&self.others) || is_root(&self.shared) {
            return None;
        }
        if let Some(path) = name.as_str().strip_prefix(&self.shared) {
            return Some(Place::Shared(path.to_owned()));
        }
        let Some(rest) = name.as_str().strip_prefix(&self.others) else {
            return Some(Place::Mine(name.as_str().to_owned()));
        };
        // Another user's INBOX is where that user's tree begins.
        let (owner, path) = rest.split_once('/').unwrap_or((rest, MailboxName::INBOX));
        Some(Place::Theirs {
            owner: owner.to_owned(),
            path: path.to_owned(),
        })
    }

    /// The name of `place`; the inverse of [`place`](Self::place).
    #[must_use]
    pub fn name(&self, place: &Place) -> MailboxName {
        MailboxName(match place {
            Place::Mine(path) => path.clone(),
            Place::Shared(path) => format!("{}{path}", self.shared),
            Place::Theirs { owner, path } if path == MailboxName::INBOX => {
                format!("{}{owner}", self.others)
            }
            Place::Theirs { owner, path } => format!("{}{owner}/{path}", self.others),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BadName, MailboxName, Namespaces, Place};

    #[test]
    fn texts_are_names_or_not() {
        for (text, expected) in [
            ("inbox", Ok("INBOX")),
            ("InBox/Sub", Ok("INBOX/Sub")),
            ("Inboxes", Ok("Inboxes")),
            ("Work/inbox", Ok("Work/inbox")),
            ("Cafe\u{301}", Ok("Café")),
            ("", Err(BadName::EmptyLevel)),
            ("/a", Err(BadName::EmptyLevel)),
            ("a//b", Err(BadName::EmptyLevel)),
            ("a/", Err(BadName::EmptyLevel)),
            ("a/../b", Err(BadName::Dots)),
            ("a\0b", Err(BadName::Control)),
            ("a\u{85}b", Err(BadName::Control)),
            ("a*b", Err(BadName::Wildcard)),
        ] {
            let parsed = MailboxName::parse(text);
            assert_eq!(
                parsed.as_ref().map(MailboxName::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
        assert_eq!(MailboxName::parse(&"x".repeat(1001)), Err(BadName::TooLong));
        assert_eq!(
            MailboxName::parse(&["x"; 33].join("/")),
            Err(BadName::TooDeep)
        );
    }

    #[test]
    fn a_name_and_its_place_are_inverse() {
        let spaces = Namespaces::default();
        for (text, place) in [
            ("INBOX", Place::Mine("INBOX".into())),
            ("Work/2024", Place::Mine("Work/2024".into())),
            (
                "Shared Folders/support/Sent",
                Place::Shared("support/Sent".into()),
            ),
            (
                "Other Users/bo",
                Place::Theirs {
                    owner: "bo".into(),
                    path: "INBOX".into(),
                },
            ),
            (
                "Other Users/bo/Work",
                Place::Theirs {
                    owner: "bo".into(),
                    path: "Work".into(),
                },
            ),
        ] {
            let name = MailboxName::parse(text).unwrap();
            assert_eq!(spaces.place(&name), Some(place.clone()));
            assert_eq!(spaces.name(&place), name);
        }
        for root in ["Shared Folders", "Other Users"] {
            assert_eq!(spaces.place(&MailboxName::parse(root).unwrap()), None);
        }
    }
}
