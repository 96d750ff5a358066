//! What an access token opens, and under which names (docs/adr/0082-a-seat-is-the-tokens.md). No passwords, no sessions: who asks has
//! found the token.

use mail::{EmailAddress, Place};
use store::{AccessToken, Account, Fault, RouteStep, Store, TokenScope};

use crate::names::naming::split_login;

/// What a login by a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The account, as it is by its password.
    Account,
    /// This tree, in the tree that nobody owns, as an account of its own.
    Tree(String),
}

/// What `token` opens for somebody who calls himself `user`; `None` where it does not open that.
///
/// A token for the whole account is for its name (`ada`, or `ada/support`) or an address of its INBOX; one for a tree also for
/// the path of the tree (`support`), and for any address that leads there.
///
/// # Errors
///
/// As the store has it.
pub async fn opened_by(
    store: &Store,
    separator: &str,
    account: &Account,
    token: &AccessToken,
    user: &str,
    identity: Option<&str>,
) -> Result<Option<Opened>, Fault> {
    let named = match named(account, user, identity) {
        Named::Account(tree) => tree.map_or(Opened::Account, |tree| Opened::Tree(tree.to_owned())),
        Named::Nothing => return Ok(None),
        Named::Other(name) => match EmailAddress::parse(name) {
            Err(_) => Opened::Tree(name.to_owned()),
            Ok(address) => match led_to(store, separator, account, &address).await? {
                Some(opened) => opened,
                None => return Ok(None),
            },
        },
    };
    let is_opened = match (&named, &token.scope) {
        (Opened::Tree(tree), TokenScope::Tree { path, .. }) => tree == path,
        (Opened::Account, TokenScope::Account) => true,
        // A team is named together with who comes, where the token is for more than the team.
        (Opened::Tree(_), TokenScope::Account) => account.is_called(split_login(user).0),
        (Opened::Account, TokenScope::Tree { .. }) => false,
    };
    Ok(is_opened.then_some(named))
}

/// What a client means by the user and the authorization identity that it sends.
#[derive(Debug, PartialEq, Eq)]
enum Named<'n> {
    /// The account, or a tree of it.
    Account(Option<&'n str>),
    /// A tree or an address.
    Other(&'n str),
    /// They do not go together.
    Nothing,
}

fn named<'n>(account: &Account, user: &'n str, identity: Option<&'n str>) -> Named<'n> {
    // Claws and Sylpheed send the user twice.
    let identity = identity.filter(|identity| *identity != user);
    let (name, tree) = split_login(user);
    let is_own = account.is_called(name);
    match identity {
        None if is_own => Named::Account(tree),
        None => Named::Other(user),
        Some(_) if !is_own => Named::Nothing,
        Some(identity) => match split_login(identity) {
            (name, tree) if account.is_called(name) => Named::Account(tree),
            _ => Named::Account(Some(identity)),
        },
    }
}

/// What an address leads to that is known by itself, and to one mailbox only: that of a team, or one's own.
async fn led_to(
    store: &Store,
    separator: &str,
    account: &Account,
    address: &EmailAddress,
) -> Result<Option<Opened>, Fault> {
    let route = match store.route(address, separator).await {
        Ok(route) => route,
        // Too many aliases lead on.
        Err(Fault::Limit(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let is_known = !route.steps.iter().any(|step| {
        matches!(
            step,
            RouteStep::Subaddress { .. } | RouteStep::CatchAll { .. }
        )
    });
    let [target] = route.targets.as_slice() else {
        return Ok(None);
    };
    Ok(match &target.mailbox.place {
        _ if !is_known || target.sent.is_some() => None,
        Place::Shared(path) => Some(Opened::Tree(path.clone())),
        Place::Theirs { owner, .. } if account.is_called(owner) => Some(Opened::Account),
        Place::Theirs { .. } | Place::Mine(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use mail::AccountId;
    use store::Account;

    use super::{Named, named};

    #[test]
    fn clients_have_one_or_two_fields_for_a_name() {
        let ada = Account {
            id: AccountId(1),
            name: "ada".to_owned(),
            password_hash: None,
            password_version: 1,
            is_admin: false,
            is_disabled: false,
        };
        for (user, identity, expected) in [
            ("ada", None, Named::Account(None)),
            ("Ada", Some("Ada"), Named::Account(None)),
            ("ada", Some("ada"), Named::Account(None)),
            ("ada/support", None, Named::Account(Some("support"))),
            ("ada*teams/a", None, Named::Account(Some("teams/a"))),
            ("ada", Some("support"), Named::Account(Some("support"))),
            ("ada", Some("teams/a"), Named::Account(Some("teams/a"))),
            ("ada", Some("ada/support"), Named::Account(Some("support"))),
            ("ada", Some("bo"), Named::Account(Some("bo"))),
            ("support", None, Named::Other("support")),
            ("teams/a", None, Named::Other("teams/a")),
            ("bo", None, Named::Other("bo")),
            (
                "s@example.org",
                Some("s@example.org"),
                Named::Other("s@example.org"),
            ),
            ("support", Some("ada"), Named::Nothing),
        ] {
            assert_eq!(named(&ada, user, identity), expected, "{user} {identity:?}");
        }
    }
}
