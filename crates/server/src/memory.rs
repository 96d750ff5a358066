//! Memory for messages that all sessions of a frontend share, each user a part of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use mail::AccountId;
use session::{BoxFuture, MessageMemory, NoRoom};

use crate::connection::{Budget, Upload};
use crate::lock::lock;

/// What one user has at most: a quarter.
const SHARE: usize = 4;

/// A budget of bytes, of which one user has a part at most. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct SharedMemory {
    all: Budget,
    share_bytes: usize,
    users: Arc<Mutex<HashMap<AccountId, Weak<Budget>>>>,
}

/// A part of the budget, and of its user's. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    _of_all: Upload,
    _of_user: Upload,
    _user: Arc<Budget>,
}

/// Room within a user's part, for which there may be none among all yet.
#[derive(Debug)]
pub(crate) struct UserPart {
    bytes: u64,
    of_user: Upload,
    user: Arc<Budget>,
}

impl SharedMemory {
    /// So many bytes for all; each user has room for one of the largest messages.
    pub(crate) fn new(bytes: usize, message_bytes_max: usize) -> Self {
        Self {
            all: Budget::new(bytes),
            share_bytes: (bytes / SHARE).max(message_bytes_max).min(bytes),
            users: Arc::default(),
        }
    }

    /// How much is used now.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.all.used_bytes()
    }

    /// Room for `bytes`, once there is; `None` when that takes too long. The user's own part comes first: whoever
    /// waits for that holds nothing that others wait for. Who needs more than a part has all of it, and no more of what
    /// others have.
    pub(crate) async fn reserve(&self, user: AccountId, bytes: u64) -> Option<Reserved> {
        let part = self.reserve_part(user, bytes).await?;
        self.complete(part).await
    }

    /// The first half of [`reserve`](Self::reserve): room within the user's own part.
    pub(crate) async fn reserve_part(&self, user: AccountId, bytes: u64) -> Option<UserPart> {
        let bytes = bytes.min(self.share_bytes as u64);
        let user = self.of(user);
        let of_user = user.reserve(bytes).await?;
        Some(UserPart {
            bytes,
            of_user,
            user,
        })
    }

    /// The second half of [`reserve`](Self::reserve): room among all.
    pub(crate) async fn complete(&self, part: UserPart) -> Option<Reserved> {
        Some(Reserved {
            _of_all: self.all.reserve(part.bytes).await?,
            _of_user: part.of_user,
            _user: part.user,
        })
    }

    fn of(&self, user: AccountId) -> Arc<Budget> {
        let mut users = lock(&self.users);
        if let Some(budget) = users.get(&user).and_then(Weak::upgrade) {
            return budget;
        }
        users.retain(|_, budget| budget.strong_count() > 0);
        let budget = Arc::new(Budget::new(self.share_bytes));
        users.insert(user, Arc::downgrade(&budget));
        budget
    }
}

impl MessageMemory for SharedMemory {
    fn reserve(
        &self,
        user: AccountId,
        bytes: u64,
    ) -> BoxFuture<'_, Result<Box<dyn Send + Sync>, NoRoom>> {
        Box::pin(async move {
            let reserved = Self::reserve(self, user, bytes).await.ok_or(NoRoom)?;
            Ok(Box::new(reserved) as Box<dyn Send + Sync>)
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use mail::AccountId;

    use super::SharedMemory;

    const ADA: AccountId = AccountId(1);
    const BO: AccountId = AccountId(2);

    #[tokio::test]
    async fn one_user_leaves_room_for_others() {
        let memory = SharedMemory::new(400 * 1024, 1024);
        let first = memory.reserve(ADA, 60 * 1024).await.unwrap();
        let mut second = Box::pin(memory.reserve(ADA, 60 * 1024));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(memory.reserve(BO, 100 * 1024).await.is_some());
        drop(first);
        assert!(second.await.is_some());
    }

    #[tokio::test]
    async fn a_part_has_room_for_the_largest_message() {
        let memory = SharedMemory::new(400 * 1024, 300 * 1024);
        let first = memory.reserve(ADA, 300 * 1024).await;
        assert!(first.is_some());
        assert_eq!(memory.used_bytes(), 300 * 1024);
    }

    #[tokio::test]
    async fn what_is_larger_than_a_part_takes_all_of_it() {
        let memory = SharedMemory::new(400 * 1024, 1024);
        let all = memory.reserve(ADA, u64::MAX).await;
        assert!(all.is_some());
        assert_eq!(memory.used_bytes(), 100 * 1024);
        assert!(memory.reserve(ADA, 1).now_or_never().is_none());
        assert!(memory.reserve(BO, u64::MAX).await.is_some());
    }
}
