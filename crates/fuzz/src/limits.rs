//! Limits of the process, so that an input which needs more ends it.

use rustix::process::{Resource, Rlimit, setrlimit};

/// The inputs are small, and what is made of them is bounded: half of this is a bug already.
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Sets the limit for the rest of the process; an allocation beyond it aborts.
pub(crate) fn impose() -> Result<(), String> {
    let limit = Rlimit {
        current: Some(MEMORY_BYTES_MAX),
        maximum: Some(MEMORY_BYTES_MAX),
    };
    setrlimit(Resource::Data, limit).map_err(|cause| format!("limit of memory: {cause}"))
}
