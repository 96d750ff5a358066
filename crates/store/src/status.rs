//! What STATUS tells, without opening the mailbox.

use std::collections::HashMap;

use mail::{AccountId, FlagBits, MailboxId, ModSeq, Uid, UidValidity};

use crate::{Cause, Fault, Found, MailboxCounters, Readable, Store};

/// A mailbox in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// MESSAGES
    pub messages: u64,
    /// RECENT: those that no session of whoever asked was told of. Zero unless they were asked for.
    pub recent: u64,
    /// UIDNEXT
    pub uid_next: Uid,
    /// UIDVALIDITY
    pub uid_validity: UidValidity,
    /// UNSEEN, as whoever asked has seen them.
    pub unseen: u64,
    /// DELETED
    pub deleted: u64,
    /// SIZE
    pub size: u64,
    /// HIGHESTMODSEQ
    pub modseq: ModSeq,
}

impl Store {
    /// Of each mailbox, in the order of the question. Missing is what is gone, and what `asker` may no longer read: no
    /// number is newer than the rights by which it is told. One query, however many mailboxes and messages there are,
    /// and one more for each whose rights have changed.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.status", skip_all)]
    pub async fn status(
        &self,
        asker: AccountId,
        judged: &[Readable],
    ) -> Result<Vec<(MailboxId, Status)>, Fault> {
        self.count(asker, judged, RecentCount::Unwanted).await
    }

    /// As [`status`](Self::status), RECENT counted as well, which takes a look at each message that is.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.status_with_recent", skip_all)]
    pub async fn status_with_recent(
        &self,
        asker: AccountId,
        judged: &[Readable],
    ) -> Result<Vec<(MailboxId, Status)>, Fault> {
        self.count(asker, judged, RecentCount::Wanted).await
    }

    /// What STATUS tells of a mailbox that was just found, with so many that are recent; `None` where its messages
    /// have to be counted, as they were not since they changed.
    #[must_use]
    pub fn status_known(
        &self,
        found: &Found,
        counters: &MailboxCounters,
        recent: u64,
    ) -> Option<Status> {
        let unseen = if found.private_flags.contains(FlagBits::SEEN) {
            let counted = self
                .inner()
                .unseen_cache
                .find(found.access.account, found.id);
            counted.filter(|(modseq, _)| *modseq == counters.modseq)?.1
        } else {
            counters.unseen
        };
        Some(Status {
            messages: counters.messages,
            recent,
            uid_next: counters.uid_next,
            uid_validity: found.uid_validity,
            unseen,
            deleted: counters.deleted,
            size: counters.bytes,
            modseq: counters.modseq,
        })
    }

    async fn count(
        &self,
        asker: AccountId,
        judged: &[Readable],
        recent_count: RecentCount,
    ) -> Result<Vec<(MailboxId, Status)>, Fault> {
        let ids: Vec<i64> = judged.iter().map(|judged| judged.mailbox.0).collect();
        let unseen_cache = &self.inner().unseen_cache;
        let counted: HashMap<i64, (ModSeq, u64)> = ids
            .iter()
            .filter_map(|id| Some((*id, unseen_cache.find(asker, MailboxId(*id))?)))
            .collect();
        let known = |id| counted.get(id).map_or(0, |(modseq, _)| i64::from(*modseq));
        let known: Vec<i64> = ids.iter().map(known).collect();
        let rows = sqlx::query_file_as!(
            Row,
            "queries/read_status.sql",
            asker.0,
            &ids,
            recent_count == RecentCount::Wanted,
            &known,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let versions = rows
            .iter()
            .map(|row| (MailboxId(row.id), row.rights_version));
        let readable = self.readable_at(asker, judged, versions).await?;
        rows.into_iter()
            .filter(|row| readable.contains(&MailboxId(row.id)))
            .map(|row| {
                let unseen = counted.get(&row.id).map(|(_, unseen)| *unseen);
                let status = row
                    .read(unseen)
                    .ok_or_else(|| Fault::Broken(Cause::new("numbers out of range")))?;
                let mailbox = MailboxId(row.id);
                unseen_cache.keep(asker, mailbox, status.modseq, status.unseen);
                Ok((mailbox, status))
            })
            .collect()
    }
}

/// Whether messages are counted that no session was told of.
#[derive(PartialEq)]
enum RecentCount {
    Wanted,
    Unwanted,
}

struct Row {
    id: i64,
    rights_version: i64,
    uid_validity: i64,
    uid_next: i64,
    modseq: i64,
    message_count: i64,
    recent_count: i64,
    byte_count: i64,
    deleted_count: i64,
    /// None where it is what was known.
    unseen_count: Option<i64>,
}

impl Row {
    fn read(&self, known_unseen: Option<u64>) -> Option<Status> {
        let count = |number: i64| u64::try_from(number).ok();
        Some(Status {
            messages: count(self.message_count)?,
            recent: count(self.recent_count)?,
            uid_next: Uid::from_i64(self.uid_next)?,
            uid_validity: UidValidity::from_i64(self.uid_validity)?,
            unseen: match self.unseen_count {
                Some(unseen) => count(unseen)?,
                None => known_unseen?,
            },
            deleted: count(self.deleted_count)?,
            size: count(self.byte_count)?,
            modseq: ModSeq::from_i64(self.modseq)?,
        })
    }
}
