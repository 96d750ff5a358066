//! Connections that wait for the next question.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ldap3::Ldap;

/// Connections that wait for the next question, the one that was used last first.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<Ldap>>);

impl Kept {
    pub(crate) fn take(&self) -> Option<Ldap> {
        self.lock().pop()
    }

    /// Keeps one, or lets it go where there are enough.
    pub(crate) fn put(&self, ldap: Ldap, kept_max: usize) {
        let mut kept = self.lock();
        if kept.len() < kept_max {
            kept.push(ldap);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ldap>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
