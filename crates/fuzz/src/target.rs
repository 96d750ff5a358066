//! What is fuzzed.

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
