//! `[web]`: the pages for people, and what they tell of mail programs.

use web::MailServers;

use super::form::Form;

/// The pages for people.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Connections to this frontend.
    pub connections: usize,
    /// What mail programs are told; a port of 0 is that of `listen.imaps`.
    pub mail_servers: MailServers,
    /// Whether people sign in by their passwords.
    pub takes_passwords: bool,
    /// Whether leads are told who has a mailbox of theirs open.
    pub tells_who_is_here: bool,
    /// Where browsers reach the pages from outside.
    pub pages: Option<(String, u16)>,
    /// The HTTP API and SCIM; `None` where neither is served.
    pub api: Option<ApiConfig>,
}

/// What is served to programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    /// Whether the API is.
    pub serves_api: bool,
    /// Whether SCIM is.
    pub serves_scim: bool,
    /// Requests that one access token may make in a minute, at this frontend.
    pub requests_per_minute: u32,
}

/// A host with a port, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Server(Option<(String, u16)>);

impl WebConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let connections = form.take(
            "web.connections",
            "500",
            "Connections to listen.web of this frontend; one address has as many as limits.connections_per_address.",
        );
        let Server(imap) = form.take(
            "web.imap",
            "",
            "Where mail programs connect for IMAP in TLS, as the pages tell it: imap.example.org:993. Without it the host by \
             which the page is called, and the port of listen.imaps.",
        );
        let Server(submission) = form.take(
            "web.submission",
            "",
            "Where mail programs send mail in TLS, as the pages tell it: smtp.example.org:465. Without it they tell nothing of \
             sending.",
        );
        let Server(pages) = form.take(
            "web.pages",
            "",
            "Where browsers and mail programs reach listen.web, as postroom setup tells it, and where an identity provider sends them \
             back: mail.example.org:443. Without it postroom setup tells the host of web.imap, and port 443, and browsers come \
             back to where they were.",
        );
        let takes_passwords = form.take(
            "web.passwords",
            "true",
            "Whether people sign in at the pages by the passwords of their mail; without it by an identity provider alone \
             (oauth.client_id).",
        );
        let tells_who_is_here = form.take(
            "web.who_is_here",
            "true",
            "Whether those who administer a mailbox are told on the page which of its people have it open.",
        );
        let serves_api = form.take(
            "web.api",
            "false",
            "Whether listen.web serves the HTTP API too, below /api/v1: what this program does at the command line, for \
             whoever has an access token for it (postroom token add NAME TOKEN --service api).",
        );
        let serves_scim = form.take(
            "web.scim",
            "false",
            "Whether listen.web serves SCIM too, below /scim/v2: a directory makes, changes and disables accounts and groups by \
             an access token for that (postroom token add NAME TOKEN --service scim).",
        );
        let requests_per_minute = form.take(
            "web.api_requests_per_minute",
            "600",
            "Requests to the API, or by SCIM, that one access token may make to this frontend in a minute; more have to wait.",
        );
        form.check(
            requests_per_minute > 0,
            "web.api_requests_per_minute",
            "must be at least 1",
        );
        form.check(connections > 0, "web.connections", "must be at least 1");
        let (imap_host, imap_port) = imap.map_or((None, 0), |(host, port)| (Some(host), port));
        Self {
            connections,
            mail_servers: MailServers {
                imap_host,
                imap_port,
                submission,
            },
            takes_passwords,
            tells_who_is_here,
            pages,
            api: bool::then_some(
                serves_api || serves_scim,
                ApiConfig {
                    serves_api,
                    serves_scim,
                    requests_per_minute,
                },
            ),
        }
    }
}

impl super::setting::Setting for Server {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let expected = || "a host with a port such as imap.example.org:993".to_owned();
        let [text] = texts else {
            return Err(expected());
        };
        if text.is_empty() {
            return Ok(Self(None));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
        let port: u16 = port.parse().map_err(|_| expected())?;
        let is_host = !host.is_empty() && host.chars().all(|sign| sign.is_ascii_graphic());
        if !is_host || port == 0 {
            return Err(expected());
        }
        Ok(Self(Some((host.to_owned(), port))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::setting::Setting as _;
    use super::Server;

    #[test]
    fn a_server_is_a_host_with_a_port() {
        let server = |text: &str| Server::parse(&[text.to_owned()]);
        let named = |host: &str, port| Ok(Server(Some((host.to_owned(), port))));
        assert_eq!(
            server("imap.example.org:993"),
            named("imap.example.org", 993)
        );
        assert_eq!(server("[2001:db8::1]:993"), named("[2001:db8::1]", 993));
        assert_eq!(server(""), Ok(Server(None)));
        for wrong in ["imap.example.org", ":993", "a b:1", "a:0", "a:x", "a:65536"] {
            assert!(server(wrong).is_err(), "{wrong}");
        }
    }
}
