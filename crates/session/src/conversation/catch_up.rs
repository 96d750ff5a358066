//! Learning what happened in the selected mailbox, and losing it when it may no longer be read.

use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use acl::Operation;
use live::{Live, LoginLease, RightsWatch};
use store::Fault;
use tracing::debug;
use wire::{Code, Verdict, say};

use crate::conversation::selected::AccessCheck;
use crate::conversation::session::Session;
use crate::out::Out;
use crate::race::{First, first};
use crate::report::Next;
use crate::unsolicited::Goodbye;

/// What a command goes by that reads the selected mailbox.
#[derive(Debug)]
pub(crate) struct Reading {
    live: Arc<Live>,
    rights_watch: RightsWatch,
    /// Whether it was looked at since the work went on last. Without a lease each step of the work needs a look of its own, and
    /// gets one step for it.
    is_fresh: bool,
}

impl Reading {
    /// Resolves when the rights have to be read again: the node knows of others, or may have missed some.
    async fn doubtful(&mut self) {
        let (live, is_fresh) = (&self.live, &mut self.is_fresh);
        let lapsed = poll_fn(|_| {
            if mem::take(is_fresh) || live.is_assured() {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        first(pin!(lapsed), pin!(self.rights_watch.changed())).await;
    }

    /// Whether the mailbox may be read now.
    async fn holds(&mut self) -> Result<bool, Fault> {
        // On the heap, because it is rare, and large.
        Box::pin(self.live.assure()).await?;
        let found = self.rights_watch.read().await?;
        self.is_fresh = true;
        Ok(found.is_some_and(|found| acl::permit(&found.access, Operation::Read).is_ok()))
    }
}

impl Session {
    /// Makes sure of rights and logins where this node may have missed a withdrawal; who is no longer let in hears BYE.
    pub(crate) async fn assure_login(&mut self, out: &mut Out<'_>) -> Result<Next, Fault> {
        if self.node.live.is_assured() {
            return Ok(Next::Go);
        }
        // On the heap, because it is rare, and large.
        Box::pin(self.node.live.assure()).await?;
        if self.lease.as_ref().is_some_and(LoginLease::is_over) {
            self.goodbye(Goodbye::LeaseEnded, &mut out.buffer);
            return Ok(Next::Close);
        }
        Ok(Next::Go)
    }

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

    /// Does `work` for as long as the selected mailbox may be read; `None` when that came to an end before, or when it
    /// is not known whether it did. Whether anything changed is looked at each time before the work goes on: once this
    /// node has taken note of a withdrawal nothing more is done.
    pub(crate) async fn while_readable<T>(
        reading: Option<Reading>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let Some(mut reading) = reading else {
            return Some(work.await);
        };
        let mut work = pin!(work);
        loop {
            let came_first = {
                let doubtful = pin!(reading.doubtful());
                first(doubtful, work.as_mut()).await
            };
            match came_first {
                First::Other(done) => return Some(done),
                First::One(()) => match reading.holds().await {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(fault) => {
                        debug!(cause = %fault, "could not read the rights of a command that runs");
                        return None;
                    }
                },
            }
        }
    }

    /// What [`while_readable`](Self::while_readable) goes by.
    pub(crate) fn reading(&self) -> Option<Reading> {
        let selected = self.selected.as_deref()?;
        Some(Reading {
            live: self.node.live.clone(),
            rights_watch: selected.watch.rights_since(selected.found.access.version),
            is_fresh: false,
        })
    }

    /// Closes the selected mailbox when something was being told of it. What was not written yet is not said.
    pub(crate) fn lose_while_telling(&mut self, out: &mut Out<'_>) -> Next {
        out.buffer.clear();
        if out.is_torn() {
            self.selected = None;
            return Next::Close;
        }
        self.lose_selected(out)
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
