//! LIST (RFC 9051, 6.3.9), with LIST-EXTENDED (RFC 5258), CHILDREN (RFC 3348), SPECIAL-USE
//! (RFC 6154), LIST-STATUS (RFC 5819), LIST-MYRIGHTS (RFC 8440) and LIST-METADATA (RFC 9590).

use std::collections::HashMap;

use acl::{Operation, Rights};
use mail::{Depth, MailboxId, MailboxName};
use store::{Annotation, Readable, Wanted};
use wire::{List, MailboxArg, say};

use crate::annotations;
use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome};
use crate::names::listing::{ListedMailbox, Pattern, TreeNode};
use crate::names::tree::{attributes, load_tree, special_use};
use crate::out::Out;
use crate::status::{self, Counted};

/// What is told of mailboxes beside their names, each read in one query for all of them.
struct More {
    counted: HashMap<MailboxId, Counted>,
    /// The annotations of those mailboxes whose annotations may be read.
    annotated: HashMap<MailboxId, Vec<Annotation>>,
}

pub(crate) async fn run(session: &mut Session, list: &List, out: &mut Out<'_>) -> Outcome {
    if list.select.recursive_match && !list.select.subscribed {
        return Err(Ending::malformed("RECURSIVEMATCH takes another selection"));
    }
    if let ([pattern], false) = (list.patterns.as_slice(), list.extended)
        && pattern.text() == Some("")
    {
        return Ok(tell_separator(session, &list.reference, out));
    }
    session.note_status(&list.returns.status, &mut out.buffer);
    let patterns = Pattern::all(&list.reference, &list.patterns)?;
    let tree = load_tree(session).await?;
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

/// An empty pattern asks for the separator and for the root of the reference.
fn tell_separator(session: &Session, reference: &MailboxArg, out: &mut Out<'_>) -> Done {
    let reference = MailboxName::normalised(reference.text().unwrap_or_default());
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

/// The counters of the mailboxes that may be read, with one query.
async fn count(
    session: &Session,
    list: &List,
    listed: &[(&MailboxName, &TreeNode)],
) -> Result<HashMap<MailboxId, Counted>, Ending> {
    if list.returns.status.is_empty() {
        return Ok(HashMap::new());
    }
    let readable: Vec<Readable> = listed
        .iter()
        .filter_map(|(_, node)| node.mailbox.as_ref())
        .filter(|mailbox| mailbox.rights.contains(Rights::READ))
        .map(ListedMailbox::judged)
        .collect();
    let account = session.logged_in()?.id;
    status::count(&session.store, account, &list.returns.status, &readable).await
}

/// The annotations that were asked for, of the mailboxes whose annotations may be read (RFC 5464, 3.3).
async fn annotations(
    session: &Session,
    list: &List,
    listed: &[(&MailboxName, &TreeNode)],
) -> Result<HashMap<MailboxId, Vec<Annotation>>, Ending> {
    if list.returns.metadata.is_empty() {
        return Ok(HashMap::new());
    }
    let readable: Vec<(&MailboxName, MailboxId)> = listed
        .iter()
        .filter_map(|(name, node)| Some((*name, node.mailbox.as_ref()?)))
        .filter(|(_, mailbox)| acl::suffices(mailbox.rights, Operation::Annotate))
        .map(|(name, mailbox)| (name, mailbox.id))
        .collect();
    let ids: Vec<MailboxId> = readable.iter().map(|(_, id)| *id).collect();
    let account = session.logged_in()?.id;
    let wanted = Wanted {
        entries: &list.returns.metadata,
        depth: Depth::Zero,
        value_bytes_max: None,
    };
    let mut found = session.store.metadata(account, &ids, wanted).await?;
    let told = |(name, id)| {
        let mut found = found.remove(&id).unwrap_or_default();
        found.retain(|annotation| session.tells_entry(name, &annotation.entry));
        (id, found)
    };
    Ok(readable.into_iter().map(told).collect())
}

fn tell(session: &Session, list: &List, name: &MailboxName, node: &TreeNode, out: &mut Out<'_>) {
    let mut attributes = attributes(node);
    // Where STATUS fails because one may not open the mailbox, LIST says so (RFC 9051, 6.3.9.2).
    let may_read = |mailbox: &ListedMailbox| mailbox.rights.contains(Rights::READ);
    match &node.mailbox {
        // Whoever used the extended form knows that it implies \Noselect (RFC 5258, 3).
        None if list.extended => {
            attributes.retain(|attribute| *attribute != "\\Noselect");
            attributes.insert(0, "\\NonExistent");
        }
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

fn tell_more(
    session: &Session,
    list: &List,
    name: &MailboxName,
    mailbox: &ListedMailbox,
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
        let told = annotations::told(&list.returns.metadata, Depth::Zero, found);
        say::metadata(&mut out.buffer, session.speech(), name.as_str(), &told);
    }
}
