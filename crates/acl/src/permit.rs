//! Permits: the proof that an account may do an operation.

use mail::{AccountId, FlagBits, MailboxId};

use crate::{Operation, Rights, storable};

/// What an account may do on a mailbox, as of one version of the mailbox's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveAccess {
    /// The account.
    pub account: AccountId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The effective rights.
    pub rights: Rights,
    /// The version of the mailbox's rights from which they were computed.
    pub version: i64,
}

/// The permission for one operation. Only [`permit`] makes it.
///
/// The store compares versions inside its transaction and, where the rights have changed, checks
/// again for [`needed`](Self::needed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    access: EffectiveAccess,
    needed: Rights,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The answer must be the one for a name that does not exist.
    #[error("no such mailbox")]
    Hidden,
    /// The account may know that the mailbox exists: the answer is `NO [NOPERM]`.
    #[error("permission denied")]
    NoPermission,
}

/// Makes a permit for `operation`, if the rights suffice.
///
/// # Errors
///
/// [`Denied`] says what the answer may tell about the mailbox (RFC 4314, 6).
pub fn permit(access: &EffectiveAccess, operation: Operation) -> Result<Permit, Denied> {
    if let Some(needed) = operation.needed(access.rights) {
        Ok(Permit {
            access: *access,
            needed,
        })
    } else if access.rights.intersects(operation.knowable_by()) {
        Err(Denied::NoPermission)
    } else {
        Err(Denied::Hidden)
    }
}

/// Whether `rights` suffice for `operation`: for whole listings, where no permit is needed.
#[must_use]
pub fn suffices(rights: Rights, operation: Operation) -> bool {
    operation.needed(rights).is_some()
}

impl Permit {
    /// The account that may do the operation.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.access.account
    }

    /// The mailbox on which it may be done.
    #[must_use]
    pub const fn mailbox(&self) -> MailboxId {
        self.access.mailbox
    }

    /// The rights that must still be held when the operation is done.
    #[must_use]
    pub const fn needed(&self) -> Rights {
        self.needed
    }

    /// All rights that were held when the permit was made.
    #[must_use]
    pub const fn held(&self) -> Rights {
        self.access.rights
    }

    /// The version of the mailbox's rights from which the permit was made.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.access.version
    }

    /// The flags that may be set and cleared: those that the operation named and the rights allow,
    /// and the others that the same right guards.
    #[must_use]
    pub fn storable(&self) -> FlagBits {
        storable(self.needed)
    }
}

#[cfg(test)]
mod tests {
    use mail::{AccountId, FlagBits, MailboxId};

    use super::{Denied, EffectiveAccess, permit};
    use crate::{Operation, Rights};

    fn access(letters: &str) -> EffectiveAccess {
        EffectiveAccess {
            account: AccountId(7),
            mailbox: MailboxId(42),
            rights: Rights::parse(letters).unwrap(),
            version: 3,
        }
    }

    fn operation(word: &str) -> Operation {
        match word {
            "list" => Operation::Lookup,
            "subscribe" => Operation::Subscribe,
            "read" => Operation::Read,
            "mark-seen" => Operation::ChangeFlags(FlagBits::SEEN),
            "mark-deleted" => Operation::ChangeFlags(FlagBits::DELETED),
            "mark-flagged" => Operation::ChangeFlags(FlagBits::FLAGGED),
            "mark-seen-flagged" => Operation::ChangeFlags(FlagBits::SEEN.union(FlagBits::FLAGGED)),
            "mark-nothing" => Operation::ChangeFlags(FlagBits::NONE),
            "replace-flags" => Operation::ChangeFlags(FlagBits::ALL),
            "insert" => Operation::Insert(FlagBits::NONE),
            "insert-seen-deleted" => Operation::Insert(FlagBits::SEEN.union(FlagBits::DELETED)),
            "insert-any-flags" => Operation::Insert(FlagBits::ALL),
            "post" => Operation::Post,
            "file-copy" => Operation::FileCopy,
            "expunge" => Operation::Expunge,
            "move-from" => Operation::MoveFrom,
            "create-child" => Operation::CreateChild,
            "create-special" => Operation::CreateSpecial,
            "delete-mailbox" => Operation::DeleteMailbox,
            "administer" => Operation::Administer,
            "my-rights" => Operation::ReadMyRights,
            "annotate" => Operation::Annotate,
            "set-policy" => Operation::SetPolicy,
            other => panic!("no operation is called {other}"),
        }
    }

    /// Checks rows of `held operation verdict`; `-` holds nothing. A verdict is the rights that the
    /// permit asks for, or `no`, or `hidden`.
    fn permits(table: &str) {
        let mut rows = table.lines().map(str::trim).filter(|row| !row.is_empty());
        assert_eq!(
            rows.next().unwrap().split_whitespace().collect::<Vec<_>>(),
            ["held", "operation", "verdict"]
        );
        for row in rows {
            let [held, operation_word, verdict] = row.split_whitespace().collect::<Vec<_>>()[..]
            else {
                panic!("not a row: {row}")
            };
            let result = permit(&access(held.trim_matches('-')), operation(operation_word));
            let expected = match verdict {
                "no" => Err(Denied::NoPermission),
                "hidden" => Err(Denied::Hidden),
                letters => Ok(Rights::parse(letters.trim_matches('-')).unwrap()),
            };
            assert_eq!(result.map(|permit| permit.needed()), expected, "{row}");
        }
    }

