//! APPEND (RFC 9051, 6.3.12), also of several messages (RFC 3502) and of binary ones (RFC 3516). All
//! or nothing, also where the messages are too many (RFC 9738).

use acl::Operation;
use mail::{Flag, FlagBits, UidSet};
use wire::{AppendContent, AppendMessage, MailboxArg};

use crate::arrival::incoming::arriving;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Outcome, Refused};
use crate::flags::storable_flags;
use crate::names::named::Missing;
use crate::node::Now;

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
        return Err(Refused::Cannot("The message is empty").into());
    }
    if messages.len() > 1 {
        // Together: one of them must not take the number that another has just been given.
        let flags = messages.iter().flat_map(|message| &message.flags).cloned();
        let flags: Vec<Flag> = flags.collect();
        storable_flags(&session.store, &permit, &flags).await?;
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
