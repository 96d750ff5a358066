//! Memory for messages that are being uploaded, and how long they may take.

use std::sync::Arc;
use std::time::Duration;

use mail::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use wire::UploadProgress;

use super::crowding::{ComingUploads, Enlisted};
use crate::memory::{Reserved, SharedMemory};

/// How long an upload waits for others to end.
const ROOM_TIMEOUT: Duration = Duration::from_secs(30);
/// What the budget is counted in.
const UNIT_BYTES: u32 = 1024;

/// How much may be uploaded at one time. Where it is used up and somebody waits, [`ComingUploads`] says who gives way.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
    units_max: u32,
    patience: Duration,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Upload {
    _units: OwnedSemaphorePermit,
}

/// What the messages of the command that is coming in take. Memory is taken as their bytes arrive: what was only
/// announced takes none.
#[derive(Debug, Default)]
pub(crate) struct CommandUploads {
    reserved: Vec<Reserved>,
    bytes: usize,
    /// When the first of them began to come.
    since: Option<Instant>,
    /// What others see of them while they come.
    enlisted: Option<Enlisted>,
}

/// Memory is taken in steps of this, in bytes.
const STEP_BYTES: usize = 512 * 1024;
/// A message may come slowly for so long …
const SLOW_TIMEOUT: Duration = Duration::from_secs(60);
/// … and then has to come at this rate, counted from its beginning.
const BYTES_PER_SECOND_MIN: u32 = 1024;

impl CommandUploads {
    /// Takes memory once more has come than there is memory for. `false`: others gave none back for too long, or this
    /// has to give way to them.
    pub(crate) async fn make_room(
        &mut self,
        progress: UploadProgress,
        memory: &SharedMemory,
        coming: &ComingUploads,
        user: AccountId,
    ) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let enlisted = self.enlisted.get_or_insert_with(|| coming.enlist(since));
        let UploadProgress {
            came_bytes,
            left_bytes,
        } = progress;
        if came_bytes <= self.bytes {
            return true;
        }
        // In whole units: what is lost by rounding could make a message larger than its user's part.
        let wanted = came_bytes + left_bytes.min(STEP_BYTES);
        let more = wanted.next_multiple_of(UNIT_BYTES as usize) - self.bytes;
        let part = enlisted.or_give_way(memory.reserve_part(user, more as u64));
        let Some(part) = part.await else {
            return false;
        };
        let Some(reserved) = enlisted.press_for(memory.complete(part)).await else {
            return false;
        };
        self.reserved.push(reserved);
        self.bytes += more;
        enlisted.grow_to(self.bytes);
        true
    }

    /// Gives all memory back: what has come is not kept.
    pub(crate) fn give_back(&mut self) {
        *self = Self::default();
    }

    /// All has come: the command runs, and gives way to nobody.
    pub(super) fn have_come(&mut self) {
        self.enlisted = None;
    }

    /// Resolves when what is coming has to give way to other uploads. May be dropped at any time.
    pub(crate) async fn give_way(&self) {
        match &self.enlisted {
            // On the heap: an idle connection has room for what is awaited.
            Some(enlisted) => Box::pin(enlisted.gives_way()).await,
            None => std::future::pending().await,
        }
    }

    /// When the message that is coming has come too slowly.
    pub(crate) fn late_at(&self, progress: UploadProgress) -> Option<Instant> {
        let came = u32::try_from(progress.came_bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(u64::from(came / BYTES_PER_SECOND_MIN));
        Some(self.since? + SLOW_TIMEOUT + earned)
    }
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        let units_max = units(bytes as u64);
        Self {
            units: Arc::new(Semaphore::new(units_max as usize)),
            units_max,
            patience: ROOM_TIMEOUT,
        }
    }

    /// Room for `bytes`, once there is; `None` when that takes too long.
    pub(crate) async fn reserve(&self, bytes: u64) -> Option<Upload> {
        // One that is larger than everything goes through alone.
        let wanted = units(bytes).min(self.units_max);
        let reserved = Arc::clone(&self.units).acquire_many_owned(wanted);
        let units = timeout(self.patience, reserved).await.ok()?.ok()?;
        Some(Upload { _units: units })
    }

    /// How much is used now.
    pub(crate) fn used_bytes(&self) -> u64 {
        let free = self.units.available_permits() as u64;
        u64::from(self.units_max).saturating_sub(free) * u64::from(UNIT_BYTES)
    }
}

