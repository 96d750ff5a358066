//! GETMETADATA (RFC 5464, 4.2).

use acl::Operation;
use mail::EntryName;
use mail::limits::ACTIVITY_ROWS_MAX;
use store::{ActivityQuery, Annotation, Wanted};
use wire::{GetMetadata, say};

use crate::activity;
use crate::annotations::{ADMIN, told};
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Ending, Outcome};
use crate::names::named::{Missing, Named};
use crate::out::Out;

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
                .permit(mailbox, Operation::Annotate, Missing::Mailbox)
                .await?;
            let store = &session.store;
            let mut found = store
                .metadata(permit.account(), &[permit.mailbox()], wanted)
                .await?;
            let mut found = found.remove(&permit.mailbox()).unwrap_or_default();
            found.retain(|annotation| session.tells_entry(&named.name, &annotation.entry));
            found.extend(activity(session, &named, wanted).await?);
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

async fn of_server(session: &Session, wanted: Wanted<'_>) -> Result<Vec<Annotation>, Ending> {
    let account = session.logged_in()?.id;
    let mut found = session.store.server_metadata(account, wanted).await?;
    found.extend(admin(session, wanted));
    Ok(found)
}

fn admin(session: &Session, wanted: Wanted<'_>) -> Option<Annotation> {
    let contact = session.node.admin_contact.as_deref()?;
    let entry = covered(ADMIN, wanted)?;
    Some(annotation(entry, contact.to_owned(), wanted))
}

/// What was done in the mailbox. For a user without the right `a` there is no such entry: RFC 5464, 3.3,
/// refuses the command by other rights only, and a refusal would take the other entries along.
///
/// LIST RETURN (METADATA) does not tell it, which would be a query for each mailbox.
async fn activity(
    session: &Session,
    named: &Named,
    wanted: Wanted<'_>,
) -> Result<Option<Annotation>, Ending> {
    let Some(entry) = covered(EntryName::ACTIVITY, wanted) else {
        return Ok(None);
    };
    let Ok(permit) = acl::permit(&named.found.access, Operation::Administer) else {
        return Ok(None);
    };
    let query = ActivityQuery::newest_on(permit.mailbox(), ACTIVITY_ROWS_MAX);
    let rows = session.store.activity(&query).await?;
    let lines: Vec<String> = rows.iter().map(activity::line).collect();
    let told = (!lines.is_empty()).then(|| annotation(entry, lines.join("\r\n"), wanted));
    Ok(told)
}

fn covered(entry: &str, wanted: Wanted<'_>) -> Option<EntryName> {
    let entry = EntryName::parse(entry).ok()?;
    let mut asked = wanted.entries.iter();
    let is_asked = asked.any(|name| name.covers(&entry, wanted.depth));
    is_asked.then_some(entry)
}

fn annotation(entry: EntryName, value: String, wanted: Wanted<'_>) -> Annotation {
    let size = value.len() as u64;
    let is_small = wanted.value_bytes_max.is_none_or(|max| size <= max.into());
    Annotation {
        entry,
        size,
        value: is_small.then(|| value.into_bytes()),
    }
}
