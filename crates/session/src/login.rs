//! From a user and a password to a session that is logged in: what LOGIN and AUTHENTICATE have in common.

use store::Account;
use tracing::info;
use wire::Secret;

use crate::conversation::entrance::Entrance;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::names::naming::{Naming, split_login};
use crate::node::LoginVerdict;

/// The account that somebody wants to act as.
enum Role<'r> {
    Oneself,
    /// A shared tree as an account of its own.
    Tree(&'r str),
    /// The authorization identity of SASL: oneself, a tree, or for site administrators somebody else.
    Identity(&'r str),
}

/// Logs in, or refuses without telling whether the user or the password was wrong. The user's name may name a tree,
/// whatever the mechanism: many clients have one field for the user, and SASL sends what is in it (ADR 0018).
pub(crate) async fn enter(
    session: &mut Session,
    user: &str,
    password: &Secret,
    identity: Option<&str>,
) -> Outcome {
    let (user, tree) = split_login(user);
    let role = match identity {
        Some(identity) => Role::Identity(identity),
        None => tree.map_or(Role::Oneself, Role::Tree),
    };
    let address = session.peer.address.ip();
    let refusal = match role {
        Role::Oneself | Role::Tree(_) => Refused::LoginFailed,
        Role::Identity(_) => Refused::NotAuthorised,
    };
    let entrance = match session
        .node
        .authenticator
        .login(user, password, address)
        .await
    {
        LoginVerdict::Welcome(account) => play(session, account, role).await?.ok_or(refusal),
        LoginVerdict::Refused => Err(Refused::LoginFailed),
        LoginVerdict::TooMany => return Err(Refused::TooManyLogins.into()),
        LoginVerdict::Unavailable => {
            let text = "Logins cannot be checked right now";
            return Err(Ending::Refused(Refused::Unavailable(text)));
        }
    };
    match entrance {
        Ok(entrance) => begin(session, entrance).await,
        Err(refused) => {
            session.store.note_refusal(user, address.to_canonical());
            Err(refused.into())
        }
    }
}

/// `None` for a role that is not to be had: one answer for what is not there and for what this user may
/// not know of.
async fn play(
    session: &Session,
    login: Account,
    role: Role<'_>,
) -> Result<Option<Entrance>, Ending> {
    match role {
        Role::Oneself => Ok(Some(Entrance {
            account: login,
            actor: None,
            naming: Naming::Own,
        })),
        Role::Tree(tree) => see(session, login, None, tree).await,
        Role::Identity(identity) => {
            let (name, tree) = split_login(identity);
            let other = session.store.find_account(name).await?;
            let (account, actor) = match other {
                Some(same) if same.id == login.id => (same, None),
                Some(other) if login.is_admin && !other.is_disabled => (other, Some(login)),
                Some(_) | None => return see(session, login, None, identity).await,
            };
            match tree {
                Some(tree) => see(session, account, actor, tree).await,
                None => Ok(Some(Entrance {
                    account,
                    actor,
                    naming: Naming::Own,
                })),
            }
        }
    }
}

/// A tree of which this account may know at least one mailbox.
async fn see(
    session: &Session,
    account: Account,
    actor: Option<Account>,
    tree: &str,
) -> Result<Option<Entrance>, Ending> {
    let spaces = &session.node.namespaces;
    let Some(naming) = Naming::view(spaces, tree) else {
        return Ok(None);
    };
    let visible = session.store.visible(account.id).await?;
    let is_seen = visible
        .iter()
        .any(|listed| naming.name(spaces, &listed.place).is_some());
    Ok(is_seen.then_some(Entrance {
        account,
        actor,
        naming,
    }))
}

async fn begin(session: &mut Session, entrance: Entrance) -> Outcome {
    let login_registry = session.node.live.login_registry();
    let Account {
        id,
        password_version,
        ..
    } = entrance.account;
    let mut lease = login_registry.welcome(id, password_version).await?;
    match &entrance.actor {
        None => info!(user.id = %id, "logged in"),
        Some(actor) => {
            let own = login_registry
                .welcome(actor.id, actor.password_version)
                .await?;
            lease = lease.while_holds(own);
            info!(user.id = %id, actor.id = %actor.id, "logged in as somebody else");
        }
    }
    session.begin(entrance, lease);
    let names = session.capabilities();
    Ok(Done {
        code: Some(DoneCode::Capability(names)),
        text: "Logged in",
    })
}
