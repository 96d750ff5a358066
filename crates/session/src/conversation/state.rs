//! The states of a conversation (RFC 9051, 3), and in which of them a command may come. Pure.

/// The state of a conversation (RFC 9051, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Nobody is logged in.
    NotAuthenticated,
    /// Somebody is logged in.
    Authenticated,
    /// Somebody is logged in and has a mailbox open.
    Selected,
}

/// The states in which a command may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AllowedIn {
    Any,
    BeforeLogin,
    AfterLogin,
    Selected,
}

impl AllowedIn {
    pub(crate) fn allows(self, state: State) -> bool {
        match self {
            Self::Any => true,
            Self::BeforeLogin => state == State::NotAuthenticated,
            Self::AfterLogin => state >= State::Authenticated,
            Self::Selected => state == State::Selected,
        }
    }
}
