//! Messages that a client sends, on their way into a mailbox: what APPEND and REPLACE have in common.

pub(crate) mod catenate;
pub(crate) mod incoming;
