//! Untagged responses that were encoded once and are sent many times.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use mail::ModSeq;

/// What makes two watchers hear the same bytes: the step they take, the way they speak, and
/// how their private flags colour the messages concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What the client knows.
    pub from: ModSeq,
    /// What it is about to know.
    pub to: ModSeq,
    /// The session's settings that change a response, packed by the session.
    pub speech: u16,
    /// A fingerprint of the private flags on the messages concerned.
    pub tint: u64,
}

/// Watchers that keep up all take the same step; a few more are for those who lag.
const PHRASES_MAX: usize = 16;

/// The latest phrases of one mailbox.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<VecDeque<(Phrase, Bytes)>>);

impl Said {
    pub(crate) fn find(&self, phrase: &Phrase) -> Option<Bytes> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter()
            .find(|(known, _)| known == phrase)
            .map(|(_, bytes)| bytes.clone())
    }

    pub(crate) fn keep(&self, phrase: Phrase, bytes: Bytes) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() == PHRASES_MAX {
            said.pop_back();
        }
        said.push_front((phrase, bytes));
    }
}
