//! How commands are read, by what the client has enabled.

/// How the session has agreed to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// UTF8=ACCEPT or IMAP4rev2 is enabled: names are UTF-8, and so may quoted strings be.
    pub utf8: bool,
    /// IMAP4rev2 is enabled, and `utf8` with it.
    pub rev2: bool,
    /// UIDONLY is enabled: nothing is named by its sequence number (RFC 9586).
    pub uid_only: bool,
}
