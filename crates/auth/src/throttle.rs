//! Throttles password guesses: by user and network together, by network, and by user.
//!
//! The failures are counted elsewhere, for all frontends together; here is what follows from them.

use std::time::Duration;

/// Makes whoever guesses wait after failures, twice as long each time.
///
/// Wrong guesses count for the user and the network that they come from, so that a stranger elsewhere does not lock the
/// user out. Those from one network at many users count for the network, and those from many networks at one user for
/// the user. A network from which the user logged in lately is spared the latter two.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// For one user from one network.
    pub by_both: Policy,
    /// For one user from a network from which that user logged in lately.
    pub by_both_known: Policy,
    /// For one network, whoever is guessed at: milder than for one user, because many people may share a network.
    pub by_network: Policy,
    /// For one user, from wherever.
    pub by_user: Policy,
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
}

/// The wrong passwords so far that concern a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guesses {
    /// Those for its user from its network.
    pub by_both: GuessCount,
    /// Those from its network.
    pub by_network: GuessCount,
    /// Those for its user.
    pub by_user: GuessCount,
    /// Whether its user logged in from its network lately.
    pub is_known: bool,
}

/// How many wrong passwords there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuessCount {
    /// How many.
    pub failures: u32,
    /// How long ago the last was.
    pub since_last: Duration,
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
    /// Whether a password may be checked after these guesses. A try that has to wait should not be counted.
    #[must_use]
    pub fn ask(&self, guesses: &Guesses) -> Verdict {
        let wait = if guesses.is_known {
            self.by_both_known.wait(guesses.by_both)
        } else {
            let waits = [
                self.by_both.wait(guesses.by_both),
                self.by_network.wait(guesses.by_network),
                self.by_user.wait(guesses.by_user),
            ];
            waits.into_iter().max().unwrap_or_default()
        };
        if wait.is_zero() {
            Verdict::Go
        } else {
            Verdict::Wait(wait)
        }
    }
}

impl Policy {
    /// How long whoever made these guesses waits now.
    #[must_use]
    pub fn wait(&self, guesses: GuessCount) -> Duration {
        let costing = guesses.failures.saturating_sub(self.failures_free);
        let Some(doublings) = costing.checked_sub(1) else {
            return Duration::ZERO;
        };
        let delay = 2_u32
            .checked_pow(doublings)
            .and_then(|factor| self.delay_min.checked_mul(factor))
            .map_or(self.delay_max, |delay| delay.min(self.delay_max));
        delay.saturating_sub(guesses.since_last)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{GuessCount, Guesses, Policy, Throttle, Verdict};

    const POLICY: Policy = Policy {
        failures_free: 2,
        delay_min: Duration::from_secs(1),
        delay_max: Duration::from_secs(60),
    };
    const THROTTLE: Throttle = Throttle {
        by_both: POLICY,
        by_both_known: Policy {
            failures_free: 10,
            ..POLICY
        },
        by_network: Policy {
            failures_free: 5,
            ..POLICY
        },
        by_user: Policy {
            failures_free: 20,
            ..POLICY
        },
    };

    fn count(failures: u32, milliseconds: u64) -> GuessCount {
        GuessCount {
            failures,
            since_last: Duration::from_millis(milliseconds),
        }
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_its_end() {
        for (failures, since_last, wait) in [
            (0, 0, 0),
            (2, 0, 0),
            (3, 0, 1000),
            (3, 400, 600),
            (3, 1000, 0),
            (4, 0, 2000),
            (5, 1000, 3000),
            (8, 0, 32_000),
            (9, 0, 60_000),
            (1000, 0, 60_000),
            (u32::MAX, 59_999, 1),
            (u32::MAX, 60_000, 0),
        ] {
            let waited = POLICY.wait(count(failures, since_last));
            assert_eq!(waited, Duration::from_millis(wait), "{failures} failures");
        }
    }

    #[test]
    fn guesses_hold_up_whom_they_concern() {
        let wait = |seconds| Verdict::Wait(Duration::from_secs(seconds));
        for (both, network, user, is_known, verdict) in [
            (0, 0, 0, false, Verdict::Go),
            (2, 5, 20, false, Verdict::Go),
            // From one network at one user.
            (3, 3, 3, false, wait(1)),
            // From one network at many users.
            (0, 6, 0, false, wait(1)),
            // From many networks at one user.
            (0, 0, 22, false, wait(2)),
            // The longest holds.
            (4, 6, 21, false, wait(2)),
            // A network that the user is known in waits for what came from it alone, and later.
            (10, 1000, 1000, true, Verdict::Go),
            (11, 0, 0, true, wait(1)),
        ] {
            let guesses = Guesses {
                by_both: count(both, 0),
                by_network: count(network, 0),
                by_user: count(user, 0),
                is_known,
            };
            assert_eq!(THROTTLE.ask(&guesses), verdict, "{guesses:?}");
        }
    }
}
