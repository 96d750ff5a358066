//! Searches that are kept under a name (RFC 5466): what FILTER stands for.

use mail::limits::{FILTER_PASSES_MAX, FILTERS_PER_SEARCH_MAX, SEARCH_DEPTH_MAX};
use mail::{Depth, EntryName, UidSet};
use store::{NewValue, Wanted};
use wire::{Mode, SearchKey, SearchReturn, is_filter_name, parse_criteria};

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};

/// The names below which annotations of the server are filters: those of one user, and of all (RFC 5466, 3.2).
const ROOTS: [&str; 2] = ["/private/filters/values/", "/shared/filters/values/"];

/// Whether what shall be a filter can be one.
pub(crate) fn check_filter((entry, value): &NewValue) -> Result<(), Refused> {
    let mut names = ROOTS.iter().map(|root| entry.as_str().strip_prefix(root));
    let Some(name) = names.find_map(|name| name) else {
        return Ok(());
    };
    if !is_filter_name(name) {
        return Err(Refused::Cannot("A filter is called by one word"));
    }
    // Removing is always possible; how another session speaks is not known here.
    match value {
        Some(value) if parse_criteria(value, Mode::default()).is_none() => {
            Err(Refused::Cannot("A filter is what stands behind SEARCH"))
        }
        Some(_) | None => Ok(()),
    }
}

impl Session {
    /// Puts in place of the filters of `key` what they stand for. What was to be saved of a search that is
    /// refused because of them is empty (RFC 5182, 2.1).
    pub(crate) async fn put_in_filters(
        &mut self,
        key: &mut SearchKey,
        returns: Option<SearchReturn>,
    ) -> Result<(), Ending> {
        let put_in = self.try_to_put_in_filters(key).await;
        if let (Err(_), Some(selected)) = (&put_in, &mut self.selected)
            && returns.is_some_and(|returns| returns.save)
        {
            selected.saved = UidSet::new();
        }
        put_in
    }

    async fn try_to_put_in_filters(&self, key: &mut SearchKey) -> Result<(), Ending> {
        let mut count = 0;
        for _ in 0..FILTER_PASSES_MAX {
            let (names, places): (Vec<_>, Vec<_>) = filters(key).into_iter().unzip();
            if names.is_empty() {
                return check_levels(key);
            }
            count += names.len();
            if count > FILTERS_PER_SEARCH_MAX {
                let text = format!("More than {FILTERS_PER_SEARCH_MAX} filters are in the search");
                return Err(Refused::Limit(text.into()).into());
            }
            let meant = self.load_filters(&names).await?;
            for (place, key) in places.into_iter().zip(meant) {
                *place = key;
            }
        }
        // In a loop, or so deep that it is taken for one (RFC 5466, 3.1).
        match filters(key).pop() {
            None => check_levels(key),
            Some((name, _)) => Err(Refused::UndefinedFilter(name).into()),
        }
    }

    /// What each name stands for: one's own filter, or else that of all.
    async fn load_filters(&self, names: &[String]) -> Result<Vec<SearchKey>, Ending> {
        let account = self.logged_in()?.id;
        let mut entries = Vec::with_capacity(names.len() * ROOTS.len());
        for name in names {
            for root in ROOTS {
                let entry = EntryName::parse(&format!("{root}{name}"));
                entries.push(entry.map_err(|_| Refused::UndefinedFilter(name.clone()))?);
            }
        }
        let wanted = Wanted {
            entries: &entries,
            depth: Depth::Zero,
            value_bytes_max: None,
        };
        let found = self.store.server_metadata(account, wanted).await?;
        let value = |entry: &EntryName| {
            let found = found.iter().find(|found| found.entry == *entry);
            found.and_then(|found| found.value.as_deref())
        };
        let mode = self.enabled.mode();
        let meant = names.iter().zip(entries.chunks(ROOTS.len()));
        meant
            .map(|(name, entries)| {
                let key = entries.iter().find_map(value);
                let key = key.and_then(|value| parse_criteria(value, mode));
                key.ok_or_else(|| Refused::UndefinedFilter(name.clone()).into())
            })
            .collect()
    }
}

/// A search is read level by level, so filters may not make it deeper than it may be written.
fn check_levels(key: &SearchKey) -> Result<(), Ending> {
    if key.levels() > SEARCH_DEPTH_MAX {
        let text = format!("The search has more than {SEARCH_DEPTH_MAX} levels of nesting");
        return Err(Refused::Limit(text.into()).into());
    }
    Ok(())
}

/// The filters in a key: the name of each, as the client writes it, and where it stands.
fn filters(key: &mut SearchKey) -> Vec<(String, &mut SearchKey)> {
    match key {
        SearchKey::Filter(name) => vec![(name.clone(), key)],
        SearchKey::And(keys) => keys.iter_mut().flat_map(filters).collect(),
        SearchKey::Or(a, b) => [a, b].into_iter().flat_map(|key| filters(key)).collect(),
        SearchKey::Not(key) | SearchKey::Fuzzy(key) => filters(key),
        _ => Vec::new(),
    }
}
