//! What is read of messages to decide whether a search means them: of some at a time, wherever they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use image::Message;
use live::Live;
use mail::{ContentId, InternalDate, MailboxId, Uid, UidSet};
use mime::SearchText;
use store::{Fault, HeaderBlocks, MessageMetadata, Store};

use crate::search::criteria::{Criteria, Evidence};

/// What was read of some messages, as far as the criteria ask for it.
#[derive(Default)]
pub(crate) struct LoadedMessages {
    texts: HashMap<ContentId, Bytes>,
    message_metadata: HashMap<ContentId, Arc<MessageMetadata>>,
    saved: HashMap<(MailboxId, Uid), InternalDate>,
}

impl LoadedMessages {
    pub(crate) async fn load(
        store: &Store,
        live: &Live,
        criteria: &Criteria,
        messages: &[(MailboxId, Message)],
    ) -> Result<Self, Fault> {
        let ids: Vec<ContentId> = messages.iter().map(|(_, it)| it.content).collect();
        let mut loaded = Self::default();
        if criteria.asks_text() {
            loaded.texts = live.contents().texts(&ids).await?;
        }
        if criteria.asks_metadata() {
            let contents = live.contents();
            loaded.message_metadata = contents.message_metadata(&ids, HeaderBlocks::Read).await?;
        }
        if criteria.asks_save_date() {
            loaded.saved = store.save_dates(&by_mailbox(messages)).await?;
        }
        Ok(loaded)
    }

    pub(crate) fn evidence(&self, mailbox: MailboxId, message: &Message) -> Evidence<'_> {
        let text = self.texts.get(&message.content);
        let saved = self.saved.get(&(mailbox, message.uid));
        Evidence {
            text: text.map(|text| SearchText::new(text)),
            metadata: self
                .message_metadata
                .get(&message.content)
                .map(AsRef::as_ref),
            saved: saved.map(|date| date.day()),
        }
    }
}

fn by_mailbox(messages: &[(MailboxId, Message)]) -> Vec<(MailboxId, UidSet)> {
    let mut uids: BTreeMap<MailboxId, UidSet> = BTreeMap::new();
    for (mailbox, message) in messages {
        uids.entry(*mailbox).or_default().insert(message.uid);
    }
    uids.into_iter().collect()
}
