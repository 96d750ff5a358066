//! Untagged responses that were encoded once and are sent many times.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use mail::ModSeq;

use crate::lock::lock;

/// What must be equal for two watchers to receive the same bytes: the change of state, the options of
/// the session that shape responses, and the private flags on the messages concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedResponse {
    /// The mod-sequence that the client knows.
    pub from: ModSeq,
    /// The mod-sequence up to which it is told now.
    pub to: ModSeq,
    /// The session's settings that change a response, packed by the session.
    pub speech: u16,
    /// A fingerprint of the private flags on the messages concerned.
    pub digest: u64,
}

/// Watchers that keep up all share the latest response; the others are for those that lag.
const SHARED_RESPONSES_MAX: usize = 16;

/// A cache of the latest shared responses of one mailbox.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<VecDeque<(SharedResponse, Bytes)>>);

impl Said {
    pub(crate) fn find(&self, shared_response: &SharedResponse) -> Option<Bytes> {
        let said = lock(&self.0);
        said.iter()
            .find(|(known, _)| known == shared_response)
            .map(|(_, bytes)| bytes.clone())
    }

    pub(crate) fn keep(&self, shared_response: SharedResponse, bytes: Bytes) {
        let mut said = lock(&self.0);
        if said.len() == SHARED_RESPONSES_MAX {
            said.pop_back();
        }
        said.push_front((shared_response, bytes));
    }
}
