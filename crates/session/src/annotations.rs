//! Annotations as METADATA responses tell them (RFC 5464). Pure.

use mail::{Depth, EntryName};
use store::Annotation;

/// The entry that says how to reach the administrators: it is set by configuration, for clients to read (RFC 5464,
/// 3.2.1.1).
pub(crate) const ADMIN: &str = "/shared/admin";

/// The lines of a METADATA response for `found`. An entry that was asked for by its very name and has no value is told
/// as NIL; one whose value is too large is left out.
pub(crate) fn told<'a>(
    asked: &'a [EntryName],
    depth: Depth,
    found: &'a [Annotation],
) -> Vec<(&'a str, Option<&'a [u8]>)> {
    let small = |annotation: &'a Annotation| {
        Some((annotation.entry.as_str(), annotation.value.as_deref()?))
    };
    if depth != Depth::Zero {
        let small = found.iter().filter_map(small);
        return small.map(|(entry, value)| (entry, Some(value))).collect();
    }
    let line = |entry: &'a EntryName| match found.iter().find(|found| found.entry == *entry) {
        Some(annotation) => small(annotation).map(|(entry, value)| (entry, Some(value))),
        None => Some((entry.as_str(), None)),
    };
    asked.iter().filter_map(line).collect()
}
