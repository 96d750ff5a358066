//! Throttles password guesses, by user and by address.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use mail::limits::IDENTIFIER_BYTES_MAX;

use crate::ledger::Ledger;
use crate::network::network_of;

/// Makes a user or an address wait after failures, twice as long each time.
///
/// The caller should ask the [`VerifiedCache`](crate::VerifiedCache) first; otherwise a stranger's
/// guesses lock the real user out.
#[derive(Debug)]
pub struct Throttle {
    users: Brake<String>,
    addresses: Brake<IpAddr>,
}

/// How strict a throttle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many failures cause no wait: typing errors, a device with an old password.
    pub failures_free: u32,
    /// The wait after the first failure beyond these.
    pub delay_min: Duration,
    /// The longest wait.
    pub delay_max: Duration,
    /// After this time without a failure all failures are forgotten.
    pub forget_after: Duration,
    /// How many users, or addresses, are remembered at once.
    pub keys_max: usize,
}

/// Whether a password may be checked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password may be checked.
    Go,
    /// The password may be checked after this time.
    Wait(Duration),
}

impl Throttle {
    /// Addresses deserve more free failures than users: many people may share one.
    #[must_use]
    pub fn new(by_user: Policy, by_address: Policy) -> Self {
        Self {
            users: Brake::new(by_user),
            addresses: Brake::new(by_address),
        }
    }

    /// Whether `user` may try from `address` now. A try that has to wait is not counted.
    #[must_use]
    pub fn ask(&self, user: &str, address: IpAddr, now: Instant) -> Verdict {
        let wait = self
            .users
            .wait(&user_key(user), now)
            .max(self.addresses.wait(&network_of(address), now));
        if wait.is_zero() {
            Verdict::Go
        } else {
            Verdict::Wait(wait)
        }
    }

    /// Records a wrong password, or one for a user who does not exist.
    pub fn failed(&mut self, user: &str, address: IpAddr, now: Instant) {
        self.users.ledger.add(user_key(user), now);
        self.addresses.ledger.add(network_of(address), now);
    }

    /// Records a right password: the failures of the user are forgotten.
    ///
    /// The address is forgiven the failures of this user and no others, so that nobody can clear
    /// guesses at other people's passwords with logins of their own.
    pub fn succeeded(&mut self, user: &str, address: IpAddr, now: Instant) {
        let user = user_key(user);
        if let Some(failures) = self.users.ledger.find(&user, now) {
            self.users.ledger.forgive(&user, failures.count);
            self.addresses
                .ledger
                .forgive(&network_of(address), failures.count);
        }
    }
}

#[derive(Debug)]
struct Brake<K> {
    policy: Policy,
    ledger: Ledger<K>,
}

impl<K: Clone + Eq + std::hash::Hash> Brake<K> {
    fn new(policy: Policy) -> Self {
        Self {
            policy,
            ledger: Ledger::new(policy.keys_max, policy.forget_after),
        }
    }

    fn wait(&self, key: &K, now: Instant) -> Duration {
        let Some(failures) = self.ledger.find(key, now) else {
            return Duration::ZERO;
        };
        let costing = failures.count.saturating_sub(self.policy.failures_free);
        let Some(doublings) = costing.checked_sub(1) else {
            return Duration::ZERO;
        };
        let delay = 2_u32
            .checked_pow(doublings)
            .and_then(|factor| self.policy.delay_min.checked_mul(factor))
            .map_or(self.policy.delay_max, |delay| {
                delay.min(self.policy.delay_max)
            });
        (failures.last + delay).saturating_duration_since(now)
    }
}

/// Names that differ only in case share their failures. Nobody is called something longer than an
/// identifier, so all such names are one.
fn user_key(user: &str) -> String {
    if user.len() > IDENTIFIER_BYTES_MAX {
        String::new()
    } else {
        user.to_lowercase()
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need some instant to start from"
)]
mod tests {
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    use super::{Policy, Throttle, Verdict};

    const BY_USER: Policy = Policy {
        failures_free: 2,
        delay_min: Duration::from_secs(1),
        delay_max: Duration::from_secs(60),
        forget_after: Duration::from_secs(600),
        keys_max: 100,
    };
    const BY_ADDRESS: Policy = Policy {
        failures_free: 5,
        ..BY_USER
    };