/// At least one, at most what a semaphore counts.
fn units(bytes: u64) -> u32 {
    let units = bytes.div_ceil(UNIT_BYTES.into()).max(1);
    u32::try_from(units).unwrap_or(u32::MAX).min(UNITS_MAX)
}

/// Below what [`Semaphore`] can hold on any platform: half a tebibyte.
const UNITS_MAX: u32 = u32::MAX >> 3;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use mail::AccountId;
    use wire::UploadProgress;

    use super::{
        BYTES_PER_SECOND_MIN, Budget, ComingUploads, CommandUploads, SLOW_TIMEOUT, STEP_BYTES,
    };
    use crate::memory::SharedMemory;

    const ADA: AccountId = AccountId(1);

    fn progress(came_bytes: usize, left_bytes: usize) -> UploadProgress {
        UploadProgress {
            came_bytes,
            left_bytes,
        }
    }

    #[tokio::test]
    async fn memory_is_taken_as_bytes_arrive() {
        const MESSAGE: usize = 64 * 1024 * 1024;
        let memory = SharedMemory::new(4 * MESSAGE, MESSAGE);
        let (mut uploads, coming) = (CommandUploads::default(), ComingUploads::default());
        for came in [0, 1, STEP_BYTES, STEP_BYTES + 2, MESSAGE / 2, MESSAGE] {
            let progress = progress(came, MESSAGE - came);
            assert!(uploads.make_room(progress, &memory, &coming, ADA).await);
            let used = usize::try_from(memory.used_bytes()).unwrap();
            let most = if came == 0 {
                0
            } else {
                came + STEP_BYTES + 1024
            };
            assert!((came..=most).contains(&used), "{used} for {came}");
        }
        drop(uploads);
        assert_eq!(memory.used_bytes(), 0);
    }

    #[tokio::test]
    async fn whoever_sends_too_slowly_is_late() {
        let memory = SharedMemory::new(1024 * 1024, 1024 * 1024);
        let (mut uploads, coming) = (CommandUploads::default(), ComingUploads::default());
        assert_eq!(uploads.late_at(progress(0, 1)), None);
        let first = uploads.make_room(progress(0, 1000), &memory, &coming, ADA);
        assert!(first.await);
        let silent = uploads.late_at(progress(0, 1000)).unwrap();
        let came = 90 * BYTES_PER_SECOND_MIN as usize;
        let slow = uploads.late_at(progress(came, 1000)).unwrap();
        assert_eq!((slow - silent).as_secs(), 90);
        assert!(silent <= tokio::time::Instant::now() + SLOW_TIMEOUT);
    }

    #[tokio::test]
    async fn who_holds_much_for_long_gives_way_to_who_waits() {
        const MESSAGE: usize = 1024 * 1024;
        let (memory, coming) = (
            SharedMemory::new(MESSAGE, MESSAGE),
            ComingUploads::default(),
        );
        let mut slow = CommandUploads::default();
        let most = progress(MESSAGE - STEP_BYTES, STEP_BYTES + 1);
        assert!(slow.make_room(most, &memory, &coming, ADA).await);
        let mut waiting = CommandUploads::default();
        let little = progress(1000, 1000);
        let (is_let_in, ()) = tokio::join!(
            waiting.make_room(little, &memory, &coming, AccountId(2)),
            // As the connection does whose upload it is.
            async {
                slow.give_way().await;
                drop(std::mem::take(&mut slow));
            }
        );
        assert!(is_let_in);
        // Whose message has come gives way to nobody.
        waiting.have_come();
        assert!(waiting.give_way().now_or_never().is_none());
    }

    #[tokio::test]
    async fn uploads_share_the_budget_and_give_it_back() {
        let budget = Budget::new(8 * 1024);
        let first = budget.reserve(3000).await.unwrap();
        assert_eq!(budget.used_bytes(), 3 * 1024);
        let second = budget.reserve(5 * 1024).await.unwrap();
        let (third, ()) = tokio::join!(budget.reserve(1), async { drop(first) });
        assert!(third.is_some());
        drop((second, third));
        assert_eq!(budget.used_bytes(), 0);
    }

    #[tokio::test]
    async fn who_waits_for_too_long_is_refused() {
        let budget = Budget {
            patience: Duration::ZERO,
            ..Budget::new(1024)
        };
        let _all = budget.reserve(1024).await.unwrap();
        assert!(budget.reserve(1).await.is_none());
    }

    #[tokio::test]
    async fn the_largest_goes_through_alone() {
        let budget = Budget::new(1024);
        assert!(budget.reserve(u64::MAX).await.is_some());
    }
}
