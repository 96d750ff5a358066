//! What SORT or THREAD compares of many messages, in memory once for each content.

use std::collections::HashMap;

use bytes::Bytes;
use image::Message;
use mail::ContentId;
use mail::limits::SORT_KEYS_BYTES_MAX;
use store::Fault;

/// The keys of one command's messages.
pub(crate) struct SortKeysTable {
    keys: HashMap<ContentId, Bytes>,
    bytes: usize,
    bytes_max: usize,
}

impl SortKeysTable {
    pub(crate) fn new() -> Self {
        Self {
            keys: HashMap::new(),
            bytes: 0,
            bytes_max: SORT_KEYS_BYTES_MAX,
        }
    }

    /// Notes the keys of a content that has none yet.
    pub(crate) fn add(&mut self, id: ContentId, keys: Bytes) -> Result<(), Fault> {
        self.bytes += keys.len();
        if self.bytes > self.bytes_max {
            let text = "there is too much to be compared at once; do it in parts";
            return Err(Fault::Limit(text));
        }
        self.keys.insert(id, keys);
        Ok(())
    }

    pub(crate) fn has(&self, id: ContentId) -> bool {
        self.keys.contains_key(&id)
    }

    /// The keys of each message; empty where there are none.
    pub(crate) fn of(&self, messages: &[Message]) -> Vec<Bytes> {
        let keys = |message: &Message| self.keys.get(&message.content).cloned();
        let keys = messages.iter().map(keys);
        keys.map(Option::unwrap_or_default).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;
    use image::Message;
    use mail::{ContentId, Flags, InternalDate, ModSeq, Uid};

    use super::SortKeysTable;

    fn message(uid: u32, content: i64) -> Message {
        Message {
            uid: Uid::from_i64(uid.into()).unwrap(),
            modseq: ModSeq::from_i64(1).unwrap(),
            flags: Flags::NONE,
            content: ContentId(content),
            size: 1,
            date: InternalDate {
                unix_seconds: 0,
                offset_minutes: 0,
            },
        }
    }

    #[test]
    fn copies_of_a_message_take_no_memory() {
        let mut table = SortKeysTable::new();
        for content in 0..4 {
            let keys = Bytes::from(vec![0; 20_000]);
            table.add(ContentId(content), keys).unwrap();
        }
        let messages: Vec<Message> = (1..4096)
            .map(|uid| message(uid, i64::from(uid % 5)))
            .collect();
        let keys = table.of(&messages);
        assert_eq!(keys.len(), messages.len());
        let in_memory: BTreeSet<(*const u8, usize)> = keys
            .iter()
            .filter(|keys| !keys.is_empty())
            .map(|keys| (keys.as_ptr(), keys.len()))
            .collect();
        let bytes: usize = in_memory.iter().map(|(_, length)| length).sum();
        assert_eq!(bytes, 4 * 20_000);
        assert_eq!(keys.iter().filter(|keys| keys.is_empty()).count(), 819);
    }

    #[test]
    fn too_much_is_refused() {
        let mut table = SortKeysTable {
            bytes_max: 10,
            ..SortKeysTable::new()
        };
        assert!(
            table
                .add(ContentId(1), Bytes::from_static(b"12345"))
                .is_ok()
        );
        assert!(
            table
                .add(ContentId(2), Bytes::from_static(b"67890"))
                .is_ok()
        );
        assert!(table.add(ContentId(3), Bytes::from_static(b"1")).is_err());
    }
}
