//! From a user and a password to a session that is logged in: what LOGIN and AUTHENTICATE have in common.

use acl::Operation;
use mail::MailboxName;
use store::{AccessToken, Account};
use tracing::info;
use wire::Secret;

use crate::conversation::entrance::Entrance;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::names::naming::{Naming, split_login};
use crate::node::LoginVerdict;
use crate::opened_by::{Opened, opened_by};

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
    let (name, _) = split_login(user);
    let address = session.peer.address.ip();
    let authenticator = &session.node.authenticator;
    let verdict = authenticator.login(name, password, address).await;
    admit(session, verdict, user, identity).await
}

/// What follows from the verdict over somebody who calls himself `user`.
pub(crate) async fn admit(
    session: &mut Session,
    verdict: LoginVerdict,
    user: &str,
    identity: Option<&str>,
) -> Outcome {
    let (name, tree) = split_login(user);
    let role = match identity {
        Some(identity) => Role::Identity(identity),
        None => tree.map_or(Role::Oneself, Role::Tree),
    };
    let address = session.peer.address.ip();
    let refusal = match role {
        Role::Oneself | Role::Tree(_) => Refused::LoginFailed,
        Role::Identity(_) => Refused::NotAuthorised,
    };
    let entrance = match verdict {
        LoginVerdict::Welcome(account) => play(session, account, role).await?.ok_or(refusal),
        LoginVerdict::ByToken(account, token) => {
            enter_by_token(session, account, token, user, identity)
                .await?
                .ok_or(Refused::LoginFailed)
        }
        LoginVerdict::ByBearer(account, ends_at) => {
            let played = play(session, account, role).await?;
            // Nobody acts as another account by one.
            let own = played.filter(|entrance| entrance.actor.is_none());
            own.map(|entrance| Entrance {
                ends_at,
                ..entrance
            })
            .ok_or(refusal)
        }
        LoginVerdict::ByCertificate(account, ends_at) => {
            let played = play(session, account, role).await?;
            played
                .map(|entrance| Entrance {
                    ends_at: Some(ends_at),
                    ..entrance
                })
                .ok_or(refusal)
        }
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
            session.store.note_refusal(name, address.to_canonical());
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
        Role::Oneself => Ok(Some(Entrance::of(login, Naming::Own))),
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
                    actor,
                    ..Entrance::of(account, Naming::Own)
                })),
            }
        }
    }
}

/// What an access token opens under this name; `None` where it does not. Nobody acts as another account by one.
async fn enter_by_token(
    session: &Session,
    account: Account,
    token: AccessToken,
    user: &str,
    identity: Option<&str>,
) -> Result<Option<Entrance>, Ending> {
    if !token.services.imap {
        return Ok(None);
    }
    let store = &session.store;
    let separator = &session.node.address_separator;
    let opened = opened_by(store, separator, &account, &token, user, identity).await?;
    let entrance = match opened {
        None => None,
        Some(Opened::Account) => Some(Entrance::of(account, Naming::Own)),
        Some(Opened::Tree(tree)) => see(session, account, None, &tree).await?,
    };
    Ok(entrance.map(|entrance| Entrance {
        token: Some(token),
        ..entrance
    }))
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
    let is_seen = sees_the_topmost(session, &account, &naming).await?
        || sees_any(session, &account, &naming).await?;
    Ok(is_seen.then_some(Entrance {
        actor,
        ..Entrance::of(account, naming)
    }))
}

/// Who has a seat mostly knows of its topmost mailbox: that is asked for alone, since all names of a large site take long.
async fn sees_the_topmost(
    session: &Session,
    account: &Account,
    naming: &Naming,
) -> Result<bool, Ending> {
    let inbox = MailboxName::parse(MailboxName::INBOX).ok();
    let place = inbox.and_then(|inbox| naming.place(&session.node.namespaces, &inbox));
    let Some(place) = place else {
        return Ok(false);
    };
    let found = session.store.resolve(account.id, &place).await?;
    Ok(found.is_some_and(|found| acl::permit(&found.access, Operation::Lookup).is_ok()))
}

async fn sees_any(session: &Session, account: &Account, naming: &Naming) -> Result<bool, Ending> {
    let spaces = &session.node.namespaces;
    let visible = session.store.visible(account.id).await?;
    Ok(visible
        .iter()
        .any(|listed| naming.name(spaces, &listed.place).is_some()))
}

async fn begin(session: &mut Session, entrance: Entrance) -> Outcome {
    let login_registry = session.node.live.login_registry();
    let id = entrance.account.id;
    // One of the two at most: nobody acts as another account by a token.
    let of_token = entrance.token.as_ref().map(|token| token.login(id));
    let other = entrance.actor.as_ref().map(Account::login).or(of_token);
    let mut lease = login_registry
        .welcome(entrance.account.login(), other)
        .await?;
    if let Some(actor) = &entrance.actor {
        info!(user.id = %id, actor.id = %actor.id, "logged in as somebody else");
    } else if let Some(token) = &entrance.token {
        info!(user.id = %id, token.id = %token.id, "logged in by an access token");
    } else {
        info!(user.id = %id, "logged in");
    }
    if let Some(end) = entrance.ends_at {
        lease = lease.while_holds(login_registry.until(end));
        info!(user.id = %id, ends_at = end, "a login lasts as long as a certificate, or a token of the identity provider");
    }
    session.begin(entrance, lease);
    let names = session.capabilities();
    Ok(Done {
        code: Some(DoneCode::Capability(names)),
        text: "Logged in",
    })
}
