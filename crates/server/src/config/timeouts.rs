//! `[timeouts]`: how long anything may take.

use std::time::Duration;

use super::form::Form;
use super::setting::Span;

/// How long anything may take.
#[derive(Clone, Debug)]
pub struct TimeoutsConfig {
    /// From connecting to being logged in.
    pub login: Duration,
    /// Without a command, once logged in; at least 30 minutes (RFC 3501, 5.4).
    pub autologout: Duration,
    /// Between two untagged OK of an IDLE, against NATs that forget.
    pub keep_alive: Duration,
    /// Of silence during a command, until its client is told that it goes on (RFC 9585).
    pub progress: Duration,
    /// For a client to take what it asked for.
    pub write: Duration,
    /// For balancers to notice that the server stops, before it takes no more connections.
    pub linger: Duration,
    /// Over which BYE is spread when the server stops.
    pub drain: Duration,
    /// After which the server stops whatever is left.
    pub stop: Duration,
}

impl TimeoutsConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let timeouts = Self {
            login: form.at_least(
                "timeouts.login",
                "60s",
                Duration::from_millis(100),
                "From connecting to being logged in.",
            ),
            autologout: form.at_least(
                "timeouts.autologout",
                "30min",
                Duration::from_secs(30 * 60),
                "Without a command, once logged in. RFC 3501 asks for at least 30 minutes.",
            ),
            keep_alive: form.at_least(
                "timeouts.keep_alive",
                "2min",
                Duration::from_millis(100),
                "Between two untagged OK of an IDLE, against NATs that forget.",
            ),
            progress: form.at_least(
                "timeouts.progress",
                "10s",
                Duration::from_millis(1),
                "Of silence during a command, until its client is told that it goes on. RFC 9585 \
                 advises 10 to 15 seconds.",
            ),
            write: form.at_least(
                "timeouts.write",
                "60s",
                Duration::from_millis(100),
                "For a client to take what it asked for; a slower one is dropped.",
            ),
            linger: form
                .take::<Span>(
                    "timeouts.linger",
                    "0s",
                    "For how long a server that stops, and says so at /healthz/ready, takes new connections all the same: \
                     until balancers have noticed. Then comes timeouts.drain.",
                )
                .0,
            drain: form
                .take::<Span>(
                    "timeouts.drain",
                    "5s",
                    "Over which BYE is spread when the server stops, so that clients do not come \
                     back all at once.",
                )
                .0,
            stop: form
                .take::<Span>(
                    "timeouts.stop",
                    "25s",
                    "After which a stopping server leaves whatever is unfinished: with timeouts.linger and timeouts.drain.",
                )
                .0,
        };
        form.check(
            timeouts.stop >= timeouts.linger.saturating_add(timeouts.drain),
            "timeouts.stop",
            "must not be shorter than timeouts.linger and timeouts.drain together",
        );
        timeouts
    }
}
