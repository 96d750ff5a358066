//! LIST (RFC 9051, 6.3.9), with LIST-EXTENDED (RFC 5258), CHILDREN (RFC 3348), SPECIAL-USE
//! (RFC 6154), LIST-STATUS (RFC 5819), LIST-MYRIGHTS (RFC 8440) and LIST-METADATA (RFC 9590).

use std::collections::{HashMap, HashSet};

use acl::{Operation, Rights};
use mail::{Depth, MailboxId, MailboxName, Place};
use store::{Annotation, Listed, Subscription, Wanted};
use tracing::debug;
use wire::{List, say};

use super::status::Counted;
use super::{get_metadata, status};
use crate::ending::{Done, Ending, Outcome};
use crate::listing::{Mailbox, Node, Pattern, Tree};
use crate::node::SubscribeOnGrant;
use crate::out::Out;
use crate::session::Session;

/// What is told of mailboxes beside their names, each read in one query for all of them.
struct More {
    counted: HashMap<MailboxId, Counted>,
    /// Only of those whose annotations may be read.
    annotated: HashMap<MailboxId, Vec<Annotation>>,
}

pub(crate) async fn run(session: &mut Session, list: &List, out: &mut Out<'_>) -> Outcome {
    if list.select.recursive_match && !list.select.subscribed {
        return Err(Ending::malformed("RECURSIVEMATCH takes another selection"));
    }
    if let ([pattern], false) = (list.patterns.as_slice(), list.extended)
        && pattern.is_empty()
    {
        return Ok(tell_separator(session, &list.reference, out));
    }
    status::enable_condstore(session, &list.returns.status);
    let tree = load_tree(session).await?;
    let patterns: Vec<Pattern> = list
        .patterns
        .iter()
        .map(|pattern| Pattern::new(&list.reference, pattern))
        .collect();
    let mut listed = if list.select.subscribed {
        tree.subscribed(&patterns, list.select.recursive_match)
    } else {
        tree.existing(&patterns)
    };
    if list.select.special_use {
        listed.retain(|(_, node)| special_use(node).is_some());
    }
    let more = More {
        counted: count(session, list, &listed).await?,
        annotated: annotations(session, list, &listed).await?,
    };
    for (name, node) in listed {
        tell(session, list, name, node, out);
        // Not of what is told for its children's sake alone (RFC 5819, 2).
        let is_selected = node.is_subscribed || !list.select.subscribed;
        if let Some(mailbox) = node.mailbox.as_ref().filter(|_| is_selected) {
            tell_more(session, list, name, mailbox, &more, out);
        }
        out.breathe().await?;
    }
    Ok(Done::completed())
}

/// A LIST response that nobody asked for: what `name` is now, and what it was called before
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

/// The same of what was just made. It stays made when that cannot be told.
pub(crate) async fn announce_made(
    session: &Session,
    name: &MailboxName,
    old_name: &str,
    out: &mut Out<'_>,
) {
    if let Err(ending) = announce(session, name, Some(old_name), out).await {
        debug!(?ending, "a new name is not told");
    }
}

/// Everything that this user may be told of.
pub(crate) async fn load_tree(session: &Session) -> Result<Tree, Ending> {
    let account = session.logged_in()?.id;
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
        let mailbox = Mailbox {
            id: listed.id,
            rights: listed.rights,
            rights_version: listed.rights_version,
            special_use: listed.special_use,
        };
        Some((session.name(&listed.place)?, mailbox))
    });
    Ok(Tree::new(mailboxes, subscribed))
}

/// Whoever was given leave to read another's mailbox is subscribed to it, until he said otherwise.
/// Computed here, so that it costs no row for each member of a group.
fn shown_by_default<'l>(
    session: &Session,
    visible: &'l [Listed],
    said: &[Subscription],
) -> Vec<&'l Place> {
    if session.node.subscribe_on_grant == SubscribeOnGrant::Never {
        return Vec::new();
    }
    let said: HashSet<&Place> = said
        .iter()
        .map(|subscription| &subscription.place)
        .collect();
    visible
        .iter()
        .filter(|listed| listed.rights.contains(Rights::READ))
        .map(|listed| &listed.place)
        .filter(|place| !matches!(place, Place::Mine(_)) && !said.contains(place))
        .collect()
}

