//! REPLACE (RFC 8508): a message comes and another goes, both or neither.

use acl::Operation;
use mail::{FlagBits, UidSet};
use wire::{AppendMessage, Code, MailboxArg, MessageSet, Numbering, Verdict, say};

use crate::arrival::incoming::arriving;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Outcome, Refused};
use crate::names::named::Missing;
use crate::node::Now;
use crate::out::Out;

pub(crate) async fn run(
    session: &mut Session,
    (numbering, old): &(Numbering, MessageSet),
    mailbox: &MailboxArg,
    message: AppendMessage,
    now: Now,
    out: &mut Out<'_>,
) -> Outcome {
    let selected = session.selected()?;
    let old = selected.view.uids(&selected.resolve(*numbering, old)?);
    let from = selected.permit_change(Operation::MoveFrom)?;
    let (target, to) = session
        .permit(mailbox, Operation::Insert(FlagBits::ALL), Missing::Target)
        .await?;
    let message = arriving(session, &target, &to, message, now).await?;
    // A colleague who was faster has replaced or removed it: there must not be two drafts.
    let Some(old) = old.iter().next() else {
        return Err(Refused::ExpungeIssued.into());
    };
    let replaced = session.store.replace(&from, &to, old, message).await?;
    session.believe_filled(target.found.id, replaced.modseq);
    // APPENDUID comes before the EXPUNGE, so that nothing seems lost (RFC 8508, 4.3).
    let uids: UidSet = [replaced.uid].into_iter().collect();
    let code = Code::AppendUid(replaced.uid_validity, &uids);
    say::untagged(&mut out.buffer, Verdict::Ok, Some(code), "Replaced");
    let is_told = session.enabled.condstore;
    let selected = session.selected()?;
    if selected.found.id == target.found.id {
        selected.note_own(&uids);
    }
    selected.reach(replaced.source_modseq).await;
    Ok(if is_told {
        Done::with(DoneCode::HighestModSeq(replaced.source_modseq))
    } else {
        Done::completed()
    })
}
