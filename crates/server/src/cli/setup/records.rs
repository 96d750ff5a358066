//! The records by which mail programs find the servers of a domain (RFC 6186, RFC 8314).

use super::dns::{Found, Kind};

/// What a site offers to the addresses of a domain.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// IMAP in TLS.
    pub(super) imap: (String, u16),
    /// Where IMAP begins in the clear.
    pub(super) starttls: Option<StartTls>,
    /// Sending mail, in TLS.
    pub(super) submission: Option<(String, u16)>,
    /// The web pages, which also tell mail programs how to set themselves up.
    pub(super) pages: Option<(String, u16)>,
    /// Whether a mail transfer agent brings letters.
    pub(super) takes_letters: bool,
}

/// The port of IMAP that begins in the clear.
#[derive(Clone, Copy, Debug)]
pub(super) enum StartTls {
    /// That on which we listen.
    Ours(u16),
    /// The usual one, of what is in front of us, if that leads to ours.
    InFront,
}

/// A record that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) wanted: Wanted,
    pub(super) why: &'static str,
}

/// What should stand there. Names have no dot at their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A service is at this host and port.
    Service(String, u16),
    /// A service is not offered.
    NoService,
    /// A name is another one of this host.
    SameAs(String),
    /// A host has some address.
    Addresses,
    /// Letters go to some mail transfer agent.
    Letters,
}

/// The result of looking for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Missing,
    /// Something else is there.
    Other(Vec<String>),
    NotChecked(String),
}

/// The port of IMAP in the clear, where a balancer or a proxy is before ours.
const IMAP_PORT: u16 = 143;
pub(super) const HTTPS_PORT: u16 = 443;

/// All of them, the most important first.
pub(super) fn records(domain: &str, offer: &Offer) -> Vec<Record> {
    let record = |name: String, wanted, why| Record { name, wanted, why };
    let service = |service: &str, wanted, why| {
        let name = format!("_{service}._tcp.{domain}");
        record(name, wanted, why)
    };
    let (host, port) = &offer.imap;
    let at = |(host, port): &(String, u16)| Wanted::Service(host.clone(), *port);
    let mut records = vec![
        record(
            host.clone(),
            Wanted::Addresses,
            "where mail programs connect",
        ),
        service("imaps", Wanted::Service(host.clone(), *port), "IMAP in TLS"),
        service(
            "imap",
            match offer.starttls {
                None => Wanted::NoService,
                Some(StartTls::Ours(port)) => Wanted::Service(host.clone(), port),
                Some(StartTls::InFront) => Wanted::Service(host.clone(), IMAP_PORT),
            },
            match offer.starttls {
                Some(StartTls::InFront) => "IMAP with STARTTLS, if this port leads to listen.imap",
                Some(StartTls::Ours(_)) | None => "IMAP with STARTTLS",
            },
        ),
    ];
    if let Some(submission) = &offer.submission {
        records.push(service(
            "submissions",
            at(submission),
            "sending mail, in TLS",
        ));
    }
    let no_pop = "POP3 is not offered";
    records.push(service("pop3s", Wanted::NoService, no_pop));
    records.push(service("pop3", Wanted::NoService, no_pop));
    if let Some(pages) = &offer.pages {
        records.push(record(
            format!("autoconfig.{domain}"),
            Wanted::SameAs(pages.0.clone()),
            "Thunderbird and others ask there, by HTTPS on port 443: the certificate needs this name",
        ));
        records.push(service("autodiscover", at(pages), "Outlook asks there"));
    }
    if offer.takes_letters {
        records.push(record(
            domain.to_owned(),
            Wanted::Letters,
            "your mail transfer agent, which hands letters to listen.lmtp",
        ));
    }
    records
}

