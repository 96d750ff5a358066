//! Who is logged in here, told to the database every now and then, and what it wants to end.
//!
//! Sessions note what changes about them and do nothing else; one task reports for all.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mail::{MailboxId, SessionId};
use store::{Fault, NodeRun, SessionReport, Store};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::lock::lock;

/// Between two reports: how late the list is, and how long an order to end takes.
const REPORT_PAUSE: Duration = Duration::from_secs(2);

/// The sessions of one frontend.
#[derive(Debug)]
pub(crate) struct Registry {
    run: NodeRun,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    open: HashMap<SessionId, Open>,
    /// Not reported yet.
    changed: HashSet<SessionId>,
    /// Ended since the last report.
    gone: Vec<SessionId>,
}

#[derive(Debug)]
struct Open {
    report: SessionReport,
    end: Arc<Notify>,
}

/// A session's line in the registry; crossed out when dropped.
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
            book: Mutex::default(),
        })
    }

    /// Somebody has logged in.
    pub(crate) fn enter(self: &Arc<Self>, report: SessionReport) -> Presence {
        let end = Arc::new(Notify::new());
        let presence = Presence {
            registry: Arc::clone(self),
            session: report.session,
            end: Arc::clone(&end),
            shown: (report.mailbox, report.client.clone()),
        };
        let mut book = self.book();
        book.changed.insert(report.session);
        book.open.insert(report.session, Open { report, end });
        presence
    }

    /// Reports for ever.
    pub(crate) async fn follow(self: Arc<Self>, store: Store) {
        let mut ticks = interval(REPORT_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_first = true;
        loop {
            ticks.tick().await;
            match self.report(&store, is_first).await {
                Ok(()) => is_first = false,
                Err(cause) => warn!(%cause, "could not report who is logged in"),
            }
        }
    }

    /// Tells that nobody is here any more.
    pub(crate) async fn leave(&self, store: &Store) {
        if let Err(cause) = store.forget_node(&self.run).await {
            warn!(%cause, "could not report that nobody is logged in");
        }
    }

    async fn report(&self, store: &Store, is_first: bool) -> Result<(), Fault> {
        let (gone, changed) = self.book().take();
        let reported = match store.report_sessions(&self.run, &gone, &changed).await {
            Ok(reported) => reported,
            Err(fault) => {
                self.book().take_back(gone, &changed);
                return Err(fault);
            }
        };
        let mut book = self.book();
        if reported.is_new && !is_first {
            // The database lost what it knew of us.
            book.changed = book.open.keys().copied().collect();
        }
        for session in reported.ending {
            if let Some(open) = book.open.get(&session) {
                info!(%session, "a session is ended from outside");
                open.end.notify_one();
            }
        }
        Ok(())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing panics while it is held.
        lock(&self.book)
    }
}

impl Book {
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
    /// What the session has selected, and how its client calls itself, by now.
    pub(crate) fn show(&mut self, mailbox: Option<MailboxId>, client: Option<&str>) {
        if self.shown.0 == mailbox && self.shown.1.as_deref() == client {
            return;
        }
        self.shown = (mailbox, client.map(str::to_owned));
        let mut book = self.registry.book();
        if let Some(open) = book.open.get_mut(&self.session) {
            (open.report.mailbox, open.report.client) = self.shown.clone();
        }
        book.changed.insert(self.session);
    }

    /// Resolves when somebody wants this session to end. May be dropped at any time.
    pub(crate) async fn ended(&self) {
        self.end.notified().await;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut book = self.registry.book();
        book.open.remove(&self.session);
        book.changed.remove(&self.session);
        book.gone.push(self.session);
    }
}
