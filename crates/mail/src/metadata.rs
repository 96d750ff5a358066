//! Names of annotations on mailboxes and on the server (RFC 5464).

use std::fmt;

use crate::limits::METADATA_NAME_BYTES_MAX;

/// The name of an annotation, in lower case (RFC 5464, 3.2): `/shared/comment`.
///
/// `/shared` alone and `/shared/vendor/x` are names too. Other names stand below them, but they
/// have no value themselves: [`takes_value`](Self::takes_value).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryName(String);

/// Who sees an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryScope {
    /// Each user has a value of their own.
    Private,
    /// All users share one value.
    Shared,
}

/// How many levels below a name are included (RFC 5464, 4.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// `0`: none.
    #[default]
    Zero,
    /// `1`: one level.
    One,
    /// `infinity`: all.
    Infinity,
}

/// Why a text is not the name of an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntryName {
    /// The first level is neither `private` nor `shared`, or is missing.
    #[error("an entry begins with /private or /shared")]
    Scope,
    /// The name has `//`, or `/` at its end.
    #[error("an entry has no empty level")]
    EmptyLevel,
    /// The name has `*`, `%`, a control character, or one that is not ASCII.
    #[error("an entry is ASCII without * and %")]
    Character,
    /// The name is longer than [`METADATA_NAME_BYTES_MAX`].
    #[error("an entry has at most {METADATA_NAME_BYTES_MAX} bytes")]
    TooLong,
}

impl EntryName {
    /// The annotation that holds a mailbox's [`FlagPolicy`](crate::FlagPolicy).
    pub const PRIVATE_FLAGS: &'static str = "/shared/vendor/postroom/flags/private";

    /// The annotation that lists a mailbox's activity for those who administer it. Only the server
    /// writes it.
    pub const ACTIVITY: &'static str = "/shared/vendor/postroom/activity";

    /// Parses a name in any case.
    ///
    /// # Errors
    ///
    /// [`BadEntryName`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, BadEntryName> {
        if text.len() > METADATA_NAME_BYTES_MAX {
            return Err(BadEntryName::TooLong);
        }
        let is_allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '*' | '%');
        if !text.chars().all(is_allowed) {
            return Err(BadEntryName::Character);
        }
        let name = Self(text.to_ascii_lowercase());
        let Some(levels) = name.0.strip_prefix('/') else {
            return Err(BadEntryName::Scope);
        };
        if levels.split('/').any(str::is_empty) {
            return Err(BadEntryName::EmptyLevel);
        }
        let is_scoped = matches!(name.levels().next(), Some("private" | "shared"));
        is_scoped.then_some(name).ok_or(BadEntryName::Scope)
    }

    /// The name with its slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Who sees the annotation's value.
    #[must_use]
    pub fn scope(&self) -> EntryScope {
        if self.levels().next() == Some("private") {
            EntryScope::Private
        } else {
            EntryScope::Shared
        }
    }

    /// Whether the name has enough levels to have a value: two, or four for a vendor.
    #[must_use]
    pub fn takes_value(&self) -> bool {
        let is_vendors = self.levels().nth(1) == Some("vendor");
        self.levels().count() >= if is_vendors { 4 } else { 2 }
    }

    /// Whether a request for this name, to this depth, includes `other`.
    #[must_use]
    pub fn covers(&self, other: &Self, depth: Depth) -> bool {
        if self == other {
            return true;
        }
        let below = other.0.strip_prefix(&self.0);
        let Some(below) = below.and_then(|rest| rest.strip_prefix('/')) else {
            return false;
        };
        match depth {
            Depth::Zero => false,
            Depth::One => !below.contains('/'),
            Depth::Infinity => true,
        }
    }

    fn levels(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').skip(1)
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The special uses that a mailbox may have: RFC 6154, 2, and RFC 8457. `\All` and `\Flagged` are views, which nobody creates.
pub const SPECIAL_USES: [&str; 6] = [
    "\\Archive",
    "\\Drafts",
    "\\Junk",
    "\\Sent",
    "\\Trash",
    "\\Important",
];

#[cfg(test)]
mod tests {
    use super::{BadEntryName, Depth, EntryName, EntryScope};

    fn name(text: &str) -> EntryName {
        EntryName::parse(text).unwrap()
    }

    #[test]
    fn names_are_what_the_rfc_calls_so() {
        for (text, expected) in [
            ("/shared/comment", Ok("/shared/comment")),
            ("/Private/COMMENT", Ok("/private/comment")),
            ("/shared", Ok("/shared")),
            ("/shared/a b\"\\", Ok("/shared/a b\"\\")),
            ("", Err(BadEntryName::Scope)),
            ("shared/comment", Err(BadEntryName::Scope)),
            ("/comment", Err(BadEntryName::Scope)),
            ("/sharedcomment", Err(BadEntryName::Scope)),
            ("/", Err(BadEntryName::EmptyLevel)),
            ("//shared", Err(BadEntryName::EmptyLevel)),
            ("/shared//comment", Err(BadEntryName::EmptyLevel)),
            ("/shared/comment/", Err(BadEntryName::EmptyLevel)),
            ("/shared/*", Err(BadEntryName::Character)),
            ("/shared/%", Err(BadEntryName::Character)),
            ("/shared/ä", Err(BadEntryName::Character)),
            ("/shared/\t", Err(BadEntryName::Character)),
        ] {
            let parsed = EntryName::parse(text);
            let parsed = parsed.as_ref().map(EntryName::as_str).map_err(|bad| *bad);
            assert_eq!(parsed, expected, "{text}");
        }
        let long = format!("/shared/{}", "x".repeat(2000));
        assert_eq!(EntryName::parse(&long), Err(BadEntryName::TooLong));
    }

    #[test]
    fn values_need_two_levels_or_four_of_a_vendor() {
        for (text, expected) in [
            ("/shared", false),
            ("/shared/comment", true),
            ("/private/filters/values/boss", true),
            ("/shared/vendor", false),
            ("/shared/vendor/acme", false),
            ("/shared/vendor/acme/colour", true),
        ] {
            assert_eq!(name(text).takes_value(), expected, "{text}");
        }
        assert_eq!(name("/private/comment").scope(), EntryScope::Private);
        assert_eq!(name("/shared/comment").scope(), EntryScope::Shared);
    }

    #[test]
    fn depth_counts_levels() {
        for (asked, other, depths) in [
            ("/shared/a", "/shared/a", [true, true, true]),
            ("/shared/a", "/shared/a/b", [false, true, true]),
            ("/shared/a", "/shared/a/b/c", [false, false, true]),
            ("/shared/a", "/shared/ab", [false, false, false]),
            ("/shared/a/b", "/shared/a", [false, false, false]),
            ("/shared", "/private/a", [false, false, false]),
        ] {
            let found = [Depth::Zero, Depth::One, Depth::Infinity]
                .map(|depth| name(asked).covers(&name(other), depth));
            assert_eq!(found, depths, "{asked} {other}");
        }
    }
}
