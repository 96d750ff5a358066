//! Wake-ups between nodes: "mailbox M has news up to N".
//!
//! A wake-up is a hint. Losing, doubling or reordering wake-ups costs time and never correctness,
//! because whoever receives one reads what is committed. Therefore they may be merged, and they
//! never carry the change itself. No sockets and no SQL: the owner of a connection sends what the
//! [`Outbox`] holds, or a [`Carrier`] does.

mod carrier;
mod outbox;
mod payload;

use mail::{MailboxId, ModSeq};

pub use carrier::{Carried, Carrier, Carrying, NotCarried};
pub use outbox::Outbox;
pub use payload::{BadPayload, PAYLOAD_BYTES_MAX, pack, unpack};

/// The directory of names, rights, subscriptions and annotations is woken as if it were a mailbox
/// of this id. Its log has no mod-sequence: whoever receives the wake-up reads on from where he
/// stopped.
pub const DIRECTORY: MailboxId = MailboxId(0);

/// The hint that a mailbox has news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wakeup {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The mod-sequence up to which there is news, at least.
    pub modseq: ModSeq,
}
