//! The user that runs PostgreSQL: our own, or an unprivileged one when we are root.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::PgError;

/// A user and its group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// The users that may run PostgreSQL for root, in this order.
const SERVANTS: [&str; 2] = ["postgres", "nobody"];

impl User {
    /// Chooses the user; `None` when PostgreSQL runs as ourselves. Existing data is run by its
    /// owner.
    pub(crate) fn choose(data: Option<&Metadata>) -> Result<Option<Self>, PgError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let owner = data.map(|data| Self {
            uid: data.uid(),
            gid: data.gid(),
        });
        owner
            .filter(|owner| owner.uid != 0)
            .or_else(|| SERVANTS.into_iter().find_map(Self::find))
            .map(Some)
            .ok_or(PgError::NoUser)
    }

    pub(crate) fn become_in(self, command: &mut Command) {
        // The standard library drops root's supplementary groups with it.
        command.uid(self.uid).gid(self.gid);
    }

    /// The first directory above `dir`, from the root on, that this user may not pass. Access
    /// control lists of the file system are not considered.
    pub(crate) fn barrier(self, dir: &Path) -> Option<&Path> {
        let mut above: Vec<&Path> = dir.ancestors().skip(1).collect();
        above.reverse();
        above
            .into_iter()
            .find(|parent| !parent.metadata().is_ok_and(|parent| self.may_pass(&parent)))
    }

    fn may_pass(self, dir: &Metadata) -> bool {
        let execute = if dir.uid() == self.uid {
            0o100
        } else if dir.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        dir.mode() & execute != 0
    }

    /// Finds a user by `id`, which also knows users that no file of this machine lists.
    fn find(name: &str) -> Option<Self> {
        let number = |what: &str| -> Option<u32> {
            let output = Command::new("id").args([what, name]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        Some(Self {
            uid: number("-u")?,
            gid: number("-g")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::User;

    #[test]
    fn a_closed_directory_on_the_way_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let outer = temp.path().join("outer");
        let dir = outer.join("inner").join("dir");
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&outer, Permissions::from_mode(0o710)).unwrap();
        let stranger = User {
            uid: 4_000_000,
            gid: 4_000_000,
        };
        assert_eq!(stranger.barrier(&dir), Some(outer.as_path()));
        fs::set_permissions(&outer, Permissions::from_mode(0o711)).unwrap();
        assert_eq!(stranger.barrier(&dir), None);
    }

    #[test]
    fn data_that_is_there_stays_with_its_owner() {
        let temp = tempfile::tempdir().unwrap();
        if !rustix::process::geteuid().is_root() {
            assert_eq!(User::choose(None).unwrap(), None);
            return;
        }
        assert_ne!(User::choose(None).unwrap().unwrap().uid, 0);
        chown(temp.path(), Some(4711), Some(4712)).unwrap();
        let owner = User::choose(Some(&temp.path().metadata().unwrap())).unwrap();
        assert_eq!(
            owner,
            Some(User {
                uid: 4711,
                gid: 4712
            })
        );
    }
}
