//! Logins, written down some seconds later, many at once: nobody waits for the record to come in.
//!
//! Whoever guesses passwords must not fill the disk: of refusals in one interval only so many pairs
//! of name and address are told apart, and the others are one number.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use tokio::sync::Notify;
use tracing::warn;

use crate::fold::fold;
use crate::origin::{Origin, SessionOrigin};
use crate::stats::add;
use crate::store::Inner;
use crate::{Fault, Store};

/// Logins that wait to be written on one node.
#[derive(Debug, Default)]
pub(crate) struct LoginRecorder {
    waiting: Mutex<Waiting>,
    has_work: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// With the time of each by this node's clock.
    logins: VecDeque<(Arc<SessionOrigin>, Duration)>,
    refusals: BTreeMap<(String, IpAddr), Refused>,
    /// Logins and refusals for which there was no room.
    others: u64,
}

/// How often somebody was refused in one interval, and when at first.
#[derive(Clone, Copy, Debug)]
struct Refused {
    times: u64,
    began: Duration,
}

/// Between two writes.
const PAUSE: Duration = Duration::from_secs(5);
/// Logins that wait, for example for a database that is away.
const LOGINS_MAX: usize = 10_000;
/// Pairs of name and address that are told apart in one interval.
const REFUSALS_MAX: usize = 16;

impl Store {
    /// Records that the session of this handle has begun.
    pub fn note_login(&self) {
        if let Some(session_origin) = &self.origin {
            let now = (self.inner().background.clock)();
            let mut waiting = self.inner().login_recorder.lock();
            if waiting.logins.len() < LOGINS_MAX {
                waiting.logins.push_back((session_origin.clone(), now));
            } else {
                waiting.others += 1;
            }
            drop(waiting);
            self.inner().login_recorder.has_work.notify_one();
        }
    }

    /// Records that somebody at `address` was not let in as `user`. A name that is no account's is
    /// not kept: people type passwords there.
    pub fn note_refusal(&self, user: &str, address: IpAddr) {
        let key = (fold(user).unwrap_or_default(), address);
        let refused = Refused {
            times: 1,
            began: (self.inner().background.clock)(),
        };
        let mut waiting = self.inner().login_recorder.lock();
        if waiting.refusals.contains_key(&key) || waiting.refusals.len() < REFUSALS_MAX {
            waiting.add(key, refused);
        } else {
            waiting.others += 1;
        }
        drop(waiting);
        self.inner().login_recorder.has_work.notify_one();
    }
}

impl LoginRecorder {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the one task of this node that writes logins down. It ends when the store is drained.
pub(crate) fn start(inner: &Arc<Inner>) {
    (inner.background.spawn)(Box::pin(run(inner.clone())));
}

async fn run(inner: Arc<Inner>) {
    let mut is_drained = inner.is_drained.subscribe();
    loop {
        let work = async {
            inner.login_recorder.has_work.notified().await;
            (inner.background.sleep)(PAUSE).await;
        };
        let drained = pin!(is_drained.wait_for(|is_drained| *is_drained));
        let Either::Left(_) = select(pin!(work), drained).await else {
            return;
        };
        if AssertUnwindSafe(write(&inner))
            .catch_unwind()
            .await
            .is_err()
        {
            add(&inner.counters.background_panics, 1);
        }
    }
}

/// Writes down all that waits. What cannot be written now waits on.
pub(crate) async fn write(inner: &Inner) {
    let waiting = mem::take(&mut *inner.login_recorder.lock());
    if waiting.logins.is_empty() && waiting.refusals.is_empty() && waiting.others == 0 {
        return;
    }
    if let Err(fault) = insert(inner, &waiting).await {
        warn!(cause = %fault, "could not write down who logged in");
        inner.login_recorder.lock().take_back(waiting);
        inner.login_recorder.has_work.notify_one();
    }
}

impl Waiting {
    fn add(&mut self, key: (String, IpAddr), refused: Refused) {
        let known = self.refusals.entry(key);
        known
            .and_modify(|known| known.times += refused.times)
            .or_insert(refused);
    }

    /// What came in meanwhile comes after `older`.
    fn take_back(&mut self, older: Self) {
        let newer = mem::replace(self, older);
        self.others += newer.others;
        for login in newer.logins {
            if self.logins.len() < LOGINS_MAX {
                self.logins.push_back(login);
            } else {
                self.others += 1;
            }
        }
        for (key, refused) in newer.refusals {
            if self.refusals.contains_key(&key) || self.refusals.len() < REFUSALS_MAX {
                self.add(key, refused);
            } else {
                self.others += refused.times;
            }
        }
    }
}

#[tracing::instrument(name = "db.note_logins", skip_all)]
async fn insert(inner: &Inner, waiting: &Waiting) -> Result<(), Fault> {
    let now = (inner.background.clock)();
    let ago = |then: Duration| now.saturating_sub(then).as_secs_f64();
    let mut logins = Logins::default();
    for (session_origin, at) in &waiting.logins {
        logins.push(session_origin.read(), ago(*at));
    }
    let (mut names, mut details, mut refused_ago) = (Vec::new(), Vec::new(), Vec::new());
    for ((name, address), refused) in &waiting.refusals {
        names.push(Some(name.as_str()));
        refused_ago.push(ago(refused.began));
        details.push(match refused.times {
            1 => format!("from {address}"),
            times => format!("from {address}, {times} times"),
        });
    }
    if waiting.others > 0 {
        names.push(None);
        refused_ago.push(0.0);
        details.push(format!(
            "and {} more that were too many to tell",
            waiting.others
        ));
    }
    sqlx::query_file!(
        "queries/note_logins.sql",
        &logins.sessions,
        &logins.accounts,
        &logins.account_names,
        &logins.login_names as &[Option<String>],
        &logins.nodes,
        &logins.addresses as &[Option<String>],
        &logins.clients as &[Option<String>],
        &names as &[Option<&str>],
        &details,
        &logins.tokens as &[Option<i64>],
        &logins.token_names as &[Option<String>],
        &logins.ago,
        &refused_ago,
    )
    .execute(&mut *inner.connections.kept().await?)
    .await?;
    Ok(())
}

/// Column by column.
#[derive(Default)]
struct Logins {
    sessions: Vec<i64>,
    accounts: Vec<i64>,
    account_names: Vec<String>,
    login_names: Vec<Option<String>>,
    nodes: Vec<String>,
    addresses: Vec<Option<String>>,
    clients: Vec<Option<String>>,
    tokens: Vec<Option<i64>>,
    token_names: Vec<Option<String>>,
    /// In seconds.
    ago: Vec<f64>,
}

impl Logins {
    fn push(&mut self, origin: Origin, ago: f64) {
        self.ago.push(ago);
        self.sessions.push(origin.session.to_i64());
        self.accounts.push(origin.account.0);
        self.account_names.push(origin.account_name);
        self.login_names.push(origin.login_name);
        self.nodes.push(origin.node);
        self.addresses
            .push(origin.address.map(|address| address.to_string()));
        self.clients.push(origin.client);
        self.tokens
            .push(origin.token.as_ref().map(|token| token.id.0));
        self.token_names.push(origin.token.map(|token| token.name));
    }
}
