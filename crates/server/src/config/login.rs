//! `[login]`: how people get in.

use session::Reuse;

use super::form::Form;
use super::setting::Choice;

/// How people get in.
#[derive(Clone, Debug)]
pub struct LoginConfig {
    /// From where a password may come in the clear.
    pub without_tls: WithoutTls,
    /// Logins that may wait for a core to hash on.
    pub waiting_max: usize,
    /// Whether a connection may serve one login after another.
    pub reuse: Reuse,
}

/// From where LOGIN is allowed without TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutTls {
    /// From nowhere: LOGINDISABLED until TLS is up (RFC 3501, 6.2.3).
    #[default]
    Never,
    /// From this machine.
    Loopback,
    /// From everywhere; for networks that encrypt below us.
    Always,
}

impl Choice for WithoutTls {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("never", Self::Never),
        ("loopback", Self::Loopback),
        ("always", Self::Always),
    ];
}

impl Choice for Reuse {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("offered", Self::Offered), ("refused", Self::Refused)];
}

impl LoginConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        Self {
            without_tls: form.choose(
                "login.without_tls",
                WithoutTls::Never,
                "From where a password is taken without TLS.",
            ),
            waiting_max: form.take(
                "login.waiting_max",
                "200",
                "Logins that may wait for a core to check their password on; more are told to \
                 come back.",
            ),
            reuse: form.choose(
                "login.unauthenticate",
                Reuse::Offered,
                "Whether a connection may serve one login after another (RFC 8437): webmail keeps \
                 its connections so. Refuse it where a proxy decides who may log in and then only \
                 passes on what is said.",
            ),
        }
    }
}
