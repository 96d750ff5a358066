//! Where a letter to an address goes.

use mail::{EmailAddress, MailboxId, Place};

/// Where a letter to an address goes, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The mailboxes that it is for, each once. None: nobody is known by this address.
    pub targets: Vec<Target>,
    /// How they were found, in this order.
    pub steps: Vec<RouteStep>,
}

/// A route, and what else an administrator wants to know of an address.
#[derive(Clone, Debug)]
pub struct RouteExplanation {
    /// Where a letter would be filed, and whether it may be from anyone.
    pub filed: Vec<(Place, bool)>,
    /// How that was found.
    pub steps: Vec<RouteStep>,
    /// Who may send as the address, by name.
    pub senders: Vec<String>,
    /// Where a copy of what is sent as it goes.
    pub sent_copy: Option<EmailAddress>,
}

/// A mailbox that a letter is addressed to, and what may take its place there ([`crate::filing()`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The mailbox.
    pub mailbox: TargetMailbox,
    /// The one below it that the subaddress names.
    pub subfolder: Option<TargetMailbox>,
    /// The one for junk in the same tree.
    pub junk: Option<MailboxId>,
    /// The Sent of the same tree, where the letter is a copy of what was sent as the addresses of the mailbox.
    pub sent: Option<MailboxId>,
}

/// A mailbox on a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetMailbox {
    /// The mailbox.
    pub id: MailboxId,
    /// Where it is. No tree is the reader's own.
    pub place: Place,
    /// The version of its rights when the route was asked for.
    pub rights_version: i64,
}

/// Something that was found out on the way from an address to its mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteStep {
    /// The address is known.
    Known(String),
    /// An address is known without its subaddress.
    Subaddress {
        /// As it was asked for.
        address: String,
        /// As it is known.
        known: String,
    },
    /// What comes to a domain goes to another one.
    DomainAlias {
        /// The domain.
        domain: String,
        /// The one that it is.
        target: String,
    },
    /// An address that is not known goes where all such of its domain go.
    CatchAll {
        /// The address.
        address: String,
        /// `@` and the domain.
        domain: String,
    },
    /// An address leads to another one.
    Alias {
        /// The address.
        address: String,
        /// Where it leads.
        target: String,
    },
    /// A mailbox is reached.
    Mailbox(Place),
    /// The mailbox that a subaddress names, below the one that was reached.
    Subfolder(Place),
    /// There is no mailbox of this name below the one that was reached.
    NoSubfolder(String),
    /// The letter is a copy of one that was sent as the addresses of the mailbox that is reached; it goes to this Sent.
    SentCopy(Place),
    /// Nothing is known by this address.
    Unknown(String),
}

impl RouteStep {
    /// In words, with mailboxes as `name` calls them.
    pub fn words(&self, name: impl Fn(&Place) -> String) -> String {
        match self {
            Self::Known(address) => format!("{address} is known"),
            Self::Subaddress { address, known } => {
                format!("{address} is {known} with a subaddress")
            }
            Self::DomainAlias { domain, target } => {
                format!("@{domain} is another name of @{target}")
            }
            Self::CatchAll { address, domain } => {
                format!("{address} is not known, and {domain} takes all that comes")
            }
            Self::Alias { address, target } => format!("{address} leads to {target}"),
            Self::Mailbox(place) => format!("it leads to {}", name(place)),
            Self::Subfolder(place) => format!("the subaddress names {}", name(place)),
            Self::NoSubfolder(detail) => format!("there is no {detail} below it"),
            Self::SentCopy(place) => format!(
                "it is a copy of what is sent from there, for {}",
                name(place)
            ),
            Self::Unknown(address) => format!("{address} is not known"),
        }
    }
}
