//! CATENATE (RFC 4469): a message put together from what was sent and from what is here.

use std::collections::HashMap;

use acl::Operation;
use bytes::Bytes;
use mail::limits::SOURCES_PER_MESSAGE_MAX;
use mail::{MailboxId, Uid, UidValidity};
use mime::Sections;
use wire::{BodySection, CatPart, MailboxArg, MessageUrl};

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::fetch::section::octets_of;
use crate::names::named::Missing;

/// The parts one after the other. Nothing is marked as read. Each message is loaded once, and taken apart once,
/// however many URLs point into it.
pub(crate) async fn assemble(session: &Session, parts: Vec<CatPart>) -> Result<Bytes, Ending> {
    let bytes_max = session.node.message_bytes_max;
    let mut sources = Sources::default();
    for part in &parts {
        if let CatPart::Url(url) = part {
            sources.add(session, url).await?;
            if sources.bytes > bytes_max.saturating_mul(SOURCES_PER_MESSAGE_MAX) {
                return Err(Refused::TooBig.into());
            }
        }
    }
    let joining = || join(&sources, parts, bytes_max);
    let message = session.store.compute().run(sources.bytes, joining).await?;
    Ok(message.into())
}

/// The octets of all parts, with those of the URLs taken out of `sources`.
fn join(sources: &Sources, parts: Vec<CatPart>, bytes_max: usize) -> Result<Vec<u8>, Refused> {
    let taken_apart: Vec<Sections<'_>> = sources
        .messages
        .iter()
        .map(|message| Sections::of(message))
        .collect();
    let mut urls = sources.urls.iter();
    let mut message = Vec::new();
    for part in parts {
        match part {
            CatPart::Text(text) => message.extend_from_slice(&text),
            CatPart::Url(url) => {
                let found = urls.next().and_then(|(place, section)| {
                    let sections = taken_apart.get(*place)?;
                    octets_of(sections, section)
                });
                message.extend_from_slice(&found.ok_or(Refused::BadUrl(url))?);
            }
        }
        if message.len() > bytes_max {
            return Err(Refused::TooBig);
        }
    }
    Ok(message)
}

/// The messages that URLs point into.
#[derive(Default)]
struct Sources {
    messages: Vec<Bytes>,
    bytes: usize,
    places: HashMap<SourceName, usize>,
    /// Of each URL the place of its message, and the section.
    urls: Vec<(usize, BodySection)>,
}

/// What a URL says of its message.
type SourceName = (Option<String>, Option<UidValidity>, Uid);

impl Sources {
    async fn add(&mut self, session: &Session, url: &str) -> Result<(), Ending> {
        // Whatever is missing, hidden or not understood: one answer (RFC 4469, 4.1).
        let missing = || Refused::BadUrl(url.to_owned());
        let parsed = MessageUrl::parse(url).ok_or_else(missing)?;
        let mailbox = parsed
            .mailbox
            .as_ref()
            .and_then(MailboxArg::text)
            .map(str::to_owned);
        let name = (mailbox, parsed.uid_validity, parsed.uid);
        let place = if let Some(&place) = self.places.get(&name) {
            place
        } else {
            let message = read(session, &parsed).await?.ok_or_else(missing)?;
            self.bytes = self.bytes.saturating_add(message.len());
            self.messages.push(message);
            let place = self.messages.len() - 1;
            self.places.insert(name, place);
            place
        };
        self.urls.push((place, parsed.section));
        Ok(())
    }
}

/// The message that a URL points into; `None` when there is none that this user may read.
async fn read(session: &Session, url: &MessageUrl) -> Result<Option<Bytes>, Ending> {
    let Some(mailbox) = mailbox(session, url).await? else {
        return Ok(None);
    };
    let Some(content) = session.store.content_of(mailbox, url.uid).await? else {
        return Ok(None);
    };
    let mut messages = session.node.live.contents().messages(&[content]).await?;
    Ok(messages.remove(&content))
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
