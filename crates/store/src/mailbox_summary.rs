//! What has happened in mailboxes that nobody has open, in few words: many in one query.

use mail::{AccountId, MailboxId, ModSeq, Uid, UidValidity};

use crate::{Cause, Fault, Status, Store};

/// A mailbox in numbers, and what led to them since a mod-sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxSummary {
    /// The mailbox that is summed up.
    pub mailbox: MailboxId,
    /// As it is now. `unseen` is by the `\Seen` that everybody sees: see [`MailboxSummary::unseen`].
    pub status: Status,
    /// Which version of the mailbox's rights is in force.
    pub rights_version: i64,
    /// Messages arrived.
    pub has_arrivals: bool,
    /// Messages were expunged.
    pub has_losses: bool,
    /// Flags that everybody sees changed.
    pub has_flags: bool,
    /// Whose private flags changed; 0 for everybody's.
    private: Vec<AccountId>,
    owner: AccountId,
    is_seen_private: bool,
}

impl MailboxSummary {
    /// Whether `account` itself changed a flag that is its own, or all had theirs changed.
    #[must_use]
    pub fn has_flags_of(&self, account: AccountId) -> bool {
        let mut private = self.private.iter();
        private.any(|whose| *whose == account || *whose == AccountId(0))
    }

    /// How much `account` has not seen, where that is the same for all.
    #[must_use]
    pub fn unseen(&self, account: AccountId) -> Option<u64> {
        let is_common = !self.is_seen_private || self.owner == account;
        is_common.then_some(self.status.unseen)
    }
}

impl Store {
    /// Of each mailbox, what happened since the mod-sequence beside it, in no order. What is gone is
    /// missing. One query, however many they are.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.summaries", skip_all)]
    pub async fn summaries(
        &self,
        asked: &[(MailboxId, ModSeq)],
    ) -> Result<Vec<MailboxSummary>, Fault> {
        let (ids, since): (Vec<i64>, Vec<i64>) = asked
            .iter()
            .map(|&(mailbox, modseq)| (mailbox.0, i64::from(modseq)))
            .unzip();
        let rows = sqlx::query_file_as!(Row, "queries/read_summaries.sql", &ids, &since)
            .fetch_all(&mut *self.connection().await?)
            .await?;
        let summaries = rows.into_iter().map(Row::read).collect::<Option<_>>();
        summaries.ok_or_else(|| Fault::Broken(Cause::new("numbers out of range")))
    }
}

struct Row {
    id: i64,
    uid_validity: i64,
    uid_next: i64,
    modseq: i64,
    message_count: i64,
    byte_count: i64,
    deleted_count: i64,
    unseen_count: i64,
    rights_version: i64,
    owner: i64,
    is_seen_private: bool,
    /// The log does not reach back so far: anything may have happened.
    is_cut: bool,
    kinds: Vec<i16>,
    accounts: Vec<i64>,
}

impl Row {
    fn read(self) -> Option<MailboxSummary> {
        let count = |number: i64| u64::try_from(number).ok();
        let has = |kind| self.is_cut || self.kinds.contains(&kind);
        let everybody = self.is_cut.then_some(AccountId(0));
        Some(MailboxSummary {
            mailbox: MailboxId(self.id),
            status: Status {
                messages: count(self.message_count)?,
                recent: 0,
                uid_next: Uid::from_i64(self.uid_next)?,
                uid_validity: UidValidity::from_i64(self.uid_validity)?,
                unseen: count(self.unseen_count)?,
                deleted: count(self.deleted_count)?,
                size: count(self.byte_count)?,
                modseq: ModSeq::from_i64(self.modseq)?,
            },
            rights_version: self.rights_version,
            has_arrivals: has(1),
            has_losses: has(3),
            has_flags: has(2),
            private: self
                .accounts
                .iter()
                .map(|&account| AccountId(account))
                .chain(everybody)
                .collect(),
            owner: AccountId(self.owner),
            is_seen_private: self.is_seen_private,
        })
    }
}
