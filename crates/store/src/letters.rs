//! Which grants of shared mailboxes are told by a letter.

/// Which grants are told by a letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// None.
    #[default]
    None,
    /// Those that somebody makes one by one, but not what follows a file or a directory.
    ByHand,
    /// All.
    All,
}

impl Letters {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ByHand => "by-hand",
            Self::All => "all",
        }
    }

    /// What a connection is told, if anything: `letters_wanted.sql` reads it.
    pub(crate) const fn setting(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::ByHand => Some("set postroom.letters = 'by-hand'"),
            Self::All => Some("set postroom.letters = 'all'"),
        }
    }
}
