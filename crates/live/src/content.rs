//! The immutable parts of messages, cached because several people read the same mail.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use image::Message;
use mail::{ContentId, MailboxId, Uid};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::{Compute, Fault, HeaderBlocks, MessageMetadata, SortKeysUse, Store};

use crate::sort_keys::SortKeysTable;

/// The caches of one node, bounded by bytes.
pub struct Contents {
    store: Store,
    message_metadata: Cache<ContentId, Arc<MessageMetadata>, ByBytes>,
    sort_keys: Cache<(ContentId, SortKeysUse), Bytes, ByBytes>,
    messages: Cache<ContentId, Bytes, ByBytes>,
    stats: ContentsStats,
}

/// Counts of how often the caches had what was asked for.
#[derive(Debug, Default)]
pub struct ContentsStats {
    /// Parts that were found in memory.
    pub hits: AtomicU64,
    /// Parts that were read from the database.
    pub misses: AtomicU64,
}

/// One statement reads at most this many rows, so that its answer stays small.
const ROWS_PER_READ_MAX: usize = 1000;
/// The messages whose headers one statement reads have at most so many bytes together, or it is one message: how
/// much of a message is header is not known before.
const HEADER_BYTES_PER_READ_MAX: u64 = 16 * 1024 * 1024;
/// To look for what is compared of one message costs as much as to look through so many bytes.
const LOOK_UP_COST_BYTES: usize = 64;
/// Messages of which it is looked for before others go on.
const LOOK_UPS_PER_SLICE: usize = 64 * 1024;
/// A message larger than this share of the cache would push out too many others.
const LARGEST_SHARE: u64 = 16;

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents")
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Contents {
    /// Makes empty caches: half of `bytes_max` is for whole messages, a quarter for their metadata, and
    /// a quarter for what SORT and THREAD compare.
    pub(crate) fn new(store: Store, bytes_max: u64) -> Self {
        let metadata_max = bytes_max / 4;
        let sort_keys_max = bytes_max / 4;
        let messages_max = bytes_max - metadata_max - sort_keys_max;
        let items = |weight: u64, each: u64| usize::try_from(weight / each).unwrap_or(1).max(16);
        Self {
            store,
            message_metadata: Cache::with_weighter(
                items(metadata_max, 2048),
                metadata_max,
                ByBytes,
            ),
            sort_keys: Cache::with_weighter(items(sort_keys_max, 512), sort_keys_max, ByBytes),
            messages: Cache::with_weighter(items(messages_max, 16_384), messages_max, ByBytes),
            stats: ContentsStats::default(),
        }
    }

    /// Forgets everything, because the same numbers may name other contents.
    pub(crate) fn clear(&self) {
        self.message_metadata.clear();
        self.sort_keys.clear();
        self.messages.clear();
    }

    /// Counts of how often the caches had what was asked for.
    #[must_use]
    pub fn stats(&self) -> &ContentsStats {
        &self.stats
    }

    /// Loads ENVELOPE, BODYSTRUCTURE and, where `headers` says so, the header of each, in any order. What no longer exists
    /// is missing.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn message_metadata(
        &self,
        ids: &[ContentId],
        headers: HeaderBlocks,
    ) -> Result<HashMap<ContentId, Arc<MessageMetadata>>, Fault> {
        let is_enough =
            |it: &Arc<MessageMetadata>| headers == HeaderBlocks::LeftOut || it.header.is_some();
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for &id in ids {
            match self.message_metadata.get(&id).filter(is_enough) {
                Some(metadata) => drop(found.insert(id, metadata)),
                None => missing.push(id),
            }
        }
        self.tally(found.len(), missing.len());
        for ids in missing.chunks(ROWS_PER_READ_MAX) {
            for metadata in self.store.load_message_metadata(ids, headers).await? {
                let metadata = Arc::new(metadata);
                self.message_metadata.insert(metadata.id, metadata.clone());
                found.insert(metadata.id, metadata);
            }
        }
        Ok(found)
    }

    /// Loads what SORT or THREAD compares of each, in the order of `messages`, to be read by
    /// `mime::SortKeys`. Of what no longer exists it is empty; messages with the same content share it. It is looked for
    /// where `compute` has a place for whoever asks.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] when it is too much, else as the store has it.
    pub async fn sort_keys(
        &self,
        mailbox: MailboxId,
        messages: &[Message],
        used_by: SortKeysUse,
        compute: &Compute,
    ) -> Result<Vec<Bytes>, Fault> {
        let mut table = SortKeysTable::new();
        let mut missing = Vec::new();
        for slice in messages.chunks(LOOK_UPS_PER_SLICE) {
            let looking = || self.look_up(slice, used_by, &mut table, &mut missing);
            let bytes = slice.len() * LOOK_UP_COST_BYTES;
            compute.run(bytes, looking).await?;
        }
        self.tally(messages.len() - missing.len(), missing.len());
        self.load_sort_keys(mailbox, missing, used_by, &mut table, compute)
            .await?;
        let bytes = messages.len() * LOOK_UP_COST_BYTES;
        Ok(compute.run(bytes, || table.of(messages)).await)
    }

    /// When the messages were sent that are in a digest of the mailbox, in seconds since 1970, ascending by UID; `None`
    /// where a header does not tell. Nothing is kept of it.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn digested_dates(
        &self,
        mailbox: MailboxId,
        compute: &Compute,
    ) -> Result<Vec<(Uid, Option<i64>)>, Fault> {
        let mut dates = Vec::new();
        let mut last = None;
        while let Some(mut digested) = self.store.load_digested_dates(mailbox, last).await? {
            last = Some(digested.digest);
            dates.append(&mut digested.dates);
        }
        let bytes = dates.len() * LOOK_UP_COST_BYTES;
        let sorting = || dates.sort_unstable_by_key(|&(uid, _)| uid);
        compute.run(bytes, sorting).await;
        Ok(dates)
    }

    /// Puts what is in the cache into `table`, and what is not into `missing`.
    fn look_up(
        &self,
        messages: &[Message],
        used_by: SortKeysUse,
        table: &mut SortKeysTable,
        missing: &mut Vec<Message>,
    ) -> Result<(), Fault> {
        for message in messages {
            if table.has(message.content) {
                continue;
            }
            match self.sort_keys.get(&(message.content, used_by)) {
                Some(found) => table.add(message.content, found)?,
                None => missing.push(message.clone()),
            }
        }
        Ok(())
    }

    /// Reads them from digests where they are many; digests are written of those that are in none.
    async fn load_sort_keys(
        &self,
        mailbox: MailboxId,
        mut wanted: Vec<Message>,
        used_by: SortKeysUse,
        table: &mut SortKeysTable,
        compute: &Compute,
    ) -> Result<(), Fault> {
        let look_ups_bytes = wanted.len() * LOOK_UP_COST_BYTES;
        if wanted.len() > ROWS_PER_READ_MAX {
            let collecting = || wanted.iter().map(|message| message.content).collect();
            let ids: HashSet<ContentId> = compute.run(look_ups_bytes, collecting).await;
            let mut last = None;
            while let Some(digested) = self
                .store
                .load_digested_sort_keys(mailbox, last, used_by)
                .await?
            {
                last = Some(digested.digest);
                let bytes = digested.keys.len() * LOOK_UP_COST_BYTES;
                let keeping = || {
                    let mut keys = digested.keys.into_iter();
                    keys.try_for_each(|(id, keys)| {
                        if ids.contains(&id) {
                            self.keep_sort_keys(id, keys, used_by, table)
                        } else {
                            Ok(())
                        }
                    })
                };
                compute.run(bytes, keeping).await?;
            }
        }
        let arranging = || {
            wanted.retain(|message| !table.has(message.content));
            let entry = |message: &Message| (message.uid, message.content);
            let undigested: Vec<_> = wanted.iter().map(entry).collect();
            wanted.sort_unstable_by_key(|message| message.content);
            wanted.dedup_by_key(|message| message.content);
            (wanted, undigested)
        };
        let (wanted, undigested) = compute.run(look_ups_bytes, arranging).await;
        let header_bytes = |message: &Message| u64::from(message.size);
        for wanted in batches(
            &wanted,
            ROWS_PER_READ_MAX,
            HEADER_BYTES_PER_READ_MAX,
            header_bytes,
        ) {
            let ids: Vec<ContentId> = wanted.iter().map(|message| message.content).collect();
            for (id, keys) in self.store.load_sort_keys(&ids, used_by).await? {
                self.keep_sort_keys(id, keys, used_by, table)?;
            }
        }
        self.store.write_digests_later(mailbox, undigested);
        Ok(())
    }

    fn keep_sort_keys(
        &self,
        id: ContentId,
        keys: Bytes,
        used_by: SortKeysUse,
        table: &mut SortKeysTable,
    ) -> Result<(), Fault> {
        if table.has(id) {
            return Ok(());
        }
        self.sort_keys.insert((id, used_by), keys.clone());
        table.add(id, keys)
    }

    /// Loads whole messages, byte for byte, in any order. The caller bounds how much it asks for.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn messages(&self, ids: &[ContentId]) -> Result<HashMap<ContentId, Bytes>, Fault> {
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for &id in ids {
            match self.messages.get(&id) {
                Some(message) => drop(found.insert(id, message)),
                None => missing.push(id),
            }
        }
        self.tally(found.len(), missing.len());
        let cached_bytes_max = self.messages.capacity() / LARGEST_SHARE;
        for ids in missing.chunks(ROWS_PER_READ_MAX) {
            for (id, message) in self.store.load_messages(ids).await? {
                if bytes(&message) <= cached_bytes_max {
                    self.messages.insert(id, message.clone());
                }
                found.insert(id, message);
            }
        }
        Ok(found)
    }

    /// Loads folded search texts. They are not cached, because a search reads each once.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn texts(&self, ids: &[ContentId]) -> Result<HashMap<ContentId, Bytes>, Fault> {
        Ok(self.store.load_texts(ids).await?.into_iter().collect())
    }

    fn tally(&self, hits: usize, misses: usize) {
        let add = |counter: &AtomicU64, n: usize| {
            counter.fetch_add(u64::try_from(n).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        add(&self.stats.hits, hits);
        add(&self.stats.misses, misses);
    }
}

/// Neighbours that are read at once: no more than `count_max`, and no more than `bytes_max` unless one has more.
pub fn batches<T>(
    items: &[T],
    count_max: usize,
    bytes_max: u64,
    bytes: impl Fn(&T) -> u64,
) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut sum = 0_u64;
        let fitting = rest.iter().take(count_max).take_while(|item| {
            sum = sum.saturating_add(bytes(item));
            sum <= bytes_max
        });
        let (batch, after) = rest.split_at_checked(fitting.count().max(1))?;
        rest = after;
        Some(batch)
    })
}

