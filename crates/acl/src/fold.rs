//! The one spelling of a name of an account or a group, and of an identifier.

use crate::Identifier;

/// The one spelling of an account's or a group's name; `None` for a text that no list could name, or that holds `/`, `*` or `%`.
#[must_use]
pub fn fold_name(name: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::fold_name;

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
            assert_eq!(fold_name(name).as_deref(), folded, "{name:?}");
        }
        assert_eq!(fold_name(&"x".repeat(256)), None);
    }
}
