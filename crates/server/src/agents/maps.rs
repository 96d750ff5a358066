//! Look-ups by socketmap: where a letter to an address may go, who may send as it, and where copies of what is sent go.

use mail::EmailAddress;
use mta::socketmap::{Answer, Request, Requests, Unreadable};
use session::Hangup;
use store::{Fault, Store};
use tracing::{Instrument as _, debug, info_span, warn};

use super::{Agent, READ_BYTES_MAX};

const NO_MAP: &str = "no such map: there are domains, recipients, senders and copies";

/// Answers requests, one after the other, until one side hangs up.
pub(super) async fn answer(agent: &mut Agent) -> Result<(), Hangup> {
    let mut requests = Requests::default();
    let mut buffer = vec![0; READ_BYTES_MAX];
    loop {
        requests.push(agent.hear(&mut buffer).await?);
        loop {
            match requests.take_next() {
                Ok(Some(request)) => {
                    let context = &agent.context;
                    let looking_up = look_up(&context.store, &context.separator, &request);
                    let span = info_span!("agents.look_up");
                    let answer = looking_up.instrument(span).await;
                    agent.say(&answer.encode()).await?;
                }
                Ok(None) => break,
                Err(Unreadable) => {
                    debug!("what an agent sent to listen.maps is no socketmap request");
                    return Err(Hangup);
                }
            }
        }
    }
}

async fn look_up(store: &Store, separator: &str, request: &Request) -> Answer {
    let Request { map, key } = request;
    let address = match map.as_str() {
        // A domain alone is no address: any local part makes it one.
        "domains" => EmailAddress::parse(&format!("x@{key}")),
        _ => EmailAddress::parse(key),
    };
    let found = match (map.as_str(), address) {
        ("domains" | "recipients" | "senders" | "copies", Err(_)) => Ok(Answer::NotFound),
        ("domains", Ok(address)) => knows_domain(store, &address).await,
        ("recipients", Ok(address)) => leads_somewhere(store, separator, &address).await,
        ("senders", Ok(address)) => senders(store, separator, &address).await,
        ("copies", Ok(address)) => copies(store, separator, &address).await,
        _ => return Answer::Permanent(NO_MAP),
    };
    found.unwrap_or_else(|fault| {
        warn!(cause = %fault, "an agent's look-up failed");
        Answer::Temporary("the database does not answer")
    })
}

/// Whether some address of its domain leads somewhere.
async fn knows_domain(store: &Store, address: &EmailAddress) -> Result<Answer, Fault> {
    Ok(known_if(store.knows_domain(address.domain()).await?))
}

/// Whether a letter to this address goes somewhere.
async fn leads_somewhere(
    store: &Store,
    separator: &str,
    address: &EmailAddress,
) -> Result<Answer, Fault> {
    let route = store.route(address, separator).await?;
    Ok(known_if(!route.targets.is_empty()))
}

/// The accounts that may send as this address.
async fn senders(store: &Store, separator: &str, address: &EmailAddress) -> Result<Answer, Fault> {
    let names = store.senders_of(address, separator).await?;
    Ok(Answer::list(&names))
}

/// Where a copy of what is sent as this address goes: to the Sent of the team that it is of.
async fn copies(store: &Store, separator: &str, address: &EmailAddress) -> Result<Answer, Fault> {
    let copy = store.sent_copy_address(address, separator).await?;
    Ok(copy.map_or(Answer::NotFound, |copy| Answer::Found(copy.to_string())))
}

/// Agents ask whether there is an answer, not what it says.
fn known_if(is_known: bool) -> Answer {
    if is_known {
        Answer::Found("known".to_owned())
    } else {
        Answer::NotFound
    }
}
