//! The time, and the processor time of this thread.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time since some fixed point.
pub(crate) fn now() -> Duration {
    read(ClockId::Monotonic)
}

/// The processor time of this thread; that of others does not count.
pub(crate) fn worked() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// A seed that is another one each time.
pub(crate) fn seed() -> u64 {
    u64::from(read(ClockId::Realtime).subsec_nanos())
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
