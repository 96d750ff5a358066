//! What a session calls mailboxes: by the account's own namespaces, or as one shared tree that is an
//! account of its own. Pure; the one place where the two differ.

use mail::{MailboxName, Namespaces, Place};

/// The names that one session uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Naming {
    /// The names of the account.
    Own,
    /// The mailbox of this name is INBOX, what is below it has no prefix, and there is nothing else.
    View(MailboxName),
}

/// A namespace's prefixes, each with its separator (RFC 2342).
pub(crate) struct Prefixes<'s> {
    pub(crate) others: Vec<&'s str>,
    pub(crate) shared: Vec<&'s str>,
}

impl Naming {
    /// The view of a shared tree; `None` for what can be none.
    pub(crate) fn view(spaces: &Namespaces, tree: &str) -> Option<Self> {
        let root = MailboxName::parse(&format!("{}{tree}", spaces.shared())).ok()?;
        Some(Self::View(root))
    }

    /// The place that `name` means; `None` where no mailbox can be.
    pub(crate) fn place(&self, spaces: &Namespaces, name: &MailboxName) -> Option<Place> {
        match self {
            Self::Own => spaces.place(name),
            Self::View(root) if name.as_str() == MailboxName::INBOX => spaces.place(root),
            Self::View(root) => spaces.place(&MailboxName::parse(&format!("{root}/{name}")).ok()?),
        }
    }

    /// The name of `place`, the inverse of [`place`](Self::place); `None` for what is not seen.
    pub(crate) fn name(&self, spaces: &Namespaces, place: &Place) -> Option<MailboxName> {
        let name = spaces.name(place);
        let root = match self {
            Self::Own => return Some(name),
            Self::View(root) => root,
        };
        if name == *root {
            return MailboxName::parse(MailboxName::INBOX).ok();
        }
        let below = name.as_str().strip_prefix(root.as_str())?;
        let seen = MailboxName::parse(below.strip_prefix(MailboxName::SEPARATOR)?).ok()?;
        // What is called INBOX below the root is not the INBOX, and keeps behind it.
        (self.place(spaces, &seen).as_ref() == Some(place)).then_some(seen)
    }

    /// The prefixes of names that are not personal.
    pub(crate) fn prefixes<'s>(&self, spaces: &'s Namespaces) -> Prefixes<'s> {
        let (others, shared) = match self {
            Self::Own => (vec![spaces.others()], vec![spaces.shared()]),
            Self::View(_) => (Vec::new(), Vec::new()),
        };
        Prefixes { others, shared }
    }
}

/// `ada/support` and `ada*support`: who logs in, and the tree to see. No account's name holds either
/// sign.
#[must_use]
pub fn split_login(name: &str) -> (&str, Option<&str>) {
    match name.split_once(['/', '*']) {
        Some((user, tree)) => (user, Some(tree)),
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use mail::{MailboxName, Namespaces, Place};

    use super::{Naming, split_login};

    #[test]
    fn a_view_shows_one_tree_as_a_personal_one() {
        let spaces = Namespaces::default();
        let view = Naming::view(&spaces, "teams/support").unwrap();
        for (name, path) in [
            ("INBOX", "teams/support"),
            ("inbox", "teams/support"),
            ("Sent", "teams/support/Sent"),
            ("a/b", "teams/support/a/b"),
            ("INBOX/x", "teams/support/INBOX/x"),
            ("Shared Folders/x", "teams/support/Shared Folders/x"),
        ] {
            let name = MailboxName::parse(name).unwrap();
            let place = Place::Shared(path.to_owned());
            assert_eq!(view.place(&spaces, &name), Some(place.clone()), "{name}");
            assert_eq!(view.name(&spaces, &place), Some(name));
        }
        for hidden in [
            Place::Shared("teams".to_owned()),
            Place::Shared("teams/support2".to_owned()),
            Place::Shared("teams/support/INBOX".to_owned()),
            Place::Mine("teams/support".to_owned()),
            Place::Theirs {
                owner: "bo".to_owned(),
                path: "INBOX".to_owned(),
            },
        ] {
            assert_eq!(view.name(&spaces, &hidden), None, "{hidden:?}");
        }
        let too_deep = MailboxName::parse(&vec!["x"; 30].join("/")).unwrap();
        assert_eq!(view.place(&spaces, &too_deep), None);
    }

    #[test]
    fn a_tree_has_a_name_that_a_mailbox_can_have() {
        for (tree, is_one) in [
            ("support", true),
            ("Team of Ada/x", true),
            ("", false),
            ("/x", false),
            ("x/", false),
            ("..", false),
            ("a*", false),
        ] {
            let view = Naming::view(&Namespaces::default(), tree);
            assert_eq!(view.is_some(), is_one, "{tree:?}");
        }
    }

    #[test]
    fn a_login_names_a_user_and_maybe_a_tree() {
        for (name, expected) in [
            ("ada", ("ada", None)),
            ("ada@one.org", ("ada@one.org", None)),
            ("ada/support", ("ada", Some("support"))),
            ("ada*support", ("ada", Some("support"))),
            ("ada/teams/support", ("ada", Some("teams/support"))),
            ("ada*teams/support", ("ada", Some("teams/support"))),
            ("ada/", ("ada", Some(""))),
        ] {
            assert_eq!(split_login(name), expected);
        }
    }
}
