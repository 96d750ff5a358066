//! ENABLE (RFC 5161). Names that are not known are passed over.

use wire::say;

use crate::conversation::enabled::Enabled;
use crate::conversation::session::Session;
use crate::ending::Done;
use crate::out::Out;

type SwitchOn = fn(&mut Enabled);

/// What can be enabled, as ENABLED names it, and what that switches on.
const EXTENSIONS: &[(&str, SwitchOn)] = &[
    ("CONDSTORE", |enabled| enabled.condstore = true),
    // QRESYNC brings CONDSTORE with it (RFC 7162, 3.2.3).
    ("QRESYNC", |enabled| {
        enabled.condstore = true;
        enabled.qresync = true;
    }),
    ("IMAP4rev2", |enabled| enabled.rev2 = true),
    ("UTF8=ACCEPT", |enabled| enabled.utf8 = true),
    ("UIDONLY", |enabled| enabled.uid_only = true),
];

pub(crate) async fn run(session: &mut Session, names: &[String], out: &mut Out<'_>) -> Done {
    let mut after = session.enabled;
    let mut enabled = Vec::new();
    for &(name, enable) in EXTENSIONS {
        if names.iter().any(|asked| asked.eq_ignore_ascii_case(name)) {
            enable(&mut after);
            enabled.push(name);
        }
    }
    say::enabled(&mut out.buffer, &enabled);
    if after.condstore {
        session.enable_condstore(&mut out.buffer);
    }
    session.enabled = after;
    if session.enabled.rev2
        && let Some(selected) = &mut session.selected
    {
        // On the heap, because it is rare, and large.
        Box::pin(selected.end_recent(&session.store)).await;
    }
    if session.enabled.uid_only
        && let Some(selected) = &mut session.selected
    {
        selected.contexts.end_counting(&mut out.buffer);
    }
    Done::completed()
}
