//! What is told of mailboxes that are not selected, and without being asked each time (RFC 5465).
//!
//! `live` says that something happened; here it is decided what this client may and wants to hear of
//! it. Rights are asked again before anything is said of a mailbox whose rights changed.

mod knowledge;
mod own;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use acl::Rights;
use live::{MailboxEvent, NotifyWatcher, PendingEvents};
use mail::limits::NOTIFY_MAILBOXES_MAX;
use mail::{Depth, MailboxId, MailboxName, ModSeq};
use store::{NewValue, Status, Wanted};
use wire::{Code, FetchItem, NotifyEvents, SelectedEvents, StatusItem, Verdict, say};

use crate::command::{list, status};
use crate::ending::{Ending, Refused};
use crate::listing::{Node, Tree};
use crate::out::Out;
use crate::session::Session;
use knowledge::{ClientKnowledge, KnownMailbox, Lines};
use own::{Entry, Own};

pub(crate) use scope::Scope;

/// What the client has said by NOTIFY.
#[derive(Debug, Default)]
pub(crate) enum Notified {
    /// Nothing: it hears of the selected mailbox, during commands.
    #[default]
    AsEver,
    /// `NOTIFY NONE`, or there was too much to tell.
    Nothing,
    /// `NOTIFY SET`
    AsAsked(Box<Notify>),
}

/// A NOTIFY SET that is in force.
#[derive(Debug)]
pub(crate) struct Notify {
    selected: Option<SelectedEvents>,
    others: Option<Others>,
}

/// What it asks for of mailboxes that are not selected.
#[derive(Debug)]
struct Others {
    scope: Scope,
    notify_watcher: NotifyWatcher,
    knowledge: ClientKnowledge,
    /// Told to be out of reach, though no longer there to be believed in.
    lost: BTreeSet<MailboxName>,
    own: Own,
}

/// Whether a NOTIFY tells how things are to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// `SET STATUS`
    Status,
    /// `SET`
    Silent,
}

impl Notified {
    /// What was asked for of the selected mailbox; `None` where it is as ever.
    pub(crate) fn selected(&self) -> Option<Option<&SelectedEvents>> {
        match self {
            Self::AsEver => None,
            Self::Nothing => Some(None),
            Self::AsAsked(notify) => Some(notify.selected.as_ref()),
        }
    }

    /// Whether flags of the selected mailbox are told by NOTIFY, which names the UID (RFC 5465, 5.1).
    pub(crate) fn has_flags(&self) -> bool {
        matches!(self.selected(), Some(Some(selected)) if selected.has_flags)
    }

    /// What to tell of a message that arrives.
    pub(crate) fn attributes(&self) -> &[FetchItem] {
        match self.selected() {
            Some(Some(selected)) => &selected.attributes,
            Some(None) | None => &[],
        }
    }

    /// Whether something may be said between commands.
    pub(crate) fn is_set(&self) -> bool {
        matches!(self, Self::AsAsked(_))
    }

    /// Resolves when there is something to say of mailboxes that are not selected. May be dropped at
    /// any time.
    pub(crate) async fn rung(&self) {
        match self {
            Self::AsAsked(notify) if let Some(others) = &notify.others => {
                others.notify_watcher.arrived().await;
            }
            Self::AsEver | Self::Nothing | Self::AsAsked(_) => std::future::pending().await,
        }
    }

    fn others(&mut self) -> Option<&mut Others> {
        match self {
            Self::AsAsked(notify) => notify.others.as_mut(),
            Self::AsEver | Self::Nothing => None,
        }
    }
}

impl Session {
    /// From now on, this is told; and with [`Beginning::Status`], how things are.
    pub(crate) async fn notify(
        &mut self,
        selected: Option<SelectedEvents>,
        scope: Scope,
        beginning: Beginning,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let account = self.logged_in()?.id;
        let others = if scope.is_empty() {
            None
        } else {
            let mut others = Others {
                scope,
                notify_watcher: self.node.live.notify_watchers().open(account).await?,
                knowledge: ClientKnowledge::default(),
                lost: BTreeSet::new(),
                own: Own::default(),
            };
            self.begin_with(&mut others, beginning, out).await?;
            Some(others)
        };
        self.notified = Notified::AsAsked(Box::new(Notify { selected, others }));
        Ok(())
    }

