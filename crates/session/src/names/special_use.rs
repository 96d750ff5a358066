//! The special uses that a mailbox may have (RFC 6154). Pure.

use mail::{Place, SPECIAL_USES};

use crate::ending::{Ending, Refused};

/// The annotation that is the special use (RFC 6154, 4). It is private by its name, and one for everybody here.
pub(crate) const SPECIAL_USE_ENTRY: &str = "/private/specialuse";

/// One of those that there are, as it is written; or none.
pub(crate) fn special_use_of(names: &[String]) -> Result<Option<&'static str>, Ending> {
    let [name] = names else {
        return if names.is_empty() {
            Ok(None)
        } else {
            Err(Refused::UseAttr("A mailbox has one special use at most").into())
        };
    };
    SPECIAL_USES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .map(Some)
        .ok_or_else(|| Refused::UseAttr("This special use is not supported").into())
}

/// Refuses to give a mailbox of another user a special use: its owner's clients would put the owner's mail there.
pub(crate) fn check_owner(place: &Place) -> Result<(), Ending> {
    match place {
        Place::Mine(_) | Place::Shared(_) => Ok(()),
        Place::Theirs { .. } => {
            let text = "Only its owner decides which mailbox has a special use";
            Err(Refused::UseAttr(text).into())
        }
    }
}
