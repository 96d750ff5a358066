//! Learning what happened in the selected mailbox, and losing it when it may no longer be read.

use acl::Operation;
use store::Fault;
use wire::{Code, Verdict, say};

use crate::conversation::selected::AccessCheck;
use crate::conversation::session::Session;
use crate::out::Out;
use crate::report::Next;

impl Session {
    /// Learns what this node knows of the selected mailbox, and reads the rights anew when
    /// they changed.
    pub(crate) async fn catch_up(&mut self) -> Result<AccessCheck, Fault> {
        let Some(selected) = &mut self.selected else {
            return Ok(AccessCheck::Holds);
        };
        let mailbox_state = selected.watch.mailbox_state();
        if mailbox_state.is_gone {
            return Ok(AccessCheck::Lost);
        }
        if mailbox_state.rights_version != selected.found.access.version
            && self.renew_selected().await? == AccessCheck::Lost
        {
            return Ok(AccessCheck::Lost);
        }
        if let Some(selected) = &mut self.selected {
            selected.view.learn(mailbox_state);
        }
        Ok(AccessCheck::Holds)
    }

    /// Reads anew what this user may do in the selected mailbox, and which flags are private there.
    pub(crate) async fn renew_selected(&mut self) -> Result<AccessCheck, Fault> {
        let Some(selected) = &mut self.selected else {
            return Ok(AccessCheck::Holds);
        };
        let access = &selected.found.access;
        let found = self.store.access(access.account, access.mailbox).await?;
        let Some(found) = found.filter(|found| acl::permit(&found.access, Operation::Read).is_ok())
        else {
            return Ok(AccessCheck::Lost);
        };
        if found.private_flags != selected.view.private() {
            selected.view.set_private(found.private_flags);
            selected.is_permanent_news = true;
        }
        let permanent_before = selected.permanent_flags();
        selected.found = found;
        selected.is_permanent_news |= selected.permanent_flags() != permanent_before;
        Ok(AccessCheck::Holds)
    }

    /// Learns what is known by now, without asking for the rights again.
    pub(crate) fn learn(&mut self) {
        if let Some(selected) = &mut self.selected {
            selected.learn();
        }
    }

    /// Closes the selected mailbox, which is no longer there for this user. A client that does not know CLOSED is
    /// disconnected, so that it never shows stale mail.
    pub(crate) fn lose_selected(&mut self, out: &mut Out<'_>) -> Next {
        self.selected = None;
        let text = "The selected mailbox is no longer available to you";
        if self.enabled.knows_closed() {
            say::untagged(&mut out.buffer, Verdict::Ok, Some(Code::Closed), text);
            return Next::Go;
        }
        say::bye(&mut out.buffer, None, text);
        Next::Close
    }
}
