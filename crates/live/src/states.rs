//! The states of mailboxes that are needed once, so that nobody watches them.

use std::collections::HashMap;
use std::sync::Arc;

use mail::{AccountId, MailboxId};
use store::{Fault, Outline, Stamps};

use crate::follow::Live;
use crate::mailbox::MailboxState;

/// A larger mailbox is opened for a short time: its snapshot is read sooner than its rows, and it may be
/// open already.
const MESSAGES_READ_TOGETHER_MAX: u64 = 4096;

impl Live {
    /// Loads what `account` sees in each of these mailboxes, no older than the outlines are. What is gone is
    /// missing.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn load_states(
        &self,
        account: AccountId,
        outlines: &[&Outline],
        stamps: Stamps,
    ) -> Result<HashMap<MailboxId, Arc<MailboxState>>, Fault> {
        let (large, small): (Vec<&Outline>, Vec<&Outline>) = outlines
            .iter()
            .copied()
            // The numbers of full keywords may get other names between the outline and the messages.
            .partition(|outline| {
                outline.messages > MESSAGES_READ_TOGETHER_MAX || outline.keywords.is_full()
            });
        let mut seen = HashMap::with_capacity(outlines.len());
        let loaded = self.store().load_images(account, &small, stamps).await?;
        for (outline, (image, overlay)) in small.into_iter().zip(loaded) {
            let mailbox_state = MailboxState {
                image,
                keywords: Arc::new(outline.keywords.clone()),
                overlays: Arc::new(HashMap::from([(account, Arc::new(overlay))])),
                rights_version: outline.rights_version,
                is_gone: false,
            };
            seen.insert(outline.id, Arc::new(mailbox_state));
        }
        for outline in large {
            match self.load_state(account, outline.id).await {
                Ok(mailbox_state) => drop(seen.insert(outline.id, mailbox_state)),
                Err(Fault::Gone) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(seen)
    }

    async fn load_state(
        &self,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Arc<MailboxState>, Fault> {
        let latest = self.store().latest(mailbox).await?.ok_or(Fault::Gone)?;
        let watch = self.watch(mailbox, account, latest.modseq).await?;
        Ok(watch.mailbox_state())
    }
}
