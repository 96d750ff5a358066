//! Roles at the command line, where letters may stand as well.

use ::acl::{BadRights, Modification, Role};

/// A role or letters; with `+` or `-` before it a change of what is there.
pub(super) fn parse_change(text: &str) -> Result<Modification, BadRights> {
    let (sign, name) = match text.strip_prefix(['+', '-']) {
        Some(name) => text.split_at(text.len() - name.len()),
        None => ("", text),
    };
    let Some(role) = Role::parse(name) else {
        return Modification::parse(text);
    };
    Ok(match sign {
        "+" => Modification::Add(role.rights()),
        "-" => Modification::Remove(role.rights()),
        _ => Modification::Replace(role.rights()),
    })
}

#[cfg(test)]
mod tests {
    use acl::{Modification, Rights, Role};

    use super::super::HELP;
    use super::parse_change;

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
