//! What time it is, and how much of it this thread has worked.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Since some moment.
pub(crate) fn now() -> Duration {
    read(ClockId::Monotonic)
}

/// Of the processor, spent in this thread: what others do beside it does not count.
pub(crate) fn worked() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Another one each time.
pub(crate) fn seed() -> u64 {
    u64::from(read(ClockId::Realtime).subsec_nanos())
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
