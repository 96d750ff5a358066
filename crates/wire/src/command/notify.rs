//! NOTIFY (RFC 5465).

use crate::command::fetch::FetchItem;
use crate::command::mailbox::MailboxArg;

/// The arguments of NOTIFY.
#[derive(Clone, Debug, PartialEq)]
pub enum Notify {
    /// `NONE`
    None,
    /// `SET`
    Set {
        /// `STATUS`: tell how each mailbox is now.
        tells_status: bool,
        /// What to tell of the selected mailbox; `None` for nothing.
        selected: Option<SelectedEvents>,
        /// What to tell of the others.
        groups: Vec<EventGroup>,
    },
    /// `SET` with an event that is not known.
    Unsupported,
}

/// What to tell of the selected mailbox: arrivals and losses in any case.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedEvents {
    /// `SELECTED-DELAYED`: numbers move only when a command allows it.
    pub is_delayed: bool,
    /// `FlagChange`
    pub has_flags: bool,
    /// What to tell of a message that arrives; may be empty.
    pub attributes: Vec<FetchItem>,
}

/// Mailboxes, and what to tell of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// The mailboxes.
    pub filter: MailboxFilter,
    /// The events that are asked for.
    pub events: NotifyEvents,
}

/// Mailboxes that are not named one by one (RFC 5465, 6; RFC 7377, 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxFilter {
    /// `personal`, and `inboxes`
    Personal,
    /// `subscribed`
    Subscribed,
    /// `subtree`: these and all below them
    Subtree(Vec<MailboxArg>),
    /// `subtree-one`: these and those one level below them
    SubtreeOne(Vec<MailboxArg>),
    /// `mailboxes`
    Mailboxes(Vec<MailboxArg>),
}

/// Events of mailboxes that are not selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotifyEvents {
    /// `MessageNew` and `MessageExpunge`
    pub messages: Option<MessageEvents>,
    /// `MailboxName`
    pub names: bool,
    /// `SubscriptionChange`
    pub subscriptions: bool,
    /// `MailboxMetadataChange`
    pub metadata: bool,
    /// `ServerMetadataChange`
    pub server_metadata: bool,
}

/// Events of messages: arrivals and losses in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageEvents {
    /// `FlagChange`
    pub has_flags: bool,
}

impl MailboxFilter {
    /// The names that are written in it.
    #[must_use]
    pub fn names(&self) -> &[MailboxArg] {
        match self {
            Self::Personal | Self::Subscribed => &[],
            Self::Subtree(names) | Self::SubtreeOne(names) | Self::Mailboxes(names) => names,
        }
    }
}
