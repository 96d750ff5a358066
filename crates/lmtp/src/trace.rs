//! What is added before a letter: Return-Path, Delivered-To and Received (RFC 5321, 4.4). The letter itself, a
//! Return-Path in it included, stays byte for byte.

use std::fmt::Write as _;
use std::net::IpAddr;

use mail::InternalDate;
use mime::encode_binary;

use crate::transaction::MailTransaction;

/// Where and when a letter arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// How this node calls itself, as [`host_name`](crate::host_name) makes it.
    pub node: String,
    /// The address of the sending side; `None` on a Unix socket.
    pub peer: Option<IpAddr>,
    /// Whether it came through TLS.
    pub is_tls: bool,
    /// What this node calls the transaction, for its log.
    pub id: String,
    /// The present time.
    pub at: InternalDate,
    /// Whether the recipient may be named.
    pub naming: Naming,
}

/// Whether what goes before a letter names its recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It does where there is only one.
    One,
    /// It does not: its address is a secret between us and the sending side.
    Nobody,
}

/// The fields that go before a letter. All recipients share them, so a recipient is named only where there is one:
/// else one would read of another in whose name it was hidden (Bcc).
#[must_use]
pub(crate) fn trace_fields<R>(transaction: &MailTransaction<R>, arrival: &Arrival) -> Vec<u8> {
    let mut fields = format!("Return-Path: <{}>\r\n", transaction.sender);
    let only = match (transaction.recipients.as_slice(), arrival.naming) {
        ([only], Naming::One) => Some(only.path.as_str()),
        ([] | [_, _, ..], _) | (_, Naming::Nobody) => None,
    };
    if let Some(recipient) = only {
        let _ = write!(fields, "Delivered-To: {recipient}\r\n");
    }
    let Arrival { node, id, .. } = arrival;
    let _ = write!(fields, "Received: from {}", transaction.client);
    match arrival.peer.map(|peer| peer.to_canonical()) {
        Some(IpAddr::V4(peer)) => _ = write!(fields, " ([{peer}])"),
        Some(IpAddr::V6(peer)) => _ = write!(fields, " ([IPv6:{peer}])"),
        None => {}
    }
    let with = with(transaction.is_utf8, arrival.is_tls);
    let _ = write!(fields, "\r\n\tby {node} with {with} id {id}");
    if let Some(recipient) = only {
        let _ = write!(fields, "\r\n\tfor <{recipient}>");
    }
    let _ = write!(fields, ";\r\n\t{}\r\n", arrival.at.in_a_header());
    fields.into_bytes()
}

/// A letter with what goes before it, as APPEND would store it: without NUL (RFC 3516, 6). `None` where a NUL is where no
/// encoding can hide it.
#[must_use]
pub fn letter_to_store<R>(transaction: &MailTransaction<R>, arrival: &Arrival) -> Option<Vec<u8>> {
    let mut stored = trace_fields(transaction, arrival);
    stored.extend_from_slice(&encode_binary(&transaction.letter)?);
    Some(stored)
}

/// The protocol's name (RFC 3848; RFC 6531, 4.3).
fn with(is_utf8: bool, is_tls: bool) -> &'static str {
    match (is_utf8, is_tls) {
        (false, false) => "LMTP",
        (false, true) => "LMTPS",
        (true, false) => "UTF8LMTP",
        (true, true) => "UTF8LMTPS",
    }
}
