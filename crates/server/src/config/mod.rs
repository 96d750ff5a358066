//! Configuration: one TOML file, overridden by `POSTROOM_SECTION__KEY`, checked as a whole.
//!
//! `Config::fill` is the one list of settings: name, default, words. The typed values, the list
//! of mistakes and the printed reference all come from it.

mod agents;
mod budgets;
mod bus;
mod changes;
mod database;
mod form;
mod ldap;
mod letters;
mod limits;
mod listen;
mod lmtp;
mod login;
mod messages;
mod network;
mod node;
mod oauth;
mod reference;
mod setting;
mod sharing;
mod sources;
mod telemetry;
mod timeouts;
mod web;

use std::path::PathBuf;
use std::time::Duration;

use auth::Mechanism;
use mail::{EmailAddress, Namespaces};
use session::SubscribeOnGrant;

pub use agents::AgentsConfig;
pub use bus::BusConfig;
pub use changes::WrittenSettings;
pub use database::DatabaseConfig;
use form::Form;
pub use form::{Mistake, Mistakes};
pub use ldap::{LdapConfig, MakeAccounts};
pub use letters::LettersConfig;
pub use limits::LimitsConfig;
pub use listen::{CertificateName, ClientTls, ListenAddress, ListenConfig, TlsConfig, TlsFiles};
pub use lmtp::{LmtpConfig, OverQuota};
pub use login::{LoginConfig, Verifiers, WithoutTls};
pub use network::{Network, Peers};
pub use node::NodeConfig;
pub(crate) use oauth::parse_url;
pub use oauth::{KeySource, OAuthConfig, SessionsEnd, SignInConfig};
pub use reference::reference;
pub use setting::{Choice, Secret};
pub(crate) use setting::{parse_byte_count, parse_span};
pub use sharing::AclConfig;
use sharing::fill_namespaces;
pub(crate) use sources::is_log_json;
pub use sources::{OtlpVariables, Sources, Surroundings, find_file};
use telemetry::fill_otlp;
pub use telemetry::{LogConfig, LogFormat, MetricsReceiver, OtlpConfig};
pub use timeouts::TimeoutsConfig;
pub use web::WebConfig;

