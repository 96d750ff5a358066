//! Sets of messages, by number or by `$`.

/// Whether numbers in sets are UIDs or sequence numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// `UID FETCH 17 …`
    Uid,
    /// `FETCH 17 …`
    Sequence,
}

/// The messages that a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageSet {
    /// These numbers.
    Listed(NumberSet),
    /// `$`: what the last search with SAVE found (RFC 5182).
    Saved,
}

/// A set of numbers as written: `*` is not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberSet(pub Vec<NumberRange>);

/// One part of a set. A single number is a range of itself; ends come in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRange(pub NumberEnd, pub NumberEnd);

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberEnd {
    /// Never zero.
    Number(u32),
    /// `*`: the highest that there is.
    Last,
}
