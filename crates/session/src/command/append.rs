//! APPEND (RFC 9051, 6.3.12), also of several messages (RFC 3502) and of binary ones (RFC 3516). All
//! or nothing, also where the messages are too many (RFC 9738).

use acl::{Operation, Permit};
use mail::{Flag, FlagBits, InternalDate, Keyword, UidSet};
use store::{NewMessage, Store};
use wire::{AppendContent, AppendMessage, MailboxArg};

use super::catenate::assemble;
use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::names::{Missing, Named};
use crate::node::Now;
use crate::session::Session;

pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    messages: Vec<AppendMessage>,
    now: Now,
) -> Outcome {
    let operation = Operation::Insert(FlagBits::ALL);
    let (named, permit) = session.permit(mailbox, operation, Missing::Target).await?;
    let bound = session.node.message_limit.per_copy();
    bound.admit_count(messages.len())?;
    if messages
        .iter()
        .any(|message| matches!(&message.data, AppendContent::Whole(octets) if octets.is_empty()))
    {
        // This is how a client gives up (RFC 3502, 6.3.11).
        return Err(Refused::Cannot("A message of no octets is none").into());
    }
    let mut all = Vec::with_capacity(messages.len());
    for message in messages {
        all.push(arriving(session, &named, &permit, message, now).await?);
    }
    let appended = session.store.append(&permit, all).await?;
    if appended.is_alone {
        session.believe_filled(named.found.id, appended.modseq);
    }
    let uids: UidSet = appended.uids.into_iter().collect();
    if let Some(selected) = session
        .selected
        .as_deref_mut()
        .filter(|s| s.found.id == named.found.id)
    {
        selected.note_own(&uids);
        selected.reach(appended.modseq).await;
    }
    Ok(Done::with(DoneCode::AppendUid(appended.uid_validity, uids)))
}

/// What a client sent, as it will be stored in the mailbox of `permit`.
pub(super) async fn arriving(
    session: &Session,
    named: &Named,
    permit: &Permit,
    message: AppendMessage,
    now: Now,
) -> Result<NewMessage, Ending> {
    let AppendMessage {
        flags,
        date,
        data,
        is_binary,
    } = message;
    let bytes = match data {
        AppendContent::Whole(octets) => octets,
        AppendContent::Catenate(parts) => assemble(session, parts).await?,
    };
    let flags = flag_bits(&session.store, permit, &flags).await?;
    let private = named.found.private_flags;
    let date = date.unwrap_or(InternalDate {
        unix_seconds: now.unix_seconds,
        offset_minutes: 0,
    });
    let prepared = if is_binary {
        // BODY[] could not be told of a NUL, so it goes into an encoding (RFC 3516, 4.4 and 6).
        let encoded = mime::encode_binary(&bytes).ok_or(Refused::UnknownCte)?;
        store::prepare(encoded, date)
    } else {
        store::prepare(bytes, date)
    };
    Ok(NewMessage {
        prepared,
        shared: flags.without(private),
        private: flags.intersection(private),
    })
}

/// The bits of those flags that the permit lets one set; the others are left out
/// (RFC 4314, 4).
pub(crate) async fn flag_bits(
    store: &Store,
    permit: &Permit,
    flags: &[Flag],
) -> Result<FlagBits, Ending> {
    let storable = permit.storable();
    // Keyword bits come and go together: one stands for all.
    let takes_keywords = FlagBits::keyword(0).is_some_and(|bit| storable.contains(bit));
    let keywords: Vec<Keyword> = flags
        .iter()
        .filter_map(|flag| match flag {
            Flag::Keyword(keyword) if takes_keywords => Some(keyword.clone()),
            _ => None,
        })
        .collect();
    let numbered = if keywords.is_empty() {
        mail::Keywords::default()
    } else {
        store.number_keywords(permit, &keywords).await?
    };
    let bits = flags
        .iter()
        .filter_map(|flag| numbered.bit(flag))
        .fold(FlagBits::NONE, FlagBits::union);
    Ok(bits.intersection(storable))
}
