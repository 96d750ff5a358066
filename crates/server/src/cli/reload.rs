//! SIGHUP: the configuration is read again. What can be taken over is; what needs a restart is named.

use tracing::{info, warn};

use crate::config::{Config, Sources};
use crate::frontend::Frontend;
use crate::telemetry::Telemetry;

/// What [`Frontend::reload`] takes over, but for the filter of the log, which is no frontend's.
const TAKEN_OVER: [&str; 12] = [
    "agents.trusted_networks",
    "database.read_url",
    "database.read_url_file",
    "database.url",
    "database.url_file",
    "listen.proxy_from",
    "lmtp.name_submitters",
    "lmtp.trusted_networks",
    "log.filter",
    "tls.certificate",
    "tls.certificates",
    "tls.key",
];

/// The configuration of a process, as it is in force.
pub(super) struct Reloader<'a> {
    sources: &'a Sources,
    telemetry: &'a Telemetry,
    /// As it was read last.
    read: Config,
}

impl<'a> Reloader<'a> {
    pub(super) fn new(sources: &'a Sources, telemetry: &'a Telemetry, config: &Config) -> Self {
        Self {
            sources,
            telemetry,
            read: config.clone(),
        }
    }

    /// What came of it, in a sentence for the service manager.
    pub(super) async fn reload(&mut self, frontend: &Frontend) -> String {
        let fresh = match Config::load(self.sources) {
            Ok(fresh) => fresh,
            Err(mistakes) => {
                warn!(cause = %mistakes, "nothing is taken over from the configuration");
                return "nothing was taken over: the configuration has mistakes".to_owned();
            }
        };
        let changed = self.read.written.changed_in(&fresh.written);
        let (taken_over, in_vain): (Vec<_>, Vec<_>) = changed
            .iter()
            .map(String::as_str)
            .partition(|key| TAKEN_OVER.contains(key));
        for setting in taken_over {
            info!(setting, "a changed setting is taken over");
        }
        for setting in &in_vain {
            warn!(setting, "a changed setting needs a restart");
        }
        if let Err(cause) = self.telemetry.replace_filter(&fresh.log.filter) {
            warn!(%cause, "log.filter is as before");
        }
        frontend.reload(&fresh).await;
        info!("the configuration was read again");
        let said = match in_vain.as_slice() {
            [] => "the configuration was read again".to_owned(),
            settings => format!("needs a restart: {}", settings.join(", ")),
        };
        self.read = fresh;
        said
    }
}
