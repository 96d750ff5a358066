//! The targets of fuzzing, and what must hold of each for any input.

mod agents;
mod commands;
mod encodings;
#[path = "../../../server/src/proxied/header.rs"]
mod header;
mod lmtp;
mod messages;
mod names;
#[path = "../../../mime/src/tests/pieces.rs"]
mod pieces;
mod proxied;
mod threads;

use crate::shape::Shape;

/// A function that reads bytes from strangers.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Words that its inputs are made of.
    pub(crate) words: &'static [&'static str],
    /// Reads an input, asserts what must hold, and tells what came out.
    pub(crate) meet: fn(&[u8]) -> Shape,
}

pub(crate) const TARGETS: &[Target] = &[
    commands::TARGET,
    messages::TARGET,
    names::TARGET,
    encodings::TARGET,
    threads::TARGET,
    agents::TARGET,
    lmtp::TARGET,
    proxied::TARGET,
];
