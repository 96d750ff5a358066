//! How the memory of the process is divided where nobody says otherwise.

use super::setting::ByteCount;

/// What is assumed where neither the container nor the machine says what it has, in bytes.
const UNKNOWN_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// What an open connection takes while it says nothing, in bytes, TLS and some rest of a command included.
const CONNECTION_BYTES: u64 = 32 * 1024;
/// No frontend has more connections unless somebody says so.
const CONNECTIONS_MAX: u64 = 20_000;
const MIB: u64 = 1024 * 1024;

/// Defaults that together stay below three quarters of the memory: the rest is for the states of open mailboxes and
/// for the work itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budgets {
    pub(super) memory_bytes: u64,
    pub(super) cache_bytes: u64,
    pub(super) literal_bytes_in_flight: u64,
    pub(super) fetch_bytes_in_flight: u64,
    pub(super) connections: u64,
}

impl Budgets {
    /// Of so much memory, where a message may have `message_bytes`: both ways have room for one.
    pub(super) fn of(
        memory: Option<ByteCount>,
        machine_bytes: Option<u64>,
        message_bytes: usize,
    ) -> Self {
        let given = memory.map(|ByteCount(bytes)| bytes as u64);
        let memory_bytes = given.or(machine_bytes).unwrap_or(UNKNOWN_MEMORY_BYTES);
        let message_bytes = message_bytes as u64;
        let one_message_to = |bytes: u64, max: u64| bytes.min(max).max(message_bytes);
        Self {
            memory_bytes,
            cache_bytes: (memory_bytes / 8).min(1024 * MIB),
            literal_bytes_in_flight: one_message_to(memory_bytes / 8, 512 * MIB),
            fetch_bytes_in_flight: one_message_to(memory_bytes / 8, 256 * MIB),
            connections: (memory_bytes / 4 / CONNECTION_BYTES).min(CONNECTIONS_MAX),
        }
    }

    /// All of them together, in bytes.
    pub(super) fn sum(&self) -> u64 {
        [
            self.cache_bytes,
            self.literal_bytes_in_flight,
            self.fetch_bytes_in_flight,
            self.connections.saturating_mul(CONNECTION_BYTES),
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_stay_below_the_memory_that_there_is() {
        let message_bytes = 64 * 1024 * 1024;
        for (mib, connections) in [(512, 4096), (1024, 8192), (8192, 20_000), (262_144, 20_000)] {
            let budgets = Budgets::of(None, Some(mib * MIB), message_bytes);
            assert_eq!(budgets.connections, connections, "{mib} MiB");
            assert!(budgets.sum() <= mib * MIB / 4 * 3, "{mib} MiB: {budgets:?}");
        }
        let small = Budgets::of(None, Some(256 * MIB), 16 * 1024 * 1024);
        assert!(small.sum() <= 192 * MIB, "{small:?}");
    }

    #[test]
    fn what_is_said_counts_more_than_the_machine() {
        let said = Budgets::of(Some(ByteCount(1024 * 1024 * 1024)), Some(MIB), 1);
        assert_eq!(said.memory_bytes, 1024 * MIB);
        assert_eq!(
            Budgets::of(None, None, 1).memory_bytes,
            UNKNOWN_MEMORY_BYTES
        );
    }
}
