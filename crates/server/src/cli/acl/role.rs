//! Roles at the command line, where letters may stand as well.

use ::acl::{BadRights, Modification, Rights, Role};

/// A role or letters; with `+` or `-` before it a change of what is there.
pub(super) fn parse_change(text: &str) -> Result<Modification, BadRights> {
    if let Some(more) = text.strip_prefix('+') {
        Role::rights_written(more).map(Modification::Add)
    } else if let Some(gone) = text.strip_prefix('-') {
        Role::rights_written(gone).map(Modification::Remove)
    } else {
        Role::rights_written(text).map(Modification::Replace)
    }
}

/// How like a role (by Jaro and Winkler, at most 1) letters are that may be a slip of it, such as `editr`.
const SLIP_LIKENESS: f64 = 0.9;

/// The role that letters may be meant to be.
pub(super) fn meant(text: &str) -> Option<Role> {
    let word = text.trim_start_matches(['+', '-']);
    let is_like = |role: &Role| strsim::jaro_winkler(word, role.word()) >= SLIP_LIKENESS;
    let is_none = Role::parse(word).is_none();
    Role::ALL.into_iter().find(is_like).filter(|_| is_none)
}

/// What is said of a text that gives nothing.
pub(super) fn neither(text: &str, bad: BadRights) -> String {
    let roles = Role::ALL.map(Role::word).join(", ");
    format!("{text:?} is neither a role ({roles}) nor letters: {bad}")
}

/// What a change comes to: `lrs (viewer)`, `+p`, or `no entry any more`.
pub(super) fn in_letters(change: Modification) -> String {
    let (sign, rights) = match change {
        Modification::Add(more) => ("+", more),
        Modification::Remove(gone) => ("-", gone),
        Modification::Replace(Rights::NONE) => return "no entry any more".to_owned(),
        Modification::Replace(rights) => ("", rights),
    };
    let role = Role::of(rights).map(|role| format!(" ({})", role.word()));
    format!("{sign}{rights}{}", role.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use acl::{Modification, Rights, Role};

    use super::super::HELP;
    use super::{in_letters, meant, parse_change};

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
        for (text, role) in [
            ("editr", Role::Editor),
            ("+edit", Role::Editor),
            ("manger", Role::Manager),
        ] {
            assert_eq!(meant(text), Some(role), "{text}");
        }
        for text in ["editor", "lrswite", "tied", "-e", ""] {
            assert_eq!(meant(text), None, "{text}");
        }
        // Letters, but a word.
        for text in ["writer", "+writer", "-reader"] {
            let said = parse_change(text).unwrap_err().to_string();
            assert!(said.contains("stands there twice"), "{said}");
        }
    }

    #[test]
    fn what_is_granted_is_said_in_letters() {
        for (text, expected) in [
            ("viewer", "lrs (viewer)"),
            ("lr", "lr"),
            ("+p", "+p"),
            ("-editor", "-lrswipted (editor)"),
            ("", "no entry any more"),
        ] {
            assert_eq!(in_letters(parse_change(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn help_says_them_all() {
        let words: Vec<&str> = HELP.split_whitespace().collect();
        for role in Role::ALL {
            let at = words.iter().position(|word| *word == role.word()).unwrap();
            assert_eq!(Rights::parse(words[at + 1]), Ok(role.rights()));
        }
    }
}
