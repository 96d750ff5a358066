//! What somebody is told who may know a mailbox and not do something there: mail programs show the text to people word
//! for word. It says nothing but what its reader knows already: the name, the own rights, and the owner whose name stands
//! in it. Who else administers a mailbox is for those who administer it. Pure.

use std::fmt;

use acl::{EffectiveAccess, Operation, Rights};
use mail::{MailboxName, Place};

/// A right that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// `None` for the selected mailbox.
    name: Option<String>,
    operation: Operation,
    held: Rights,
    whom: Whom,
}

/// Who can give the right.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whom {
    Yourself,
    Owner(String),
    Administrators,
}

impl Lacking {
    /// In the selected mailbox.
    pub(crate) fn here(access: &EffectiveAccess, operation: Operation) -> Self {
        let whom = if access.rights.contains(Rights::ADMINISTER) {
            Whom::Yourself
        } else {
            Whom::Administrators
        };
        Self {
            name: None,
            operation,
            held: access.rights,
            whom,
        }
    }

    /// In a mailbox that was named.
    pub(crate) fn on(
        name: &MailboxName,
        place: &Place,
        access: &EffectiveAccess,
        operation: Operation,
    ) -> Self {
        let here = Self::here(access, operation);
        let whom = match (here.whom, place) {
            (Whom::Administrators, Place::Theirs { owner, .. }) => Whom::Owner(owner.clone()),
            (whom, _) => whom,
        };
        Self {
            // A text is ASCII, and there is no telling a name otherwise.
            name: name.as_str().is_ascii().then(|| name.to_string()),
            whom,
            ..here
        }
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "In {name} you may ")?,
            None => f.write_str("Here you may ")?,
        }
        let wanted = words_of(self.operation);
        match held_words(self.held) {
            Some(held) => write!(f, "{held}, but not {wanted}; ")?,
            None => write!(f, "not {wanted}; ")?,
        }
        match &self.whom {
            Whom::Yourself => f.write_str("as you administer it, you can give yourself that right"),
            Whom::Owner(owner) if owner.is_ascii() => {
                write!(f, "{owner}, whose mailbox it is, can change that")
            }
            Whom::Owner(_) => f.write_str("its owner can change that"),
            Whom::Administrators => f.write_str("whoever administers it can change that"),
        }
    }
}

/// The most that somebody may do, in a word.
fn held_words(held: Rights) -> Option<&'static str> {
    let may = |right| held.contains(right);
    match (may(Rights::READ), may(Rights::INSERT)) {
        (true, true) => Some("read and add messages"),
        (true, false) => Some("read"),
        (false, true) => Some("add messages"),
        (false, false) => None,
    }
}

const fn words_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Lookup => "see the mailbox",
        Operation::Subscribe => "subscribe to the mailbox",
        Operation::Read => "read",
        Operation::ChangeFlags(_) => "change these flags",
        Operation::Insert(_) => "add messages",
        Operation::Post => "post",
        Operation::FileCopy => "file copies of sent mail",
        Operation::Expunge => "remove messages",
        Operation::MoveFrom => "move messages away",
        Operation::CreateChild => "create mailboxes",
        Operation::CreateSpecial => "create mailboxes with a special use",
        Operation::DeleteMailbox => "delete or rename the mailbox",
        Operation::Administer => "see or change who may do what",
        Operation::ReadMyRights => "ask for your rights",
        Operation::Annotate => "read or change annotations",
        Operation::SetPolicy => "change how it works for everybody",
    }
}

#[cfg(test)]
mod tests {
    use acl::{EffectiveAccess, Operation, Rights};
    use mail::{AccountId, MailboxId, MailboxName, Place};

    use super::Lacking;

    fn access(rights: &str) -> EffectiveAccess {
        EffectiveAccess {
            account: AccountId(7),
            mailbox: MailboxId(42),
            rights: Rights::parse(rights).unwrap(),
            version: 1,
        }
    }

    #[test]
    fn a_text_says_what_is_missing_where_and_who_can_change_that() {
        let (support, umlaut) = ("Shared Folders/support", "Shared Folders/Anträge");
        for (name, rights, operation, expected) in [
            (
                support,
                "lr",
                Operation::DeleteMailbox,
                "In Shared Folders/support you may read, but not delete or rename the mailbox; \
                 whoever administers it can change that",
            ),
            (
                support,
                "l",
                Operation::Read,
                "In Shared Folders/support you may not read; whoever administers it can change that",
            ),
            (
                umlaut,
                "lia",
                Operation::CreateChild,
                "Here you may add messages, but not create mailboxes; as you administer it, you can \
                 give yourself that right",
            ),
        ] {
            let place = Place::Shared("support".into());
            let name = MailboxName::parse(name).unwrap();
            let lacking = Lacking::on(&name, &place, &access(rights), operation);
            assert_eq!(lacking.to_string(), expected);
        }
    }

    #[test]
    fn the_owner_is_named_where_the_name_says_who_that_is() {
        let place = Place::Theirs {
            owner: "ada".into(),
            path: "Work".into(),
        };
        let name = MailboxName::parse("Other Users/ada/Work").unwrap();
        let lacking = Lacking::on(&name, &place, &access("lri"), Operation::Expunge);
        assert_eq!(
            lacking.to_string(),
            "In Other Users/ada/Work you may read and add messages, but not remove messages; \
             ada, whose mailbox it is, can change that"
        );
    }
}
