//! Whether a name can be given to a mailbox: what CREATE and RENAME have in common.

use acl::{CreatePermit, Denied, Rights};
use mail::Place;
use store::Found;

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};

/// Why nothing can be created at `place`. That a mailbox is there is told only to those who may know it
/// (docs/adr/0022-names-that-are-taken.md).
pub(crate) async fn taken(session: &Session, place: &Place) -> Ending {
    let known = async {
        let account = session.logged_in()?.id;
        let found = session.store.resolve(account, place).await?;
        let is_known = |found: Found| found.access.rights.contains(Rights::LOOKUP);
        Ok::<_, Ending>(found.is_some_and(is_known))
    };
    match known.await {
        Ok(true) => Refused::Exists.into(),
        Ok(false) => Refused::Nowhere.into(),
        Err(ending) => ending,
    }
}

/// The permit of this session's account to create `place`. Below a mailbox that must stay hidden nothing can be
/// created, as nowhere else.
pub(crate) async fn permit_to_create(
    session: &Session,
    place: &Place,
    special_use: Option<&str>,
) -> Result<CreatePermit, Ending> {
    let account = session.logged_in()?.id;
    let asked = session
        .store
        .create_permit(account, place, special_use)
        .await?;
    asked.map_err(|denied| match denied {
        Denied::Hidden | Denied::NoPermission => Refused::NoCreation.into(),
    })
}
