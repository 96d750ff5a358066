//! Outlook's Autodiscover in POX, "plain old XML" (MS-OXDSCLI).

use super::Servers;
use super::autodiscover_request::OUTLOOK;
use maud::{Markup, html};

/// What every answer is in.
const ANSWER: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";

/// What Outlook types by itself, for every address of the domain.
pub(super) fn document(address: &str, servers: &Servers<'_>) -> Markup {
    html! {
        Autodiscover xmlns=(ANSWER) {
            Response xmlns=(OUTLOOK) {
                User { DisplayName { (address) } }
                Account {
                    AccountType { "email" }
                    Action { "settings" }
                    Protocol {
                        Type { "IMAP" }
                        (server(servers.imap_host, servers.imap_port, address))
                    }
                    @if let Some((host, port)) = servers.submission {
                        Protocol {
                            Type { "SMTP" }
                            (server(host, port, address))
                            UsePOPAuth { "on" }
                            SMTPLast { "off" }
                        }
                    }
                }
            }
        }
    }
}

/// In the order of Microsoft's schema.
fn server(host: &str, port: u16, address: &str) -> Markup {
    html! {
        Server { (host) }
        Port { (port) }
        LoginName { (address) }
        DomainRequired { "off" }
        SPA { "off" }
        SSL { "on" }
        AuthRequired { "on" }
    }
}

/// To whoever asks for something that is not spoken here.
pub(super) fn not_offered() -> Markup {
    error(601, "Provider is not available")
}

/// To whoever asks what cannot be understood.
pub(super) fn not_understood() -> Markup {
    error(600, "Invalid Request")
}

fn error(code: u16, message: &str) -> Markup {
    html! {
        Autodiscover xmlns=(ANSWER) {
            Response {
                Error Time="00:00:00.0000000" Id="0" {
                    ErrorCode { (code) }
                    Message { (message) }
                    DebugData {}
                }
            }
        }
    }
}
