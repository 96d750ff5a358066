//! COPY (RFC 9051, 6.4.7). All or nothing, also where the messages are too many (RFC 9738); COPYUID says what
//! became of what (RFC 4315).

use acl::Operation;
use mail::{FlagBits, UidSet};
use wire::{MailboxArg, MessageSet, Numbering, Tag};

use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Outcome};
use crate::names::named::Missing;
use crate::out::Out;

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    (numbering, set): (Numbering, &MessageSet),
    mailbox: &MailboxArg,
    out: &mut Out<'_>,
) -> Outcome {
    let store = session.store.clone();
    let selected = session.selected()?;
    let picked = selected.resolve(numbering, set)?;
    let uids = selected.uids(&picked, store.compute()).await;
    let from = selected.permit(Operation::Read)?;
    let (target, to) = session
        .permit(mailbox, Operation::Insert(FlagBits::ALL), Missing::Target)
        .await?;
    session.node.message_limit.per_copy().admit(&uids)?;
    if uids.is_empty() {
        return Ok(Done {
            code: None,
            text: "No message matched",
        });
    }
    let allowed = to.storable();
    let copied = store.copy(&from, &to, &uids, allowed);
    let copied = out.wait_for(tag, copied).await?;
    if copied.pairs.is_empty() {
        // A colleague was faster. What is not there cannot fail to be copied.
        return Ok(Done {
            code: None,
            text: "No message is left",
        });
    }
    session.believe_filled(target.found.id, copied.modseq);
    let selected = session.selected()?;
    if selected.found.id == target.found.id {
        let copies: UidSet = copied.pairs.iter().map(|(_, copy)| *copy).collect();
        selected.note_own(&copies);
        selected.reach(copied.modseq).await;
    }
    Ok(Done::with(DoneCode::CopyUid(
        copied.uid_validity,
        copied.pairs,
    )))
}
