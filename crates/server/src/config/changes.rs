//! Settings as they were written, so that a later reading can be compared with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::sources::Given;

/// What every setting that was given says, by its name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WrittenSettings(BTreeMap<String, Vec<String>>);

impl WrittenSettings {
    pub(super) fn of(given: &BTreeMap<String, Given>) -> Self {
        let texts = |(key, given): (&String, &Given)| (key.clone(), given.texts.clone());
        Self(given.iter().map(texts).collect())
    }

    /// The settings that are written otherwise in `fresh`, or in one of the two only.
    #[must_use]
    pub fn changed_in(&self, fresh: &Self) -> Vec<String> {
        let names: BTreeSet<_> = self.0.keys().chain(fresh.0.keys()).collect();
        let has_changed = |name: &&&String| self.0.get(**name) != fresh.0.get(**name);
        names
            .iter()
            .filter(has_changed)
            .map(ToString::to_string)
            .collect()
    }
}

/// Without what they say, which may be a password.
impl fmt::Debug for WrittenSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
