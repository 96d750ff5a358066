//! What each user who is here may have at one time of what all share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use mail::AccountId;
use tokio::sync::Semaphore;

/// A share for each user, which all sessions of that user have together.
pub(crate) struct Shares {
    size: usize,
    users: Mutex<HashMap<AccountId, Weak<Semaphore>>>,
}

impl Shares {
    /// Each is so large.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size,
            users: Mutex::default(),
        }
    }

    pub(crate) fn of(&self, user: AccountId) -> Arc<Semaphore> {
        // Nothing panics while it is held.
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = users.get(&user).and_then(Weak::upgrade) {
            return share;
        }
        users.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.size));
        users.insert(user, Arc::downgrade(&share));
        share
    }
}
