//! Asking digests.

use bytes::Bytes;
use mail::{ContentId, MailboxId, Uid, UidSet};
use mime::{SortKeys, SortKeysUse};

use super::{pack, trigrams};
use crate::packing::unpacked_bytes;
use crate::{Fault, Store, multirange};

/// What to compare a list of places costs at least, as bytes that are looked through.
const LIST_COST_BYTES: usize = 4096;
/// Parts of about a megabyte that are read at once.
const PARTS_PER_READ: i64 = 4;

/// Some messages of a mailbox, packed together.
#[derive(Clone, Debug)]
pub struct Digest {
    id: i64,
    /// Whose messages these are.
    pub mailbox: MailboxId,
    /// Whose search texts are in it, whether they still are in the mailbox or not.
    pub uids: UidSet,
    /// Those that may hold every needle that was asked for.
    pub candidates: UidSet,
}

/// A digest, by which others are found that come behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestId(i64);

/// What is compared of the messages in one digest.
#[derive(Clone, Debug)]
pub struct DigestedSortKeys {
    /// The digest.
    pub digest: DigestId,
    /// The keys of each message, each in memory of its own.
    pub keys: Vec<(ContentId, Bytes)>,
}

/// When the messages in one digest were sent.
#[derive(Clone, Debug)]
pub struct DigestedDates {
    /// The digest.
    pub digest: DigestId,
    /// The seconds since 1970 at which each message was sent, ascending by UID; `None` where its header does not tell.
    pub dates: Vec<(Uid, Option<i64>)>,
}

/// What SORT and THREAD compare, as it is stored.
struct PackedSortKeys {
    id: i64,
    uids: String,
    contents: Vec<i64>,
    sort_keys: Vec<u8>,
}

