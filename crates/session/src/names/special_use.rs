//! The special uses that a mailbox may have (RFC 6154). Pure.

use crate::ending::{Ending, Refused};

/// RFC 6154, 2, and RFC 8457. `\All` and `\Flagged` are views, which nobody creates.
const SPECIAL_USES: [&str; 6] = [
    "\\Archive",
    "\\Drafts",
    "\\Junk",
    "\\Sent",
    "\\Trash",
    "\\Important",
];

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
