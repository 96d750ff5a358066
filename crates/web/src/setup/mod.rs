//! What mail programs ask to set themselves up by an address alone (docs/adr/0101-set-up-tells-nothing-of-who-exists.md). Nobody has
//! signed in here: the answers depend on the domain of the address, and on nothing else of it.

mod autoconfig;
mod autodiscover;
mod autodiscover_request;
mod profile;

use mail::EmailAddress;
use maud::Markup;
use tracing::debug;

use crate::request::{Body, Method};
use crate::response::WebResponse;
use crate::site::MailServers;
use crate::visit::Visit;

pub(crate) use profile::{MailAccount, Profile};

/// Thunderbird's, and of all who do as it does.
const AUTOCONFIG: [&str; 2] = [
    "/.well-known/autoconfig/mail/config-v1.1.xml",
    "/mail/config-v1.1.xml",
];
/// Outlook's. It is not of one mind about capitals.
const AUTODISCOVER: &str = "/autodiscover/autodiscover.xml";

/// The host on which [`AUTOCONFIG`] is asked for, before the domain.
const AUTOCONFIG_HOST: &str = "autoconfig.";

/// Where mail programs connect, as one of them is told.
pub(crate) struct Servers<'s> {
    pub(crate) imap_host: &'s str,
    pub(crate) imap_port: u16,
    pub(crate) submission: Option<(&'s str, u16)>,
}

impl<'s> Servers<'s> {
    /// `own_host` is that of the page.
    pub(crate) fn of(servers: &'s MailServers, own_host: &'s str) -> Self {
        let submission = servers.submission.as_ref();
        Self {
            imap_host: servers.imap_host.as_deref().unwrap_or(own_host),
            imap_port: servers.imap_port,
            submission: submission.map(|(host, port)| (host.as_str(), *port)),
        }
    }
}

/// The answer, where a mail program asks how to set itself up; `None` for every other path.
pub(crate) async fn answer(visit: &Visit<'_>) -> Option<WebResponse> {
    let path = visit.request.path.as_str();
    if AUTOCONFIG.contains(&path) {
        return Some(configure(visit).await.unwrap_or_else(Refusal::response));
    }
    if path.eq_ignore_ascii_case(AUTODISCOVER) {
        return Some(discover(visit).await.unwrap_or_else(Refusal::response));
    }
    None
}

/// Why a mail program is not told how to set itself up.
enum Refusal {
    NotAddress,
    NotOurs,
    NotXml,
    WrongMethod(&'static str),
    Unavailable,
}

impl Refusal {
    fn response(self) -> WebResponse {
        match self {
            Self::NotAddress => WebResponse::plain(400, "emailaddress: an address, please"),
            Self::NotOurs => WebResponse::plain(404, "there is no mail of this domain here"),
            Self::NotXml => WebResponse::plain(415, "XML, please"),
            Self::WrongMethod(allowed) => {
                let refused = WebResponse::plain(405, "this is not asked for in this way");
                refused.with("allow", allowed.to_owned())
            }
            Self::Unavailable => {
                let later = WebResponse::plain(503, "this does not work right now");
                later.with("retry-after", "5".to_owned())
            }
        }
    }
}

async fn configure(visit: &Visit<'_>) -> Result<WebResponse, Refusal> {
    if visit.request.method != Method::Get {
        return Err(Refusal::WrongMethod("GET, HEAD"));
    }
    let host = own_host(visit)?;
    let domain = match visit.query.text("emailaddress") {
        // Some programs tell nobody who asks: then it is the domain at which they ask.
        "" => host
            .strip_prefix(AUTOCONFIG_HOST)
            .unwrap_or(&host)
            .to_owned(),
        // A plus that nobody has encoded.
        text => domain_of(&text.replace(' ', "+")).ok_or(Refusal::NotAddress)?,
    };
    check_domain(visit, &domain).await?;
    let servers = Servers::of(&visit.site.mail_servers, &host);
    Ok(xml(200, &autoconfig::document(&domain, &servers)))
}

async fn discover(visit: &Visit<'_>) -> Result<WebResponse, Refusal> {
    if visit.request.method != Method::Post {
        return Err(Refusal::WrongMethod("POST"));
    }
    let Body::Xml(body) = &visit.request.body else {
        return Err(Refusal::NotXml);
    };
    let host = own_host(visit)?;
    let asked = autodiscover_request::Asked::parse(body);
    let address = match asked {
        Ok(asked) if asked.is_for_outlook => asked.address,
        // Phones ask for a protocol that is not spoken here.
        Ok(_) => return Ok(xml(200, &autodiscover::not_offered())),
        Err(unreadable) => {
            debug!(%unreadable, "a request of Autodiscover was not understood");
            return Ok(xml(400, &autodiscover::not_understood()));
        }
    };
    let Some(domain) = domain_of(&address) else {
        return Ok(xml(400, &autodiscover::not_understood()));
    };
    check_domain(visit, &domain).await?;
    let servers = Servers::of(&visit.site.mail_servers, &host);
    Ok(xml(200, &autodiscover::document(&address, &servers)))
}

/// The host that was asked, which is told where the site has no other.
fn own_host(visit: &Visit<'_>) -> Result<String, Refusal> {
    match EmailAddress::parse_domain(visit.request.host_name()) {
        Ok(host) => Ok(host),
        // Nobody is told of it.
        Err(_) if visit.site.mail_servers.imap_host.is_some() => Ok(String::new()),
        Err(_) => Err(Refusal::NotOurs),
    }
}

/// That of an address with a local part; nothing more of it is looked at.
fn domain_of(address: &str) -> Option<String> {
    let address = EmailAddress::parse(address).ok()?;
    let domain = address.domain();
    (!domain.is_empty()).then(|| domain.to_owned())
}

async fn check_domain(visit: &Visit<'_>, domain: &str) -> Result<(), Refusal> {
    match visit.site.store.knows_domain(domain).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::NotOurs),
        Err(fault) => {
            debug!(cause = %fault, "could not look up the domain of a mail program's address");
            Err(Refusal::Unavailable)
        }
    }
}

fn xml(status: u16, document: &Markup) -> WebResponse {
    WebResponse::document(status, "text/xml; charset=utf-8", &document.0)
}