/// Everything an operator may decide, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[node]`
    pub node: NodeConfig,
    /// `[database]`
    pub database: DatabaseConfig,
    /// `[bus]`
    pub bus: BusConfig,
    /// `[listen]`
    pub listen: ListenConfig,
    /// `[tls]`; nothing there asks for a self-signed certificate in the state directory.
    pub tls: TlsConfig,
    /// `[login]`
    pub login: LoginConfig,
    /// `[ldap]`; `None` where no directory is asked.
    pub ldap: Option<LdapConfig>,
    /// `[oauth]`; `None` where no identity provider lets anybody in.
    pub oauth: Option<OAuthConfig>,
    /// `[names]`
    pub namespaces: Namespaces,
    /// `[names]`
    pub subscribe_on_grant: SubscribeOnGrant,
    /// `[acl]`
    pub acl: AclConfig,
    /// `[letters]`
    pub letters: LettersConfig,
    /// `[addresses]`: what is between a local part and its subaddress; empty where there are none.
    pub address_separator: String,
    /// `[lmtp]`
    pub lmtp: LmtpConfig,
    /// `[agents]`
    pub agents: AgentsConfig,
    /// `[web]`
    pub web: WebConfig,
    /// `[limits]`
    pub limits: LimitsConfig,
    /// `[activity]`: how long the record of who did what is kept.
    pub activity_keep: Duration,
    /// `[timeouts]`
    pub timeouts: TimeoutsConfig,
    /// `[log]`
    pub log: LogConfig,
    /// `[telemetry]`; `None` sends no traces anywhere.
    pub otlp: Option<OtlpConfig>,
    /// `[telemetry]`; `None` sends no metrics anywhere.
    pub metrics_receiver: Option<MetricsReceiver>,
    /// The files that hold secrets, such as that of `database.url_file`.
    pub secret_files: Vec<PathBuf>,
    /// All of it as it was written.
    pub written: WrittenSettings,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    ///
    /// All [`Mistakes`] at once.
    pub fn load(sources: &Sources) -> Result<Self, Mistakes> {
        let mut form = Form::new(
            sources.collect()?,
            sources.with_one_underscore(),
            &sources.surroundings,
        );
        let config = Self::fill(&mut form);
        form.finish().map(|()| config)
    }

    fn fill(form: &mut Form) -> Self {
        let written = form.written();
        let mut config = Self {
            node: NodeConfig::fill(form),
            database: DatabaseConfig::fill(form),
            bus: BusConfig::fill(form),
            listen: ListenConfig::fill(form),
            tls: TlsConfig::fill(form),
            login: LoginConfig::fill(form),
            ldap: LdapConfig::fill(form),
            oauth: OAuthConfig::fill(form),
            namespaces: fill_namespaces(form),
            subscribe_on_grant: form.choose(
                "names.subscribe_on_grant",
                SubscribeOnGrant::Always,
                "Whether users are subscribed to mailboxes of others that they may read, until they \
                 unsubscribe: many clients show nothing else.",
            ),
            acl: AclConfig::fill(form),
            letters: LettersConfig::fill(form),
            address_separator: form.take(
                "addresses.separator",
                EmailAddress::SEPARATOR,
                "What is between the local part of an address and its subaddress, as in \
                 support+invoices@example.org; empty: there are no subaddresses.",
            ),
            lmtp: LmtpConfig::fill(form),
            agents: AgentsConfig::fill(form),
            web: WebConfig::fill(form),
            limits: LimitsConfig::fill(form),
            timeouts: TimeoutsConfig::fill(form),
            activity_keep: form.at_least(
                "activity.keep",
                "90d",
                Duration::from_secs(60),
                "How long the record of who did what is kept (postroom activity). It goes a month at a time, so \
                 up to a month later; where this is less than a month, at once.",
            ),
            log: LogConfig::fill(form),
            otlp: None,
            metrics_receiver: None,
            secret_files: Vec::new(),
            written,
        };
        (config.otlp, config.metrics_receiver) = fill_otlp(form);
        config.note_unmatched_mechanisms(form);
        let signs_in = config
            .oauth
            .as_ref()
            .is_some_and(|oauth| oauth.sign_in.is_some());
        form.check(
            config.web.takes_passwords || signs_in,
            "web.passwords",
            "must stay unless people sign in by oauth.client_id: nobody could sign in",
        );
        config.secret_files = form.secret_files();
        config
    }

    /// What a mechanism needs, and what nothing is needed for without it.
    fn note_unmatched_mechanisms(&self, form: &mut Form) {
        let named = |is_it: fn(&Mechanism) -> bool| self.login.mechanisms.iter().any(is_it);
        let is_bearer = |mechanism: &Mechanism| matches!(mechanism, Mechanism::Bearer(_));
        let is_external = |mechanism: &Mechanism| *mechanism == Mechanism::External;
        let of_mail = self
            .oauth
            .as_ref()
            .filter(|oauth| !oauth.rules.audiences.is_empty());
        // What is there for the API or for the pages lets no mail program in, and needs none.
        let is_for_others = |oauth: &OAuthConfig| oauth.api.is_some() || oauth.sign_in.is_some();
        let is_needed = of_mail.is_some_and(|oauth| !is_for_others(oauth));
        for (is_named, is_set, mechanism, setting) in [
            (
                named(is_bearer),
                is_needed || named(is_bearer) && of_mail.is_some(),
                "OAUTHBEARER or XOAUTH2",
                "oauth.issuer and oauth.audience",
            ),
            (
                named(is_external),
                self.tls.clients.is_some(),
                "EXTERNAL",
                "tls.client_ca",
            ),
        ] {
            let words = if is_named {
                format!("{mechanism} needs {setting}")
            } else {
                format!("must name {mechanism}, too, since there is {setting}")
            };
            form.check(is_named == is_set, "login.mechanisms", &words);
        }
    }
}

#[cfg(test)]
mod tests;
