//! `[limits]`: what one client, one user and all together may take.

use session::MessageLimit;

use super::budgets::Budgets;
use super::form::Form;
use super::messages::fill_message_limit;
use super::setting::ByteCount;

/// What one client, one user and all together may take.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// What this process may take, by which the defaults of the others were chosen.
    pub memory_bytes: u64,
    /// Connections of this frontend.
    pub connections: usize,
    /// Connections from one address; of IPv6 from one /64.
    pub connections_per_address: usize,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// One message.
    pub message_bytes: usize,
    /// Parts of messages, and mailboxes, that are kept in memory for all sessions.
    pub cache_bytes: u64,
    /// All messages that are being uploaded to this frontend at one time.
    pub literal_bytes_in_flight: usize,
    /// All messages that are being told to clients of this frontend at one time.
    pub fetch_bytes_in_flight: usize,
    /// How many messages one command may be about.
    pub messages: MessageLimit,
}

impl LimitsConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let memory = form.take::<Option<ByteCount>>(
            "limits.memory_bytes",
            "",
            "What this process may take. Without it, what its container or the machine has; the \
             defaults of this section are parts of it.",
        );
        let message_bytes = form
            .take::<ByteCount>("limits.message_bytes", "64MiB", "One message.")
            .0;
        let budgets = Budgets::of(memory, form.memory_bytes(), message_bytes);
        let connections = form.take::<Option<usize>>(
            "limits.connections",
            "",
            "Connections of this frontend. Without it a quarter of the memory at 32 KiB each, at most \
             20000.",
        );
        let connections_per_address = form.take(
            "limits.connections_per_address",
            "500",
            "Connections from one address; of IPv6 from one /64.",
        );
        let connections_per_user = form.take(
            "limits.connections_per_user",
            "100",
            "Connections of one user to this frontend.",
        );
        let mut bytes = |key, default: u64, words| {
            let given = form.take::<Option<ByteCount>>(key, "", words);
            given.map_or(default, |ByteCount(bytes)| bytes as u64)
        };
        let budgets = Budgets {
            cache_bytes: bytes(
                "limits.cache_bytes",
                budgets.cache_bytes,
                "What is kept in memory for all sessions: parts of messages, and for a quarter of it \
                 mailboxes that were open lately. Without it an eighth of the memory, at most 1GiB.",
            ),
            literal_bytes_in_flight: bytes(
                "limits.literal_bytes_in_flight",
                budgets.literal_bytes_in_flight,
                "All messages that are being uploaded to this frontend at one time, as far as they \
                 have come; one user has a quarter, or room for one message. Who comes when \
                 it is used up waits; every half second the one that has held most for longest gives \
                 way. Without it an eighth of the memory, at most 512MiB.",
            ),
            fetch_bytes_in_flight: bytes(
                "limits.fetch_bytes_in_flight",
                budgets.fetch_bytes_in_flight,
                "All messages that are being told to clients of this frontend at one time, and what \
                 searches hold; one user has a quarter, or room for one message. Without it an eighth \
                 of the memory, at most 256MiB.",
            ),
            connections: connections.map_or(budgets.connections, |connections| connections as u64),
            ..budgets
        };
        let whole = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let limits = Self {
            memory_bytes: budgets.memory_bytes,
            connections: whole(budgets.connections),
            connections_per_address,
            connections_per_user,
            message_bytes,
            cache_bytes: budgets.cache_bytes,
            literal_bytes_in_flight: whole(budgets.literal_bytes_in_flight),
            fetch_bytes_in_flight: whole(budgets.fetch_bytes_in_flight),
            messages: fill_message_limit(form),
        };
        form.check(
            budgets.sum() <= budgets.memory_bytes,
            "limits.memory_bytes",
            "the limits of connections, cache, uploads and fetches take more than that together",
        );
        form.check(
            limits.fetch_bytes_in_flight >= limits.message_bytes,
            "limits.fetch_bytes_in_flight",
            "must have room for one message (limits.message_bytes)",
        );
        form.check(
            limits.connections > 0,
            "limits.connections",
            "must be at least 1",
        );
        form.check(
            limits.literal_bytes_in_flight >= limits.message_bytes,
            "limits.literal_bytes_in_flight",
            "must have room for one message (limits.message_bytes)",
        );
        limits
    }
}
