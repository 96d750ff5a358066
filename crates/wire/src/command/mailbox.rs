//! Names of mailboxes as a client writes them.

/// A mailbox name as text, decoded from what the session speaks. Not yet known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxArg(pub String);
