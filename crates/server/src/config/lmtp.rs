//! `[lmtp]`: whom mail is taken from, and what is done with it.

use std::time::Duration;

use lmtp::{Duplicates, JunkRule};
use mail::limits::DUPLICATE_WINDOW_DAYS_MAX;

use super::form::Form;
use super::network::Peers;
use super::setting::{Choice, Setting};

/// Whom mail is taken from, and what is done with it.
#[derive(Clone, Debug)]
pub struct LmtpConfig {
    /// Who may connect.
    pub trusted_networks: Peers,
    /// Who may say which account submitted a letter.
    pub name_submitters: Peers,
    /// Connections to this frontend.
    pub connections: usize,
    /// Between two commands.
    pub timeout: Duration,
    /// By what a letter is known that was delivered a short time before.
    pub duplicates: Duplicates,
    /// How long that is.
    pub duplicate_window: Duration,
    /// What is answered for a mailbox that is over its quota.
    pub over_quota: OverQuota,
    /// The header fields that tell junk.
    pub junk_header: Vec<JunkRule>,
}

/// What is answered for a mailbox that is over its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverQuota {
    /// The letter goes back.
    Permanent,
    /// The sending side tries again.
    Temporary,
}

impl Choice for OverQuota {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("permanent", Self::Permanent),
        ("temporary", Self::Temporary),
    ];
}

impl Choice for Duplicates {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("bytes", Self::Bytes),
        ("message-id", Self::MessageId),
        ("queue-id", Self::QueueId),
        ("off", Self::Off),
    ];
}

impl Setting for Vec<JunkRule> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| text.parse().map_err(|bad| format!("{bad}")))
            .collect()
    }
}

impl LmtpConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let lmtp = Self {
            trusted_networks: form.take(
                "lmtp.trusted_networks",
                "127.0.0.0/8, ::1, unix",
                "Who may connect to listen.lmtp and listen.lmtps: networks, and `unix` for the sockets of \
                 this machine. Whoever may connect may deliver to all who let anyone post.",
            ),
            name_submitters: form.take(
                "lmtp.name_submitters",
                "",
                "Who of them may say which account submitted a letter (AUTH= of MAIL, XCLIENT LOGIN=). \
                 From all others a letter is nobody's, whatever its sender's address.",
            ),
            connections: form.take(
                "lmtp.connections",
                "200",
                "Connections to listen.lmtp and listen.lmtps of this frontend.",
            ),
            timeout: form.at_least(
                "lmtp.timeout",
                "5min",
                Duration::from_millis(100),
                "Between two commands. RFC 5321 asks for at least 5 minutes.",
            ),
            duplicates: form.choose(
                "lmtp.duplicates",
                Duplicates::Bytes,
                "By what a letter is known that was delivered to the same mailbox a short time before and \
                 is not delivered again.",
            ),
            duplicate_window: form.at_least(
                "lmtp.duplicate_window",
                "10min",
                Duration::from_secs(1),
                "How long that is.",
            ),
            over_quota: form.choose(
                "lmtp.over_quota",
                OverQuota::Permanent,
                "What is answered for a mailbox that is over its quota: that the letter goes back, or \
                 that it be tried again.",
            ),
            junk_header: form.take(
                "lmtp.junk_header",
                "X-Spam-Flag: YES, X-Spam-Status: Yes",
                "The header fields that tell junk, each with the word its value begins with. Junk goes \
                 to the mailbox for junk of the same tree, where there is one.",
            ),
        };
        form.check(
            lmtp.connections > 0,
            "lmtp.connections",
            "must be at least 1",
        );
        form.check(
            lmtp.duplicate_window <= Duration::from_secs(DUPLICATE_WINDOW_DAYS_MAX * 24 * 60 * 60),
            "lmtp.duplicate_window",
            "is longer than letters are remembered",
        );
        lmtp
    }
}
