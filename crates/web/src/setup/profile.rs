//! Apple's configuration profile: a property list with an account of mail for each payload of the type `com.apple.mail.managed`.

use maud::{Markup, PreEscaped, Render, html};

use super::Servers;

/// What a device installs at once.
pub(crate) struct Profile<'p> {
    /// What its owner calls it.
    pub(crate) name: &'p str,
    /// By which another profile takes the place of this one.
    pub(crate) identifier: String,
    pub(crate) uuid: String,
    pub(crate) servers: Servers<'p>,
    /// What each account logs in with.
    pub(crate) password: &'p str,
    /// Whether it is good for sending.
    pub(crate) sends: bool,
    pub(crate) accounts: Vec<MailAccount>,
}

/// One account in a mail program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailAccount {
    pub(crate) name: String,
    /// Who is asked for none types one.
    pub(crate) address: Option<String>,
    pub(crate) user: String,
    pub(crate) uuid: String,
}

/// A value of a property list.
enum Value {
    Text(String),
    Number(u16),
    Yes,
    List(Vec<Self>),
    Fields(Vec<(&'static str, Self)>),
}

const DOCTYPE: PreEscaped<&str> = PreEscaped(
    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n",
);
/// `true` is no name that the macro takes.
const YES: PreEscaped<&str> = PreEscaped("<true/>");

impl Render for Value {
    fn render(&self) -> Markup {
        html! {
            @match self {
                Self::Text(text) => { string { (text) } }
                Self::Number(number) => { integer { (number) } }
                Self::Yes => { (YES) }
                Self::List(values) => { array { @for value in values { (value) } } }
                Self::Fields(fields) => {
                    dict { @for (key, value) in fields { key { (key) } (value) } }
                }
            }
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

impl Profile<'_> {
    pub(crate) fn document(&self) -> Markup {
        let accounts = self.accounts.iter().zip(1..);
        let accounts = accounts.map(|(account, number)| self.account(account, number));
        let whole = Value::Fields(vec![
            ("PayloadType", text("Configuration")),
            ("PayloadVersion", Value::Number(1)),
            ("PayloadIdentifier", text(&self.identifier)),
            ("PayloadUUID", text(&self.uuid)),
            ("PayloadDisplayName", text(self.name)),
            ("PayloadOrganization", text(self.servers.imap_host)),
            ("PayloadContent", Value::List(accounts.collect())),
        ]);
        html! { (DOCTYPE) plist version="1.0" { (whole) } }
    }

    fn account(&self, account: &MailAccount, number: usize) -> Value {
        let servers = &self.servers;
        let mut fields = vec![
            ("PayloadType", text("com.apple.mail.managed")),
            ("PayloadVersion", Value::Number(1)),
            (
                "PayloadIdentifier",
                Value::Text(format!("{}.{number}", self.identifier)),
            ),
            ("PayloadUUID", text(&account.uuid)),
            ("PayloadDisplayName", text(&account.name)),
            ("EmailAccountDescription", text(&account.name)),
            ("EmailAccountType", text("EmailTypeIMAP")),
            (
                "IncomingMailServerAuthentication",
                text("EmailAuthPassword"),
            ),
            ("IncomingMailServerHostName", text(servers.imap_host)),
            (
                "IncomingMailServerPortNumber",
                Value::Number(servers.imap_port),
            ),
            ("IncomingMailServerUseSSL", Value::Yes),
            ("IncomingMailServerUsername", text(&account.user)),
            ("IncomingPassword", text(self.password)),
        ];
        if let Some(address) = &account.address {
            fields.push(("EmailAddress", text(address)));
        }
        match servers.submission.filter(|_| self.sends) {
            Some((host, port)) => fields.extend([
                (
                    "OutgoingMailServerAuthentication",
                    text("EmailAuthPassword"),
                ),
                ("OutgoingMailServerHostName", text(host)),
                ("OutgoingMailServerPortNumber", Value::Number(port)),
                ("OutgoingMailServerUseSSL", Value::Yes),
                ("OutgoingMailServerUsername", text(&account.user)),
                ("OutgoingPasswordSameAsIncomingPassword", Value::Yes),
            ]),
            // A device refuses a profile without an outgoing server. Nothing takes mail there.
            None => fields.extend([
                ("OutgoingMailServerAuthentication", text("EmailAuthNone")),
                ("OutgoingMailServerHostName", text(servers.imap_host)),
            ]),
        }
        Value::Fields(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Servers;
    use super::{MailAccount, Profile};

    fn profile(submission: Option<(&'static str, u16)>, sends: bool) -> String {
        let account = |name: &str, address: Option<&str>, user: &str| MailAccount {
            name: name.to_owned(),
            address: address.map(str::to_owned),
            user: user.to_owned(),
            uuid: format!("uuid of {name}"),
        };
        let profile = Profile {
            name: "Ada's <phone> & \"pad\"",
            identifier: "example.postroom.7".to_owned(),
            uuid: "uuid".to_owned(),
            servers: Servers {
                imap_host: "imap.example.org",
                imap_port: 993,
                submission,
            },
            password: "prtok_x",
            sends,
            accounts: vec![
                account("ada", Some("ada@example.org"), "ada"),
                account("R&D", None, "ada/R&D"),
            ],
        };
        profile.document().0
    }

    #[test]
    fn a_profile_has_an_account_for_each() {
        let document = profile(Some(("smtp.example.org", 465)), true);
        for part in [
            "<string>Ada's &lt;phone&gt; &amp; &quot;pad&quot;</string>",
            "<key>PayloadIdentifier</key><string>example.postroom.7</string>",
            "<key>PayloadIdentifier</key><string>example.postroom.7.2</string>",
            "<key>IncomingMailServerUsername</key><string>ada/R&amp;D</string>",
            "<key>IncomingMailServerPortNumber</key><integer>993</integer>",
            "<key>OutgoingMailServerHostName</key><string>smtp.example.org</string>",
            "<key>IncomingMailServerUseSSL</key><true/>",
        ] {
            assert!(document.contains(part), "{part}: {document}");
        }
        let count = |part: &str| document.matches(part).count();
        assert_eq!(count("<string>com.apple.mail.managed</string>"), 2);
        assert_eq!(count("<key>EmailAddress</key>"), 1);
        assert_eq!(count("prtok_x"), 2);
    }

    #[test]
    fn what_does_not_send_logs_in_nowhere_else() {
        for document in [
            profile(None, true),
            profile(Some(("smtp.example.org", 465)), false),
        ] {
            assert!(!document.contains("smtp.example.org"), "{document}");
            assert!(
                !document.contains("OutgoingMailServerUsername"),
                "{document}"
            );
            assert!(
                document.contains("<string>EmailAuthNone</string>"),
                "{document}"
            );
        }
    }
}
