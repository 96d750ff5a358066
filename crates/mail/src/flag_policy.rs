//! The flag policy: which flags of a mailbox are private to each user.

use std::fmt;

use crate::{BadFlag, Flag};

/// The flags that are private in a mailbox, each once; all others are shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagPolicy(Vec<Flag>);

/// Why a text is not a flag policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFlagPolicy {
    /// A word is not a flag.
    #[error(transparent)]
    Flag(#[from] BadFlag),
    /// `\Deleted` cannot be private, because an expunge concerns everybody.
    #[error("\\Deleted is never private")]
    Deleted,
}

impl FlagPolicy {
    /// Parses flags with spaces between them, as in `\Seen \Flagged`; an empty text is valid.
    ///
    /// # Errors
    ///
    /// [`BadFlagPolicy`] for the first word that is not a flag, or cannot be private.
    pub fn parse(text: &str) -> Result<Self, BadFlagPolicy> {
        let mut policy = Self::default();
        for word in text.split_ascii_whitespace() {
            policy.add(Flag::parse(word)?)?;
        }
        Ok(policy)
    }

    /// Whether `flag` is private.
    #[must_use]
    pub fn has(&self, flag: &Flag) -> bool {
        self.0.contains(flag)
    }

    /// Makes `flag` private.
    ///
    /// # Errors
    ///
    /// [`BadFlagPolicy::Deleted`] for `\Deleted`, which cannot be private.
    pub fn add(&mut self, flag: Flag) -> Result<(), BadFlagPolicy> {
        if flag == Flag::Deleted {
            return Err(BadFlagPolicy::Deleted);
        }
        if !self.has(&flag) {
            self.0.push(flag);
        }
        Ok(())
    }

    /// The same flags in one order, in which equal policies are equal.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.0
            .sort_by_cached_key(|flag| flag.as_str().to_ascii_lowercase());
        self
    }

    /// Makes `flag` shared.
    pub fn remove(&mut self, flag: &Flag) {
        self.0.retain(|other| other != flag);
    }
}

impl fmt::Display for FlagPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, flag) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            flag.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadFlagPolicy, FlagPolicy};
    use crate::Flag;

    #[test]
    fn policies_are_lists_of_flags() {
        for (text, expected) in [
            ("", ""),
            ("\\seen  \\Flagged", "\\Seen \\Flagged"),
            ("Work WORK \\Seen", "Work \\Seen"),
        ] {
            assert_eq!(FlagPolicy::parse(text).unwrap().to_string(), expected);
        }
        assert_eq!(
            FlagPolicy::parse("\\Seen \\Deleted"),
            Err(BadFlagPolicy::Deleted)
        );
        for text in ["\\Recent", "\\Novel", "a(b"] {
            assert!(
                matches!(FlagPolicy::parse(text), Err(BadFlagPolicy::Flag(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn flags_come_and_go() {
        let mut policy = FlagPolicy::parse("\\Seen Work").unwrap();
        policy.remove(&Flag::Seen);
        policy.add(Flag::Flagged).unwrap();
        policy.remove(&Flag::parse("WORK").unwrap());
        assert_eq!(policy.to_string(), "\\Flagged");
        assert!(policy.has(&Flag::Flagged) && !policy.has(&Flag::Seen));
    }
}
