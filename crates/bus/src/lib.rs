//! Wake-ups between nodes: "mailbox M has news up to N".
//!
//! A wake-up is a hint. Losing, doubling or reordering some costs time and never correctness,
//! because whoever hears one reads what is committed. So they are merged without fear, and what
//! they carry is never the change itself. No sockets and no SQL: who owns a connection sends what
//! the [`Outbox`] holds.

mod counters;
mod outbox;
mod payload;

use mail::{MailboxId, ModSeq};

pub use counters::{Counted, Counters};
pub use outbox::Outbox;
pub use payload::{BadPayload, PAYLOAD_BYTES_MAX, pack, unpack};

/// The directory of names, rights, subscriptions and annotations is woken as if it were a mailbox of this
/// id. Its log has no mod-sequence: whoever hears of it reads on from where he stopped.
pub const DIRECTORY: MailboxId = MailboxId(0);

/// A mailbox has news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wakeup {
    /// Where.
    pub mailbox: MailboxId,
    /// Up to where they go, at least.
    pub modseq: ModSeq,
}
