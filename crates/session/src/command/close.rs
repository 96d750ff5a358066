//! CLOSE (RFC 9051, 6.4.1) and UNSELECT (RFC 3691).

use acl::Deed;
use store::Doomed;
use wire::Tag;

use crate::ending::{Done, DoneCode, Outcome};
use crate::out::Out;
use crate::session::Session;

/// Expunges silently where that is allowed; where it is not, it only closes (RFC 4314, 4).
pub(crate) async fn close(session: &mut Session, tag: &Tag, out: &mut Out<'_>) -> Outcome {
    let selected = session.selected()?;
    let permit = selected.permit_change(Deed::Expunge).ok();
    let mut modseq = selected.view.latest().modseq();
    if let Some(permit) = permit {
        let store = session.store.clone();
        let expunge = store.expunge(&permit, Doomed::AllDeleted);
        modseq = out.wait_for(tag, expunge).await?.modseq;
        // Whoever looks on this node after the OK sees it done.
        session.selected()?.reach(modseq).await;
    }
    let is_told = session.enabled.qresync;
    session.selected = None;
    // So that the client knows up to where it is in step (RFC 7162, 3.2.8).
    Ok(if is_told {
        Done::with(DoneCode::HighestModSeq(modseq))
    } else {
        Done::completed()
    })
}

pub(crate) fn unselect(session: &mut Session) -> Done {
    session.selected = None;
    Done::completed()
}
