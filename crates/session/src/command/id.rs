//! ID (RFC 2971): who we are; who the client is goes to the log and into the record of activity.

use mail::limits::ID_PAIRS_MAX;
use tracing::info;
use wire::say;

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome};
use crate::out::Out;

/// What is kept of a client's name and version.
const CLIENT_CHARS_MAX: usize = 100;

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
            .to_owned()
    };
    let (name, version) = (field("name"), field("version"));
    info!(
        client.name = name,
        client.version = version,
        "a client said who it is"
    );
    let client: String = format!("{name} {version}")
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(CLIENT_CHARS_MAX)
        .collect();
    if !client.is_empty() {
        session.store.name_client(client.clone());
        session.client = Some(client);
    }
    let version = env!("CARGO_PKG_VERSION");
    say::id(
        &mut out.buffer,
        &[("name", "Postroom"), ("version", version)],
    );
    Ok(Done::completed())
}
