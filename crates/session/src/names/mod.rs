//! What mailboxes are called: from the name that a client writes to the mailbox, and back.

pub(crate) mod creation;
pub(crate) mod filter;
pub(crate) mod listing;
pub(crate) mod named;
pub(crate) mod naming;
pub(crate) mod special_use;
pub(crate) mod tree;
pub(crate) mod trees;
