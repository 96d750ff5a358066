//! What is new to a client, as it is written. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};

use live::MailboxState;
use mail::{SeqNum, Uid, UidSet};
use wire::say;

use crate::view::{ResponseOptions, Shown};

/// Everything that leads from `known` to `latest`, ready to be written.
pub(super) struct News {
    pub(super) expunged: Vec<SeqNum>,
    pub(super) vanished: UidSet,
    pub(super) exists: Option<u32>,
    pub(super) arrived: u32,
    pub(super) changed: Vec<(SeqNum, Uid, Shown)>,
}

impl News {
    pub(super) fn has_numbers(&self) -> bool {
        !self.expunged.is_empty() || self.exists.is_some()
    }

    pub(super) fn encode_numbers(&self, options: ResponseOptions) -> Vec<u8> {
        let mut out = Vec::new();
        if options.vanished && !self.vanished.is_empty() {
            say::vanished(&mut out, &self.vanished);
        } else {
            // Highest first, so that the numbers of the others are still what they were.
            for seq in &self.expunged {
                say::expunge(&mut out, seq.get());
            }
        }
        if let Some(exists) = self.exists {
            say::exists(&mut out, exists);
        }
        out
    }

    pub(super) fn encode_changed(
        &self,
        options: ResponseOptions,
        latest: &MailboxState,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        for (seq, uid, shown) in &self.changed {
            say_shown(&mut out, options, latest, *seq, *uid, shown);
        }
        out
    }
}

/// Two watchers with the same options and digest hear the same bytes, which `\Recent` is among.
pub(super) fn digest(changed: &[(SeqNum, Uid, Shown)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    changed.hash(&mut hasher);
    hasher.finish()
}

/// An untagged FETCH with what can change of a message.
pub(crate) fn say_shown(
    out: &mut Vec<u8>,
    options: ResponseOptions,
    mailbox_state: &MailboxState,
    seq: SeqNum,
    uid: Uid,
    shown: &Shown,
) {
    let mut line = options.label.begin(out, seq, uid);
    line.flags(shown.names(&mailbox_state.keywords));
    if options.modseq {
        line.modseq(shown.modseq);
    }
    line.end();
}