    /// Says what is new of mailboxes that are not selected.
    ///
    /// # Errors
    ///
    /// When it is not known what this user may hear.
    pub(crate) async fn tell_others(&mut self, out: &mut Out<'_>) -> Result<(), Ending> {
        let mut notified = std::mem::take(&mut self.notified);
        let told = match notified.others() {
            None => Ok(()),
            Some(others) => self.tell_pending(others, out).await,
        };
        self.notified = notified;
        if let Err(Ending::Refused(Refused::NotificationOverflow)) = told {
            self.notified = Notified::Nothing;
            let text = "There is too much to tell, so nothing is told any more";
            let code = Some(Code::NotificationOverflow);
            say::untagged(&mut out.buffer, Verdict::Ok, code, text);
            return Ok(());
        }
        told
    }

    /// The client has made this mailbox, and need not be told so.
    pub(crate) async fn believe_created(
        &mut self,
        mailbox: MailboxId,
        name: MailboxName,
    ) -> Result<(), Ending> {
        let mut notified = std::mem::take(&mut self.notified);
        let watched = match notified.others() {
            None => Ok(()),
            Some(others) => {
                let events = self.events(&others.scope, &name, others.is_subscribed(&name));
                if events != NotifyEvents::default() {
                    let known = KnownMailbox {
                        name,
                        events,
                        rights: Rights::ALL,
                        rights_version: 0,
                        told: ModSeq::default(),
                    };
                    // Without room it is found, and told so, when the wake-up of this change arrives.
                    others.knowledge.add(mailbox, known);
                }
                others.watch().await
            }
        };
        self.notified = notified;
        watched
    }

    /// The client has deleted this mailbox.
    pub(crate) fn believe_deleted(&mut self, mailbox: MailboxId) {
        if let Some(others) = self.notified.others() {
            others.knowledge.mailboxes.remove(&mailbox);
        }
    }

    /// The client has renamed a mailbox, with all below it.
    pub(crate) fn believe_renamed(&mut self, from: &MailboxName, to: &MailboxName) {
        let mut notified = std::mem::take(&mut self.notified);
        if let Some(others) = notified.others() {
            let Others {
                scope,
                knowledge,
                lost: _,
                own: _,
                notify_watcher: _,
            } = others;
            let subscribed = knowledge.subscribed.clone();
            knowledge.rename(from, to, |name| {
                self.events(scope, name, subscribed.contains(name))
            });
        }
        self.notified = notified;
    }

    /// The client has put messages into this mailbox by a change of its own.
    pub(crate) fn believe_filled(&mut self, mailbox: MailboxId, modseq: ModSeq) {
        if let Some(others) = self.notified.others() {
            others.own.fill(mailbox, modseq);
        }
    }

    /// The client has set annotations of this mailbox, or of the server.
    pub(crate) fn believe_annotated(&mut self, mailbox: Option<MailboxId>, set: Vec<NewValue>) {
        let Some(others) = self.notified.others() else {
            return;
        };
        for (entry, value) in set {
            if others.metadata_name(mailbox).is_some() {
                others.own.annotate((mailbox, entry), value);
            }
        }
    }

    /// The client has subscribed to a name, or no longer is.
    pub(crate) fn believe_subscribed(&mut self, name: MailboxName, is_subscribed: bool) {
        if let Some(others) = self.notified.others() {
            if is_subscribed {
                others.knowledge.subscribed.insert(name);
            } else {
                others.knowledge.subscribed.remove(&name);
            }
        }
    }

    async fn begin_with(
        &self,
        others: &mut Others,
        beginning: Beginning,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let (tree, knowledge) = self.look_around(others).await?;
        others.knowledge = knowledge;
        others.watch().await?;
        let out_of_reach = others.knowledge.mailboxes.values();
        let lines: Lines = out_of_reach
            .filter(|known| known.is_out_of_reach())
            .map(|known| (known.name.clone(), knowledge::Line::default()))
            .collect();
        self.tell_lines(&tree, &lines, out);
        if beginning == Beginning::Status {
            let watched = others.knowledge.watched();
            self.tell_statuses(others, &watched, out).await?;
        }
        Ok(())
    }

    async fn tell_pending(&self, others: &mut Others, out: &mut Out<'_>) -> Result<(), Ending> {
        let pending_events = others.notify_watcher.take();
        if pending_events.has_overflowed {
            return Err(Refused::NotificationOverflow.into());
        }
        if pending_events.has_names || others.is_outdated(&pending_events) {
            self.look_again(others, out).await?;
        }
        self.tell_events(others, &pending_events, out).await?;
        self.tell_entries(others, pending_events.entries, out).await
    }

