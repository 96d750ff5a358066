//! Where a search is cut short when it would look at too many messages (RFC 9738). Pure.

use mail::{Uid, UidSet};
use wire::{MessageSet, NumberEnd, NumberRange, NumberSet, Numbering, SearchKey};

use crate::message_limit::{Bound, Cut};
use crate::search::target::SearchTarget;
use crate::view::picked::Picked;

impl Bound {
    /// The place at which a search by `key` is cut short when it would look at too many messages, however few it finds.
    pub(crate) fn cut_search(
        self,
        key: &SearchKey,
        search_target: SearchTarget<'_>,
    ) -> Option<Cut> {
        if self.is_open() {
            return None;
        }
        let (_, cut) = self.newest(searched(key, search_target));
        cut
    }
}

impl Cut {
    /// The key of a search that looks only at the messages above this place.
    pub(crate) fn within(self, key: SearchKey) -> SearchKey {
        let Some(lowest) = self.lowest else {
            return key;
        };
        let range = NumberRange(
            NumberEnd::Number(lowest.get()),
            NumberEnd::Number(Uid::MAX.get()),
        );
        let newest = MessageSet::Listed(NumberSet(vec![range]));
        SearchKey::And(vec![SearchKey::Uid(newest), key])
    }
}

/// How many messages a search finds at most, by the sets that its key names.
pub(crate) fn messages_max(key: &SearchKey, search_target: SearchTarget<'_>) -> usize {
    match named(key, &search_target) {
        Some(named) => named.len(),
        None => search_target.messages(),
    }
}

/// The messages that a search has to look at: those that its key names, or all.
fn searched(key: &SearchKey, search_target: SearchTarget<'_>) -> UidSet {
    match named(key, &search_target) {
        Some(named) => search_target.view.uids(&named),
        None => {
            let all = search_target.view.known().image.iter();
            all.map(|(_, message)| message.uid).collect()
        }
    }
}

/// The messages that the most selective set of the key names; `None` when it has no set.
fn named(key: &SearchKey, search_target: &SearchTarget<'_>) -> Option<Picked> {
    match key {
        SearchKey::Sequence(set) => Some(search_target.find(Numbering::Sequence, set)),
        SearchKey::Uid(set) => Some(search_target.find(Numbering::Uid, set)),
        SearchKey::And(keys) => {
            let picked = keys.iter().filter_map(|key| named(key, search_target));
            picked.min_by_key(Picked::len)
        }
        _ => None,
    }
}
