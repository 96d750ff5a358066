//! Where the database is, as of now: a program that runs may be told anew, as when a password is replaced.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::servers::Servers;

/// Where the database is, and how often that has changed.
pub(crate) struct Whereabouts {
    current: Mutex<Servers>,
    count: AtomicU64,
    moves: watch::Sender<u64>,
}

impl Whereabouts {
    pub(crate) fn new(database: Servers) -> Self {
        Self {
            current: Mutex::new(database),
            count: AtomicU64::new(0),
            moves: watch::Sender::new(0),
        }
    }

    /// For a connection that is opened now.
    pub(crate) fn now(&self) -> Servers {
        let current = self.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often it has changed. A connection of before is not used any more.
    pub(crate) fn moves(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }

    pub(crate) fn replace(&self, database: Servers) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        *current = database;
        drop(current);
        self.let_go();
    }

    /// Whoever keeps a connection opens another.
    pub(crate) fn let_go(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
        self.moves.send_modify(|moves| *moves += 1);
    }
}
