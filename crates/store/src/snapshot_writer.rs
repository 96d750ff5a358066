//! The task that writes snapshots of mailboxes that were just filled, so that whoever opens one first need not read it row by
//! row (ADR 0117).

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use mail::MailboxId;
use tracing::warn;

use crate::Store;
use crate::pace::Pace;
use crate::stats::add;

/// A mailbox rests when nothing more of it came between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Starts the one task of this node that writes their snapshots. It ends when the store is drained.
pub(crate) fn start(store: &Store) {
    let spawn = &store.inner().background.spawn;
    spawn(Box::pin(run(store.clone())));
}

async fn run(store: Store) {
    let inner = store.inner();
    let mut is_drained = inner.is_drained.subscribe();
    loop {
        let working = async {
            inner.filled.work().await;
            (inner.background.sleep)(LOOK_EVERY).await;
            let mut pace = Pace::new(&store);
            for mailbox in inner.filled.take_rested() {
                write(&store, mailbox).await;
                pace.rest().await;
            }
        };
        let drained = pin!(is_drained.wait_for(|is_drained| *is_drained));
        let Either::Left(_) = select(pin!(working), drained).await else {
            return;
        };
    }
}

/// What cannot be written now, upkeep writes.
async fn write(store: &Store, mailbox: MailboxId) {
    let writing = AssertUnwindSafe(store.renew_snapshot(mailbox)).catch_unwind();
    match writing.await {
        Ok(Ok(_)) => {}
        Ok(Err(fault)) => {
            warn!(mailbox.id = %mailbox, cause = %fault, "could not write a snapshot");
        }
        Err(_) => add(&store.inner().counters.background_panics, 1),
    }
}
