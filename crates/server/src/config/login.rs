//! `[login]`: how people get in.

use auth::Mechanism;
use session::Reuse;

use super::form::Form;
use super::setting::{Choice, Setting, words_of};

/// How people get in.
#[derive(Clone, Debug)]
pub struct LoginConfig {
    /// From where a password may come in the clear.
    pub without_tls: WithoutTls,
    /// By which mechanisms somebody may log in, the strongest first.
    pub mechanisms: Vec<Mechanism>,
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

/// Whether it is kept by what people can prove that they know their passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verifiers {
    /// It is made of every password that is set, or that somebody logs in with.
    Kept,
    /// It is not: it could be guessed at faster than a hash.
    NotMade,
}

/// Mechanisms in the order in which they are offered, whichever was written first.
impl Setting for Vec<Mechanism> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let named: Option<Self> = words_of(texts).map(Mechanism::parse).collect();
        let named = named.filter(|named| !named.is_empty()).ok_or_else(|| {
            let all: Vec<_> = Mechanism::ALL.iter().map(|it| it.as_str()).collect();
            format!("some of {}", all.join(", "))
        })?;
        let all = Mechanism::ALL.into_iter();
        Ok(all.filter(|mechanism| named.contains(mechanism)).collect())
    }
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
    /// Whether anything is proved here.
    pub(crate) fn verifiers(&self) -> Verifiers {
        let is_scram = |mechanism: &Mechanism| matches!(mechanism, Mechanism::Scram(_));
        match self.mechanisms.iter().any(is_scram) {
            true => Verifiers::Kept,
            false => Verifiers::NotMade,
        }
    }

    pub(super) fn fill(form: &mut Form) -> Self {
        Self {
            without_tls: form.choose(
                "login.without_tls",
                WithoutTls::Never,
                "From where a password is taken without TLS.",
            ),
            mechanisms: form.take(
                "login.mechanisms",
                "PLAIN, LOGIN",
                "By which SASL mechanisms people may log in, with commas between: SCRAM-SHA-256-PLUS and SCRAM-SHA-256 do not tell the \
                 password, OAUTHBEARER and XOAUTH2 have a token of an identity provider, EXTERNAL has a certificate of the client (tls.client_ca), PLAIN and LOGIN do, and so does the command LOGIN, which is answered where one of these is. With SCRAM, \
                 something is kept of each password by which it can be proved: of a new one at once, of an old one at its owner's \
                 next login with PLAIN. Until then SCRAM lets him not in, nor with an access token, nor where a directory has the \
                 password.",
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
