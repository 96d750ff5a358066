//! Writing digests, in the background.

use std::collections::{BTreeMap, HashMap};
use std::panic::catch_unwind;

use bytes::Bytes;
use mail::{ContentId, MailboxId, Uid, UidSet};
use tracing::warn;

use super::trigrams::Lists;
use super::{DIGEST_BYTES_MAX, DIGEST_MESSAGES_MAX, DIGEST_MESSAGES_MIN, pack};
use crate::search_text::Source;
use crate::stats::add;
use crate::{Fault, Store, multirange};

/// Search texts that are packed into one value, in bytes, before.
const PART_BYTES: usize = 1024 * 1024;
/// Messages whose texts are read at once.
const MESSAGES_PER_READ: usize = 100;

/// A digest as far as it is filled.
struct Draft {
    uids: UidSet,
    contents: Vec<i64>,
    lists: Lists,
    sort_keys: Vec<Vec<u8>>,
    text_bytes: usize,
    /// The part that is being filled.
    texts: Vec<Bytes>,
    texts_bytes: usize,
    firsts: Vec<i32>,
    parts: Vec<Vec<u8>>,
}

/// A digest with few messages, which a new one takes in.
struct Small {
    id: i64,
    messages: Vec<(Uid, ContentId)>,
}

impl Store {
    /// Makes digests of messages that are in none, once they are many. Nobody waits for it.
    pub fn write_digests_later(&self, mailbox: MailboxId, messages: Vec<(Uid, ContentId)>) {
        if messages.len() < DIGEST_MESSAGES_MIN {
            return;
        }
        let Some(lease) = self.inner().digesting.begin(mailbox) else {
            return;
        };
        let store = self.clone();
        (self.inner().background.spawn)(Box::pin(async move {
            if let Err(fault) = store.write_digests(mailbox, messages).await {
                warn!(mailbox.id = %mailbox, cause = %fault, "could not write a digest");
            }
            drop(lease);
        }));
    }

