//! The one spelling of a name of an account or a group, and of an identifier.

pub use acl::fold_identifier;
pub(crate) use acl::fold_name as fold;

use crate::Fault;

/// The one spelling of a name that is to become an account's or a group's.
///
/// # Errors
///
/// [`Fault::Limit`] for a text that no list could name, or that holds `/`, `*` or `%`.
pub fn account_name(name: &str) -> Result<String, Fault> {
    fold(name).ok_or(NO_NAME)
}

/// What a name of an account or a group must be.
const NO_NAME: Fault = Fault::Limit("a name has 1 to 255 bytes and no / * % or control characters");
