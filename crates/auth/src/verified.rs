//! A cache of logins that were verified a moment ago, so that they need no hashing now.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use mail::AccountId;
use sha2::Sha256;

/// Remembers verified logins by a keyed HMAC, so that no password is kept in a form that could be
/// guessed without this process's key.
pub struct VerifiedCache {
    keyed: Hmac<Sha256>,
    ttl: Duration,
    capacity: usize,
    expiries: HashMap<Tag, Instant>,
    /// Every tag once, in the order in which they expire; all have the same time to live.
    oldest_first: VecDeque<Tag>,
}

/// A user with a password, and the version of the hash against which it was or will be verified.
///
/// A new password has a new version, and so invalidates what was remembered.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// The account. A recreated account of the same name is another one, with another id.
    pub account: AccountId,
    /// The password as the client sent it.
    pub password: &'a [u8],
    /// The account's password version.
    pub version: i64,
}

type Tag = [u8; 32];

impl VerifiedCache {
    /// Makes a cache. `key` is random, and different in each process.
    #[must_use]
    pub fn new(key: &[u8; 32], capacity: usize, ttl: Duration) -> Self {
        // A key shorter than a block is filled up with zeros (RFC 2104, 2).
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self {
            keyed: Hmac::new(&block.into()),
            ttl,
            capacity,
            expiries: HashMap::new(),
            oldest_first: VecDeque::new(),
        }
    }

    /// Whether exactly this attempt succeeded less than the time to live ago.
    #[must_use]
    pub fn knows(&self, attempt: &Attempt<'_>, now: Instant) -> bool {
        self.expiries
            .get(&self.tag(attempt))
            .is_some_and(|&expiry| now < expiry)
    }

    /// Remembers an attempt that was verified just now; the oldest is dropped to make room.
    ///
    /// An attempt that is still known keeps its time: however often somebody logs in, the password
    /// is hashed again once per time to live.
    pub fn remember(&mut self, attempt: &Attempt<'_>, now: Instant) {
        self.drop_expired(now);
        let tag = self.tag(attempt);
        if self.capacity == 0 || self.expiries.contains_key(&tag) {
            return;
        }
        if self.expiries.len() >= self.capacity {
            self.drop_oldest();
        }
        self.expiries.insert(tag, now + self.ttl);
        self.oldest_first.push_back(tag);
    }

    fn drop_expired(&mut self, now: Instant) {
        while let Some(tag) = self.oldest_first.front()
            && self.expiries.get(tag).is_none_or(|&expiry| expiry <= now)
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(tag) = self.oldest_first.pop_front() {
            self.expiries.remove(&tag);
        }
    }

    fn tag(&self, attempt: &Attempt<'_>) -> Tag {
        let mut mac = self.keyed.clone();
        // The numbers are of one length and the password is last: no two attempts are the same bytes.
        mac.update(&attempt.account.0.to_le_bytes());
        mac.update(&attempt.version.to_le_bytes());
        mac.update(attempt.password);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for VerifiedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCache")
            .field("len", &self.expiries.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need some instant to start from"
)]
mod tests {
    use std::time::{Duration, Instant};

    use mail::AccountId;

    use super::{Attempt, VerifiedCache};

    const TTL: Duration = Duration::from_secs(60);

    const ADA: i64 = 1;
    const BO: i64 = 2;

    fn attempt(account: i64, password: &str, version: i64) -> Attempt<'_> {
        Attempt {
            account: AccountId(account),
            password: password.as_bytes(),
            version,
        }
    }

    #[test]
    fn only_the_very_same_attempt_is_known() {
        let now = Instant::now();
        let mut cache = VerifiedCache::new(&[7; 32], 10, TTL);
        cache.remember(&attempt(ADA, "secret", 1), now);
        for (account, password, version, expected) in [
            (ADA, "secret", 1, true),
            (ADA, "secret", 2, false),
            (ADA, "Secret", 1, false),
            (ADA, "", 1, false),
            (BO, "secret", 1, false),
            (1 << 32, "secret", 1, false),
        ] {
            let known = cache.knows(&attempt(account, password, version), now);
            assert_eq!(known, expected, "{account} {password} {version}");
        }
    }

    #[test]
    fn it_is_known_for_its_time_and_not_longer_for_being_used() {
        let start = Instant::now();
        let ada = attempt(ADA, "secret", 1);
        let mut cache = VerifiedCache::new(&[7; 32], 10, TTL);
        cache.remember(&ada, start);
        cache.remember(&ada, start + TTL / 2);
        for (after, expected) in [
            (Duration::ZERO, true),
            (TTL - Duration::from_millis(1), true),
            (TTL, false),
            (TTL * 2, false),
        ] {
            assert_eq!(cache.knows(&ada, start + after), expected, "{after:?}");
        }
        cache.remember(&ada, start + TTL);
        assert!(cache.knows(&ada, start + TTL));
    }

    #[test]
    fn the_oldest_makes_room() {
        let start = Instant::now();
        let mut cache = VerifiedCache::new(&[7; 32], 2, TTL);
        let accounts = [1, 2, 3];
        for (second, account) in (0..).zip(accounts) {
            cache.remember(
                &attempt(account, "pw", 1),
                start + Duration::from_secs(second),
            );
        }
        let known = accounts.map(|account| cache.knows(&attempt(account, "pw", 1), start));
        assert_eq!(known, [false, true, true]);
        assert_eq!(cache.expiries.len(), 2);
        assert_eq!(cache.oldest_first.len(), 2);
        // What has ended goes first, without anybody asking for it.
        cache.remember(&attempt(4, "pw", 1), start + TTL * 2);
        assert_eq!(cache.expiries.len(), 1);
        assert_eq!(cache.oldest_first.len(), 1);
    }

    #[test]
    fn without_room_nothing_is_remembered() {
        let now = Instant::now();
        let mut cache = VerifiedCache::new(&[7; 32], 0, TTL);
        cache.remember(&attempt(ADA, "secret", 1), now);
        assert!(!cache.knows(&attempt(ADA, "secret", 1), now));
    }

    #[test]
    fn another_key_makes_another_tag() {
        let one = VerifiedCache::new(&[7; 32], 2, TTL);
        let other = VerifiedCache::new(&[8; 32], 2, TTL);
        let ada = attempt(ADA, "secret", 1);
        assert_ne!(one.tag(&ada), other.tag(&ada));
    }
}
