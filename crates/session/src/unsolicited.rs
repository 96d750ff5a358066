//! What is said without a command: the greeting, news between commands, the goodbye.

use std::future::pending;
use std::pin::pin;

use live::LoginLease;
use tracing::warn;
use wire::{Code, Verdict, say};

use crate::conversation::selected::AccessCheck;
use crate::conversation::session::Session;
use crate::ending::Ending;
use crate::out::Out;
use crate::race::first;
use crate::report::Next;

/// Why the server ends a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// The node stops.
    Shutdown,
    /// Nothing was said for too long.
    Timeout,
    /// Too many connections, of all, of an address, or of a user.
    TooMany,
    /// What came could not be framed.
    Unframeable,
    /// An administrator ends this session.
    Ended,
    /// The password was changed, or the account disabled or deleted.
    LeaseEnded,
    /// The session panicked.
    Panicked,
}

/// The bound on connections that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionLimit {
    /// The bound on all connections of the frontend.
    All,
    /// The bound on connections from one address.
    Address,
    /// The bound on connections of one user.
    User,
}

/// What a connection that is not accepted is told instead of a greeting.
#[must_use]
pub fn turn_away(limit: ConnectionLimit) -> Vec<u8> {
    let text = match limit {
        ConnectionLimit::All => "Too many connections; try again later",
        ConnectionLimit::Address => "Too many connections from your address",
        ConnectionLimit::User => "Too many connections of this user",
    };
    let mut bye = Vec::new();
    say::bye(&mut bye, Some(Code::Unavailable), text);
    bye
}

impl Session {
    /// Writes the greeting, with the capabilities.
    pub fn greet(&mut self, out: &mut Vec<u8>) {
        let names = self.capabilities();
        say::untagged(
            out,
            Verdict::Ok,
            Some(Code::Capability(&names)),
            "Postroom is ready",
        );
    }

    /// The lease of the login, which a running command does not outlast.
    #[must_use]
    pub fn lease(&self) -> Option<LoginLease> {
        self.lease.clone()
    }

    /// Resolves when nothing more may be told of what is written already: the login is no longer valid, or the
    /// selected mailbox may no longer be read. May be dropped at any time.
    pub async fn silenced(&self) {
        let unreadable = pin!(Self::while_readable(self.reading(), pending::<()>()));
        first(pin!(self.overstayed()), unreadable).await;
    }

    /// Resolves when the login is no longer valid. May be dropped at any time.
    pub async fn overstayed(&self) {
        match &self.lease {
            Some(lease) => lease.over().await,
            None => pending().await,
        }
    }

    /// Resolves when something may have to be said without a command. May be dropped at any time.
    pub async fn woken(&self) {
        let selected = pin!(async {
            match &self.selected {
                Some(selected) if self.is_listening() => selected.changed().await,
                Some(_) | None => pending().await,
            }
        });
        let others = pin!(self.notified.rung());
        first(selected, others).await;
    }

    /// Says what is new; to be called when [`woken`](Self::woken) has resolved.
    pub async fn tell(&mut self, out: &mut Out<'_>) -> Next {
        match self.try_to_tell(out).await {
            Ok(next) => next,
            // Whether this user may still hear the news is not known, so the session ends.
            Err(ending) => {
                warn!(cause = ?ending, "could not read the rights of a session that listens");
                say::bye(&mut out.buffer, Some(Code::Unavailable), "Please reconnect");
                Next::Close
            }
        }
    }

    async fn try_to_tell(&mut self, out: &mut Out<'_>) -> Result<Next, Ending> {
        if self.assure_login(out).await? == Next::Close {
            return Ok(Next::Close);
        }
        if self.catch_up().await? == AccessCheck::Lost {
            return Ok(self.lose_selected(out));
        }
        let told = Self::while_readable(self.reading(), async {
            self.tell_unsolicited(out).await;
            self.tell_others(out).await
        });
        match told.await {
            Some(told) => told.map(|()| Next::Go),
            None => Ok(self.lose_while_telling(out)),
        }
    }

    /// Writes something to an idling client, so that no network device between takes the connection for dead.
    pub fn keep_alive(&mut self, out: &mut Vec<u8>) {
        say::untagged(out, Verdict::Ok, None, "Still here");
    }

    /// Says why the conversation ends.
    pub fn goodbye(&mut self, why: Goodbye, out: &mut Vec<u8>) {
        let text = match why {
            Goodbye::Shutdown => "This frontend is being stopped; please reconnect",
            Goodbye::Timeout => "Nothing was said for too long",
            Goodbye::TooMany => "Too many connections",
            Goodbye::Unframeable => "The input cannot be parsed",
            Goodbye::Ended => "An administrator has ended this session",
            Goodbye::Panicked => "This session ended by our own fault; please reconnect",
            Goodbye::LeaseEnded => "This login is no longer valid; please log in again",
        };
        say::bye(out, None, text);
    }
}
