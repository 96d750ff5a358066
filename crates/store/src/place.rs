//! Places as the database keeps them: an owner and a path.

use acl::{Belonging, Ownership};
use mail::{AccountId, Place};

use crate::fold::fold;

/// Whose tree a place is in: the database finds the owner's id, since names may be unknown.
pub(crate) struct Tree<'p> {
    pub(crate) kind: i16,
    pub(crate) owner_name: Option<String>,
    pub(crate) path: &'p str,
}

/// The owner of what nobody owns.
const NOBODY: i64 = 0;

impl<'p> From<&'p Place> for Tree<'p> {
    fn from(place: &'p Place) -> Self {
        let (kind, owner_name, path) = match place {
            Place::Mine(path) => (0, None, path),
            // A name that no account can have finds none.
            Place::Theirs { owner, path } => (1, fold(owner), path),
            Place::Shared(path) => (2, None, path),
        };
        Self {
            kind,
            owner_name,
            path,
        }
    }
}

/// The place as `asker` names it; `None` for the tree of an account that is gone.
pub(crate) fn place(
    asker: AccountId,
    owner: i64,
    owner_name: Option<String>,
    path: String,
) -> Option<Place> {
    Some(match owner {
        NOBODY => Place::Shared(path),
        owner if owner == asker.0 => Place::Mine(path),
        _ => Place::Theirs {
            owner: owner_name?,
            path,
        },
    })
}

/// Whose mailbox it is, seen by `asker`.
pub(crate) fn belonging(asker: AccountId, owner: i64, domain: &str) -> Belonging<'_> {
    Belonging {
        ownership: match owner {
            NOBODY => Ownership::Shared,
            owner if owner == asker.0 => Ownership::Own,
            _ => Ownership::Theirs,
        },
        domain: (!domain.is_empty()).then_some(domain),
    }
}
