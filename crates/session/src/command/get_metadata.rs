//! GETMETADATA (RFC 5464, 4.2).

use acl::Deed;
use mail::{Depth, EntryName};
use store::{Annotation, Wanted};
use wire::{GetMetadata, say};

use crate::ending::{Done, DoneCode, Ending, Outcome};
use crate::names::Missing;
use crate::out::Out;
use crate::session::Session;

/// How to reach the administrators: set by configuration, for clients to read (RFC 5464, 3.2.1.1).
pub(crate) const ADMIN: &str = "/shared/admin";

pub(crate) async fn run(session: &mut Session, asked: GetMetadata, out: &mut Out<'_>) -> Outcome {
    let wanted = Wanted {
        entries: &asked.entries,
        depth: asked.depth,
        value_bytes_max: asked.max_size,
    };
    let (name, found) = match &asked.mailbox {
        None => (String::new(), of_server(session, wanted).await?),
        Some(mailbox) => {
            let (named, permit) = session
                .permit(mailbox, Deed::Annotate, Missing::Mailbox)
                .await?;
            let store = &session.store;
            let mut found = store
                .metadata(permit.account(), &[permit.mailbox()], wanted)
                .await?;
            let found = found.remove(&permit.mailbox()).unwrap_or_default();
            (named.name.to_string(), found)
        }
    };
    let lines = told(&asked.entries, asked.depth, &found);
    if !lines.is_empty() {
        say::metadata(&mut out.buffer, session.speech(), &name, &lines);
    }
    let too_large = found.iter().filter(|annotation| annotation.value.is_none());
    Ok(match too_large.map(|annotation| annotation.size).max() {
        Some(size) => Done::with(DoneCode::MetadataLongEntries(size)),
        None => Done::completed(),
    })
}

/// What to say of `found`. An entry that was asked for by its very name and has no value is told
/// as NIL; one whose value is too large is left out.
pub(super) fn told<'a>(
    asked: &'a [EntryName],
    depth: Depth,
    found: &'a [Annotation],
) -> Vec<(&'a str, Option<&'a [u8]>)> {
    let small = |annotation: &'a Annotation| {
        Some((annotation.entry.as_str(), annotation.value.as_deref()?))
    };
    if depth != Depth::Zero {
        let small = found.iter().filter_map(small);
        return small.map(|(entry, value)| (entry, Some(value))).collect();
    }
    let line = |entry: &'a EntryName| match found.iter().find(|found| found.entry == *entry) {
        Some(annotation) => small(annotation).map(|(entry, value)| (entry, Some(value))),
        None => Some((entry.as_str(), None)),
    };
    asked.iter().filter_map(line).collect()
}

async fn of_server(session: &Session, wanted: Wanted<'_>) -> Result<Vec<Annotation>, Ending> {
    let account = session.logged_in()?.id;
    let mut found = session.store.server_metadata(account, wanted).await?;
    found.extend(admin(session, wanted));
    Ok(found)
}

fn admin(session: &Session, wanted: Wanted<'_>) -> Option<Annotation> {
    let contact = session.node.admin_contact.as_deref()?;
    let entry = EntryName::parse(ADMIN).ok()?;
    if !wanted
        .entries
        .iter()
        .any(|name| name.covers(&entry, wanted.depth))
    {
        return None;
    }
    let size = contact.len() as u64;
    let is_small = wanted.value_bytes_max.is_none_or(|max| size <= max.into());
    Some(Annotation {
        entry,
        size,
        value: is_small.then(|| contact.as_bytes().to_vec()),
    })
}
