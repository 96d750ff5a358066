//! From a list to the rights of one person.

use mail::AccountId;

use crate::{Identifier, Rights};

/// One line of a mailbox's list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Whom it is about.
    pub identifier: Identifier,
    /// Whether it takes the rights instead of giving them.
    pub is_negative: bool,
    /// Which rights; none is a line too.
    pub rights: Rights,
}

/// Somebody who is logged in, as far as rights are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The account.
    pub account: AccountId,
    /// Its name, spelled as identifiers spell it.
    pub name: String,
    /// The names of the groups that it belongs to.
    pub groups: Vec<String>,
    /// Whether this is a site administrator.
    pub is_admin: bool,
}

/// Whose mailbox it is, seen from the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The asker's own.
    Own,
    /// Another user's.
    Theirs,
    /// In the tree that nobody owns.
    Shared,
}

/// What `who` may do: the union of the entries that apply, minus the union of the negative ones,
/// and always what is [`implied`].
#[must_use]
pub fn effective(entries: &[Entry], who: &Who, ownership: Ownership) -> Rights {
    let (mut given, mut taken) = (Rights::NONE, Rights::NONE);
    for entry in applying(entries, who, ownership) {
        let side = if entry.is_negative {
            &mut taken
        } else {
            &mut given
        };
        *side = side.union(entry.rights);
    }
    given.without(taken).union(implied(who.is_admin, ownership))
}

/// The entries that have a say in what `who` may do, in their order.
pub fn applying<'e>(
    entries: &'e [Entry],
    who: &Who,
    ownership: Ownership,
) -> impl Iterator<Item = &'e Entry> {
    entries
        .iter()
        .filter(move |entry| applies(&entry.identifier, who, ownership))
}

/// What nobody can take away, whatever the list says.
///
/// Owners can always put their own list right, and of every shared mailbox somebody can: a site
/// administrator. Neither reads mail by that: `r` comes from the list alone.
#[must_use]
pub const fn implied(is_admin: bool, ownership: Ownership) -> Rights {
    const REACH: Rights = Rights::LOOKUP.union(Rights::ADMINISTER);
    const KEEP: Rights = REACH.union(Rights::CREATE).union(Rights::DELETE_MAILBOX);
    match (ownership, is_admin) {
        (Ownership::Own, _) | (Ownership::Shared, true) => KEEP,
        (Ownership::Theirs, true) => REACH,
        (Ownership::Theirs | Ownership::Shared, false) => Rights::NONE,
    }
}

fn applies(identifier: &Identifier, who: &Who, ownership: Ownership) -> bool {
    match identifier {
        Identifier::User(name) => *name == who.name,
        Identifier::Group(name) => who.groups.contains(name),
        Identifier::Anyone | Identifier::Authenticated => true,
        // Whoever has an account is somebody.
        Identifier::Anonymous => false,
        Identifier::Owner => ownership == Ownership::Own,
    }
}
