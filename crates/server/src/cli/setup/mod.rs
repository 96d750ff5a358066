//! `postroom setup`: how the addresses of a domain are set up in mail programs: the records of its DNS, and what a person types.

mod dns;
mod records;

use std::time::Duration;

use mail::EmailAddress;
use serde_json::{Value, json};
use tokio::time::timeout;

use self::dns::{Found, NoAnswer, Resolvers};
use self::records::{HTTPS_PORT, Offer, Record, StartTls, Verdict, Wanted, records};
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "It reads the settings, and asks a resolver what is there already; it changes nothing, and asks no \
    database. Mail programs\nare told the same by listen.web.\n\n\
    Examples:\n  \
    postroom setup ada@example.org\n  \
    postroom setup ada@example.org --resolver 192.0.2.53 --json";

/// How long looking for all records may take.
const ALL_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Such as `ada@example.org`, or a team's.
    address: String,
    /// Ask this resolver instead of those of the system, such as `192.0.2.53` or `127.0.0.1:5353`.
    #[arg(long, value_name = "ADDRESS")]
    resolver: Option<Resolvers>,
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let text = &args.address;
    let address =
        EmailAddress::parse(text).map_err(|bad| Failure::usage(format!("{text}: {bad}")))?;
    let domain = address.domain();
    if domain.is_empty() || domain.starts_with('[') {
        return Err(Failure::usage(format!(
            "{text}: the domain of an address is needed, which has records"
        )));
    }
    let offer = offer(config)?;
    let resolvers = args.resolver.clone();
    let resolvers = resolvers.unwrap_or_else(Resolvers::of_the_system);
    let records = records(domain, &offer);
    let verdicts = check(&resolvers, &records).await;
    let all: Vec<_> = records.iter().zip(&verdicts).collect();
    let data = json!({
        "address": text,
        "domain": domain,
        "settings": settings(text, &offer),
        "records": all.iter().map(|(record, verdict)| as_json(record, verdict)).collect::<Value>(),
    });
    terminal.show(&data, || for_people(text, &offer, &all))
}

/// What the settings say.
fn offer(config: &Config) -> Result<Offer, Failure> {
    let servers = &config.web.mail_servers;
    let Some(host) = &servers.imap_host else {
        return Err(Failure::usage(
            "web.imap says nothing: set it to where mail programs connect, such as imap.example.org:993",
        ));
    };
    let listen = &config.listen;
    let is_as_it_listens = |port| listen.imaps.iter().any(|address| address.port() == port);
    let starttls = listen.imap.first().map(|address| {
        // In front of us something has the usual ports, unless mail programs come to ours.
        if is_as_it_listens(servers.imap_port) {
            StartTls::Ours(address.port())
        } else {
            StartTls::InFront
        }
    });
    let pages = config.web.pages.clone();
    let pages = pages.unwrap_or_else(|| (host.clone(), HTTPS_PORT));
    Ok(Offer {
        imap: (host.clone(), servers.imap_port),
        starttls,
        submission: servers.submission.clone(),
        pages: (!listen.web.is_empty()).then_some(pages),
        takes_letters: !(listen.lmtp.is_empty() && listen.lmtps.is_empty()),
    })
}

/// A verdict on each record. Where nobody answers, nobody is asked again.
async fn check(resolvers: &Resolvers, records: &[Record]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let looking = async {
        for record in records {
            let verdict = match look(resolvers, record).await {
                Ok(verdict) => verdict,
                Err(NoAnswer::Silence) => return,
                Err(failed @ NoAnswer::Failed(_)) => Verdict::NotChecked(failed.to_string()),
            };
            verdicts.push(verdict);
        }
    };
    // What was not looked at in this time is not checked.
    let _finished = timeout(ALL_TIMEOUT, looking).await;
    verdicts.resize(
        records.len(),
        Verdict::NotChecked(NoAnswer::Silence.to_string()),
    );
    verdicts
}

async fn look(resolvers: &Resolvers, record: &Record) -> Result<Verdict, NoAnswer> {
    let found = ask(resolvers, &record.name, record).await?;
    let of_host = match &record.wanted {
        Wanted::SameAs(host) => ask(resolvers, host, record).await?,
        Wanted::Service(..) | Wanted::NoService | Wanted::Addresses | Wanted::Letters => Vec::new(),
    };
    Ok(record.judge(&found, &of_host))
}

async fn ask(resolvers: &Resolvers, name: &str, record: &Record) -> Result<Vec<Found>, NoAnswer> {
    let mut found = Vec::new();
    for kind in record.kinds() {
        for one in resolvers.ask(name, *kind).await? {
            // An alias comes with either kind of address.
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

fn settings(user: &str, offer: &Offer) -> Value {
    let server =
        |(host, port): &(String, u16)| json!({ "host": host, "port": port, "security": "SSL/TLS" });
    json!({
        "user": user,
        "imap": server(&offer.imap),
        "submission": offer.submission.as_ref().map(server),
        "pages": offer.pages.as_ref().map(|pages| page("", pages)),
    })
}

/// The URL of a page.
fn page(path: &str, (host, port): &(String, u16)) -> String {
    match *port {
        HTTPS_PORT => format!("https://{host}/{path}"),
        port => format!("https://{host}:{port}/{path}"),
    }
}

fn as_json(record: &Record, verdict: &Verdict) -> Value {
    let (word, found, cause) = match verdict {
        Verdict::Right => ("right", None, None),
        Verdict::Missing => ("missing", None, None),
        Verdict::Other(found) => ("other", Some(found), None),
        Verdict::NotChecked(cause) => ("not checked", None, Some(cause)),
    };
    json!({
        "name": record.name,
        "type": record.kind(),
        "value": record.value(),
        "for": record.why,
        "verdict": word,
        "found": found,
        "cause": cause,
    })
}

fn for_people(user: &str, offer: &Offer, all: &[(&Record, &Verdict)]) -> String {
    let server = |(host, port): &(String, u16)| format!("{host}, port {port}, SSL/TLS");
    let mut words = format!(
        "What one types into a mail program:\n  user name        {user}\n  incoming server  IMAP, {}\n",
        server(&offer.imap)
    );
    if let Some(submission) = &offer.submission {
        words.push_str(&format!(
            "  outgoing server  SMTP, {}\n",
            server(submission)
        ));
    }
    words.push_str("  password         one of this device: ");
    words.push_str(&match &offer.pages {
        Some(pages) => format!("{}, or `postroom token add`\n", page("devices", pages)),
        None => "`postroom token add`\n".to_owned(),
    });
    words.push_str("\nThe records by which it finds that itself, as zone files have them:\n");
    for (record, verdict) in all {
        words.push_str(&format!(
            "  {}. {} {}\n      for: {}\n      {}\n",
            record.name,
            record.kind(),
            record.value(),
            record.why,
            told(verdict)
        ));
    }
    words
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Right => "right".to_owned(),
        Verdict::Missing => "missing".to_owned(),
        Verdict::Other(found) => format!("something else is there: {}", found.join("; ")),
        Verdict::NotChecked(cause) => format!("not checked: {cause}"),
    }
}
