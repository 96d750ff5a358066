//! Places that are measured together take turns: while one works, the others wait. So A and B alternate round
//! by round, and what disturbs the machine disturbs both.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// One place's part in the turns. It has its turn until it passes it on or is dropped.
#[derive(Debug)]
pub(crate) struct Turns(Option<(Arc<Mutex<()>>, OwnedMutexGuard<()>)>);

impl Turns {
    /// The turns of a place that is measured alone.
    pub(crate) const fn alone() -> Self {
        Self(None)
    }

    /// Waits for a turn among those who share the mutex.
    pub(crate) async fn among(shared: &Arc<Mutex<()>>) -> Self {
        let turn = Arc::clone(shared).lock_owned().await;
        Self(Some((Arc::clone(shared), turn)))
    }

    /// Lets each of those who wait have a turn, and says whether there are others at all.
    pub(crate) async fn pass(&mut self) -> bool {
        let Some((shared, turn)) = self.0.take() else {
            return false;
        };
        // The mutex is fair: who waits for it is served first.
        drop(turn);
        *self = Self::among(&shared).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::future::join;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn two_places_alternate_and_the_longer_one_ends_alone() {
        let shared = Arc::default();
        let seen = RefCell::new(String::new());
        let place = async |name: char, rounds: usize| {
            let mut turns = Turns::among(&shared).await;
            // It sets up what it measures.
            yield_now().await;
            for _ in 0..rounds {
                turns.pass().await;
                yield_now().await;
                seen.borrow_mut().push(name);
            }
        };
        join(place('a', 4), place('b', 2)).await;
        assert_eq!(seen.into_inner(), "ababaa");
    }

    #[tokio::test]
    async fn alone_there_is_nobody_to_wait_for() {
        assert!(!Turns::alone().pass().await);
    }
}
