//! The one spelling of a name of an account or a group, and of an identifier.

use acl::Identifier;

use crate::Fault;

/// The one spelling of an account's name; `None` for what no account can be called.
pub(crate) fn fold(name: &str) -> Option<String> {
    match fold_identifier(&Identifier::parse(&name.to_lowercase()).ok()?) {
        Identifier::User(name) if !name.contains(['/', '*', '%']) => Some(name),
        Identifier::User(_)
        | Identifier::Group(_)
        | Identifier::Anyone
        | Identifier::Authenticated
        | Identifier::Domain(_)
        | Identifier::Anonymous
        | Identifier::Owner => None,
    }
}

/// The one spelling of a name that is to become an account's or a group's.
///
/// # Errors
///
/// [`Fault::Limit`] for a text that no list could name, or that holds `/`, `*` or `%`.
pub fn account_name(name: &str) -> Result<String, Fault> {
    fold(name).ok_or(NO_NAME)
}

/// An identifier with the name in it folded, as lists keep it.
#[must_use]
pub fn fold_identifier(identifier: &Identifier) -> Identifier {
    match identifier {
        Identifier::User(name) => Identifier::User(name.to_lowercase()),
        Identifier::Group(name) => Identifier::Group(name.to_lowercase()),
        Identifier::Domain(name) => Identifier::Domain(name.to_lowercase()),
        Identifier::Anyone
        | Identifier::Authenticated
        | Identifier::Anonymous
        | Identifier::Owner => identifier.clone(),
    }
}

/// What a name of an account or a group must be.
const NO_NAME: Fault = Fault::Limit("a name has 1 to 255 bytes and no / * % or control characters");

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn names_have_one_spelling_or_none() {
        for (name, folded) in [
            ("bob", Some("bob")),
            ("Bob@Example.org", Some("bob@example.org")),
            ("CAFE\u{301}", Some("café")),
            ("", None),
            ("a/b", None),
            ("a*", None),
            ("50%", None),
            ("anyone", None),
            ("Owner", None),
            ("group:x", None),
            ("$x", None),
            ("-bob", None),
            ("a\nb", None),
        ] {
            assert_eq!(fold(name).as_deref(), folded, "{name:?}");
        }
        assert_eq!(fold(&"x".repeat(256)), None);
    }
}
