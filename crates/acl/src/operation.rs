//! Operations on a mailbox, and the rights that each needs.

use mail::FlagBits;

use crate::{Rights, guarding, storable};

/// What an account wants to do on a mailbox, as far as rights are concerned (RFC 4314, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Learn that the mailbox exists: LIST.
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
    /// APPEND, COPY or MOVE into it, with those of these flags that the rights allow.
    Insert(FlagBits),
    /// Deliver mail to its address.
    Post,
    /// File the copy of a letter that was sent as the team. It needs no right: who may send as the team may
    /// ([`may_send_as`](crate::may_send_as)), and the MTA vouches for whom it does not name.
    FileCopy,
    /// EXPUNGE. CLOSE without this right closes and does not expunge.
    Expunge,
    /// MOVE out of it (RFC 6851, 4.2), and REPLACE of one of its messages (RFC 8508, 4.1).
    MoveFrom,
    /// CREATE below it, or RENAME to a name below it.
    CreateChild,
    /// CREATE below it with a special use, which all who work there are told.
    CreateSpecial,
    /// DELETE, or RENAME to another place. A RENAME into another owner's tree also needs what
    /// [`Administer`](Self::Administer) needs.
    DeleteMailbox,
    /// SETACL, DELETEACL, GETACL, LISTRIGHTS, and reading the activity.
    Administer,
    /// MYRIGHTS.
    ReadMyRights,
    /// SETMETADATA and GETMETADATA (RFC 5464, 3.3).
    Annotate,
    /// SETMETADATA of an annotation that decides how the mailbox works for everybody.
    SetPolicy,
}

impl Operation {
    /// The rights that the operation needs of an account with the rights `held`; `None` when these
    /// do not suffice.
    ///
    /// Where one of several rights is enough, one that is held is returned, because the permit is
    /// checked against a single set later.
    pub(crate) fn needed(self, held: Rights) -> Option<Rights> {
        let needed = match self {
            Self::Lookup | Self::Subscribe => Rights::LOOKUP,
            Self::Read => Rights::READ,
            Self::ChangeFlags(flags) => {
                let changeable = flags.intersection(storable(held));
                // A STORE of no flags changes nothing and is allowed to all who may read.
                if changeable.is_empty() && !flags.is_empty() {
                    return None;
                }
                Rights::READ.union(guarding(changeable))
            }
            Self::Insert(flags) => {
                Rights::INSERT.union(guarding(flags.intersection(storable(held))))
            }
            Self::Post => Rights::POST,
            Self::FileCopy => Rights::NONE,
            Self::Expunge => Rights::READ.union(Rights::EXPUNGE),
            Self::MoveFrom => Rights::READ
                .union(Rights::DELETE_MESSAGES)
                .union(Rights::EXPUNGE),
            Self::CreateChild => Rights::CREATE,
            Self::CreateSpecial => Rights::CREATE.union(Self::SetPolicy.needed(held)?),
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

    /// The rights of which any one lets a refusal admit that the mailbox exists.
    ///
    /// In general that is `l` (RFC 4314, 6). Operations on messages happen in a selected mailbox,
    /// and whoever holds `r` could select it.
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
            | Self::FileCopy
            | Self::CreateChild
            | Self::CreateSpecial
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
