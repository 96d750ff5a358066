//! `[agents]`: which mail transfer agents may ask where addresses lead, and whether passwords are right.

use super::form::Form;
use super::network::Peers;

/// Which mail transfer agents may ask.
#[derive(Clone, Debug)]
pub struct AgentsConfig {
    /// Who may connect.
    pub trusted_networks: Peers,
    /// Connections to this frontend.
    pub connections: usize,
}

impl AgentsConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let agents = Self {
            trusted_networks: form.take(
                "agents.trusted_networks",
                "127.0.0.0/8, ::1, unix",
                "Who may connect to listen.maps and listen.auth: networks, and `unix` for the sockets of this \
                 machine. Whoever may can ask which addresses there are, and tells us from where users log in. \
                 Neither protocol has TLS: passwords pass by.",
            ),
            connections: form.take(
                "agents.connections",
                "1000",
                "Connections to listen.maps and listen.auth of this frontend. Postfix keeps one of each for every \
                 smtpd process.",
            ),
        };
        form.check(
            agents.connections > 0,
            "agents.connections",
            "must be at least 1",
        );
        agents
    }
}
