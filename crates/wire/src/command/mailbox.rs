//! Names of mailboxes as a client writes them.

use mail::{BadName, MailboxName};

/// A mailbox name as a client wrote it. Not yet known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxArg {
    /// Text, decoded from what the session speaks.
    Text(String),
    /// What is not modified UTF-7, in a session that speaks it: no mailbox is called so.
    Undecodable,
}

/// The empty name, which none is.
impl Default for MailboxArg {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl MailboxArg {
    /// The name of the mailbox that is meant.
    ///
    /// # Errors
    ///
    /// [`BadName`] where no mailbox can be called so.
    pub fn name(&self) -> Result<MailboxName, BadName> {
        match self {
            Self::Text(text) => MailboxName::parse(text),
            Self::Undecodable => Err(BadName::Undecodable),
        }
    }

    /// The name as it was written, where that can be read.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Undecodable => None,
        }
    }
}
