//! MOVE (RFC 6851): a copy and an expunge that happen together or not at all. Where the messages are too many, it
//! is of the newest (RFC 9738).

use acl::Operation;
use mail::FlagBits;
use wire::{Code, MailboxArg, MessageSet, Numbering, Tag, Verdict, say};

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
    let from = selected.permit_change(Operation::MoveFrom)?;
    let (target, to) = session
        .permit(mailbox, Operation::Insert(FlagBits::ALL), Missing::Target)
        .await?;
    let (uids, cut) = session.node.message_limit.per_command().newest(uids);
    if uids.is_empty() {
        return Ok(Done {
            code: None,
            text: "No message matched",
        });
    }
    let allowed = to.storable();
    let moving = store.move_messages(&from, &to, &uids, allowed);
    let moved = out.wait_for(tag, moving).await?;
    if moved.copied.pairs.is_empty() {
        // A colleague was faster. What is not there cannot fail to be moved.
        session.selected()?.reach(moved.source_modseq).await;
        let done = Done {
            code: None,
            text: "No message is left",
        };
        return Ok(done.cut_short(cut, &mut out.buffer));
    }
    session.believe_filled(target.found.id, moved.copied.modseq);
    // COPYUID comes before the EXPUNGEs, so that nothing seems lost (RFC 6851, 4.3).
    let (sources, targets): (Vec<_>, Vec<_>) = moved.copied.pairs.iter().copied().unzip();
    let code = Code::CopyUid(moved.copied.uid_validity, &sources, &targets);
    say::untagged(&mut out.buffer, Verdict::Ok, Some(code), "Moved");
    let is_told = session.enabled.condstore;
    session.selected()?.reach(moved.source_modseq).await;
    let done = if is_told {
        Done::with(DoneCode::HighestModSeq(moved.source_modseq))
    } else {
        Done::completed()
    };
    Ok(done.cut_short(cut, &mut out.buffer))
}
