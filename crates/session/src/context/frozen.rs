//! A search key for as long as its results are kept up to date.

use wire::{MessageSet, NumberEnd, NumberRange, NumberSet, Numbering, SearchKey};

use crate::search::target::SearchTarget;

/// Sequence numbers and `$` mean what they mean when the command comes (RFC 5267, 4.3): they become UIDs.
/// UIDs stay as they are: `7:*` goes on to take in what arrives.
pub(super) fn freeze(key: &SearchKey, search_target: &SearchTarget<'_>) -> SearchKey {
    let boxed = |key: &SearchKey| Box::new(freeze(key, search_target));
    match key {
        SearchKey::Sequence(set) => fixed(search_target, Numbering::Sequence, set),
        SearchKey::Uid(set @ MessageSet::Saved) => fixed(search_target, Numbering::Uid, set),
        SearchKey::And(keys) => {
            SearchKey::And(keys.iter().map(|key| freeze(key, search_target)).collect())
        }
        SearchKey::Or(a, b) => SearchKey::Or(boxed(a), boxed(b)),
        SearchKey::Not(key) => SearchKey::Not(boxed(key)),
        SearchKey::Fuzzy(key) => SearchKey::Fuzzy(boxed(key)),
        leaf => leaf.clone(),
    }
}

/// Whether a message is found or not by what time it is.
pub(super) fn is_timed(key: &SearchKey) -> bool {
    key.any(&|leaf| matches!(leaf, SearchKey::Younger(_) | SearchKey::Older(_)))
}

/// Whether it names the last message, whichever that is.
pub(super) fn names_last(key: &SearchKey) -> bool {
    let is_last = |end| end == NumberEnd::Last;
    key.any(&|leaf| match leaf {
        SearchKey::Uid(MessageSet::Listed(set)) => set
            .0
            .iter()
            .any(|range| is_last(range.0) || is_last(range.1)),
        _ => false,
    })
}

fn fixed(search_target: &SearchTarget<'_>, numbering: Numbering, set: &MessageSet) -> SearchKey {
    let uids = search_target.view.uids(&search_target.find(numbering, set));
    let end = |uid: mail::Uid| NumberEnd::Number(uid.get());
    let ranges = uids
        .ranges()
        .map(|(low, high)| NumberRange(end(low), end(high)));
    SearchKey::Uid(MessageSet::Listed(NumberSet(ranges.collect())))
}
