//! The repository as texts by path. Rules are tested on trees that are written down in the test.

use std::collections::BTreeMap;
use std::path::Path;

use crate::tool::ChoreError;

/// Folders that no rule reads.
const SKIPPED: &[&str] = &[".git", ".postroom", ".sqlx", "target"];

/// Every text of the repository; paths are relative to its root and use `/`.
#[derive(Debug, Default)]
pub(super) struct Tree {
    texts: BTreeMap<String, String>,
}

impl Tree {
    /// What lies below `root` now. Files that are not UTF-8, such as pictures, are there without a text.
    pub(super) fn load(root: &Path) -> Result<Self, ChoreError> {
        let mut tree = Self::default();
        tree.load_folder(root, "")?;
        Ok(tree)
    }

    fn load_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), ChoreError> {
        let entries = std::fs::read_dir(folder).map_err(ChoreError::at(folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(ChoreError::at(folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(ChoreError::at(&name))?;
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                self.load_folder(&entry.path(), &format!("{prefix}{name}/"))?;
            } else if kind.is_file() {
                let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
                self.texts.insert(format!("{prefix}{name}"), text);
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn of(texts: &[(&str, &str)]) -> Self {
        let own = |&(path, text): &(&str, &str)| (path.to_owned(), text.to_owned());
        Self {
            texts: texts.iter().map(own).collect(),
        }
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether a file, or a folder with a file in it, has this path.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.texts.contains_key(path) || self.texts.keys().any(|file| file.starts_with(&folder))
    }

    /// All files below `folder` (with its slash) whose name ends in `ending`.
    pub(super) fn files<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts
            .iter()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// The room a path belongs to: `crates/<room>/…`.
pub(super) fn room_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

/// Whether the whole file is there for tests: `tests/…`, `src/tests.rs`, `src/frame/tests/…`.
pub(super) fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_exists_by_its_files() {
        let tree = Tree::of(&[("docs/adr/0001-rooms.md", "")]);
        assert!(tree.has("docs/adr"));
        assert!(tree.has("docs/adr/"));
        assert!(tree.has("docs/adr/0001-rooms.md"));
        assert!(!tree.has("docs/ad"));
    }

    #[test]
    fn test_files_are_told_by_their_place() {
        assert!(is_test_file("crates/wire/src/tests/grammar.rs"));
        assert!(is_test_file("crates/server/src/config/tests.rs"));
        assert!(is_test_file("crates/store/tests/promises.rs"));
        assert!(!is_test_file("crates/wire/src/contests.rs"));
    }

    #[test]
    fn the_room_is_the_folder_below_crates() {
        assert_eq!(room_of("crates/wire/src/lib.rs"), Some("wire"));
        assert_eq!(room_of("docs/STYLE.md"), None);
    }
}