    #[test]
    fn each_operation_asks_for_its_right() {
        permits(
            "
            held           operation            verdict
            l              list                 l
            rswipkxtean    list                 hidden
            l              subscribe            l
            rswipkxtean    subscribe            hidden
            lr             read                 r
            r              read                 r
            lswipkxtean    read                 no
            lri            insert               i
            i              insert               i
            lrswpkxtean    insert               no
            p              post                 p
            lrswikxtean    post                 no
            -              file-copy            -
            lre            expunge              re
            lrswipkxtan    expunge              no
            lrte           move-from            rte
            lre            move-from            no
            lrt            move-from            no
            lk             create-child         k
            lrswipxtean    create-child         no
            lrswipkxten    create-special       no
            lka            create-special       no
            lrkxa          create-special       lrka
            lx             delete-mailbox       x
            lrswipktean    delete-mailbox       no
            la             administer           a
            a              administer           a
            lrswipkxten    administer           no
            ",
        );
    }

    #[test]
    fn store_passes_when_one_flag_may_be_changed() {
        permits(
            "
            held      operation            verdict
            lr        mark-seen            no
            lrs       mark-seen            rs
            lrwt      mark-seen            no
            lrt       mark-deleted         rt
            lrsw      mark-deleted         no
            lrw       mark-flagged         rw
            lrst      mark-flagged         no
            lrsw      mark-seen-flagged    rsw
            lrs       mark-seen-flagged    rs
            lrw       mark-seen-flagged    rw
            lrt       mark-seen-flagged    no
            lrswt     replace-flags        rswt
            lrt       replace-flags        rt
            lr        replace-flags        no
            lr        mark-nothing         r
            lswt      mark-seen            no
            ",
        );
    }

    #[test]
    fn insert_never_fails_for_a_flag() {
        permits(
            "
            held      operation              verdict
            li        insert-seen-deleted    i
            lis       insert-seen-deleted    is
            liwt      insert-seen-deleted    it
            liswt     insert-any-flags       iswt
            lrsti     insert-any-flags       ist
            lswt      insert-any-flags       no
            ",
        );
    }

    #[test]
    fn some_operations_need_one_of_several_rights() {
        permits(
            "
            held      operation    verdict
            l         my-rights    l
            r         my-rights    r
            i         my-rights    i
            k         my-rights    k
            x         my-rights    x
            a         my-rights    a
            swpten    my-rights    hidden
            -         my-rights    hidden
            l         annotate     no
            lkxtea    annotate     no
            rswip     annotate     hidden
            lr        annotate     lr
            ls        annotate     ls
            lw        annotate     lw
            li        annotate     li
            lp        annotate     lp
            lra       set-policy   lra
            lswp      set-policy   no
            la        set-policy   no
            ra        set-policy   hidden
            ",
        );
    }

    #[test]
    fn without_l_a_refusal_does_not_admit_that_the_mailbox_exists() {
        permits(
            "
            held          operation         verdict
            -             read              hidden
            -             insert            hidden
            -             post              hidden
            -             expunge           hidden
            -             administer        hidden
            -             mark-seen         hidden
            rswipkxten    administer        hidden
            r             insert            hidden
            r             delete-mailbox    hidden
            swipkxtean    read              hidden
            l             administer        no
            l             read              no
            ",
        );
        // Whoever has the mailbox selected knows that it exists.
        permits(
            "
            held    operation    verdict
            r       expunge      no
            r       mark-seen    no
            r       move-from    no
            ",
        );
    }

    #[test]
    fn a_permit_says_for_whom_and_as_of_when() {
        let seen_and_flagged = FlagBits::SEEN.union(FlagBits::FLAGGED);
        let permit = permit(&access("lrst"), Operation::ChangeFlags(seen_and_flagged)).unwrap();
        assert_eq!(permit.account(), AccountId(7));
        assert_eq!(permit.mailbox(), MailboxId(42));
        assert_eq!(permit.version(), 3);
        assert_eq!(permit.held(), Rights::parse("lrst").unwrap());
        assert_eq!(permit.needed(), Rights::parse("rs").unwrap());
        // Not \Deleted: the operation did not name it, so it is not asked for again.
        assert_eq!(permit.storable(), FlagBits::SEEN);
    }

    #[test]
    fn a_copy_keeps_the_flags_that_the_rights_of_the_target_allow() {
        // The two cases of RFC 4314, 4, "Copying or appending messages".
        for (held, deleted, seen, draft) in
            [("rwis", false, true, true), ("rsti", true, true, false)]
        {
            let flags = permit(&access(held), Operation::Insert(FlagBits::ALL))
                .unwrap()
                .storable();
            assert_eq!(flags.contains(FlagBits::DELETED), deleted, "{held}");
            assert_eq!(flags.contains(FlagBits::SEEN), seen, "{held}");
            assert_eq!(flags.contains(FlagBits::DRAFT), draft, "{held}");
        }
    }
}