impl Store {
    /// The digests of these mailboxes, and which of their messages may hold all of these folded needles.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.find_digests", skip_all)]
    pub async fn find_digests(
        &self,
        mailboxes: &[MailboxId],
        needles: &[&str],
    ) -> Result<Vec<Digest>, Fault> {
        let asked: Vec<i32> = needles
            .iter()
            .flat_map(|needle| trigrams::asked(needle.as_bytes()))
            .collect();
        let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
        let rows = sqlx::query!(
            r#"select asked.mailbox as "mailbox!", d.id as "id!", d.uids as "uids!", d.lists as "lists!"
                 from unnest($1::bigint[]) as asked (mailbox)
                cross join lateral find_digests(asked.mailbox, $2) d"#,
            &ids,
            &asked
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let lists = rows.iter().flat_map(|row| &row.lists);
        let bytes = lists.map(|list| list.len().max(LIST_COST_BYTES)).sum();
        let choosing = || {
            let rows = rows.into_iter().map(|row| {
                let uids = multirange::parse(&row.uids)?;
                let count = usize::try_from(uids.len()).unwrap_or(usize::MAX);
                let candidates = match trigrams::common_places(&row.lists, count) {
                    Some(places) => at_places(&uids, &places),
                    None => uids.clone(),
                };
                Ok(Digest {
                    id: row.id,
                    mailbox: MailboxId(row.mailbox),
                    uids,
                    candidates,
                })
            });
            rows.collect()
        };
        self.compute().run(bytes, choosing).await
    }

    /// The search texts of a digest from this place on, as many as are read at once. None at the end, and none where
    /// the digest was deleted meanwhile.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_digested_texts", skip_all)]
    pub async fn load_digested_texts(
        &self,
        digest: &Digest,
        place: usize,
    ) -> Result<Vec<(Uid, Bytes)>, Fault> {
        let parts = sqlx::query_scalar!(
            "select texts
               from digest_text
              where digest = $1
                and first >= $2
              order by first
              limit $3",
            digest.id,
            i32::try_from(place).unwrap_or(i32::MAX),
            PARTS_PER_READ
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let bytes = parts.iter().map(|part| unpacked_bytes(part)).sum();
        let unpacking = || {
            let mut texts = Vec::new();
            for part in parts {
                texts.append(&mut pack::unpack(part)?);
            }
            Ok(digest.uids.iter().skip(place).zip(texts).collect())
        };
        self.compute().run(bytes, unpacking).await
    }

    /// What SORT or THREAD compares of the messages in the next digest of a mailbox behind this one; `None` behind
    /// the last.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_digested_sort_keys", skip_all)]
    pub async fn load_digested_sort_keys(
        &self,
        mailbox: MailboxId,
        behind: Option<DigestId>,
        used_by: SortKeysUse,
    ) -> Result<Option<DigestedSortKeys>, Fault> {
        let Some(row) = self.load_packed_sort_keys(mailbox, behind).await? else {
            return Ok(None);
        };
        let bytes = unpacked_bytes(&row.sort_keys);
        let unpacking = || {
            let keys = pack::unpack(row.sort_keys)?;
            let keys = keys.iter().map(|written| used_by.part_of(written).into());
            Ok(Some(DigestedSortKeys {
                digest: DigestId(row.id),
                keys: row.contents.into_iter().map(ContentId).zip(keys).collect(),
            }))
        };
        self.compute().run(bytes, unpacking).await
    }

    /// The dates of sending alone of the messages in the next digest of a mailbox behind this one; `None` behind the
    /// last.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_digested_dates", skip_all)]
    pub async fn load_digested_dates(
        &self,
        mailbox: MailboxId,
        behind: Option<DigestId>,
    ) -> Result<Option<DigestedDates>, Fault> {
        let Some(row) = self.load_packed_sort_keys(mailbox, behind).await? else {
            return Ok(None);
        };
        let bytes = unpacked_bytes(&row.sort_keys);
        let unpacking = || {
            let keys = pack::unpack(row.sort_keys)?;
            let dates = keys.iter().map(|written| SortKeys::new(written).sent());
            Ok(Some(DigestedDates {
                digest: DigestId(row.id),
                dates: multirange::parse(&row.uids)?.iter().zip(dates).collect(),
            }))
        };
        self.compute().run(bytes, unpacking).await
    }

    async fn load_packed_sort_keys(
        &self,
        mailbox: MailboxId,
        behind: Option<DigestId>,
    ) -> Result<Option<PackedSortKeys>, Fault> {
        let row = sqlx::query_as!(
            PackedSortKeys,
            r#"select id, uids::text as "uids!", contents, sort_keys
                 from digest
                where mailbox = $1
                  and id > $2
                order by id
                limit 1"#,
            mailbox.0,
            behind.map_or(i64::MIN, |digest| digest.0)
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(row)
    }
}

/// `places` ascend.
fn at_places(uids: &UidSet, places: &[usize]) -> UidSet {
    let mut places = places.iter().copied().peekable();
    let mut before = 0;
    let mut chosen = UidSet::new();
    for (low, high) in uids.ranges() {
        let beyond = usize::try_from(high.get() - low.get()).unwrap_or(usize::MAX);
        let after = before + beyond + 1;
        while let Some(place) = places.next_if(|&place| place < after) {
            let offset = u32::try_from(place - before).unwrap_or(u32::MAX);
            if let Some(uid) = Uid::new(low.get().saturating_add(offset)) {
                chosen.insert(uid);
            }
        }
        before = after;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use mail::{Uid, UidSet};

    use super::at_places;

    #[test]
    fn places_are_counted_over_gaps() {
        let uid = |number| Uid::new(number).unwrap();
        let uids = UidSet::from_ranges([(uid(3), uid(5)), (uid(9), uid(9)), (uid(20), uid(22))]);
        for places in [&[][..], &[0], &[2, 3], &[0, 1, 2, 3, 4, 5, 6], &[6, 7]] {
            let all: Vec<Uid> = uids.iter().collect();
            let expected = places.iter().filter_map(|&place| all.get(place).copied());
            assert_eq!(at_places(&uids, places), expected.collect(), "{places:?}");
        }
    }
}
