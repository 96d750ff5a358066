//! What the client has done itself, and so need not be told (RFC 5465, 5). Pure.

use std::collections::{BTreeMap, BTreeSet};

use mail::limits::{NOTIFY_ENTRIES_MAX, NOTIFY_OWN_VALUES_BYTES_MAX};
use mail::{EntryName, MailboxId, ModSeq};

/// An annotation of a mailbox, or of the server.
pub(crate) type AnnotationKey = (Option<MailboxId>, EntryName);

/// The value of an annotation; `None` where it has none.
pub(crate) type Value = Option<Vec<u8>>;

/// What the client changed itself. A change for which there is no room is forgotten, so the client is told of it.
#[derive(Debug, Default)]
pub(crate) struct OwnChanges {
    /// Mailboxes that the client has put messages into, with the mod-sequence of its change, in which no one else's
    /// change has a part.
    filled: BTreeSet<(MailboxId, ModSeq)>,
    /// Annotations as the client has set them last, unless it was told that they are otherwise. That someone else
    /// set the same value is no news.
    annotated: BTreeMap<AnnotationKey, Value>,
    /// The size of all values together.
    value_bytes: usize,
}

impl OwnChanges {
    /// It has put messages into this mailbox.
    pub(crate) fn fill(&mut self, mailbox: MailboxId, modseq: ModSeq) {
        if self.filled.len() < NOTIFY_ENTRIES_MAX {
            self.filled.insert((mailbox, modseq));
        }
    }

    /// Whether it has itself made every change of a mailbox after `since` up to `now`. They are past then.
    pub(crate) fn take_filled(&mut self, mailbox: MailboxId, since: ModSeq, now: ModSeq) -> bool {
        let is_past = |&(id, modseq): &(MailboxId, ModSeq)| id == mailbox && modseq <= now;
        let own = self.filled.extract_if(.., is_past);
        let own = own.filter(|&(_, modseq)| modseq > since).count();
        u64::try_from(own) == Ok(now.get().saturating_sub(since.get()))
    }

    /// It has set an annotation.
    pub(crate) fn annotate(&mut self, entry: AnnotationKey, value: Value) {
        self.forget(&entry);
        let bytes = self.value_bytes + size(&value);
        if self.annotated.len() < NOTIFY_ENTRIES_MAX && bytes <= NOTIFY_OWN_VALUES_BYTES_MAX {
            self.annotated.insert(entry, value);
            self.value_bytes = bytes;
        }
    }

    /// Those of `changed` that it has set: their values tell whether somebody else has since.
    pub(crate) fn annotated<'e>(
        &self,
        changed: &'e BTreeSet<AnnotationKey>,
    ) -> Vec<&'e AnnotationKey> {
        let is_own = |entry: &&AnnotationKey| self.annotated.contains_key(entry);
        changed.iter().filter(is_own).collect()
    }

    /// Whether an annotation has the value that the client set. With another it is the client's no longer.
    pub(crate) fn is_as_set(&mut self, entry: &AnnotationKey, value: Option<&[u8]>) -> bool {
        let is_as_set = self
            .annotated
            .get(entry)
            .is_some_and(|set| set.as_deref() == value);
        if !is_as_set {
            self.forget(entry);
        }
        is_as_set
    }

    fn forget(&mut self, entry: &AnnotationKey) {
        if let Some(value) = self.annotated.remove(entry) {
            self.value_bytes -= size(&value);
        }
    }
}

fn size(value: &Value) -> usize {
    value.as_ref().map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use mail::limits::{NOTIFY_ENTRIES_MAX, NOTIFY_OWN_VALUES_BYTES_MAX};
    use mail::{EntryName, MailboxId, ModSeq};

    use super::{AnnotationKey, OwnChanges};

    const HERE: MailboxId = MailboxId(1);

    fn modseq(number: usize) -> ModSeq {
        ModSeq::from_i64(i64::try_from(number).unwrap()).unwrap()
    }

    fn entry(mailbox: Option<MailboxId>, number: usize) -> AnnotationKey {
        let name = EntryName::parse(&format!("/shared/vendor/test/{number}"));
        (mailbox, name.unwrap())
    }

    #[test]
    fn a_stretch_is_own_without_a_gap() {
        for (filled, since, now, is_own) in [
            (&[2_usize, 3][..], 1, 3, true),
            (&[2, 3], 2, 3, true),
            (&[3], 1, 3, false),
            (&[2, 4], 1, 3, false),
            (&[], 1, 2, false),
        ] {
            let mut own = OwnChanges::default();
            for number in filled {
                own.fill(HERE, modseq(*number));
                own.fill(MailboxId(2), modseq(*number));
            }
            let found = own.take_filled(HERE, modseq(since), modseq(now));
            assert_eq!(found, is_own, "{filled:?} from {since} to {now}");
            assert!(!own.take_filled(HERE, modseq(since), modseq(now)));
        }
    }

    #[test]
    fn an_annotation_is_own_until_it_has_another_value() {
        let mut own = OwnChanges::default();
        let (here, there) = (entry(Some(HERE), 1), entry(None, 1));
        own.annotate(here.clone(), Some(b"mine".to_vec()));
        own.annotate(there.clone(), None);
        let changed = [here.clone(), there.clone(), entry(None, 2)];
        assert_eq!(own.annotated(&changed.into()), [&there, &here]);
        assert!(own.is_as_set(&here, Some(b"mine")) && own.is_as_set(&there, None));
        assert!(!own.is_as_set(&here, Some(b"theirs")));
        // Told: what somebody sets from here on is news, even if it is the same again.
        assert!(!own.is_as_set(&here, Some(b"mine")) && own.is_as_set(&there, None));
    }

    #[test]
    fn what_is_remembered_has_bounds() {
        let mut own = OwnChanges::default();
        for number in 1..=NOTIFY_ENTRIES_MAX + 1 {
            own.fill(HERE, modseq(number));
            own.annotate(entry(None, number), None);
        }
        assert_eq!(own.filled.len(), NOTIFY_ENTRIES_MAX);
        assert_eq!(own.annotated.len(), NOTIFY_ENTRIES_MAX);

        let mut own = OwnChanges::default();
        let value = || Some(vec![0; NOTIFY_OWN_VALUES_BYTES_MAX]);
        for _ in 0..2 {
            own.annotate(entry(None, 1), value());
            assert!(own.is_as_set(&entry(None, 1), value().as_deref()));
        }
        own.annotate(entry(None, 2), Some(vec![0]));
        assert!(!own.is_as_set(&entry(None, 2), Some(&[0])));
        own.annotate(entry(None, 1), None);
        assert_eq!(own.value_bytes, 0);
    }
}
