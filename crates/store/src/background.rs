//! What a store asks of the program that it is part of: tasks, time to pass, and places for long computation.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use mail::AccountId;
use tokio::sync::Semaphore;

use crate::shares::Shares;

/// The only way in which a task starts below `server`.
pub type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;
/// The only way in which something waits for time to pass below `server`.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;
/// The only way in which something measures time below `server`: how long ago some moment was, which is the same for all calls.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;
/// Calls what it is given, once, and lets all other tasks of the thread go on elsewhere meanwhile.
pub type Aside = Arc<dyn Fn(&mut (dyn FnMut() + Send)) + Send + Sync>;

/// What a store asks of the program for what it does in the background.
#[derive(Clone)]
pub struct Background {
    /// Starts a task.
    pub spawn: Spawn,
    /// Resolves after so long.
    pub sleep: Sleep,
    /// Measures time.
    pub clock: Clock,
    /// Where what takes long is computed.
    pub compute: Compute,
}

/// The only way in which something computes for longer than about a millisecond below `server`.
///
/// Nobody else's task waits for it, and only so many compute at one time. Clones share the places, of which one user has half at
/// most: another's turn comes however much that user asks for.
#[derive(Clone)]
pub struct Compute {
    aside: Aside,
    places: Arc<Semaphore>,
    shares: Arc<Shares>,
    /// The part of the places that the user has for whom this computes.
    share: Option<Arc<Semaphore>>,
}

/// Less than this is looked through at once, in bytes: a letter of so many is taken apart and packed in 0.4 ms, and to go aside
/// wakes two threads.
const INLINE_BYTES_MAX: usize = 128 * 1024;

impl Compute {
    /// So many places, one for each core.
    #[must_use]
    pub fn new(places: usize, aside: Aside) -> Self {
        Self {
            aside,
            places: Arc::new(Semaphore::new(places.max(1))),
            shares: Arc::new(Shares::new((places / 2).max(1))),
            share: None,
        }
    }

    /// The same places, for what this user asks for. What is computed for all has no share.
    pub(crate) fn for_user(&self, user: AccountId) -> Self {
        Self {
            share: Some(self.shares.of(user)),
            ..self.clone()
        }
    }

    /// Does `work`, which looks through so many bytes, or does as much as that would be. A panic is the caller's.
    /// Whoever is dropped while it waits for a place has done nothing.
    #[expect(clippy::expect_used, reason = "an `Aside` calls what it is given")]
    pub async fn run<T: Send>(&self, bytes: usize, work: impl FnOnce() -> T + Send) -> T {
        if bytes < INLINE_BYTES_MAX {
            return work();
        }
        // Whoever asked may have been told to stop meanwhile.
        yield_now().await;
        // Neither is ever closed. Whoever waits for an own share takes nothing that others wait for.
        let _share = match &self.share {
            Some(share) => share.acquire().await.ok(),
            None => None,
        };
        let _place = self.places.acquire().await;
        let mut work = Some(work);
        let mut done = None;
        (self.aside)(&mut || done = work.take().map(|work| work()));
        done.expect("the work is done")
    }
}

/// Lets what waits beside this look whether it has come.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Background")
    }
}

impl fmt::Debug for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compute")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Waker};

    use mail::AccountId;

    use super::{Compute, INLINE_BYTES_MAX};

    /// Counts what went aside.
    fn counting() -> (Compute, Arc<AtomicUsize>) {
        counting_in(1)
    }

    /// The same, with so many places.
    fn counting_in(places: usize) -> (Compute, Arc<AtomicUsize>) {
        let count = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&count);
        let aside = Arc::new(move |work: &mut (dyn FnMut() + Send)| {
            counted.fetch_add(1, Ordering::Relaxed);
            work();
        });
        (Compute::new(places, aside), count)
    }

    /// How far it comes once it has let others go first.
    fn poll<T>(work: impl Future<Output = T>) -> Poll<T> {
        let (mut work, mut cx) = (pin!(work), Context::from_waker(Waker::noop()));
        match work.as_mut().poll(&mut cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => work.poll(&mut cx),
        }
    }

    #[test]
    fn only_what_is_large_goes_aside() {
        let (compute, count) = counting();
        for (bytes, expected) in [(0, 0), (INLINE_BYTES_MAX - 1, 0), (INLINE_BYTES_MAX, 1)] {
            assert_eq!(poll(compute.run(bytes, || bytes)), Poll::Ready(bytes));
            assert_eq!(count.load(Ordering::Relaxed), expected, "{bytes}");
        }
    }

    #[test]
    fn what_is_large_waits_for_a_place_and_what_is_small_does_not() {
        let (compute, count) = counting();
        let place = compute.places.try_acquire().unwrap();
        assert_eq!(poll(compute.run(INLINE_BYTES_MAX, || ())), Poll::Pending);
        assert_eq!(poll(compute.run(1, || ())), Poll::Ready(()));
        drop(place);
        assert_eq!(poll(compute.run(INLINE_BYTES_MAX, || ())), Poll::Ready(()));
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn one_user_has_half_of_the_places() {
        for (places, of_user) in [(1, 1), (2, 1), (4, 2), (9, 4)] {
            let (all, _) = counting_in(places);
            let ada = [(); 20].map(|()| all.for_user(AccountId(1)));
            let (share, bo) = (all.shares.of(AccountId(1)), all.for_user(AccountId(2)));
            assert_eq!(share.available_permits(), of_user, "{places} places");
            let taken: Vec<_> = (0..of_user).map(|_| share.try_acquire().unwrap()).collect();
            for compute in &ada {
                assert_eq!(poll(compute.run(INLINE_BYTES_MAX, || ())), Poll::Pending);
            }
            for other in [&bo, &all] {
                assert_eq!(poll(other.run(INLINE_BYTES_MAX, || ())), Poll::Ready(()));
            }
            drop(taken);
            assert_eq!(poll(ada[0].run(INLINE_BYTES_MAX, || ())), Poll::Ready(()));
        }
    }
}