/// The bytes that an entry takes, with the cache's own share.
#[derive(Clone, Copy, Debug)]
struct ByBytes;

const ENTRY_BYTES: u64 = 96;

fn bytes(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

impl<K> Weighter<K, Bytes> for ByBytes {
    fn weight(&self, _: &K, message: &Bytes) -> u64 {
        bytes(message) + ENTRY_BYTES
    }
}

impl Weighter<ContentId, Arc<MessageMetadata>> for ByBytes {
    fn weight(&self, _: &ContentId, metadata: &Arc<MessageMetadata>) -> u64 {
        bytes(&metadata.envelope)
            + bytes(&metadata.body_structure)
            + metadata.header.as_deref().map_or(0, bytes)
            + ENTRY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::batches;

    #[test]
    fn what_is_read_at_once_is_bounded_in_number_and_bytes() {
        let tables: [(&[u64], &[&[u64]]); 5] = [
            (&[], &[]),
            (&[1, 1, 1, 1], &[&[1, 1, 1], &[1]]),
            (&[4, 4, 4, 4], &[&[4, 4], &[4, 4]]),
            (&[99, 1, 99], &[&[99], &[1], &[99]]),
            (&[10, 0, 0, 0], &[&[10, 0, 0], &[0]]),
        ];
        for (items, expected) in tables {
            let found: Vec<&[u64]> = batches(items, 3, 10, |&bytes| bytes).collect();
            assert_eq!(found, expected);
        }
    }
}
