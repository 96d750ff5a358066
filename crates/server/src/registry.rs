//! The sessions that are logged in on this node: reported to the database, which says which of them to end.
//!
//! A session only notes what changes about it; one task reports for all.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::select;
use live::Live;
use mail::{MailboxId, SessionId};
use store::{Fault, NodeRun, SessionReport, Store};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::failures::Failures;
use crate::lock::lock;

/// The pause between two reports. Where an order to end a session is not heard, it takes as long to arrive.
const REPORT_PAUSE: Duration = Duration::from_secs(2);
/// What fails again and again is said at first and about each minute.
const FAILURES_PER_WARNING: u32 = 30;

/// The sessions of one frontend.
#[derive(Debug)]
pub(crate) struct Registry {
    run: NodeRun,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    open: HashMap<SessionId, RegisteredSession>,
    /// Sessions whose changes were not reported yet.
    changed: HashSet<SessionId>,
    /// Sessions that ended since the last report.
    gone: Vec<SessionId>,
}

#[derive(Debug)]
struct RegisteredSession {
    report: SessionReport,
    end: Arc<Notify>,
}

/// A session's entry in the registry, which is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Presence {
    registry: Arc<Registry>,
    session: SessionId,
    end: Arc<Notify>,
    shown: (Option<MailboxId>, Option<String>),
}

impl Registry {
    pub(crate) fn new(run: NodeRun) -> Arc<Self> {
        Arc::new(Self {
            run,
            sessions: Mutex::default(),
        })
    }

    /// Registers a session that has logged in.
    pub(crate) fn enter(self: &Arc<Self>, report: SessionReport) -> Presence {
        let end = Arc::new(Notify::new());
        let presence = Presence {
            registry: Arc::clone(self),
            session: report.session,
            end: Arc::clone(&end),
            shown: (report.mailbox, report.client.clone()),
        };
        let mut sessions = self.sessions();
        sessions.changed.insert(report.session);
        sessions
            .open
            .insert(report.session, RegisteredSession { report, end });
        presence
    }

    /// Reports regularly, without end, beginning with every session that is open.
    pub(crate) async fn follow(self: Arc<Self>, store: Store, live: Arc<Live>) {
        let mut ticks = interval(REPORT_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_first = true;
        let mut failures = Failures::default();
        {
            let mut sessions = self.sessions();
            sessions.changed = sessions.open.keys().copied().collect();
        }
        loop {
            // Either is a reason to report.
            let _wanted_or_elapsed = select(pin!(ticks.tick()), pin!(live.sessions_end())).await;
            match self.report(&store, is_first).await {
                Ok(()) => {
                    is_first = false;
                    failures.end();
                }
                Err(cause) if failures.add(FAILURES_PER_WARNING) => {
                    warn!(%cause, "could not report the sessions of this node");
                }
                Err(_) => {}
            }
        }
    }

    /// Reports that this node has no sessions any more.
    pub(crate) async fn leave(&self, store: &Store) {
        if let Err(cause) = store.forget_node(&self.run).await {
            warn!(%cause, "could not report that this node has no sessions any more");
        }
    }

    async fn report(&self, store: &Store, is_first: bool) -> Result<(), Fault> {
        let (gone, changed) = self.sessions().take();
        let reported = match store.report_sessions(&self.run, &gone, &changed).await {
            Ok(reported) => reported,
            Err(fault) => {
                self.sessions().take_back(gone, &changed);
                return Err(fault);
            }
        };
        let mut sessions = self.sessions();
        if reported.is_new && !is_first {
            // The database has forgotten this node, so everything is reported anew.
            sessions.changed = sessions.open.keys().copied().collect();
        }
        for session in reported.ending {
            if let Some(open) = sessions.open.get(&session) {
                info!(%session, "a session is ended by an administrator");
                open.end.notify_one();
            }
        }
        Ok(())
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }
}

impl Sessions {
    fn take(&mut self) -> (Vec<SessionId>, Vec<SessionReport>) {
        let changed = mem::take(&mut self.changed);
        let reports = changed
            .iter()
            .filter_map(|session| Some(self.open.get(session)?.report.clone()))
            .collect();
        (mem::take(&mut self.gone), reports)
    }

    fn take_back(&mut self, gone: Vec<SessionId>, changed: &[SessionReport]) {
        self.gone.extend(gone);
        let changed = changed.iter().map(|report| report.session);
        self.changed.extend(changed);
    }
}

impl Presence {
    /// Notes what the session has selected now, and the name that its client gives.
    pub(crate) fn show(&mut self, mailbox: Option<MailboxId>, client: Option<&str>) {
        if self.shown.0 == mailbox && self.shown.1.as_deref() == client {
            return;
        }
        self.shown = (mailbox, client.map(str::to_owned));
        let mut sessions = self.registry.sessions();
        if let Some(open) = sessions.open.get_mut(&self.session) {
            (open.report.mailbox, open.report.client) = self.shown.clone();
        }
        sessions.changed.insert(self.session);
    }

    /// Resolves when an administrator wants this session to end. May be dropped at any time.
    pub(crate) async fn ended(&self) {
        self.end.notified().await;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut sessions = self.registry.sessions();
        sessions.open.remove(&self.session);
        sessions.changed.remove(&self.session);
        sessions.gone.push(self.session);
    }
}
