//! Tests of the whole room: known messages, real mail, random bytes.

mod corpus;
mod oracle;
mod pieces;
mod random;
mod search;
mod structure;
