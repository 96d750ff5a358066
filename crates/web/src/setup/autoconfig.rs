//! Thunderbird's autoconfig, version 1.1, as Evolution, K-9 and others read it, too.

use maud::{Markup, html};

use super::Servers;

/// For every address of the domain the same: the program puts its user's in.
pub(super) fn document(domain: &str, servers: &Servers<'_>) -> Markup {
    html! {
        clientConfig version="1.1" {
            emailProvider id=(domain) {
                domain { (domain) }
                displayName { (domain) }
                displayShortName { (domain) }
                incomingServer type="imap" {
                    (server(servers.imap_host, servers.imap_port))
                }
                @if let Some((host, port)) = servers.submission {
                    outgoingServer type="smtp" {
                        (server(host, port))
                    }
                }
            }
        }
    }
}

fn server(host: &str, port: u16) -> Markup {
    html! {
        hostname { (host) }
        port { (port) }
        socketType { "SSL" }
        username { "%EMAILADDRESS%" }
        authentication { "password-cleartext" }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Servers;
    use super::document;

    #[test]
    fn what_is_not_offered_is_not_named() {
        let servers = |submission| Servers {
            imap_host: "imap.example.org",
            imap_port: 993,
            submission,
        };
        let server = |host: &str, port: u16| {
            format!(
                "<hostname>{host}</hostname><port>{port}</port><socketType>SSL</socketType>\
                 <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication>"
            )
        };
        let incoming = server("imap.example.org", 993);
        let begin = "<clientConfig version=\"1.1\"><emailProvider id=\"example.org\"><domain>example.org</domain>\
                     <displayName>example.org</displayName><displayShortName>example.org</displayShortName>\
                     <incomingServer type=\"imap\">";
        let end = "</emailProvider></clientConfig>";
        assert_eq!(
            document("example.org", &servers(None)).0,
            format!("{begin}{incoming}</incomingServer>{end}")
        );
        let outgoing = server("smtp.example.org", 465);
        assert_eq!(
            document("example.org", &servers(Some(("smtp.example.org", 465)))).0,
            format!(
                "{begin}{incoming}</incomingServer><outgoingServer type=\"smtp\">{outgoing}</outgoingServer>{end}"
            )
        );
    }
}
