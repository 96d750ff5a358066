//! ID (RFC 2971): who we are; who the client is goes to the log.

use mail::limits::ID_PAIRS_MAX;
use tracing::info;
use wire::say;

use crate::ending::{Done, Ending, Outcome};
use crate::out::Out;

pub(crate) fn run(pairs: Option<&[(String, Option<String>)]>, out: &mut Out<'_>) -> Outcome {
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
    info!(
        client.name = field("name"),
        client.version = field("version"),
        "a client said who it is"
    );
    let version = env!("CARGO_PKG_VERSION");
    say::id(
        &mut out.buffer,
        &[("name", "Postroom"), ("version", version)],
    );
    Ok(Done::completed())
}
