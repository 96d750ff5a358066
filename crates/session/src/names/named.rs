//! From what a client calls a mailbox to the mailbox, and what this user may do there.

use acl::{Denied, Operation, Permit};
use mail::{EntryName, MailboxName, Place};
use store::{Found, Listed, MailboxCounters};
use wire::MailboxArg;

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::lacking::Lacking;
use crate::names::filter::Candidate;
use crate::names::special_use::SPECIAL_USE_ENTRY;

/// A mailbox that was asked for by name.
pub(crate) struct Named {
    pub(crate) name: MailboxName,
    pub(crate) place: Place,
    pub(crate) found: Found,
    /// How far it was when it was found.
    pub(crate) counters: MailboxCounters,
}

/// What a name that means nothing to this user is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// NONEXISTENT
    Mailbox,
    /// TRYCREATE: the target of APPEND, COPY or MOVE
    Target,
}

impl Missing {
    fn refusal(self) -> Ending {
        match self {
            Self::Mailbox => Refused::NoSuchMailbox.into(),
            Self::Target => Refused::NoSuchTarget.into(),
        }
    }
}

impl Named {
    /// Whether it is an INBOX: one's own, that of a shared tree that is seen as an account, or another user's.
    pub(crate) fn is_inbox(&self) -> bool {
        is_inbox(&self.name, &self.place)
    }
}

/// As [`Named::is_inbox`], for a name that no mailbox may have.
pub(crate) fn is_inbox(name: &MailboxName, place: &Place) -> bool {
    let is_theirs = match place {
        Place::Theirs { path, .. } => path == MailboxName::INBOX,
        Place::Mine(_) | Place::Shared(_) => false,
    };
    is_theirs || name.as_str() == MailboxName::INBOX
}

/// What the client called a mailbox, where that is not its name: it was normalised
/// (RFC 9051, 5.1).
pub(crate) fn other_name<'a>(arg: &'a MailboxArg, name: &MailboxName) -> Option<&'a str> {
    arg.text().filter(|text| *text != name.as_str())
}

impl Session {
    /// The place that `arg` means to this user.
    pub(crate) fn place(&self, arg: &MailboxArg) -> Result<(MailboxName, Place), Ending> {
        let name = arg.name()?;
        match self.naming.place(&self.node.namespaces, &name) {
            Some(place) => Ok((name, place)),
            None => Err(Refused::Nowhere.into()),
        }
    }

    /// The name of `place` in this session, if it has one.
    pub(crate) fn name(&self, place: &Place) -> Option<MailboxName> {
        self.naming.name(&self.node.namespaces, place)
    }

    /// The mailbox, if it may be known and `operation` may be done there. One answer for what does
    /// not exist and for what must stay hidden (RFC 4314, 6).
    pub(crate) async fn permit(
        &self,
        arg: &MailboxArg,
        operation: Operation,
        missing: Missing,
    ) -> Result<(Named, Permit), Ending> {
        let named = self.find(arg, missing).await?;
        match acl::permit(&named.found.access, operation) {
            Ok(permit) => Ok((named, permit)),
            Err(Denied::Hidden) => Err(missing.refusal()),
            Err(Denied::NoPermission) => {
                let Named {
                    name, place, found, ..
                } = &named;
                let lacking = Lacking::on(name, place, &found.access, operation);
                Err(Refused::Lacking(Box::new(lacking)).into())
            }
        }
    }

    /// What LIST shows below this name. Where it is no mailbox that this user may know of, LIST shows the
    /// name only because it leads there, and a hidden mailbox of that name makes no difference.
    pub(crate) async fn below(&self, arg: &MailboxArg) -> Result<Vec<Listed>, Ending> {
        let account = self.logged_in()?.id;
        let Ok(name) = arg.name() else {
            return Ok(Vec::new());
        };
        let mut visible = self.store.visible(account).await?;
        visible.retain(|listed| {
            self.name(&listed.place)
                .is_some_and(|below| below.is_below(&name))
        });
        Ok(visible)
    }

    /// The mailbox, whether this user may know of it or not: the caller asks for a permit.
    async fn find(&self, arg: &MailboxArg, missing: Missing) -> Result<Named, Ending> {
        let account = self.logged_in()?.id;
        // A name that cannot be is a name that is not there.
        let Ok((name, place)) = self.place(arg) else {
            return Err(missing.refusal());
        };
        let found = self.store.resolve_with_counters(account, &place).await?;
        let Some((found, counters)) = found else {
            return Err(missing.refusal());
        };
        Ok(Named {
            name,
            place,
            found,
            counters,
        })
    }

    /// What filters are asked about a name.
    pub(crate) fn candidate<'n>(
        &self,
        name: &'n MailboxName,
        is_subscribed: bool,
    ) -> Candidate<'n> {
        Candidate {
            name,
            is_personal: self.is_personal(name),
            is_subscribed,
        }
    }

    /// Whether this session sees the name in its personal namespace (RFC 2342).
    pub(crate) fn is_personal(&self, name: &MailboxName) -> bool {
        let prefixes = self.naming.prefixes(&self.node.namespaces);
        let mut elsewhere = prefixes.others.into_iter().chain(prefixes.shared);
        !elsewhere.any(|prefix| name.as_str().starts_with(prefix))
    }

    /// Whether an annotation of the mailbox of this name is told. The special use is told in the personal namespace
    /// only, whatever the command: stock clients take the first mailbox with `\Trash` for their own, and move private
    /// mail there (ADR 0040).
    pub(crate) fn tells_entry(&self, name: &MailboxName, entry: &EntryName) -> bool {
        entry.as_str() != SPECIAL_USE_ENTRY || self.is_personal(name)
    }
}
