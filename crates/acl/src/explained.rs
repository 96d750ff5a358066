//! What somebody's rights come to, for people: where each of them is from, and what commands would be answered.

use mail::FlagBits;

use crate::{
    AclEntry, Belonging, Denied, EffectiveAccess, Identifier, Operation, Ownership, Rights, Who,
    applying, implied, permit,
};

/// What clients ask for, and the operation that sessions ask a permit for then.
const COMMANDS: [(&str, Operation); 15] = [
    ("LIST", Operation::Lookup),
    ("SUBSCRIBE", Operation::Subscribe),
    ("MYRIGHTS", Operation::ReadMyRights),
    (
        "SELECT, STATUS, FETCH, SEARCH, COPY out of it",
        Operation::Read,
    ),
    ("STORE of \\Seen", Operation::ChangeFlags(FlagBits::SEEN)),
    (
        "STORE of \\Deleted",
        Operation::ChangeFlags(FlagBits::DELETED),
    ),
    (
        "STORE of other flags",
        Operation::ChangeFlags(FlagBits::FLAGGED),
    ),
    (
        "APPEND, COPY and MOVE into it",
        Operation::Insert(FlagBits::NONE),
    ),
    ("EXPUNGE", Operation::Expunge),
    ("MOVE out of it", Operation::MoveFrom),
    ("CREATE below it", Operation::CreateChild),
    ("DELETE, RENAME", Operation::DeleteMailbox),
    ("GETMETADATA, SETMETADATA", Operation::Annotate),
    ("SETMETADATA of its policy", Operation::SetPolicy),
    (
        "GETACL, SETACL, DELETEACL, LISTRIGHTS",
        Operation::Administer,
    ),
];

/// Something that has a say in somebody's rights on a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it is.
    pub origin: ReasonOrigin,
    /// Which rights it concerns.
    pub rights: Rights,
    /// Whether it takes them instead of giving them.
    pub takes: bool,
}

/// Where rights are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReasonOrigin {
    /// The list's entry for these.
    Entry(Identifier),
    /// That the mailbox is one's own.
    Ownership,
    /// That one administers the site.
    Administration,
}

/// Every entry that applies, in the list's order, then what no list can take away.
#[must_use]
pub fn reasons(list: &[AclEntry], who: &Who, belonging: Belonging<'_>) -> Vec<Reason> {
    let entries = applying(list, who, belonging).map(|entry| Reason {
        origin: ReasonOrigin::Entry(entry.identifier.clone()),
        rights: entry.rights,
        takes: entry.is_negative,
    });
    let always = implied(who.is_admin, belonging.ownership);
    let always = (!always.is_empty()).then_some(Reason {
        origin: match belonging.ownership {
            Ownership::Own => ReasonOrigin::Ownership,
            Ownership::Theirs | Ownership::Shared => ReasonOrigin::Administration,
        },
        rights: always,
        takes: false,
    });
    entries.chain(always).collect()
}

/// What each command of IMAP is answered, from the function that sessions ask.
pub fn command_answers(
    access: &EffectiveAccess,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMANDS.iter().map(|(command, operation)| {
        let answer = match permit(access, *operation) {
            Ok(_) => "OK",
            Err(Denied::NoPermission) => "NO [NOPERM]",
            Err(Denied::Hidden) => "NO [NONEXISTENT]",
        };
        (*command, answer)
    })
}

#[cfg(test)]
mod tests {
    use mail::{AccountId, MailboxId};

    use super::command_answers;
    use crate::{EffectiveAccess, Rights};

    #[test]
    fn commands_are_answered_as_sessions_answer_them() {
        for (rights, command, expected) in [
            ("", "LIST", "NO [NONEXISTENT]"),
            ("l", "LIST", "OK"),
            ("l", "EXPUNGE", "NO [NOPERM]"),
            ("lre", "EXPUNGE", "OK"),
            ("lrs", "STORE of \\Seen", "OK"),
            ("lrs", "STORE of \\Deleted", "NO [NOPERM]"),
        ] {
            let access = EffectiveAccess {
                account: AccountId(1),
                mailbox: MailboxId(1),
                rights: Rights::parse(rights).unwrap(),
                version: 1,
            };
            let mut answers = command_answers(&access);
            let answer = answers.find(|(known, _)| *known == command);
            assert_eq!(answer, Some((command, expected)), "{rights}");
        }
    }
}
