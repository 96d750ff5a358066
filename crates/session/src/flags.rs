//! The flags that a client names, as the bits that it may set.

use acl::Permit;
use mail::{Flag, FlagBits, Keyword};
use store::Store;

use crate::ending::Ending;

/// The bits of those flags that the permit lets one set; the others are left out
/// (RFC 4314, 4).
pub(crate) async fn flag_bits(
    store: &Store,
    permit: &Permit,
    flags: &[Flag],
) -> Result<FlagBits, Ending> {
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
    let bits = flags
        .iter()
        .filter_map(|flag| numbered.bit(flag))
        .fold(FlagBits::NONE, FlagBits::union);
    Ok(bits.intersection(storable))
}

/// As [`flag_bits`], for flags that are to be removed: a keyword that the mailbox does not know is on no message, and
/// gets no number.
pub(crate) async fn known_flag_bits(
    store: &Store,
    permit: &Permit,
    flags: &[Flag],
) -> Result<FlagBits, Ending> {
    let is_keyword = |flag: &Flag| matches!(flag, Flag::Keyword(_));
    let known = if flags.iter().any(is_keyword) {
        store.number_keywords(permit, &[]).await?
    } else {
        mail::Keywords::default()
    };
    let bits = flags
        .iter()
        .filter_map(|flag| known.bit(flag))
        .fold(FlagBits::NONE, FlagBits::union);
    Ok(bits.intersection(permit.storable()))
}
