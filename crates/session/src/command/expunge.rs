//! EXPUNGE (RFC 9051, 6.4.3) and UID EXPUNGE (RFC 4315).

use acl::Deed;
use store::Doomed;
use wire::{MessageSet, Numbering};

use crate::ending::{Done, DoneCode, Outcome};
use crate::session::Session;

/// What left is told as to every watcher, by the view, at the end of the command.
pub(crate) async fn run(session: &mut Session, set: Option<&MessageSet>) -> Outcome {
    let store = session.store.clone();
    let is_told = session.enabled.qresync;
    let selected = session.selected()?;
    let permit = selected.permit_change(Deed::Expunge)?;
    let doomed = match set {
        None => Doomed::AllDeleted,
        Some(set) => {
            let picked = selected.resolve(Numbering::Uid, set)?;
            Doomed::DeletedAmong(selected.view.uids(&picked))
        }
    };
    let expunged = store.expunge(&permit, doomed).await?;
    selected.reach(expunged.modseq).await;
    Ok(if is_told {
        Done::with(DoneCode::HighestModSeq(expunged.modseq))
    } else {
        Done::completed()
    })
}
