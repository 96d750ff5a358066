//! The output of the demo when it is ready: words for a person, one line of JSON for a program.

use std::path::Path;

use serde_json::json;

use super::frontend::{Frontend, Ports};
use super::world::{ADDRESS, ADMIN, LEAD, PASSWORD, SHARED, address_of, people};

/// Everything that a visitor needs.
pub(super) struct Invitation<'a> {
    pub(super) nodes: &'a [Frontend],
    pub(super) database: &'a str,
    pub(super) postgres_pid: u32,
    pub(super) bus_pid: Option<u32>,
    pub(super) certificate: &'a Path,
    pub(super) crowd: usize,
    pub(super) letters: usize,
    /// How `postroom` is called here, before its verb.
    pub(super) postroom: &'a str,
}

impl Invitation<'_> {
    /// One line of JSON. Tests and tools rely on its shape.
    pub(super) fn json(&self) -> String {
        let nodes = self.nodes.iter().map(|node| {
            let Ports {
                imap,
                imaps,
                lmtp,
                maps,
                auth,
                http,
                web,
            } = node.ports;
            let pid = node.pid();
            json!({
                "imap": imap, "imaps": imaps, "lmtp": lmtp, "maps": maps, "auth": auth,
                "http": http, "web": web, "pid": pid,
            })
        });
        let account = |name: &str| json!({"user": name, "password": PASSWORD});
        json!({
            "nodes": nodes.collect::<Vec<_>>(),
            "postgres": {"url": self.database, "pid": self.postgres_pid},
            "bus": self.bus_pid.map(|pid| json!({"pid": pid})),
            "shared": SHARED,
            "address": ADDRESS,
            "admin": account(ADMIN),
            "people": people(self.crowd).map(|name| account(&name)).collect::<Vec<_>>(),
            "certificate": self.certificate,
            "postroom": self.postroom,
        })
        .to_string()
    }

    /// A page for the terminal.
    pub(super) fn words(&self) -> String {
        let mut page = format!(
            "\n{SHARED} is open, with {} messages in it. Its address is {ADDRESS}.\n\n  \
             {LEAD:<8}leads the team and may do everything there\n  \
             bo      and cleo are her colleagues: group:support may lrswipte\n  \
             {ADMIN:<8}administrates: may create below Shared Folders/\n",
            self.letters
        );
        if self.crowd > 0 {
            page.push_str(&format!(
                "  u1 … u{} may lrswipte, for load tools\n",
                self.crowd
            ));
        }
        page.push_str(&format!(
            "\nEverybody's password is {PASSWORD}, and everybody's address is as that of {LEAD}: {}.\n\n",
            address_of(LEAD)
        ));
        page.push_str(
            "  node    IMAP     IMAP in TLS    LMTP     maps     auth     HTTP     pages    process\n",
        );
        for (i, node) in self.nodes.iter().enumerate() {
            let (ports, pid) = (node.ports, node.pid());
            page.push_str(&format!(
                "  {:<8}{:<9}{:<15}{:<9}{:<9}{:<9}{:<9}{:<9}{pid}\n",
                i + 1,
                ports.imap,
                ports.imaps,
                ports.lmtp,
                ports.maps,
                ports.auth,
                ports.http,
                ports.web
            ));
        }
        page.push_str(&format!(
            "\n  database {}\n\n{}",
            self.database,
            self.commands()
        ));
        page.push_str("\nCtrl-C stops everything. Changes of the shared mailbox:\n\n");
        page
    }

    fn commands(&self) -> String {
        let (Some(first), Some(last)) = (self.nodes.first(), self.nodes.last()) else {
            return String::new();
        };
        let certificate = self.certificate.display();
        format!(
            "Try:\n  \
             http://localhost:{}/ shows the first frontend, live\n  \
             http://localhost:{}/ is for team leads and everybody's own devices: sign in as {LEAD}, {PASSWORD}\n  \
             openssl s_client -quiet -crlf -CAfile {certificate} -connect localhost:{}\n      \
             a LOGIN {LEAD} {PASSWORD}\n      \
             b SELECT \"{SHARED}\"\n      \
             c IDLE\n  \
             curl --cacert {certificate} --user bo:{PASSWORD} \\\n      \
             'imaps://localhost:{}/Shared%20Folders%2Fsupport' --request 'STORE 1 +FLAGS (\\Answered)'\n  \
             mutt -f 'imaps://cleo@localhost:{}/Shared Folders/support'\n  \
             python3 -c 'import smtplib; smtplib.LMTP(\"127.0.0.1\", {}).sendmail(\"sue@example.com\", \
             [\"{ADDRESS}\"], \"From: sue@example.com\\nSubject: A question\\n\\nHow much is it?\\n\")'\n  \
             printf 'Subject: Another\\n\\nAnd how long does it take?\\n' | \\\n      \
             {} deliver -f sue@example.com -r {ADDRESS}\n",
            first.ports.http,
            first.ports.web,
            first.ports.imaps,
            last.ports.imaps,
            last.ports.imaps,
            first.ports.lmtp,
            self.postroom
        )
    }
}
