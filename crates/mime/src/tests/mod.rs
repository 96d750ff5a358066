//! The room as a whole: known messages, real mail, random bytes.

mod corpus;
mod oracle;
mod random;
mod search;
mod structure;
