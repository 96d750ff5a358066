//! Memory for messages that are being uploaded: one budget for the whole frontend.

use std::sync::Arc;
use std::time::Duration;

use session::{BoxFuture, NoRoom, UploadMemory};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long an upload waits for others to end.
const ROOM_TIMEOUT: Duration = Duration::from_secs(30);
/// What the budget is counted in.
const UNIT_BYTES: u64 = 1024;

/// How much may be uploaded at one time.
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

/// What one command takes of the budget.
pub(super) struct CommandUploads<'a> {
    pub(super) budget: &'a Budget,
    pub(super) reserved: &'a mut Vec<Upload>,
}

impl UploadMemory for CommandUploads<'_> {
    fn reserve(&mut self, bytes: u64) -> BoxFuture<'_, Result<(), NoRoom>> {
        Box::pin(async move {
            let upload = self.budget.reserve(bytes).await.ok_or(NoRoom)?;
            self.reserved.push(upload);
            Ok(())
        })
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
        u64::from(self.units_max).saturating_sub(free) * UNIT_BYTES
    }
}

/// At least one, at most what a semaphore counts.
fn units(bytes: u64) -> u32 {
    let units = bytes.div_ceil(UNIT_BYTES).max(1);
    u32::try_from(units).unwrap_or(u32::MAX).min(UNITS_MAX)
}

/// Below what [`Semaphore`] can hold on any platform: half a tebibyte.
const UNITS_MAX: u32 = u32::MAX >> 3;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Budget;

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
