//! The names that this user may be told of, as LIST shows them.

use std::collections::HashSet;
use std::sync::Arc;

use acl::Rights;
use mail::{AccountId, MailboxName, Place};
use store::{Listed, Subscription};
use tracing::debug;
use wire::say;

use crate::conversation::session::Session;
use crate::ending::Ending;
use crate::names::listing::{ListedMailbox, Tree, TreeNode};
use crate::names::trees::KnownTree;
use crate::node::SubscribeOnGrant;
use crate::out::Out;

/// Writes a LIST response without being asked: what `name` is now, and what it was called before
/// (RFC 9051, 6.3.2 and 6.3.9.7).
pub(crate) async fn announce(
    session: &Session,
    name: &MailboxName,
    old_name: Option<&str>,
    out: &mut Out<'_>,
) -> Result<(), Ending> {
    let tree = load_tree(session).await?;
    // One may open a mailbox that one may not look up.
    let attributes = tree.node(name).map(attributes).unwrap_or_default();
    let line = say::ListLine {
        attributes: &attributes,
        name: name.as_str(),
        old_name,
        ..Default::default()
    };
    say::list(&mut out.buffer, session.speech(), &line);
    Ok(())
}

/// As [`announce`], for a name that was just given, which it keeps when that cannot be told.
pub(crate) async fn announce_made(
    session: &Session,
    name: &MailboxName,
    old_name: &str,
    out: &mut Out<'_>,
) {
    if let Err(ending) = announce(session, name, Some(old_name), out).await {
        debug!(?ending, "could not tell the client a new name");
    }
}

/// The tree of all names that this user may be told of: as it was told last, where the directory's log has no news
/// that concerns the user.
pub(crate) async fn load_tree(session: &Session) -> Result<Arc<Tree>, Ending> {
    let account = session.logged_in()?.id;
    let (store, trees) = (&session.store, &session.node.trees);
    let history = store.history_changes();
    let key = (account, session.naming.clone(), store.mode());
    let known = trees.find(&key, history);
    if let Some(known) = known {
        let news = store.directory_news(&known.mark(), &[account]).await?;
        if let Some(tree) = known.after(news, account) {
            return Ok(tree);
        }
    }
    // Before the names, so that nothing is missed that comes between.
    let mark = store.directory_mark().await?;
    let tree = Arc::new(read_tree(session, account).await?);
    let known = Arc::new(KnownTree::new(tree.clone(), mark, history));
    trees.keep(key, known);
    Ok(tree)
}

async fn read_tree(session: &Session, account: AccountId) -> Result<Tree, Ending> {
    let visible = session.store.visible(account).await?;
    let said = session.store.subscriptions(account).await?;
    let by_default = shown_by_default(session, &visible, &said);
    let wanted = said.iter().filter(|subscription| subscription.is_wanted);
    let subscribed: Vec<MailboxName> = wanted
        .map(|subscription| &subscription.place)
        .chain(by_default)
        .filter_map(|place| session.name(place))
        .collect();
    let mailboxes = visible.into_iter().filter_map(|listed| {
        let name = session.name(&listed.place)?;
        let special_use = listed.special_use.filter(|_| session.is_personal(&name));
        let mailbox = ListedMailbox {
            id: listed.id,
            rights: listed.rights,
            rights_version: listed.rights_version,
            special_use,
        };
        Some((name, mailbox))
    });
    let prefixes = session.naming.prefixes(&session.node.namespaces);
    let prefixes = prefixes.others.into_iter().chain(prefixes.shared);
    Ok(Tree::new(mailboxes, subscribed).with_namespaces(prefixes))
}

/// The mailboxes to which a user is subscribed until he unsubscribes: his INBOX, and those of others that he may read. They
/// are computed here, so that it costs no row for each member of a group.
fn shown_by_default<'l>(
    session: &Session,
    visible: &'l [Listed],
    said: &[Subscription],
) -> Vec<&'l Place> {
    let are_granted = session.node.subscribe_on_grant != SubscribeOnGrant::Never;
    let said: HashSet<&Place> = said
        .iter()
        .map(|subscription| &subscription.place)
        .collect();
    visible
        .iter()
        .filter(|listed| listed.rights.contains(Rights::READ))
        .map(|listed| &listed.place)
        .filter(|place| match place {
            Place::Mine(path) => path == MailboxName::INBOX,
            Place::Theirs { .. } | Place::Shared(_) => are_granted,
        })
        .filter(|place| !said.contains(place))
        .collect()
}

/// The attributes of a name that are told whether they were asked for or not.
pub(crate) fn attributes(node: &TreeNode) -> Vec<&str> {
    let mut attributes = Vec::new();
    if node.mailbox.is_none() {
        attributes.push("\\Noselect");
    }
    attributes.push(if node.has_children {
        "\\HasChildren"
    } else {
        "\\HasNoChildren"
    });
    attributes.extend(special_use(node));
    attributes
}

pub(crate) fn special_use(node: &TreeNode) -> Option<&str> {
    node.mailbox.as_ref()?.special_use.as_deref()
}