    /// The same, waiting for the end.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn write_digests(
        &self,
        mailbox: MailboxId,
        messages: Vec<(Uid, ContentId)>,
    ) -> Result<(), Fault> {
        let small = self.load_small_digests(mailbox).await?;
        let mut replaced: Vec<i64> = small.iter().map(|digest| digest.id).collect();
        let mut wanted: BTreeMap<Uid, ContentId> = messages.into_iter().collect();
        wanted.extend(small.into_iter().flat_map(|digest| digest.messages));
        let wanted: Vec<(Uid, ContentId)> = wanted.into_iter().collect();
        let mut draft = Draft::new();
        for batch in wanted.chunks(MESSAGES_PER_READ) {
            let mut texts = self.load_digestible(batch).await?;
            for &(uid, id) in batch {
                let Some((sort_keys, text)) = texts.remove(&id) else {
                    continue;
                };
                if draft.is_full(text.len()) {
                    let full = std::mem::replace(&mut draft, Draft::new());
                    if !self.write_digest(mailbox, full, &replaced).await? {
                        return Ok(());
                    }
                    replaced.clear();
                }
                let bytes = text.len() + draft.bytes_to_pack(text.len());
                let adding = || draft.add(uid, id, sort_keys, text);
                self.compute().run(bytes, adding).await;
            }
        }
        self.write_digest(mailbox, draft, &replaced).await?;
        Ok(())
    }

    /// False when somebody else was there first, or some of it is gone by now.
    #[tracing::instrument(name = "db.write_digest", skip_all)]
    async fn write_digest(
        &self,
        mailbox: MailboxId,
        mut draft: Draft,
        replaced: &[i64],
    ) -> Result<bool, Fault> {
        if draft.contents.is_empty() {
            return Ok(true);
        }
        let finishing = || {
            draft.finish_part();
            (draft.lists.written(), pack::pack(&draft.sort_keys))
        };
        // The lists alone are many.
        let ((bounds, lists), sort_keys) = self.compute().run(PART_BYTES, finishing).await;
        let is_written = sqlx::query_scalar!(
            r#"select write_digest($1, $2::text::int8multirange, $3, $4, $5, $6, $7, $8, $9)
                      as "is_written!""#,
            mailbox.0,
            multirange::print(&draft.uids),
            &draft.contents,
            &bounds,
            &lists,
            &sort_keys,
            &draft.firsts,
            &draft.parts,
            replaced
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(is_written)
    }

    async fn load_small_digests(&self, mailbox: MailboxId) -> Result<Vec<Small>, Fault> {
        let small = i32::try_from(DIGEST_MESSAGES_MAX / 2).unwrap_or(i32::MAX);
        let rows = sqlx::query!(
            r#"select id, uids::text as "uids!", contents
                 from digest
                where mailbox = $1
                  and cardinality(contents) < $2"#,
            mailbox.0,
            small
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        rows.into_iter()
            .map(|row| {
                let uids = multirange::parse(&row.uids)?;
                let contents = row.contents.into_iter().map(ContentId);
                Ok(Small {
                    id: row.id,
                    messages: uids.iter().zip(contents).collect(),
                })
            })
            .collect()
    }

    /// Sort keys and search texts of what is still there.
    async fn load_digestible(
        &self,
        messages: &[(Uid, ContentId)],
    ) -> Result<HashMap<ContentId, (Vec<u8>, Bytes)>, Fault> {
        let ids: Vec<i64> = messages.iter().map(|(_, id)| id.0).collect();
        let sources = self.load_search_sources(&ids).await?;
        let bytes = sources.iter().map(Source::bytes).sum();
        let reading = || {
            let mut digestible = HashMap::with_capacity(sources.len());
            for source in sources {
                let id = ContentId(source.id);
                let (header, text) = self.read_search_text(source)?;
                // A message that cannot be read is in no digest, and the others are.
                let Ok(sort_keys) = catch_unwind(|| mime::sort_keys(&header)) else {
                    add(&self.inner().counters.background_panics, 1);
                    continue;
                };
                digestible.insert(id, (sort_keys, text));
            }
            Ok(digestible)
        };
        self.compute().run(bytes, reading).await
    }
}

impl Draft {
    fn new() -> Self {
        Self {
            uids: UidSet::new(),
            contents: Vec::new(),
            lists: Lists::new(),
            sort_keys: Vec::new(),
            text_bytes: 0,
            texts: Vec::new(),
            texts_bytes: 0,
            firsts: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The bytes that are packed when a text of so many more is added.
    fn bytes_to_pack(&self, more_bytes: usize) -> usize {
        let bytes = self.texts_bytes + more_bytes;
        if bytes < PART_BYTES { 0 } else { bytes }
    }

    fn is_full(&self, more_bytes: usize) -> bool {
        let is_too_large = self.text_bytes + more_bytes > DIGEST_BYTES_MAX;
        self.contents.len() == DIGEST_MESSAGES_MAX || (is_too_large && !self.contents.is_empty())
    }

    fn add(&mut self, uid: Uid, id: ContentId, sort_keys: Vec<u8>, text: Bytes) {
        self.uids.insert(uid);
        self.contents.push(id.0);
        self.lists.add(&text);
        self.sort_keys.push(sort_keys);
        self.text_bytes += text.len();
        self.texts_bytes += text.len();
        self.texts.push(text);
        if self.texts_bytes >= PART_BYTES {
            self.finish_part();
        }
    }

    fn finish_part(&mut self) {
        if self.texts.is_empty() {
            return;
        }
        let first = self.contents.len() - self.texts.len();
        self.firsts.push(i32::try_from(first).unwrap_or(i32::MAX));
        self.parts.push(pack::pack(&self.texts));
        self.texts.clear();
        self.texts_bytes = 0;
    }
}
