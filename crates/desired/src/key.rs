//! The keys of a file: the parser knows no others, and the reference is made of them.

use std::fmt::Write as _;

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Who can log in.
    Accounts,
    /// Groups of accounts, for access control lists.
    Groups,
    /// Shared mailboxes.
    Mailboxes,
    /// Addresses that lead to other addresses.
    Aliases,
}

impl Section {
    /// All of them, in the order of a file.
    pub const ALL: [Self; 4] = [Self::Accounts, Self::Groups, Self::Mailboxes, Self::Aliases];

    /// As `complete` has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Groups => "groups",
            Self::Mailboxes => "mailboxes",
            Self::Aliases => "aliases",
        }
    }

    /// The first word of its tables' names.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Accounts => "account",
            Self::Groups => "group",
            Self::Mailboxes => "mailbox",
            Self::Aliases => "alias",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Accounts => "account.ada",
            Self::Groups => "group.support",
            Self::Mailboxes => "mailbox.\"support/Sent\"",
            Self::Aliases => "alias",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Accounts => "An account, by its login name.",
            Self::Groups => "A group of accounts, by its name without group:.",
            Self::Mailboxes => {
                "A shared mailbox, by its name below the shared namespace. What is above it comes first, whatever the order here."
            }
            Self::Aliases => {
                "Addresses that lead to other addresses, each to these and no others. A domain may be another name of one domain."
            }
        }
    }
}

/// A key of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesiredKey {
    /// In which tables it may stand.
    pub section: Section,
    /// How it is called.
    pub name: &'static str,
    /// A value that it may have.
    pub example: &'static str,
    /// What it means.
    pub words: &'static str,
}

const fn key(
    section: Section,
    name: &'static str,
    example: &'static str,
    words: &'static str,
) -> DesiredKey {
    DesiredKey {
        section,
        name,
        example,
        words,
    }
}

pub(crate) const COMPLETE: &str = "complete";

impl DesiredKey {
    /// All of them, in the order of a file.
    pub const ALL: [Self; 15] = [
        key(
            Section::Accounts,
            "source",
            "\"directory\"",
            "An LDAP directory keeps it: it is neither made nor changed here, but for addresses and quota.",
        ),
        key(
            Section::Accounts,
            "admin",
            "false",
            "Whether it administers the site. An account that is there stays what it is: another value is refused.",
        ),
        key(
            Section::Accounts,
            "disabled",
            "false",
            "Whether nobody may log in to it.",
        ),
        key(
            Section::Accounts,
            "hash",
            "\"$6$…\"",
            "The hash of its password when it is made, as `postroom user import` takes it. Later it is not looked at.",
        ),
        key(
            Section::Accounts,
            "folders",
            "true",
            "Whether it is made with Sent, Drafts, Trash, Archive and Junk. Later it is not looked at.",
        ),
        key(
            Section::Accounts,
            "addresses",
            "[\"ada@example.org\"]",
            "The addresses that lead to its INBOX, and no others. Anyone may post there where one is new.",
        ),
        key(
            Section::Accounts,
            "quota",
            "{ storage = 1048576, messages = 100000, mailboxes = 50 }",
            "The limits of its mailboxes, storage in KiB; what is not named is not limited.",
        ),
        key(
            Section::Groups,
            "source",
            "\"directory\"",
            "An LDAP directory says who is in it: it is neither made nor changed here.",
        ),
        key(
            Section::Groups,
            "members",
            "[\"ada\", \"group:night\"]",
            "The accounts and groups that are in it, and no others.",
        ),
        key(
            Section::Mailboxes,
            "special_use",
            "\"\\\\Sent\"",
            "What it is for (RFC 6154); \"\" for nothing in particular.",
        ),
        key(
            Section::Mailboxes,
            "rights",
            "{ ada = \"manager\", \"group:support\" = \"editor\", anyone = \"p\" }",
            "Its list of rights: these entries and no others, each a role or letters (`postroom acl --help`), a negative one with - before \
             its name. Who is named with p may send as its addresses; without `anyone` nobody from outside may post there. \"inherited\": it \
             has the list of the mailbox above it, as a new mailbox does where nothing is said.",
        ),
        key(
            Section::Mailboxes,
            "private",
            "[\"\\\\Seen\"]",
            "The flags that everybody has for himself, and no others.",
        ),
        key(
            Section::Mailboxes,
            "addresses",
            "[\"support@example.org\", \"@example.net\"]",
            "The addresses that lead there, and no others; @example.net is all that comes to a domain and is not known there.",
        ),
        key(
            Section::Mailboxes,
            "quota",
            "{ storage = 10485760 }",
            "The limits of it and all below it, storage in KiB; what is not named is not limited.",
        ),
        key(
            Section::Mailboxes,
            "folders",
            "true",
            "Whether it has Sent, Drafts, Trash, Archive and Junk below it, each with its special use and the list from above, as \
             tables of their own would say.",
        ),
    ];

    /// Those of one kind of table.
    pub fn of(section: Section) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |key| key.section == section)
    }
}

/// A file with every key, its words and an example, all commented out.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Every key of a file for `postroom apply`. What a table does not say stays as it is; a list that is said is exact.\n\
         \n\
         # Of these the file names all that there shall be: with --prune other accounts are disabled, other groups, mailboxes\n\
         # and aliases deleted. Without it --prune deletes mailboxes alone, in the trees that the file names.\n\
         #complete = [\"accounts\", \"groups\", \"mailboxes\", \"aliases\"]\n",
    );
    for section in Section::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "\n# {}\n#[{}]", section.title(), section.example());
        for key in DesiredKey::of(section) {
            let _ = writeln!(page, "# {}\n#{} = {}", key.words, key.name, key.example);
        }
    }
    page.push_str("#\"help@example.org\" = [\"support@example.org\"]\n#\"@old.example\" = [\"@example.org\"]\n");
    page
}
