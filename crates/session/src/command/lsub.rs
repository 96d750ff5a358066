//! LSUB (RFC 3501, 6.3.9).

use wire::{MailboxArg, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::names::listing::Pattern;
use crate::names::tree::load_tree;
use crate::out::Out;

/// With `%`, a name that is not subscribed to but leads to one that is is told as `\Noselect`.
pub(crate) async fn run(
    session: &mut Session,
    reference: &MailboxArg,
    pattern: MailboxArg,
    out: &mut Out<'_>,
) -> Outcome {
    let patterns = Pattern::all(reference, &[pattern])?;
    let tree = load_tree(session).await?;
    let speech = session.speech();
    for (name, node) in tree.subscribed(&patterns, true) {
        let attributes: &[&str] = if node.is_subscribed {
            &[]
        } else {
            &["\\Noselect"]
        };
        let line = say::ListLine {
            lsub: true,
            attributes,
            name: name.as_str(),
            ..Default::default()
        };
        say::list(&mut out.buffer, speech, &line);
        out.breathe().await?;
    }
    Ok(Done::completed())
}
