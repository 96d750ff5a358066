//! Finds PostgreSQL's programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::PgError;

/// One installed PostgreSQL.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    /// The directory of the programs; empty when they are on the PATH.
    dir: PathBuf,
    /// The version, such as `15.14 (Debian 15.14-0+deb12u1)`.
    pub(crate) version: String,
}

impl Binaries {
    /// Finds the first installation that runs, or that can read data of the major version `data`.
    pub(crate) fn find(given: Option<&Path>, data: Option<(&Path, &str)>) -> Result<Self, PgError> {
        let places = given.map_or_else(usual_places, |dir| vec![dir.to_owned()]);
        let mut found: Vec<Self> = Vec::new();
        for binaries in places.into_iter().filter_map(Self::probe) {
            if data.is_none_or(|(_, version)| binaries.major() == version) {
                return Ok(binaries);
            }
            found.push(binaries);
        }
        match data {
            Some((dir, version)) if !found.is_empty() => Err(PgError::OtherVersion {
                dir: dir.to_owned(),
                data: version.to_owned(),
                found: found.iter().map(Self::major).collect::<Vec<_>>().join(", "),
            }),
            Some(_) | None => Err(PgError::NotInstalled),
        }
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    /// The installation in `dir`; `None` unless both programs are there and the server says its
    /// version.
    fn probe(dir: PathBuf) -> Option<Self> {
        let mut binaries = Self {
            dir,
            version: String::new(),
        };
        said_by(Command::new(binaries.initdb()).arg("--version"))?;
        let said = said_by(Command::new(binaries.postgres()).arg("--version"))?;
        // postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
        said.split_once(") ")?.1.clone_into(&mut binaries.version);
        Some(binaries)
    }

    /// The major version, as `PG_VERSION` of a data directory has it.
    fn major(&self) -> &str {
        let end = self.version.find(|c: char| !c.is_ascii_digit());
        end.and_then(|end| self.version.get(..end))
            .unwrap_or(&self.version)
    }
}

/// The places to search: the PATH, where `pg_config` points, then the directories of packages,
/// newest first.
fn usual_places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::new()];
    places.extend(said_by(Command::new("pg_config").arg("--bindir")).map(PathBuf::from));
    // Debian and Ubuntu, then the packages of postgresql.org for Fedora and related systems.
    places.extend(newest_first(Path::new("/usr/lib/postgresql"), ""));
    places.extend(newest_first(Path::new("/usr"), "pgsql-"));
    places
}

/// The `bin` of each `<prefix><version>` in `parent`.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let version = |name: &str| name.strip_prefix(prefix)?.parse::<u32>().ok();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                version(entry.file_name().to_str()?)?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, bin)| bin).collect()
}

fn said_by(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let said = String::from_utf8(output.stdout).ok()?;
    Some(said.trim().to_owned()).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Binaries, newest_first};

    #[test]
    fn the_newest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9", "15", "17", "common", "pgsql-16"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = newest_first(parent.path(), "");
        let expected = ["17", "15", "9"].map(|name| parent.path().join(name).join("bin"));
        assert_eq!(found, expected);
        assert_eq!(newest_first(parent.path(), "pgsql-").len(), 1);
    }

    #[test]
    fn what_is_missing_is_named() {
        let nowhere = Path::new("/nonexistent");
        let error = Binaries::find(Some(nowhere), None).unwrap_err().to_string();
        assert!(
            error.contains("install the package `postgresql`"),
            "{error}"
        );
    }

    #[test]
    fn data_of_another_version_is_not_touched() {
        let error = Binaries::find(None, Some((Path::new("/data"), "9"))).unwrap_err();
        assert!(error.to_string().contains("`postgresql-9`"), "{error}");
    }
}
