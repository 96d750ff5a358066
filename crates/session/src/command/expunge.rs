//! EXPUNGE (RFC 9051, 6.4.3) and UID EXPUNGE (RFC 4315), of which only the second is bounded (RFC 9738, 3.1).

use acl::Operation;
use mail::{FlagBits, Uid, UidSet};
use store::{Doomed, Store};
use wire::{MessageSet, Numbering, Tag};

use crate::conversation::selected::Selected;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Outcome};
use crate::out::Out;
use crate::view::LOOK_COST_BYTES;
use crate::view::picked::Picked;

/// What left is told as to every watcher, by the view, at the end of the command.
pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    set: Option<&MessageSet>,
    out: &mut Out<'_>,
) -> Outcome {
    let bound = session.node.message_limit.per_command();
    let store = session.store.clone();
    // Required with QRESYNC, welcome with CONDSTORE (RFC 7162, 3.2.7).
    let is_told = session.enabled.condstore;
    let selected = session.selected()?;
    let permit = selected.permit_change(Operation::Expunge)?;
    let (doomed, cut) = match set {
        None => (all_deleted(selected, &store).await, None),
        Some(set) => {
            let picked = selected.resolve(Numbering::Uid, set)?;
            let looking = || deleted(selected, &picked);
            let bytes = picked.len() * LOOK_COST_BYTES;
            let uids = store.compute().run(bytes, looking).await;
            let (uids, cut) = bound.newest(uids);
            (Doomed::DeletedAmong(uids), cut)
        }
    };
    let expunged = out.wait_for(tag, store.expunge(&permit, doomed)).await?;
    selected.reach(expunged.modseq).await;
    let done = if is_told {
        Done::with(DoneCode::HighestModSeq(expunged.modseq))
    } else {
        Done::completed()
    };
    Ok(done.cut_short(cut, &mut out.buffer))
}

/// All that carry `\Deleted`, with those that this node knows of, so that the mailbox need not be walked through.
pub(super) async fn all_deleted(selected: &Selected, store: &Store) -> Doomed {
    let image = &selected.view.latest().image;
    let known = || {
        let deleted = image.carrying(FlagBits::DELETED);
        deleted.map(|(_, message)| message.uid).collect()
    };
    let messages = usize::try_from(image.len()).unwrap_or(usize::MAX);
    let bytes = messages.saturating_mul(LOOK_COST_BYTES);
    Doomed::AllDeleted(store.compute().run(bytes, known).await)
}

/// Those that are `\Deleted` by now, whether the client was told or not.
fn deleted(selected: &Selected, picked: &Picked) -> UidSet {
    let is_deleted = |uid: &Uid| {
        let now = selected.view.now(*uid);
        now.is_some_and(|now| now.flags.contains(FlagBits::DELETED))
    };
    let uids = selected.view.uids(picked);
    uids.iter().filter(is_deleted).collect()
}