    /// Tells which names and rights are others by now, and watches what is to be watched by them.
    async fn look_again(&self, others: &mut Others, out: &mut Out<'_>) -> Result<(), Ending> {
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
        // What came before it was watched would else be told by nobody.
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
    async fn look_around(&self, others: &Others) -> Result<(Tree, ClientKnowledge), Ending> {
        let tree = list::load_tree(self).await?;
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

    fn events(&self, scope: &Scope, name: &MailboxName, is_subscribed: bool) -> NotifyEvents {
        scope.events(self.candidate(name, is_subscribed))
    }

    fn tell_lines(&self, tree: &Tree, lines: &Lines, out: &mut Out<'_>) {
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

    /// How these are, in the order of their names; one query for all.
    async fn tell_statuses(
        &self,
        others: &mut Others,
        mailboxes: &[MailboxId],
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let mut asked = mailboxes.to_vec();
        asked.retain(|id| self.mailbox() != Some(*id));
        if asked.is_empty() {
            return Ok(());
        }
        let account = self.logged_in()?.id;
        let mut counted = self.store.status(account, &asked).await?;
        counted.sort_by_key(|(id, _)| others.knowledge.mailboxes.get(id).map(|known| &known.name));
        for (id, status) in counted {
            if let Some(known) = others.knowledge.mailboxes.get_mut(&id) {
                known.told = status.modseq;
                let items = self.items_to_begin_with(known);
                self.tell_status((id, &known.name), &items, &status, out);
                out.breathe().await?;
            }
        }
        Ok(())
    }

    /// RFC 5465, 3.1.
    fn items_to_begin_with(&self, known: &KnownMailbox) -> Vec<StatusItem> {
        let has_flags = known.events.messages.is_some_and(|wanted| wanted.has_flags);
        let mut items = vec![
            StatusItem::Messages,
            StatusItem::UidNext,
            StatusItem::UidValidity,
        ];
        if has_flags {
            items.push(StatusItem::Unseen);
        }
        if has_flags || self.enabled.condstore {
            items.push(StatusItem::HighestModSeq);
        }
        items
    }

    async fn tell_events(
        &self,
        others: &mut Others,
        pending_events: &PendingEvents,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let mut moved = Vec::new();
        for (id, mailbox_event) in &pending_events.mailboxes {
            let (since, now) = (mailbox_event.since, mailbox_event.status.modseq);
            if others.own.take_filled(*id, since, now) {
                continue;
            }
            // What is selected is told by its own events (RFC 5465, 3.1).
            let known = others.knowledge.mailboxes.get_mut(id);
            let known = known.filter(|known| known.is_watched() && self.mailbox() != Some(*id));
            if let Some(known) = known
                && known.told < mailbox_event.status.modseq
            {
                known.told = mailbox_event.status.modseq;
                moved.push((*id, mailbox_event, known.clone()));
            }
        }
        let own_unseen = self.own_unseen(&moved).await?;
        moved.sort_by(|(.., one), (.., other)| one.name.cmp(&other.name));
        for (id, mailbox_event, known) in moved {
            let unseen = own_unseen.get(&id).copied().or(mailbox_event.unseen);
            let items = self.items_that_moved(mailbox_event, &known, unseen.is_some());
            let status = Status {
                unseen: unseen.unwrap_or_default(),
                ..mailbox_event.status
            };
            if !items.is_empty() {
                self.tell_status((id, &known.name), &items, &status, out);
                out.breathe().await?;
            }
        }
        Ok(())
    }

    /// Where this account itself marked messages as seen elsewhere, how many are left: one query.
    async fn own_unseen(
        &self,
        moved: &[(MailboxId, &MailboxEvent, KnownMailbox)],
    ) -> Result<BTreeMap<MailboxId, u64>, Ending> {
        let is_own = |(_, mailbox_event, known): &&(MailboxId, &MailboxEvent, KnownMailbox)| {
            let has_flags = known.events.messages.is_some_and(|wanted| wanted.has_flags);
            has_flags && mailbox_event.has_own_flags && mailbox_event.unseen.is_none()
        };
        let asked: Vec<MailboxId> = moved.iter().filter(is_own).map(|(id, ..)| *id).collect();
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let account = self.logged_in()?.id;
        let counted = self.store.status(account, &asked).await?;
        let unseen = counted.into_iter().map(|(id, status)| (id, status.unseen));
        Ok(unseen.collect())
    }

    /// RFC 5465, 5.1 to 5.3. UIDVALIDITY goes with all of them: the name may be another mailbox's by
    /// now.
    fn items_that_moved(
        &self,
        mailbox_event: &MailboxEvent,
        known: &KnownMailbox,
        is_unseen_known: bool,
    ) -> Vec<StatusItem> {
        let wants_flags = known.events.messages.is_some_and(|wanted| wanted.has_flags);
        let tells_flags = wants_flags && mailbox_event.has_flags;
        let tells_unseen = tells_flags && is_unseen_known;
        let tells_modseq = self.enabled.condstore && (mailbox_event.has_messages || tells_flags);
        let mut items = Vec::new();
        if mailbox_event.has_messages {
            items.extend([StatusItem::Messages, StatusItem::UidNext]);
        }
        if mailbox_event.has_messages || tells_unseen || tells_modseq {
            items.push(StatusItem::UidValidity);
        }
        if tells_unseen {
            items.push(StatusItem::Unseen);
        }
        if tells_modseq {
            items.push(StatusItem::HighestModSeq);
        }
        items
    }

    fn tell_status(
        &self,
        (id, name): (MailboxId, &MailboxName),
        items: &[StatusItem],
        status: &Status,
        out: &mut Out<'_>,
    ) {
        let told = status::told(&self.node, items, id, &(*status).into());
        say::status(&mut out.buffer, self.speech(), name.as_str(), &told);
    }

    /// METADATA responses without values, one a mailbox (RFC 5464, 4.4.2).
    async fn tell_entries(
        &self,
        others: &mut Others,
        mut entries: BTreeSet<Entry>,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        entries.retain(|(mailbox, _)| others.metadata_name(*mailbox).is_some());
        for own in self.own_entries(&mut others.own, &entries).await? {
            entries.remove(&own);
        }
        let mut changed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (mailbox, entry) in &entries {
            if let Some(name) = others.metadata_name(*mailbox) {
                changed.entry(name).or_default().push(entry.as_str());
            }
        }
        for (name, entries) in changed {
            say::metadata_changed(&mut out.buffer, self.speech(), name, &entries);
        }
        Ok(())
    }

    /// Those of `changed` that have the values that the client itself has set: a query for all mailboxes,
    /// and one for the server.
    async fn own_entries(
        &self,
        own: &mut Own,
        changed: &BTreeSet<Entry>,
    ) -> Result<Vec<Entry>, Ending> {
        let mut asked: Vec<Entry> = own.annotated(changed).into_iter().cloned().collect();
        if asked.is_empty() {
            return Ok(asked);
        }
        let account = self.logged_in()?.id;
        let mailboxes: BTreeSet<MailboxId> = asked.iter().filter_map(|(id, _)| *id).collect();
        let mailboxes: Vec<MailboxId> = mailboxes.into_iter().collect();
        let names: Vec<_> = asked.iter().map(|(_, name)| name.clone()).collect();
        let wanted = Wanted {
            entries: &names,
            depth: Depth::Zero,
            value_bytes_max: None,
        };
        let mut found = self.store.metadata(account, &mailboxes, wanted).await?;
        let of_server = if asked.iter().any(|(mailbox, _)| mailbox.is_none()) {
            self.store.server_metadata(account, wanted).await?
        } else {
            Vec::new()
        };
        asked.retain(|entry| {
            let (mailbox, name) = entry;
            let among = match mailbox {
                None => &of_server,
                Some(id) => found.entry(*id).or_default(),
            };
            let value = among.iter().find(|annotation| annotation.entry == *name);
            own.is_as_set(entry, value.and_then(|found| found.value.as_deref()))
        });
        Ok(asked)
    }
}

impl Others {
    fn is_subscribed(&self, name: &MailboxName) -> bool {
        self.knowledge.subscribed.contains(name)
    }

    /// Whether something happened in a mailbox by other rights than are known here.
    fn is_outdated(&self, pending_events: &PendingEvents) -> bool {
        pending_events.mailboxes.iter().any(|(id, mailbox_event)| {
            let known = self.knowledge.mailboxes.get(id);
            known.is_some_and(|known| known.rights_version != mailbox_event.rights_version)
        })
    }

    /// By what name changes of annotations are told; those of the server by none.
    fn metadata_name(&self, mailbox: Option<MailboxId>) -> Option<&str> {
        let Some(id) = mailbox else {
            return self.scope.has_server_metadata().then_some("");
        };
        let known = self.knowledge.mailboxes.get(&id)?;
        known.tells_metadata().then_some(known.name.as_str())
    }

    async fn watch(&self) -> Result<(), Ending> {
        let seen: Vec<MailboxId> = self.knowledge.mailboxes.keys().copied().collect();
        Ok(self
            .notify_watcher
            .watch(&self.knowledge.watched(), seen)
            .await?)
    }
}

/// All of them, as they are (RFC 5465, 5.4 and 5.5).
fn attributes(node: Option<&Node>) -> Vec<&str> {
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
