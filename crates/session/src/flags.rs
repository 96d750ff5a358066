//! The flags that a client names, as far as it may set them.

use acl::Permit;
use mail::{Flag, FlagBits, Flags, Keyword};
use store::Store;

use crate::ending::Ending;

/// Those flags that the permit lets one set; the others are left out (RFC 4314, 4), and so are keywords for which the
/// mailbox has no room.
pub(crate) async fn storable_flags(
    store: &Store,
    permit: &Permit,
    flags: &[Flag],
) -> Result<Flags, Ending> {
    let storable = permit.storable();
    // Keyword bits come and go together: one stands for all.
    let takes_keywords = FlagBits::keyword(0).is_some_and(|bit| storable.contains(bit));
    let keywords: Vec<Keyword> = flags
        .iter()
        .filter_map(|flag| match flag {
            Flag::Keyword(keyword) if takes_keywords => Some(keyword.clone()),
            _ => None,
        })
        .collect();
    let numbered = if keywords.is_empty() {
        mail::Keywords::default()
    } else {
        store.number_keywords(permit, &keywords).await?
    };
    Ok(numbered.find_all(flags).intersection(storable))
}

/// As [`storable_flags`], for flags that are to be removed: a keyword that the mailbox does not know is on no message, and
/// gets no number.
pub(crate) async fn known_flags(
    store: &Store,
    permit: &Permit,
    flags: &[Flag],
) -> Result<Flags, Ending> {
    let is_keyword = |flag: &Flag| matches!(flag, Flag::Keyword(_));
    let known = if flags.iter().any(is_keyword) {
        store.number_keywords(permit, &[]).await?
    } else {
        mail::Keywords::default()
    };
    Ok(known.find_all(flags).intersection(permit.storable()))
}
