//! What a client switched on, and how one speaks with it from then on. Pure.

use wire::{Mode, Speech};

use crate::view::{MessageLabel, ResponseOptions};

/// The extensions that ENABLE, or a parameter that enables, has switched on. None is ever switched off again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Enabled {
    /// CONDSTORE (RFC 7162).
    pub(crate) condstore: bool,
    /// QRESYNC (RFC 7162).
    pub(crate) qresync: bool,
    /// IMAP4rev2 (RFC 9051).
    pub(crate) rev2: bool,
    /// UTF8=ACCEPT (RFC 6855).
    pub(crate) utf8: bool,
    /// UIDONLY (RFC 9586).
    pub(crate) uid_only: bool,
}

impl Enabled {
    /// How news of the selected mailbox is told.
    pub(crate) fn options(self) -> ResponseOptions {
        let label = if self.uid_only {
            MessageLabel::Uid
        } else if self.condstore || self.rev2 {
            MessageLabel::NumberAndUid
        } else {
            MessageLabel::Number
        };
        ResponseOptions {
            modseq: self.condstore,
            label,
            vanished: self.qresync || self.uid_only,
            recent: !self.rev2,
            withholds_flags: false,
        }
    }

    /// How names are written to this client.
    pub(crate) fn speech(self) -> Speech {
        Speech {
            utf8: self.mode().utf8,
        }
    }

    /// How what this client says is read.
    pub(crate) fn mode(self) -> Mode {
        Mode {
            utf8: self.rev2 || self.utf8,
            rev2: self.rev2,
            uid_only: self.uid_only,
        }
    }

    /// The client knows that CLOSED ends what was selected (RFC 7162, 3.2.11; RFC 9051, 7.1).
    pub(crate) fn knows_closed(self) -> bool {
        self.qresync || self.rev2
    }
}
