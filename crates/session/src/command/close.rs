//! CLOSE (RFC 9051, 6.4.1) and UNSELECT (RFC 3691).

use acl::Operation;
use wire::Tag;

use crate::command::expunge::all_deleted;
use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::out::Out;

/// Expunges silently where that is allowed; where it is not, it only closes (RFC 4314, 4). What left is
/// not told, so the client must not take itself to be in step: no HIGHESTMODSEQ (RFC 7162, 3.2.8).
pub(crate) async fn close(session: &mut Session, tag: &Tag, out: &mut Out<'_>) -> Outcome {
    let store = session.store.clone();
    let selected = session.selected()?;
    if let Ok(permit) = selected.permit_change(Operation::Expunge) {
        let doomed = all_deleted(selected, &store).await;
        let expunge = store.expunge(&permit, doomed);
        let expunged = out.wait_for(tag, expunge).await?;
        // Another session on this node that looks after the OK sees it done.
        session.selected()?.reach(expunged.modseq).await;
    }
    session.leave_selected().await;
    Ok(Done::completed())
}

pub(crate) async fn unselect(session: &mut Session) -> Done {
    session.leave_selected().await;
    Done::completed()
}
