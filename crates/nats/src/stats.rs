//! Counts for whoever watches over the bus, and what is known of the connection.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_nats::Event;
use tokio::sync::Notify;

/// The counts of one node's connection at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Whether this node hears what is sent.
    pub is_up: bool,
    /// How often a connection was made.
    pub connections: u64,
    /// Payloads that were sent.
    pub sent: u64,
    /// Payloads that were heard, from this node too.
    pub heard: u64,
    /// Payloads that came and were dropped, because too many waited to be read.
    pub lost: u64,
    /// Payloads that are not ours.
    pub foreign: u64,
}

/// What the connection's own task notes, and what the listener reads.
#[derive(Debug, Default)]
pub(crate) struct State {
    is_connected: AtomicBool,
    is_up: AtomicBool,
    may_have_missed: AtomicBool,
    connections: AtomicU64,
    pub(crate) sent: AtomicU64,
    heard: AtomicU64,
    lost: AtomicU64,
    foreign: AtomicU64,
    trouble: Mutex<Option<String>>,
    /// Something here has changed that the listener should look at.
    pub(crate) changed: Notify,
}

impl State {
    pub(crate) fn note(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.connections.fetch_add(1, Ordering::AcqRel);
                self.is_connected.store(true, Ordering::Release);
            }
            Event::Disconnected | Event::Closed => {
                self.is_connected.store(false, Ordering::Release);
                self.is_up.store(false, Ordering::Release);
                self.may_have_missed.store(true, Ordering::Release);
                self.set_trouble(Some("the connection was lost".to_owned()));
            }
            Event::SlowConsumer(_) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
                self.may_have_missed.store(true, Ordering::Release);
            }
            Event::ServerError(error) => self.set_trouble(Some(error.to_string())),
            Event::ClientError(error) => self.set_trouble(Some(error.to_string())),
            Event::LameDuckMode | Event::Draining => {}
        }
        self.changed.notify_one();
    }

    /// The number of the connection, from 1, while there is one.
    pub(crate) fn connection(&self) -> Option<u64> {
        let is_connected = self.is_connected.load(Ordering::Acquire);
        is_connected.then(|| self.connections.load(Ordering::Acquire))
    }

    /// What was sent by the connection of this number came back: it is subscribed there. True for the first time.
    pub(crate) fn hear_echo(&self, connection: u64) -> bool {
        self.connection() == Some(connection) && {
            self.set_trouble(None);
            !self.is_up.swap(true, Ordering::AcqRel)
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Acquire)
    }

    /// Whether something may have been missed since this was asked last.
    pub(crate) fn take_missed(&self) -> bool {
        self.may_have_missed.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn count_heard(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    /// How many strangers' payloads came, this one among them.
    pub(crate) fn count_foreign(&self) -> u64 {
        self.foreign.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Why it is not up, as far as known.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_trouble(&self, words: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    pub(crate) fn read(&self) -> Stats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Stats {
            is_up: self.is_up(),
            connections: read(&self.connections),
            sent: read(&self.sent),
            heard: read(&self.heard),
            lost: read(&self.lost),
            foreign: read(&self.foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_counts_for_the_connection_that_it_was_sent_by() {
        let state = State::default();
        assert_eq!(state.connection(), None);
        state.note(&Event::Connected);
        assert_eq!((state.connection(), state.is_up()), (Some(1), false));
        state.note(&Event::Disconnected);
        assert!(!state.hear_echo(1));
        state.note(&Event::Connected);
        assert!(!state.hear_echo(1));
        assert!(state.hear_echo(2) && state.is_up());
        assert!(!state.hear_echo(2));
        assert_eq!(state.trouble(), None);
    }

    #[test]
    fn whatever_may_have_lost_something_is_said_once() {
        let state = State::default();
        for event in [Event::Disconnected, Event::SlowConsumer(1)] {
            assert!(!state.take_missed());
            state.note(&event);
            assert!(state.take_missed());
        }
        assert_eq!(state.read().lost, 1);
    }
}
