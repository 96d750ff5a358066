//! Where a letter is filed, once it is known which mailbox it is for: one pure function, where a filter language would
//! decide. No rights, no SQL.

use mail::{FlagBits, MailboxId};

use crate::Target;

/// What is known of a letter when it is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Whether somebody judged it to be junk.
    pub is_junk: bool,
    /// Whether whoever sends may post to the mailbox that the subaddress names.
    pub may_post_below: bool,
}

/// Where a letter is filed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filing {
    /// In this mailbox.
    pub mailbox: MailboxId,
    /// By the right to post to this one.
    pub judged_by: MailboxId,
    /// With these flags, for everybody, whether or not each has them apart.
    pub flags: FlagBits,
}

/// Decides where a letter for `target` is filed.
///
/// Junk goes to the mailbox for junk of the tree by the right to post to the mailbox that it is addressed to. What has a
/// subaddress goes to the mailbox of that name where whoever sends may post there, too, and else where the others go. The
/// copy of what was sent is in the team's Sent, and read.
#[must_use]
pub fn filing(target: &Target, circumstances: Circumstances) -> Filing {
    let addressed = target.mailbox.id;
    let below = target
        .subfolder
        .as_ref()
        .filter(|_| circumstances.may_post_below)
        .map(|below| below.id);
    let junk = target.junk.filter(|_| circumstances.is_junk);
    if let Some(sent) = target.sent {
        return Filing {
            mailbox: sent,
            judged_by: addressed,
            flags: FlagBits::SEEN,
        };
    }
    let (mailbox, judged_by) = match (junk, below) {
        (Some(junk), _) => (junk, addressed),
        (None, Some(below)) => (below, below),
        (None, None) => (addressed, addressed),
    };
    Filing {
        mailbox,
        judged_by,
        flags: FlagBits::NONE,
    }
}

#[cfg(test)]
mod tests {
    use mail::{FlagBits, MailboxId, Place};

    use super::{Circumstances, Filing, filing};
    use crate::{Target, TargetMailbox};

    const ADDRESSED: i64 = 1;
    const BELOW: i64 = 2;
    const JUNK: i64 = 3;

    fn mailbox(id: i64) -> TargetMailbox {
        TargetMailbox {
            id: MailboxId(id),
            place: Place::Shared(id.to_string()),
            rights_version: 1,
        }
    }

    #[test]
    fn a_copy_of_sent_mail_is_in_the_sent_and_read() {
        for is_junk in [false, true] {
            let target = Target {
                mailbox: mailbox(ADDRESSED),
                subfolder: None,
                junk: Some(MailboxId(JUNK)),
                sent: Some(MailboxId(4)),
            };
            let circumstances = Circumstances {
                is_junk,
                may_post_below: false,
            };
            let expected = Filing {
                mailbox: MailboxId(4),
                judged_by: MailboxId(ADDRESSED),
                flags: FlagBits::SEEN,
            };
            assert_eq!(filing(&target, circumstances), expected);
        }
    }

    #[test]
    fn outcomes() {
        for (has_below, may_post_below, has_junk, is_junk, filed, judged_by) in [
            (false, false, false, false, ADDRESSED, ADDRESSED),
            (false, false, true, false, ADDRESSED, ADDRESSED),
            // Without a mailbox for it, junk is filed like all else.
            (false, false, false, true, ADDRESSED, ADDRESSED),
            (false, false, true, true, JUNK, ADDRESSED),
            (true, true, false, false, BELOW, BELOW),
            (true, true, true, false, BELOW, BELOW),
            (true, false, true, false, ADDRESSED, ADDRESSED),
            (true, true, false, true, BELOW, BELOW),
            (true, true, true, true, JUNK, ADDRESSED),
            (true, false, true, true, JUNK, ADDRESSED),
        ] {
            let target = Target {
                mailbox: mailbox(ADDRESSED),
                subfolder: has_below.then(|| mailbox(BELOW)),
                junk: has_junk.then_some(MailboxId(JUNK)),
                sent: None,
            };
            let circumstances = Circumstances {
                is_junk,
                may_post_below,
            };
            let expected = Filing {
                mailbox: MailboxId(filed),
                judged_by: MailboxId(judged_by),
                flags: FlagBits::NONE,
            };
            assert_eq!(
                filing(&target, circumstances),
                expected,
                "{target:?} {circumstances:?}"
            );
        }
    }
}
