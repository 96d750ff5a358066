//! Learning what happened in the selected mailbox, and losing it when it may no longer be read.

use store::Fault;
use tracing::debug;
use wire::{Code, Verdict, say};

use crate::conversation::selected::AccessCheck;
use crate::conversation::session::Session;
use crate::out::Out;
use crate::report::Next;

impl Session {
    /// Learns what this node knows of the selected mailbox, and reads the rights anew when
    /// they changed.
    pub(crate) async fn catch_up(&mut self) -> Result<AccessCheck, Fault> {
        match &mut self.selected {
            Some(selected) => selected.learn().await,
            None => Ok(AccessCheck::Holds),
        }
    }

    /// As [`catch_up`](Self::catch_up), with all that was committed before this call, on any node.
    pub(crate) async fn catch_up_with_all(&mut self) -> Result<AccessCheck, Fault> {
        if let Some(selected) = &mut self.selected {
            selected.watch.mailbox().reach_latest().await?;
        }
        self.catch_up().await
    }

    /// Reads anew what this user may do in the selected mailbox, and which flags are private there.
    pub(crate) async fn renew_selected(&mut self) -> Result<AccessCheck, Fault> {
        match &mut self.selected {
            Some(selected) => selected.renew().await,
            None => Ok(AccessCheck::Holds),
        }
    }

    /// Learns what is known by now, at the end of a command. Where that may no longer be read, or where it is not
    /// known whether it may, nothing is learned, so that nothing newer is told; the next command finds that out, too.
    pub(crate) async fn learn(&mut self) {
        if let Err(fault) = self.catch_up().await {
            debug!(cause = %fault, "could not read the rights at the end of a command");
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