    /// Plays rows of `at user address event`: `at` in milliseconds; an event is `fail`, `succeed`,
    /// `go`, or `wait-N` with milliseconds.
    fn plays(table: &str) {
        let start = Instant::now();
        let mut throttle = Throttle::new(BY_USER, BY_ADDRESS);
        let mut rows = table
            .lines()
            .map(str::trim)
            .filter(|row| !row.is_empty() && !row.starts_with('#'));
        assert_eq!(
            rows.next().unwrap().split_whitespace().collect::<Vec<_>>(),
            ["at", "user", "address", "event"]
        );
        for row in rows {
            let [at, user, address, event] = row.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("not a row: {row}")
            };
            let now = start + Duration::from_millis(at.parse().unwrap());
            let address: IpAddr = address.parse().unwrap();
            let verdict = throttle.ask(user, address, now);
            match event {
                "fail" => throttle.failed(user, address, now),
                "succeed" => throttle.succeeded(user, address, now),
                "go" => assert_eq!(verdict, Verdict::Go, "{row}"),
                wait => {
                    let wait = wait.strip_prefix("wait-").unwrap().parse().unwrap();
                    assert_eq!(verdict, Verdict::Wait(Duration::from_millis(wait)), "{row}");
                }
            }
        }
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_its_end() {
        plays(
            "
            at       user    address    event
            0        ada     1.1.1.1    go
            0        ada     1.1.1.1    fail
            0        ada     2.1.1.1    fail
            0        ada     3.1.1.1    go
            0        ada     3.1.1.1    fail
            0        ada     4.1.1.1    wait-1000
            400      ada     4.1.1.1    wait-600
            1000     ada     4.1.1.1    go
            1000     ada     4.1.1.1    fail
            1000     ada     5.1.1.1    wait-2000
            3000     ada     5.1.1.1    fail
            3000     ada     6.1.1.1    wait-4000
            7000     ada     6.1.1.1    fail
            15000    ada     7.1.1.1    fail
            31000    ada     8.1.1.1    fail
            63000    ada     9.1.1.1    fail
            63000    ada     1.2.1.1    wait-60000
            63000    bo      1.2.1.1    go
            ",
        );
    }

    #[test]
    fn the_wait_stays_at_its_longest_however_often_one_fails() {
        let start = Instant::now();
        let mut throttle = Throttle::new(BY_USER, BY_ADDRESS);
        let address = IpAddr::from([1, 1, 1, 1]);
        for _ in 0..1000 {
            throttle.failed("ada", address, start);
        }
        let verdict = throttle.ask("ada", address, start);
        assert_eq!(verdict, Verdict::Wait(BY_USER.delay_max));
    }

    #[test]
    fn a_user_who_gets_it_right_starts_afresh() {
        plays(
            "
            at      user    address    event
            0       ada     1.1.1.1    fail
            0       ada     1.1.1.1    fail
            0       ada     1.1.1.1    fail
            0       ada     1.1.1.1    wait-1000
            1000    ada     1.1.1.1    succeed
            1000    ada     1.1.1.1    go
            1000    ada     1.1.1.1    fail
            1000    ada     1.1.1.1    fail
            1000    ada     1.1.1.1    go
            ",
        );
    }

    #[test]
    fn all_guesses_from_one_address_count_whoever_is_guessed_at() {
        plays(
            "
            at       user    address         event
            0        ada     1.1.1.1         fail
            0        bo      1.1.1.1         fail
            0        cy      1.1.1.1         fail
            0        dee     1.1.1.1         fail
            0        eve     1.1.1.1         fail
            0        fay     1.1.1.1         go
            0        fay     1.1.1.1         fail
            0        guy     1.1.1.1         wait-1000
            0        guy     1.1.1.2         go
            # A login of one's own washes nothing off.
            1000     eli     1.1.1.1         succeed
            1000     guy     1.1.1.1         fail
            1000     guy     1.1.1.1         wait-2000
            # What ada mistyped is forgiven with ada.
            1000     ada     1.1.1.1         succeed
            1000     guy     1.1.1.1         wait-1000
            ",
        );
    }

    #[test]
    fn spellings_of_one_name_or_address_are_one() {
        plays(
            "
            at    user    address              event
            0     ada     1.1.1.1              fail
            0     Ada     2.1.1.1              fail
            0     ADA     3.1.1.1              fail
            0     ada     4.1.1.1              wait-1000
            0     b1      ::ffff:9.9.9.9       fail
            0     b2      9.9.9.9              fail
            0     b3      ::ffff:9.9.9.9       fail
            0     b4      9.9.9.9              fail
            0     b5      9.9.9.9              fail
            0     b6      9.9.9.9              fail
            0     b7      ::ffff:9.9.9.9       wait-1000
            0     c1      2001:db8:0:1::1      fail
            0     c2      2001:db8:0:1::2      fail
            0     c3      2001:db8:0:1:9::3    fail
            0     c4      2001:db8:0:1::4      fail
            0     c5      2001:db8:0:1::5      fail
            0     c6      2001:db8:0:1::6      fail
            0     c7      2001:db8:0:1::7      wait-1000
            0     c7      2001:db8:0:2::7      go
            ",
        );
    }

    #[test]
    fn failures_are_forgotten() {
        plays(
            "
            at        user    address    event
            0         ada     1.1.1.1    fail
            0         ada     1.1.1.1    fail
            0         ada     1.1.1.1    fail
            600000    ada     1.1.1.1    fail
            600000    ada     1.1.1.1    go
            ",
        );
    }
}
