//! Untagged responses that were encoded once and are sent many times.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use mail::ModSeq;

use crate::lock::lock;

/// What makes two watchers hear the same bytes: the step they take, the way they speak, and
/// how their private flags colour the messages concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedResponse {
    /// What the client knows.
    pub from: ModSeq,
    /// What it is about to know.
    pub to: ModSeq,
    /// The session's settings that change a response, packed by the session.
    pub speech: u16,
    /// A fingerprint of the private flags on the messages concerned.
    pub digest: u64,
}

/// Watchers that keep up all take the same step; a few more are for those who lag.
const SHARED_RESPONSES_MAX: usize = 16;

/// The latest shared responses of one mailbox.
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
