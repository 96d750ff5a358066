//! What can be done on a mailbox, and the rights that each operation needs.

use mail::FlagBits;

use crate::{Rights, guarding, storable};

/// Something one may do on a mailbox (RFC 4314, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Be told that it is there: LIST.
    Lookup,
    /// SUBSCRIBE. UNSUBSCRIBE needs no right.
    Subscribe,
    /// SELECT, EXAMINE, STATUS, FETCH, SEARCH, and COPY out of it.
    Read,
    /// STORE, and the `\Seen` that a FETCH implies: any change of these flags.
    ///
    /// Permitted when one of them may be changed; [`Permit::storable`](crate::Permit::storable)
    /// says which.
    ChangeFlags(FlagBits),
    /// APPEND, COPY or MOVE into it, with as many of these flags as the rights allow.
    Insert(FlagBits),
    /// Deliver to its address.
    Post,
    /// EXPUNGE. CLOSE without this right closes and does not expunge.
    Expunge,
    /// MOVE out of it (RFC 6851, 4.2), and REPLACE of a message there (RFC 8508, 4.1).
    MoveFrom,
    /// CREATE below it, or RENAME to below it.
    CreateChild,
    /// DELETE, or RENAME to elsewhere. Into another owner's tree it also takes what
    /// [`Administer`](Self::Administer) does.
    DeleteMailbox,
    /// SETACL, DELETEACL, GETACL, LISTRIGHTS, and reading who did what.
    Administer,
    /// MYRIGHTS.
    ReadMyRights,
    /// SETMETADATA and GETMETADATA (RFC 5464, 3.3).
    Annotate,
    /// SETMETADATA of what decides how the mailbox works for everybody.
    SetPolicy,
}

impl Operation {
    /// The rights it takes, by one who holds `held`; `None` when these do not suffice.
    ///
    /// Where any of several rights would do, one that is held is named: the permit is checked
    /// against a single set later.
    pub(crate) fn needed(self, held: Rights) -> Option<Rights> {
        let needed = match self {
            Self::Lookup | Self::Subscribe => Rights::LOOKUP,
            Self::Read => Rights::READ,
            Self::ChangeFlags(flags) => {
                let changeable = flags.intersection(storable(held));
                if changeable.is_empty() && !flags.is_empty() {
                    return None;
                }
                Rights::READ.union(guarding(changeable))
            }
            Self::Insert(flags) => {
                Rights::INSERT.union(guarding(flags.intersection(storable(held))))
            }
            Self::Post => Rights::POST,
            Self::Expunge => Rights::READ.union(Rights::EXPUNGE),
            Self::MoveFrom => Rights::READ
                .union(Rights::DELETE_MESSAGES)
                .union(Rights::EXPUNGE),
            Self::CreateChild => Rights::CREATE,
            Self::DeleteMailbox => Rights::DELETE_MAILBOX,
            Self::Administer => Rights::ADMINISTER,
            Self::ReadMyRights => one_of(held, MY_RIGHTS)?,
            Self::Annotate => Rights::LOOKUP.union(one_of(held, ANNOTATING)?),
            Self::SetPolicy => Rights::LOOKUP
                .union(Rights::ADMINISTER)
                .union(one_of(held, ANNOTATING)?),
        };
        held.contains(needed).then_some(needed)
    }

    /// Any one of these, and a refusal may admit that the mailbox exists.
    ///
    /// `l` in general (RFC 4314, 6). What is done to messages is done in a selected mailbox, and
    /// whoever holds `r` was let in.
    pub(crate) const fn knowable_by(self) -> Rights {
        match self {
            Self::ChangeFlags(_) | Self::Expunge | Self::MoveFrom => {
                Rights::LOOKUP.union(Rights::READ)
            }
            Self::Lookup
            | Self::Subscribe
            | Self::Read
            | Self::Insert(_)
            | Self::Post
            | Self::CreateChild
            | Self::DeleteMailbox
            | Self::Administer
            | Self::ReadMyRights
            | Self::Annotate
            | Self::SetPolicy => Rights::LOOKUP,
        }
    }
}

/// RFC 4314, 4, "Reading ACLs".
const MY_RIGHTS: Rights = Rights::LOOKUP
    .union(Rights::READ)
    .union(Rights::INSERT)
    .union(Rights::CREATE)
    .union(Rights::DELETE_MAILBOX)
    .union(Rights::ADMINISTER);

/// RFC 5464, 3.3.
const ANNOTATING: Rights = Rights::READ
    .union(Rights::SEEN)
    .union(Rights::WRITE)
    .union(Rights::INSERT)
    .union(Rights::POST);

fn one_of(held: Rights, choice: Rights) -> Option<Rights> {
    let found = held.intersection(choice).any_one();
    (!found.is_empty()).then_some(found)
}
