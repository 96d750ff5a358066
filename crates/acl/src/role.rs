//! Roles: names for what people usually may do, beside the letters of RFC 4314.

use crate::{BadRights, Rights};

/// What somebody is in a mailbox. A list has rights only: a role is what we call some sets of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also marks and adds messages, and sends mail as the mailbox's addresses.
    Contributor,
    /// Also removes messages.
    Editor,
    /// Also makes mailboxes below it, and says who may do what.
    Manager,
}

impl Role {
    /// All of them; each may do what the one before it may.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Contributor, Self::Editor, Self::Manager];

    /// In one word, which is no set of letters.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Contributor => "contributor",
            Self::Editor => "editor",
            Self::Manager => "manager",
        }
    }

    /// The role of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The rights that a person wrote: a role, or letters.
    ///
    /// # Errors
    ///
    /// [`BadRights`] where it is neither.
    pub fn rights_written(word: &str) -> Result<Rights, BadRights> {
        Self::parse(word).map_or_else(|| Rights::parse_written(word), |role| Ok(role.rights()))
    }

    /// Exactly what the role may do.
    #[must_use]
    pub const fn rights(self) -> Rights {
        const VIEWER: Rights = Rights::LOOKUP.union(Rights::READ).union(Rights::SEEN);
        const CONTRIBUTOR: Rights = VIEWER
            .union(Rights::WRITE)
            .union(Rights::INSERT)
            .union(Rights::POST);
        const EDITOR: Rights = CONTRIBUTOR
            .union(Rights::DELETE_MESSAGES)
            .union(Rights::EXPUNGE);
        match self {
            Self::Viewer => VIEWER,
            Self::Contributor => CONTRIBUTOR,
            Self::Editor => EDITOR,
            Self::Manager => Rights::ALL,
        }
    }

    /// The role that is exactly these rights.
    #[must_use]
    pub fn of(rights: Rights) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.rights() == rights)
    }
}

#[cfg(test)]
mod tests {
    use super::Role;
    use crate::Rights;

    #[test]
    fn a_role_is_its_letters() {
        for (word, letters) in [
            ("viewer", "lrs"),
            ("contributor", "lrswip"),
            ("editor", "lrswipte"),
            ("manager", "lrswipkxtean"),
        ] {
            let role = Role::parse(word).unwrap();
            assert_eq!(role.word(), word);
            assert_eq!(Ok(role.rights()), Rights::parse(letters), "{word}");
            assert_eq!(Role::of(role.rights()), Some(role));
            assert!(Rights::parse(word).is_err(), "{word} could be letters");
        }
        assert_eq!(Role::parse("Viewer"), None);
        assert_eq!(Role::of(Rights::LOOKUP), None);
    }
}
