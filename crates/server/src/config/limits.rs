//! `[limits]`: what one client, one user and all together may take.

use session::MessageLimit;

use super::form::Form;
use super::messages::fill_message_limit;
use super::setting::ByteCount;

/// What one client, one user and all together may take.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Connections of this frontend.
    pub connections: usize,
    /// Connections from one address; of IPv6 from one /64.
    pub connections_per_address: usize,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// One message.
    pub message_bytes: usize,
    /// Parts of messages that are kept in memory for all sessions.
    pub cache_bytes: u64,
    /// All messages that are being uploaded to this frontend at one time.
    pub literal_bytes_in_flight: usize,
    /// How many messages one command may be about.
    pub messages: MessageLimit,
}

impl LimitsConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let limits = Self {
            connections: form.take(
                "limits.connections",
                "20000",
                "Connections of this frontend.",
            ),
            connections_per_address: form.take(
                "limits.connections_per_address",
                "500",
                "Connections from one address; of IPv6 from one /64.",
            ),
            connections_per_user: form.take(
                "limits.connections_per_user",
                "100",
                "Connections of one user to this frontend.",
            ),
            message_bytes: form
                .take::<ByteCount>("limits.message_bytes", "64MiB", "One message.")
                .0,
            cache_bytes: form
                .take::<ByteCount>(
                    "limits.cache_bytes",
                    "128MiB",
                    "Parts of messages that are kept in memory for all sessions.",
                )
                .0 as u64,
            literal_bytes_in_flight: form
                .take::<ByteCount>(
                    "limits.literal_bytes_in_flight",
                    "512MiB",
                    "All messages that are being uploaded to this frontend at one time, as far as they \
                     have come; one user has a quarter, or room for one message. Who comes when \
                     it is used up waits.",
                )
                .0,
            messages: fill_message_limit(form),
        };
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
