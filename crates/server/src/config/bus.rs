//! `[bus]`: what carries wake-ups between frontends beside PostgreSQL.

use std::path::PathBuf;

use super::form::Form;
use super::setting::Secret;

/// What carries wake-ups beside PostgreSQL.
#[derive(Clone, Debug)]
pub struct BusConfig {
    /// The servers; `None`: PostgreSQL carries all wake-ups.
    pub url: Option<Secret>,
    /// What subjects begin with.
    pub subject: String,
    /// The authorities that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// This frontend's certificate and key, where the servers ask for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

impl BusConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let url = form.secret(
            "bus.url",
            "NATS servers that carry wake-ups between frontends: nats://host:4222, or tls://user:password@host:4222 (tls:// \
             insists on TLS; a user without a password is a token), or several with commas between. Without it wake-ups go \
             through PostgreSQL, and so they do while no server answers.",
        );
        let checked = url.as_ref().map(|url| nats::check_url(url.expose()));
        if let Some(Err(bad)) = checked {
            form.check(false, "bus.url", &bad.to_string());
        }
        let subject: String = form.take(
            "bus.subject",
            "postroom",
            "What the subjects of wake-ups begin with; a word that only this database has comes behind it, so that \
             installations may share servers.",
        );
        form.check(
            subject.split('.').all(is_token),
            "bus.subject",
            "must be words of letters, digits, - and _ with dots between them",
        );
        let ca = form.take(
            "bus.ca",
            "",
            "The certificates of the authorities that have signed those of the NATS servers, PEM; else the system's are trusted.",
        );
        let certificate: Option<PathBuf> = form.take(
            "bus.certificate",
            "",
            "The certificate chain of this frontend, PEM, for NATS servers that ask for one.",
        );
        let key: Option<PathBuf> = form.take("bus.key", "", "Its private key, PEM.");
        form.check(
            certificate.is_some() == key.is_some(),
            "bus.certificate",
            "and bus.key belong together",
        );
        Self {
            url,
            subject,
            ca,
            certificate: certificate.zip(key),
        }
    }
}

fn is_token(word: &str) -> bool {
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    !word.is_empty() && word.chars().all(is_allowed)
}
