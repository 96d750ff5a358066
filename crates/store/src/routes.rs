//! Where letters go, remembered for as long as the directory's log says nothing (ADR 0069).
//!
//! Whoever asks for a route that is remembered asks the log first whether any name, right or address changed since the routes
//! were read: one short query for all who ask at the same time. After any such change nothing is remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Fault;
use crate::background::Spawn;
use crate::connections::Connections;
use crate::directory_mark::{self, DirectoryMark};
use crate::history::History;
use crate::query_batcher::{Bounds, QueryBatcher};
use crate::route::Route;

/// A node has one such query under way, however many letters come.
const BOUNDS: Bounds = Bounds {
    under_way_max: 1,
    together_max: 4_096,
};

/// Addresses that are remembered; at one more all are forgotten.
const ROUTES_MAX: usize = 10_000;

/// The local part and the domain of an address, folded, and what separates subaddresses.
pub(crate) type Key = (String, String, String);

/// The routes that a node remembers.
pub(crate) struct Routes {
    known: Arc<Mutex<Known>>,
    history: Arc<History>,
    look: QueryBatcher<(), ()>,
}

/// Since when a route is being read.
#[derive(Clone, Copy)]
pub(crate) struct Since {
    generation: u64,
}

#[derive(Default)]
struct Known {
    /// Up to where the log was looked through. None before anything is remembered.
    mark: Option<DirectoryMark>,
    /// The changes of the database's history before that.
    history: u64,
    /// How often all was forgotten.
    generation: u64,
    routes: HashMap<Key, Route>,
}

impl Routes {
    pub(crate) fn new(connections: Arc<Connections>, history: Arc<History>, spawn: Spawn) -> Self {
        let known = Arc::<Mutex<Known>>::default();
        let (looking_at, looking_in) = (known.clone(), history.clone());
        let read = move |askers: Vec<()>| {
            let (connections, history) = (connections.clone(), looking_in.clone());
            let known = looking_at.clone();
            async move {
                look(&connections, &history, &known).await?;
                Ok(askers)
            }
        };
        Self {
            known,
            history,
            look: QueryBatcher::new(BOUNDS, spawn, read),
        }
    }

    /// What is remembered of this address, and holds at a moment after the call.
    pub(crate) async fn find(&self, key: &Key) -> Result<Option<Route>, Fault> {
        if !lock(&self.known).routes.contains_key(key) {
            return Ok(None);
        }
        self.look.ask(()).await?;
        let known = lock(&self.known);
        let is_this_history = known.history == self.history.changes();
        Ok(known.routes.get(key).filter(|_| is_this_history).cloned())
    }

    /// Comes before a route is read that shall be remembered.
    pub(crate) async fn begin(&self, connections: &Connections) -> Result<Since, Fault> {
        let reading = self.history.reading();
        let history = reading.changes_before;
        {
            let known = lock(&self.known);
            if known.mark.is_some() && known.history == history {
                return Ok(known.since());
            }
        }
        let mark = directory_mark::read_mark(&mut *connections.kept().await?, reading).await?;
        let mut known = lock(&self.known);
        if known.mark.is_none() || known.history != history {
            known.forget();
            known.mark = Some(mark);
            known.history = history;
        }
        Ok(known.since())
    }

    /// Remembers a route that was read since then, unless something changed meanwhile.
    pub(crate) fn keep(&self, key: Key, route: &Route, since: Since) {
        let mut known = lock(&self.known);
        if known.generation != since.generation {
            return;
        }
        if known.routes.len() >= ROUTES_MAX {
            known.routes.clear();
        }
        known.routes.insert(key, route.clone());
    }
}

impl Known {
    fn since(&self) -> Since {
        Since {
            generation: self.generation,
        }
    }

    fn forget(&mut self) {
        self.generation += 1;
        self.routes.clear();
    }
}

async fn look(
    connections: &Connections,
    history: &History,
    known: &Mutex<Known>,
) -> Result<(), Fault> {
    let reading = history.reading();
    let Some(mark) = lock(known).mark.clone() else {
        return Ok(());
    };
    let (next, has_changed) =
        directory_mark::names_changed_since(&mut *connections.kept().await?, reading, &mark)
            .await?;
    let mut known = lock(known);
    // Somebody may have begun anew meanwhile, in another history.
    if known.mark.as_ref() == Some(&mark) {
        known.mark = Some(next);
    }
    if has_changed {
        known.forget();
    }
    Ok(())
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    // Nothing panics while it is held.
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
