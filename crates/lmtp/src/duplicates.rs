//! What makes two letters the same: a client that disconnects before it reads its 250 delivers again.

use mime::header_values;
use sha2::{Digest as _, Sha256};

use crate::transaction::MailTransaction;

/// By what a letter is known that was delivered a short time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// All its bytes are the same.
    Bytes,
    /// It has the same Message-ID; without one, the same bytes.
    MessageId,
    /// The sending side calls it the same, and sender and Message-ID are the same: ids of queues are used again. Without
    /// such an id, the same bytes.
    QueueId,
    /// By nothing: all that comes is delivered.
    Off,
}

impl Duplicates {
    /// What two letters that are the same have in common. Recipients do not matter: it is asked per mailbox.
    #[must_use]
    pub fn key<R>(self, transaction: &MailTransaction<R>) -> Option<[u8; 32]> {
        let letter = &transaction.letter;
        let message_id = || header_values(letter, "Message-ID").next();
        let bytes = || hash(&[b"bytes", letter]);
        Some(match self {
            Self::Off => return None,
            Self::Bytes => bytes(),
            Self::MessageId => match message_id().filter(|id| !id.is_empty()) {
                Some(id) => hash(&[b"message-id", &id]),
                None => bytes(),
            },
            Self::QueueId => match &transaction.queue_id {
                Some(queue_id) => hash(&[
                    b"queue-id",
                    transaction.client.as_bytes(),
                    queue_id.as_bytes(),
                    transaction.sender.as_bytes(),
                    &message_id().unwrap_or_default(),
                ]),
                None => bytes(),
            },
        })
    }
}

/// Each part with its length before it, so that nothing moves from one to the next.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
