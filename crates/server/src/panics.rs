//! Panics: one ends what panicked and nothing else, is logged once, and is counted by place.

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::sleep;
use tracing::error;

/// The pause before a background task is begun again.
const RESTART_PAUSE: Duration = if cfg!(test) {
    Duration::ZERO
} else {
    Duration::from_secs(1)
};

/// The panics of one frontend. Those that the crates below catch are in their own statistics.
#[derive(Debug, Default)]
pub(crate) struct Panics {
    sessions: AtomicU64,
    background: AtomicU64,
    http: AtomicU64,
}

/// What panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PanicPlace {
    /// A client's connection, which ends.
    Session,
    /// A task without a client, which is begun again where it has no end.
    Background,
    /// A request to the HTTP port, which is not answered.
    Http,
}

impl Panics {
    /// Runs `work`; `None` if it panics. Not `async`, which would make room for `work` twice.
    pub(crate) fn catch<T>(
        &self,
        place: PanicPlace,
        work: impl Future<Output = T>,
    ) -> impl Future<Output = Option<T>> {
        AssertUnwindSafe(work)
            .catch_unwind()
            .map(move |done| self.note(place, done.ok()))
    }

    /// Runs a task that has no client; a panic ends it.
    pub(crate) fn contain(
        self: Arc<Self>,
        place: PanicPlace,
        work: impl Future<Output = ()>,
    ) -> impl Future<Output = ()> {
        AssertUnwindSafe(work).catch_unwind().map(move |done| {
            // It is counted, and there is nobody to tell.
            let _done: Option<()> = self.note(place, done.ok());
        })
    }

    fn note<T>(&self, place: PanicPlace, done: Option<T>) -> Option<T> {
        if done.is_none() {
            self.counter(place).fetch_add(1, Ordering::Relaxed);
        }
        done
    }

    /// Runs what `begin` makes until it ends, and makes it anew after a panic.
    pub(crate) async fn keep_running<F: Future<Output = ()>>(
        self: Arc<Self>,
        mut begin: impl FnMut() -> F,
    ) {
        while self
            .catch(PanicPlace::Background, async { begin().await })
            .await
            .is_none()
        {
            sleep(RESTART_PAUSE).await;
        }
    }

    /// The count of a place.
    pub(crate) fn count(&self, place: PanicPlace) -> u64 {
        self.counter(place).load(Ordering::Relaxed)
    }

    const fn counter(&self, place: PanicPlace) -> &AtomicU64 {
        match place {
            PanicPlace::Session => &self.sessions,
            PanicPlace::Background => &self.background,
            PanicPlace::Http => &self.http,
        }
    }
}

/// Logs where each panic of this process is from now on. What it says may be a part of a message, so that is never
/// logged.
pub(crate) fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        error!(
            code.location = place,
            thread = thread.name(),
            backtrace = %std::backtrace::Backtrace::capture(),
            "a panic: report it with these fields; one session or request ended, the others go on"
        );
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{PanicPlace, Panics};

    #[tokio::test]
    async fn a_task_that_panics_is_begun_again_until_it_ends() {
        let panics = Arc::<Panics>::default();
        let begun = AtomicUsize::new(0);
        let task = Arc::clone(&panics).keep_running(|| async {
            assert!(begun.fetch_add(1, Ordering::Relaxed) >= 3, "not yet");
        });
        task.await;
        assert_eq!(begun.load(Ordering::Relaxed), 4);
        assert_eq!(panics.count(PanicPlace::Background), 3);
    }

    #[tokio::test]
    async fn a_panic_before_the_first_await_is_caught_too() {
        let panics = Arc::<Panics>::default();
        let mut is_first = true;
        let task = Arc::clone(&panics).keep_running(|| {
            assert!(!std::mem::take(&mut is_first), "at once");
            std::future::ready(())
        });
        task.await;
        assert_eq!(panics.count(PanicPlace::Background), 1);
    }

    #[tokio::test]
    async fn what_does_not_panic_is_not_counted() {
        let panics = Panics::default();
        let done = panics.catch(PanicPlace::Http, async { 7 }).await;
        assert_eq!((done, panics.count(PanicPlace::Http)), (Some(7), 0));
    }
}
