//! Names for what people usually may do, beside the letters of RFC 4314.

use ::acl::{BadRights, Modification, Rights};

/// Each role and its letters.
const ROLES: [(&str, &str); 4] = [
    ("viewer", "lrs"),
    ("contributor", "lrswip"),
    ("editor", EDITOR),
    ("manager", MANAGER),
];

/// Who works in a mailbox.
pub(crate) const EDITOR: &str = "lrswipte";
/// Who also administers it.
pub(crate) const MANAGER: &str = "lrswipkxtean";

/// A role or letters; with `+` or `-` before it a change of what is there.
pub(super) fn parse_change(text: &str) -> Result<Modification, BadRights> {
    let (sign, name) = match text.strip_prefix(['+', '-']) {
        Some(name) => text.split_at(text.len() - name.len()),
        None => ("", text),
    };
    match letters_of(name) {
        Some(letters) => Modification::parse(&format!("{sign}{letters}")),
        None => Modification::parse(text),
    }
}

/// The role that is exactly these rights.
pub(crate) fn role_of(rights: Rights) -> Option<&'static str> {
    let role = ROLES
        .iter()
        .find(|(_, letters)| Rights::parse(letters) == Ok(rights));
    role.map(|(name, _)| *name)
}

fn letters_of(name: &str) -> Option<&'static str> {
    let role = ROLES.iter().find(|(known, _)| *known == name);
    role.map(|(_, letters)| *letters)
}

#[cfg(test)]
mod tests {
    use acl::{Modification, Rights};

    use super::super::HELP;
    use super::{ROLES, parse_change, role_of};

    #[test]
    fn a_role_is_its_letters() {
        let rights = |letters| Rights::parse(letters).unwrap();
        for (text, expected) in [
            ("viewer", Modification::Replace(rights("lrs"))),
            ("+editor", Modification::Add(rights("lrswipte"))),
            ("-viewer", Modification::Remove(rights("lrs"))),
            ("lr", Modification::Replace(rights("lr"))),
            ("-w", Modification::Remove(rights("w"))),
        ] {
            assert_eq!(parse_change(text), Ok(expected), "{text}");
        }
        assert!(parse_change("Viewer").is_err());
        assert!(parse_change("boss").is_err());
        assert_eq!(role_of(rights("lrswipte")), Some("editor"));
        assert_eq!(role_of(rights("lr")), None);
    }

    #[test]
    fn help_says_them_all() {
        let words: Vec<&str> = HELP.split_whitespace().collect();
        for (name, letters) in ROLES {
            let at = words.iter().position(|word| *word == name).unwrap();
            assert_eq!(words[at + 1], letters);
            assert!(Rights::parse(name).is_err(), "{name} could be letters");
        }
    }
}
