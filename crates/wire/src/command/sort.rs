//! SORT and THREAD (RFC 5256).

use crate::command::fetch::FetchItem;
use crate::command::numbers::Numbering;
use crate::command::search::{SearchKey, SearchReturn};

/// SORT.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// What results are counted in.
    pub numbering: Numbering,
    /// `RETURN (…)` (RFC 5267, 3); `None` for the old form with its old response.
    pub returns: Option<SearchReturn>,
    /// As of [`Search::attributes`](super::Search::attributes).
    pub attributes: Vec<FetchItem>,
    /// At least one; the first counts most.
    pub criteria: Vec<SortCriterion>,
    /// The messages that are sorted.
    pub key: SearchKey,
}

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortCriterion {
    /// The direction of this criterion.
    pub direction: Direction,
    /// By what.
    pub key: SortKey,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the least.
    Ascending,
    /// `REVERSE`: from the greatest.
    Descending,
}

/// What messages are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// RELEVANCY (RFC 6203, 6), only where a key is FUZZY: the highest first
    Relevancy,
    /// ARRIVAL
    Arrival,
    /// CC
    Cc,
    /// DATE
    Date,
    /// DISPLAYFROM (RFC 5957)
    DisplayFrom,
    /// DISPLAYTO (RFC 5957)
    DisplayTo,
    /// FROM
    From,
    /// SIZE
    Size,
    /// SUBJECT
    Subject,
    /// TO
    To,
}

/// How messages become threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// ORDEREDSUBJECT
    OrderedSubject,
    /// REFERENCES
    References,
    /// REFS, a later draft
    Refs,
}
