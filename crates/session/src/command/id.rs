//! ID (RFC 2971): who we are; who the client is goes to the log and into the record of activity.

use mail::limits::{CLIENT_NAME_CHARS_MAX, ID_PAIRS_MAX};
use tracing::info;
use wire::say;

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome};
use crate::out::Out;

pub(crate) fn run(
    session: &mut Session,
    pairs: Option<&[(String, Option<String>)]>,
    out: &mut Out<'_>,
) -> Outcome {
    let pairs = pairs.unwrap_or_default();
    if pairs.len() > ID_PAIRS_MAX {
        return Err(Ending::malformed("At most 30 fields"));
    }
    let field = |name: &str| {
        let pair = pairs
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name));
        pair.and_then(|(_, value)| value.as_deref())
            .unwrap_or_default()
    };
    let client: String = format!("{} {}", field("name"), field("version"))
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(CLIENT_NAME_CHARS_MAX)
        .collect();
    if !client.is_empty() && session.client.as_deref() != Some(&*client) {
        // Once a session: anybody may send ID at any time, and as often as they like.
        if session.client.is_none() {
            info!(client.name = client, "a client said who it is");
        }
        session.store.name_client(client.clone());
        session.client = Some(client.into());
    }
    let version = env!("CARGO_PKG_VERSION");
    say::id(
        &mut out.buffer,
        &[("name", "Postroom"), ("version", version)],
    );
    Ok(Done::completed())
}
