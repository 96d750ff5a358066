//! SETMETADATA (RFC 5464, 4.3). All of the entries, or none of them.

use acl::Operation;
use mail::limits::METADATA_VALUE_BYTES_MAX;
use mail::{EntryName, FlagPolicy};
use store::NewValue;
use wire::MailboxArg;

use crate::annotations::ADMIN;
use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome, Refused};
use crate::names::named::Missing;
use crate::names::special_use::{SPECIAL_USE_ENTRY, check_owner, special_use_of};
use crate::search::filters::check_filter;

pub(crate) async fn run(
    session: &mut Session,
    mailbox: Option<&MailboxArg>,
    mut entries: Vec<NewValue>,
) -> Outcome {
    let is_too_large = |value: &Vec<u8>| value.len() > METADATA_VALUE_BYTES_MAX;
    if entries
        .iter()
        .any(|(_, value)| value.as_ref().is_some_and(is_too_large))
    {
        return Err(Refused::ValueTooLarge.into());
    }
    let Some(mailbox) = mailbox else {
        return set_on_server(session, entries).await;
    };
    let operation = if entries.iter().any(|(entry, _)| is_policy(entry)) {
        Operation::SetPolicy
    } else {
        Operation::Annotate
    };
    let (named, permit) = session.permit(mailbox, operation, Missing::Mailbox).await?;
    for (entry, value) in &mut entries {
        match entry.as_str() {
            SPECIAL_USE_ENTRY => {
                check_owner(&named.place)?;
                *value = special_use(value.as_deref())?;
            }
            EntryName::PRIVATE_FLAGS => *value = flag_policy(value.as_deref())?,
            EntryName::ACTIVITY => {
                return Err(Refused::Cannot("The server alone writes who did what").into());
            }
            _ => {}
        }
    }
    session.store.set_metadata(&permit, &entries).await?;
    session.believe_annotated(Some(permit.mailbox()), entries);
    Ok(Done::completed())
}

async fn set_on_server(session: &mut Session, entries: Vec<NewValue>) -> Outcome {
    let account = session.logged_in()?.id;
    if entries.iter().any(|(entry, _)| entry.as_str() == ADMIN) {
        return Err(
            Refused::Cannot("The configuration says how to reach the administrators").into(),
        );
    }
    entries.iter().try_for_each(check_filter)?;
    session.store.set_server_metadata(account, &entries).await?;
    session.believe_annotated(None, entries);
    Ok(Done::completed())
}

/// Whether it decides how the mailbox works for everybody.
fn is_policy(entry: &EntryName) -> bool {
    matches!(entry.as_str(), SPECIAL_USE_ENTRY | EntryName::PRIVATE_FLAGS)
}

/// As CREATE would take it (RFC 6154, 4).
fn special_use(value: Option<&[u8]>) -> Result<Option<Vec<u8>>, Ending> {
    let text = str::from_utf8(value.unwrap_or_default());
    let Ok(text) = text else {
        return Err(Refused::UseAttr("A special use is a word").into());
    };
    let names: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
    let special_use = special_use_of(&names)?;
    Ok(special_use.map(|name| name.as_bytes().to_vec()))
}

/// NIL stays NIL: what a new mailbox has.
fn flag_policy(value: Option<&[u8]>) -> Result<Option<Vec<u8>>, Ending> {
    let Some(value) = value else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value);
    let Ok(policy) = FlagPolicy::parse(&text) else {
        return Err(
            Refused::Cannot("Flags with spaces between them; \\Deleted is never private").into(),
        );
    };
    Ok(Some(policy.to_string().into_bytes()))
}
