//! What STATUS tells, without opening the mailbox.

use mail::{AccountId, MailboxId, ModSeq, Uid, UidValidity};

use crate::{Cause, Fault, Readable, Store};

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

    async fn count(
        &self,
        asker: AccountId,
        judged: &[Readable],
        recent_count: RecentCount,
    ) -> Result<Vec<(MailboxId, Status)>, Fault> {
        let ids: Vec<i64> = judged.iter().map(|judged| judged.mailbox.0).collect();
        let rows = sqlx::query_file_as!(
            Row,
            "queries/read_status.sql",
            asker.0,
            &ids,
            recent_count == RecentCount::Wanted,
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
                let status = row.read();
                status
                    .map(|status| (MailboxId(row.id), status))
                    .ok_or_else(|| Fault::Broken(Cause::new("numbers out of range")))
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
    unseen_count: i64,
}

impl Row {
    fn read(&self) -> Option<Status> {
        let count = |number: i64| u64::try_from(number).ok();
        Some(Status {
            messages: count(self.message_count)?,
            recent: count(self.recent_count)?,
            uid_next: Uid::from_i64(self.uid_next)?,
            uid_validity: UidValidity::from_i64(self.uid_validity)?,
            unseen: count(self.unseen_count)?,
            deleted: count(self.deleted_count)?,
            size: count(self.byte_count)?,
            modseq: ModSeq::from_i64(self.modseq)?,
        })
    }
}
