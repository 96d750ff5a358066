//! Which upload gives way where others wait for room.
//!
//! An upload costs the others what it holds, for as long as it holds it: its bytes times its age. Once somebody has waited
//! for room for [`PATIENCE`], the upload that has cost most gives way, unless that is the one that waits; and again after
//! each further `PATIENCE`, one upload each time, whoever waits. So whoever sends a large message slowly, to keep
//! others out, is the first to go, in whichever number, and whoever sends it as fast as it is taken is the last. As long as
//! nobody waits everybody may take the time that `CommandUploads::late_at` gives. Who waits for
//! room in an own user's part waits for nobody else's upload, and nothing gives way.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::lock::lock;

/// How long whoever waits for room bears with those who have it.
const PATIENCE: Duration = Duration::from_millis(500);

/// The uploads of one frontend that are coming in. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComingUploads {
    list: Arc<Mutex<List>>,
}

#[derive(Debug, Default)]
struct List {
    uploads: Vec<Arc<Coming>>,
    /// When one last gave way.
    relieved_at: Option<Instant>,
}

/// One upload, as the others see it.
#[derive(Debug)]
struct Coming {
    since: Instant,
    bytes: AtomicUsize,
    gives_way: Notify,
}

/// One's own upload among those that are coming in, until it is dropped.
#[derive(Debug)]
pub(super) struct Enlisted {
    all: ComingUploads,
    own: Arc<Coming>,
}

impl ComingUploads {
    /// Takes an upload into the list that holds nothing yet.
    pub(super) fn enlist(&self, since: Instant) -> Enlisted {
        let own = Arc::new(Coming {
            since,
            bytes: AtomicUsize::new(0),
            gives_way: Notify::new(),
        });
        lock(&self.list).uploads.push(Arc::clone(&own));
        Enlisted {
            all: self.clone(),
            own,
        }
    }
}

impl List {
    /// Tells the upload that has cost most to give way to `waiting`. It is told once.
    fn relieve(&mut self, waiting: &Coming, now: Instant) {
        if self.relieved_at.is_some_and(|last| now < last + PATIENCE) {
            return;
        }
        let places = 0..self.uploads.len();
        let cost = |place: &usize| self.uploads.get(*place).map(|upload| upload.cost(now));
        let Some(place) = places.max_by_key(cost) else {
            return;
        };
        let has_cost_more = |upload: &Arc<Coming>| upload.cost(now) > waiting.cost(now);
        if self.uploads.get(place).is_some_and(has_cost_more) {
            self.uploads.swap_remove(place).gives_way.notify_one();
            self.relieved_at = Some(now);
        }
    }
}

impl Coming {
    /// Bytes times milliseconds.
    fn cost(&self, now: Instant) -> u128 {
        let bytes = self.bytes.load(Ordering::Relaxed) as u128;
        bytes * now.saturating_duration_since(self.since).as_millis()
    }
}

impl Enlisted {
    /// It holds so much by now.
    pub(super) fn grow_to(&self, bytes: usize) {
        self.own.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Resolves when this upload has to give way. May be dropped at any time.
    pub(super) async fn gives_way(&self) {
        self.own.gives_way.notified().await;
    }

    /// Waits for `room`, or gives way: then there is none.
    pub(super) async fn or_give_way<T>(&self, room: impl Future<Output = Option<T>>) -> Option<T> {
        tokio::select! {
            biased;
            room = room => room,
            () = self.gives_way() => None,
        }
    }

    /// As [`or_give_way`](Self::or_give_way), for room that the uploads of all share: where that takes long, others give way.
    pub(super) async fn press_for<T>(&self, room: impl Future<Output = Option<T>>) -> Option<T> {
        let mut room = pin!(self.or_give_way(room));
        loop {
            tokio::select! {
                biased;
                room = &mut room => return room,
                () = sleep(PATIENCE) => self.relieve(Instant::now()),
            }
        }
    }

    fn relieve(&self, now: Instant) {
        lock(&self.all.list).relieve(&self.own, now);
    }
}

impl Drop for Enlisted {
    fn drop(&mut self) {
        let mut list = lock(&self.all.list);
        list.uploads
            .retain(|upload| !Arc::ptr_eq(upload, &self.own));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::Instant;

    use super::{ComingUploads, Enlisted, PATIENCE};

    const MIB: usize = 1024 * 1024;

    /// An upload that began so many seconds after `start`, and holds so much.
    fn upload(all: &ComingUploads, start: Instant, (after, bytes): (u64, usize)) -> Enlisted {
        let enlisted = all.enlist(start + Duration::from_secs(after));
        enlisted.grow_to(bytes);
        enlisted
    }

    fn has_to_give_way(enlisted: &Enlisted) -> bool {
        enlisted.gives_way().now_or_never().is_some()
    }

    #[test]
    fn what_has_cost_most_gives_way_one_at_a_time() {
        let (all, start) = (ComingUploads::default(), Instant::now());
        // A trickle of 60 MiB; as much, that has just begun; small ones; a long one that waits for its first byte.
        let held = [(0, 60 * MIB), (58, 60 * MIB), (0, 4096), (30, MIB), (0, 0)];
        let uploads = held.map(|held| upload(&all, start, held));
        let waiting = upload(&all, start, (59, MIB / 2));
        let order = [0, 1, 3];
        for (round, gone) in order.into_iter().enumerate() {
            let now = start + Duration::from_secs(60) + PATIENCE * u32::try_from(round).unwrap();
            waiting.relieve(now);
            // Whoever else waits does not make a second one go.
            waiting.relieve(now + PATIENCE / 2);
            for (place, upload) in uploads.iter().enumerate() {
                assert_eq!(has_to_give_way(upload), place == gone, "{place} in {round}");
            }
        }
    }

    #[test]
    fn whoever_has_cost_most_waits_on() {
        let (all, start) = (ComingUploads::default(), Instant::now());
        let small = upload(&all, start, (0, 1));
        let large = upload(&all, start, (0, MIB));
        large.relieve(start + Duration::from_secs(1));
        assert!(!has_to_give_way(&small) && !has_to_give_way(&large));
        drop(large);
        let next = upload(&all, start, (0, 0));
        next.relieve(start + Duration::from_secs(1));
        assert!(has_to_give_way(&small));
        assert!(!has_to_give_way(&next));
    }

    #[tokio::test]
    async fn who_is_told_while_waiting_waits_no_longer() {
        let (all, start) = (ComingUploads::default(), Instant::now());
        let own = upload(&all, start, (0, MIB));
        let other = upload(&all, start, (0, 0));
        assert!(
            own.press_for(pending::<Option<()>>())
                .now_or_never()
                .is_none()
        );
        other.relieve(start + Duration::from_secs(1));
        assert_eq!(own.press_for(pending::<Option<()>>()).await, None);
        assert_eq!(other.press_for(async { Some(7) }).await, Some(7));
    }
}
