//! How often one token may ask: a bucket of requests that fills again all the time.

use std::collections::HashMap;
use std::time::Duration;

use mail::limits::API_TOKENS_KNOWN_MAX;

use crate::problem::Wait;

const MINUTE: Duration = Duration::from_secs(60);

/// The buckets of the tokens that asked lately. A token that is none has no bucket.
#[derive(Debug)]
pub(crate) struct RateLimit {
    requests_per_minute: u32,
    buckets: HashMap<[u8; 32], Bucket>,
}

/// What a token may still ask, as of a moment. A full one is as good as none.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    requests: f64,
    at: Duration,
}

impl RateLimit {
    pub(crate) fn new(requests_per_minute: u32) -> Self {
        Self {
            requests_per_minute,
            buckets: HashMap::new(),
        }
    }

    /// Whether the token of this hash has asked too often already, before anybody is asked whether it is one.
    pub(crate) fn check(&self, token: &[u8; 32], now: Duration) -> Result<(), Wait> {
        match self.buckets.get(token) {
            None => Ok(()),
            Some(bucket) => self.wait(self.filled(bucket, now)),
        }
    }

    /// Counts a request of a token that is one.
    pub(crate) fn count(&mut self, token: &[u8; 32], now: Duration) {
        if self.buckets.len() >= API_TOKENS_KNOWN_MAX && !self.buckets.contains_key(token) {
            self.forget(now);
        }
        let full = f64::from(self.requests_per_minute);
        let left = self.buckets.get(token);
        let left = left.map_or(full, |bucket| self.filled(bucket, now));
        let bucket = Bucket {
            requests: (left - 1.0).max(0.0),
            at: now,
        };
        self.buckets.insert(*token, bucket);
    }

    /// Those that are full again; where that is none, all: better too many requests than too much memory.
    fn forget(&mut self, now: Duration) {
        let mut buckets = std::mem::take(&mut self.buckets);
        let full = f64::from(self.requests_per_minute);
        buckets.retain(|_, bucket| self.filled(bucket, now) < full);
        if buckets.len() < API_TOKENS_KNOWN_MAX {
            self.buckets = buckets;
        }
    }

    fn per_second(&self) -> f64 {
        f64::from(self.requests_per_minute) / MINUTE.as_secs_f64()
    }

    fn filled(&self, bucket: &Bucket, now: Duration) -> f64 {
        let more = now.saturating_sub(bucket.at).as_secs_f64() * self.per_second();
        (bucket.requests + more).min(f64::from(self.requests_per_minute))
    }

    fn wait(&self, requests: f64) -> Result<(), Wait> {
        if requests >= 1.0 {
            return Ok(());
        }
        let seconds = Duration::try_from_secs_f64((1.0 - requests) / self.per_second());
        let seconds = seconds.map_or(MINUTE.as_secs(), |wait| wait.as_secs() + 1);
        Err(Wait { seconds })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mail::limits::API_TOKENS_KNOWN_MAX;

    use super::{RateLimit, Wait};

    const ADA: [u8; 32] = [1; 32];
    const BO: [u8; 32] = [2; 32];

    #[test]
    fn a_token_may_ask_so_often_in_a_minute_and_others_do_not_matter() {
        let mut limit = RateLimit::new(60);
        let at = Duration::from_millis;
        for _ in 0..60 {
            assert_eq!(limit.check(&ADA, at(0)), Ok(()));
            limit.count(&ADA, at(0));
        }
        assert_eq!(limit.check(&ADA, at(0)), Err(Wait { seconds: 2 }));
        assert_eq!(limit.check(&BO, at(0)), Ok(()));
        assert_eq!(limit.check(&ADA, at(900)), Err(Wait { seconds: 1 }));
        assert_eq!(limit.check(&ADA, at(1001)), Ok(()));
        limit.count(&ADA, at(1001));
        assert!(limit.check(&ADA, at(1001)).is_err());
        // After a long while it is no more than a minute's worth.
        let late = Duration::from_secs(3600);
        for _ in 0..60 {
            limit.count(&ADA, late);
        }
        assert!(limit.check(&ADA, late).is_err());
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut limit = RateLimit::new(60);
        let hash = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            hash
        };
        for number in 0..3 * API_TOKENS_KNOWN_MAX {
            limit.count(&hash(number), Duration::ZERO);
            assert!(limit.buckets.len() <= API_TOKENS_KNOWN_MAX);
        }
        // Those that are full again go first.
        let later = Duration::from_secs(2);
        let mut limit = RateLimit::new(60);
        for number in 0..API_TOKENS_KNOWN_MAX - 1 {
            limit.count(&hash(number), Duration::ZERO);
        }
        for _ in 0..60 {
            limit.count(&ADA, later);
        }
        limit.count(&BO, later);
        assert!(limit.check(&ADA, later).is_err());
        assert_eq!(limit.buckets.len(), 2);
    }
}
