//! Names and rights that changed, told as LIST responses (RFC 5465, 5.4 and 5.5).

use std::sync::Arc;

use acl::Rights;
use mail::limits::NOTIFY_MAILBOXES_MAX;
use mail::{MailboxId, MailboxName, ModSeq};
use wire::{NotifyEvents, say};

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::names::listing::{Tree, TreeNode};
use crate::names::tree::load_tree;
use crate::notify::knowledge::{ClientKnowledge, KnownMailbox, ListUpdates};
use crate::notify::notified::Others;
use crate::out::Out;

impl Session {
    /// Tells which names and rights are others by now, and watches what is to be watched by them.
    pub(super) async fn look_again(
        &self,
        others: &mut Others,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let (tree, mut now) = self.look_around(others).await?;
        let mut lines = others.knowledge.lines(&now, |name| {
            let is_subscribed = others.is_subscribed(name) || now.subscribed.contains(name);
            self.events(&others.scope, name, is_subscribed)
        });
        let found = now.mailboxes.values().map(|known| &known.name);
        for name in found {
            if others.lost.remove(name) {
                lines.entry(name.clone()).or_default();
            }
        }
        let lost = lines.iter().filter(|(_, line)| line.is_access_lost);
        let room = NOTIFY_MAILBOXES_MAX.saturating_sub(others.lost.len());
        others
            .lost
            .extend(lost.map(|(name, _)| name.clone()).take(room));
        self.tell_lines(&tree, &lines, out);
        let before = std::mem::take(&mut others.knowledge);
        for (id, known) in &mut now.mailboxes {
            known.told = before.mailboxes.get(id).map_or(known.told, |old| old.told);
        }
        others.knowledge = now;
        others.watch().await?;
        // What came before the mailbox was watched caused no event, so it is told here.
        let is_fresh = |id: &MailboxId| {
            !before
                .mailboxes
                .get(id)
                .is_some_and(KnownMailbox::is_watched)
        };
        let mut fresh = others.knowledge.watched();
        fresh.retain(is_fresh);
        self.tell_statuses(others, &fresh, out).await
    }

    /// What is in scope now.
    pub(super) async fn look_around(
        &self,
        others: &Others,
    ) -> Result<(Arc<Tree>, ClientKnowledge), Ending> {
        let tree = load_tree(self).await?;
        let mut knowledge = ClientKnowledge::default();
        for (name, node) in tree.nodes() {
            if node.is_subscribed {
                knowledge.subscribed.insert(name.clone());
            }
            let events = self.events(&others.scope, name, node.is_subscribed);
            if let Some(mailbox) = &node.mailbox
                && events != NotifyEvents::default()
            {
                let known = KnownMailbox {
                    name: name.clone(),
                    events,
                    rights: mailbox.rights,
                    rights_version: mailbox.rights_version,
                    told: ModSeq::default(),
                };
                if !knowledge.add(mailbox.id, known) {
                    return Err(Refused::NotificationOverflow.into());
                }
            }
        }
        Ok((tree, knowledge))
    }

    pub(super) fn tell_lines(&self, tree: &Tree, lines: &ListUpdates, out: &mut Out<'_>) {
        for (name, line) in lines {
            let attributes = if line.is_access_lost {
                vec!["\\NoAccess"]
            } else {
                attributes(tree.node(name))
            };
            let line = say::ListLine {
                attributes: &attributes,
                name: name.as_str(),
                old_name: line.old_name.as_ref().map(MailboxName::as_str),
                ..Default::default()
            };
            say::list(&mut out.buffer, self.speech(), &line);
        }
    }
}

/// All attributes of a name (RFC 5465, 5.4 and 5.5).
fn attributes(node: Option<&TreeNode>) -> Vec<&str> {
    let Some(node) = node else {
        return vec!["\\NonExistent"];
    };
    let mut attributes = Vec::new();
    match &node.mailbox {
        None => attributes.push("\\NonExistent"),
        Some(mailbox) if !mailbox.rights.contains(Rights::READ) => attributes.push("\\NoAccess"),
        Some(_) => {}
    }
    attributes.push(if node.has_children {
        "\\HasChildren"
    } else {
        "\\HasNoChildren"
    });
    if node.is_subscribed {
        attributes.push("\\Subscribed");
    }
    let special_use = node.mailbox.as_ref();
    attributes.extend(special_use.and_then(|mailbox| mailbox.special_use.as_deref()));
    attributes
}