impl Record {
    /// What to ask for.
    pub(super) fn kinds(&self) -> &'static [Kind] {
        match self.wanted {
            Wanted::Service(..) | Wanted::NoService => &[Kind::Srv],
            Wanted::SameAs(_) | Wanted::Addresses => &[Kind::A, Kind::Aaaa],
            Wanted::Letters => &[Kind::Mx],
        }
    }

    /// The type, as zone files have it.
    pub(super) fn kind(&self) -> &'static str {
        match self.wanted {
            Wanted::Service(..) | Wanted::NoService => "SRV",
            Wanted::SameAs(_) => "CNAME",
            Wanted::Addresses => "A",
            Wanted::Letters => "MX",
        }
    }

    /// What stands there, as zone files have it.
    pub(super) fn value(&self) -> String {
        match &self.wanted {
            Wanted::Service(host, port) => format!("0 1 {port} {host}."),
            Wanted::NoService => "0 0 0 .".to_owned(),
            Wanted::SameAs(host) => format!("{host}."),
            Wanted::Addresses => "(its address)".to_owned(),
            Wanted::Letters => "10 (its host)".to_owned(),
        }
    }

    /// Whether what was found is what should be there. `of_host` is what was found of the host that a name is another one of.
    pub(super) fn judge(&self, found: &[Found], of_host: &[Found]) -> Verdict {
        let is_right = match &self.wanted {
            Wanted::Service(host, port) => found.iter().any(|one| {
                matches!(one, Found::Service { target, port: at } if target == host && at == port)
            }),
            Wanted::NoService => found
                .iter()
                .any(|one| matches!(one, Found::Service { target, .. } if target.is_empty())),
            Wanted::SameAs(host) => found.iter().any(|one| match one {
                Found::OtherName(other) => other == host,
                Found::Address(_) => of_host.contains(one),
                Found::Service { .. } | Found::Letters { .. } => false,
            }),
            Wanted::Addresses => found.iter().any(|one| matches!(one, Found::Address(_))),
            Wanted::Letters => found
                .iter()
                .any(|one| matches!(one, Found::Letters { host, .. } if !host.is_empty())),
        };
        if is_right {
            Verdict::Right
        } else if found.is_empty() {
            Verdict::Missing
        } else {
            Verdict::Other(found.iter().map(ToString::to_string).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Offer, StartTls, Verdict, Wanted, records};

    fn offer() -> Offer {
        let server = |host: &str, port| (format!("{host}.example.org"), port);
        Offer {
            imap: server("imap", 993),
            starttls: Some(StartTls::InFront),
            submission: Some(server("smtp", 465)),
            pages: Some(server("mail", 443)),
            takes_letters: true,
        }
    }

    fn lines(offer: &Offer) -> Vec<String> {
        let line = |record: &super::Record| {
            format!("{} {} {}", record.name, record.kind(), record.value())
        };
        records("example.org", offer).iter().map(line).collect()
    }

    #[test]
    fn what_is_offered_has_a_record() {
        let all = [
            "imap.example.org A (its address)",
            "_imaps._tcp.example.org SRV 0 1 993 imap.example.org.",
            "_imap._tcp.example.org SRV 0 1 143 imap.example.org.",
            "_submissions._tcp.example.org SRV 0 1 465 smtp.example.org.",
            "_pop3s._tcp.example.org SRV 0 0 0 .",
            "_pop3._tcp.example.org SRV 0 0 0 .",
            "autoconfig.example.org CNAME mail.example.org.",
            "_autodiscover._tcp.example.org SRV 0 1 443 mail.example.org.",
            "example.org MX 10 (its host)",
        ];
        assert_eq!(lines(&offer()), all);
        let less = Offer {
            starttls: None,
            submission: None,
            pages: None,
            takes_letters: false,
            ..offer()
        };
        let few = [
            all[0],
            all[1],
            "_imap._tcp.example.org SRV 0 0 0 .",
            all[4],
            all[5],
        ];
        assert_eq!(lines(&less), few);
    }

    #[test]
    fn what_is_there_is_judged() {
        let service = |target: &str, port| Found::Service {
            target: target.to_owned(),
            port,
        };
        let address = |text: &str| Found::Address(text.parse().unwrap());
        let letters = |host: &str| Found::Letters {
            host: host.to_owned(),
            preference: 0,
        };
        let at = || Wanted::Service("imap.example.org".to_owned(), 993);
        let same = || Wanted::SameAs("mail.example.org".to_owned());
        let other = |words: &str| Verdict::Other(vec![words.to_owned()]);
        for (wanted, found, expected) in [
            (at(), service("imap.example.org", 993), Verdict::Right),
            (
                at(),
                service("imap.example.org", 143),
                other("imap.example.org, port 143"),
            ),
            (at(), service("", 0), other("not offered")),
            (Wanted::NoService, service("", 0), Verdict::Right),
            (
                same(),
                Found::OtherName("mail.example.org".to_owned()),
                Verdict::Right,
            ),
            (same(), address("192.0.2.1"), Verdict::Right),
            (same(), address("192.0.2.9"), other("192.0.2.9")),
            (Wanted::Addresses, address("2001:db8::1"), Verdict::Right),
            (Wanted::Letters, letters("mx.example.org"), Verdict::Right),
            (Wanted::Letters, letters(""), other("no letters")),
        ] {
            let record = super::Record {
                name: String::new(),
                wanted,
                why: "",
            };
            let of_host = [address("192.0.2.1")];
            assert_eq!(record.judge(&[found], &of_host), expected, "{record:?}");
            assert_eq!(record.judge(&[], &of_host), Verdict::Missing);
        }
    }
}
