//! Annotations that changed, told as METADATA responses (RFC 5465, 5.6 and 5.7).

use std::collections::{BTreeMap, BTreeSet};

use mail::{Depth, MailboxId};
use store::Wanted;
use wire::say;

use crate::conversation::session::Session;
use crate::ending::Ending;
use crate::notify::notified::Others;
use crate::notify::own::{AnnotationKey, OwnChanges};
use crate::out::Out;

impl Session {
    /// Writes METADATA responses without values, one for each mailbox (RFC 5464, 4.4.2).
    pub(super) async fn tell_entries(
        &self,
        others: &mut Others,
        mut entries: BTreeSet<AnnotationKey>,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        entries.retain(|(mailbox, entry)| {
            let known = mailbox.map(|id| others.knowledge.mailboxes.get(&id));
            others.metadata_name(*mailbox).is_some()
                && known
                    .flatten()
                    .is_none_or(|known| self.tells_entry(&known.name, entry))
        });
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

    /// The entries of `changed` that have the values that the client itself has set. It takes one query for all
    /// mailboxes, and one for the server.
    async fn own_entries(
        &self,
        own: &mut OwnChanges,
        changed: &BTreeSet<AnnotationKey>,
    ) -> Result<Vec<AnnotationKey>, Ending> {
        let mut asked: Vec<AnnotationKey> = own.annotated(changed).into_iter().cloned().collect();
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