/// An empty pattern asks for the separator and for the root of the reference.
fn tell_separator(session: &Session, reference: &str, out: &mut Out<'_>) -> Done {
    let prefixes = session.naming.prefixes(&session.node.namespaces);
    let root = prefixes
        .others
        .into_iter()
        .chain(prefixes.shared)
        .find(|prefix| reference.starts_with(*prefix))
        .unwrap_or_default();
    let line = say::ListLine {
        attributes: &["\\Noselect"],
        name: root,
        ..Default::default()
    };
    say::list(&mut out.buffer, session.speech(), &line);
    Done::completed()
}

/// Counters of those that may be read, in one query.
async fn count(
    session: &Session,
    list: &List,
    listed: &[(&MailboxName, &Node)],
) -> Result<HashMap<MailboxId, Counted>, Ending> {
    if list.returns.status.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<MailboxId> = listed
        .iter()
        .filter_map(|(_, node)| node.mailbox.as_ref())
        .filter(|mailbox| mailbox.rights.contains(Rights::READ))
        .map(|mailbox| mailbox.id)
        .collect();
    let account = session.logged_in()?.id;
    status::count(session, account, &list.returns.status, &ids).await
}

/// What was asked for of those that may be asked (RFC 5464, 3.3).
async fn annotations(
    session: &Session,
    list: &List,
    listed: &[(&MailboxName, &Node)],
) -> Result<HashMap<MailboxId, Vec<Annotation>>, Ending> {
    if list.returns.metadata.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<MailboxId> = listed
        .iter()
        .filter_map(|(_, node)| node.mailbox.as_ref())
        .filter(|mailbox| acl::suffices(mailbox.rights, Operation::Annotate))
        .map(|mailbox| mailbox.id)
        .collect();
    let account = session.logged_in()?.id;
    let wanted = Wanted {
        entries: &list.returns.metadata,
        depth: Depth::Zero,
        value_bytes_max: None,
    };
    let mut found = session.store.metadata(account, &ids, wanted).await?;
    let with_none = |id| (id, found.remove(&id).unwrap_or_default());
    Ok(ids.into_iter().map(with_none).collect())
}

fn tell(session: &Session, list: &List, name: &MailboxName, node: &Node, out: &mut Out<'_>) {
    let mut attributes = attributes(node);
    // Where STATUS fails because one may not open the mailbox, LIST says so (RFC 9051, 6.3.9.2).
    let may_read = |mailbox: &Mailbox| mailbox.rights.contains(Rights::READ);
    match &node.mailbox {
        None if list.extended => attributes.insert(1, "\\NonExistent"),
        Some(mailbox) if !list.returns.status.is_empty() && !may_read(mailbox) => {
            attributes.insert(0, "\\Noselect");
        }
        None | Some(_) => {}
    }
    if node.is_subscribed && (list.returns.subscribed || list.select.subscribed) {
        attributes.push("\\Subscribed");
    }
    let line = say::ListLine {
        attributes: &attributes,
        name: name.as_str(),
        child_info_subscribed: list.select.recursive_match && node.leads_to_subscribed,
        ..Default::default()
    };
    say::list(&mut out.buffer, session.speech(), &line);
}

/// What is said of a name whether it was asked for or not.
fn attributes(node: &Node) -> Vec<&str> {
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

fn tell_more(
    session: &Session,
    list: &List,
    name: &MailboxName,
    mailbox: &Mailbox,
    more: &More,
    out: &mut Out<'_>,
) {
    if list.returns.my_rights {
        let rights = mailbox.rights.to_string();
        say::my_rights(&mut out.buffer, session.speech(), name.as_str(), &rights);
    }
    if let Some(counted) = more.counted.get(&mailbox.id) {
        let told = status::told(&session.node, &list.returns.status, mailbox.id, counted);
        say::status(&mut out.buffer, session.speech(), name.as_str(), &told);
    }
    if let Some(found) = more.annotated.get(&mailbox.id) {
        let told = get_metadata::told(&list.returns.metadata, Depth::Zero, found);
        say::metadata(&mut out.buffer, session.speech(), name.as_str(), &told);
    }
}

fn special_use(node: &Node) -> Option<&str> {
    node.mailbox.as_ref()?.special_use.as_deref()
}
