//! CATENATE (RFC 4469): a message put together from what was sent and from what is here.

use acl::Operation;
use bytes::Bytes;
use mail::MailboxId;
use wire::{CatPart, MessageUrl};

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::fetch::section::octets_of;
use crate::names::named::Missing;

/// The parts one after the other. Nothing is marked as read.
pub(crate) async fn assemble(session: &Session, parts: Vec<CatPart>) -> Result<Bytes, Ending> {
    let bytes_max = session.node.message_bytes_max;
    let mut message = Vec::new();
    for part in parts {
        match part {
            CatPart::Text(text) => message.extend_from_slice(&text),
            CatPart::Url(url) => {
                let read = read(session, &url).await?;
                // Whatever is missing, hidden or not understood: one answer (RFC 4469, 4.1).
                let octets = read.ok_or(Refused::BadUrl(url))?;
                message.extend_from_slice(&octets);
            }
        }
        if message.len() > bytes_max {
            return Err(Refused::TooBig.into());
        }
    }
    Ok(message.into())
}

/// What a URL points to, as FETCH BODY[…] would tell it; `None` when it points to nothing that this user may
/// read.
async fn read(session: &Session, url: &str) -> Result<Option<Bytes>, Ending> {
    let Some(url) = MessageUrl::parse(url) else {
        return Ok(None);
    };
    let Some(mailbox) = mailbox(session, &url).await? else {
        return Ok(None);
    };
    let Some(content) = session.store.content_of(mailbox, url.uid).await? else {
        return Ok(None);
    };
    let mut messages = session.node.live.contents().messages(&[content]).await?;
    let message = messages.remove(&content);
    Ok(message.and_then(|message| octets_of(&message, &url.section).map(Bytes::from_owner)))
}

/// Where the message is, if this user may read there.
async fn mailbox(session: &Session, url: &MessageUrl) -> Result<Option<MailboxId>, Ending> {
    let found = match (&url.mailbox, &session.selected) {
        (Some(name), _) => match session
            .permit(name, Operation::Read, Missing::Mailbox)
            .await
        {
            Ok((named, _)) => named.found,
            Err(Ending::Refused(_)) => return Ok(None),
            Err(ending) => return Err(ending),
        },
        (None, Some(selected)) => selected.found.clone(),
        (None, None) => return Ok(None),
    };
    let is_same = url
        .uid_validity
        .is_none_or(|validity| validity == found.uid_validity);
    Ok(is_same.then_some(found.id))
}
