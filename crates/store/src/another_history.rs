//! What a store does where the database goes on in another history (docs/adr/0054-another-history.md).

use bus::Wakeup;
use mail::{MailboxId, ModSeq, UidValidity};

use crate::{Fault, Store};

impl Store {
    /// How often this node's connections found the database in another history than before: after a failover or a
    /// restore it may lack what was read from it, and answered OK.
    #[must_use]
    pub fn history_changes(&self) -> u64 {
        self.inner().history.changes()
    }

    /// Forgets what this node remembers of rights and counters, because versions and mod-sequences count anew in another
    /// history.
    pub fn forget_access(&self) {
        self.inner().access_cache.clear();
        self.inner().unseen_cache.clear();
    }

    /// Gives a mailbox a new UIDVALIDITY, because clients were shown what the database lacks, up to `shown`. Does
    /// nothing where another node has done so.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.renew_uid_validity", skip_all)]
    pub async fn renew_uid_validity(
        &self,
        mailbox: MailboxId,
        uid_validity: UidValidity,
        shown: ModSeq,
    ) -> Result<(), Fault> {
        let renewed = sqlx::query_scalar!(
            "select renew_uid_validity($1, $2, $3)",
            mailbox.0,
            i64::from(uid_validity.get()),
            i64::from(shown),
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        if let Some(modseq) = renewed.and_then(ModSeq::from_i64) {
            self.inner().post(Wakeup { mailbox, modseq });
        }
        Ok(())
    }

    /// Notes in the primary which history this is: a standby that follows it will have that, too, and no other one; and
    /// whoever looks later sees that it was not always this one. Waits for no standby.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.note_history", skip_all)]
    pub async fn note_history(&self) -> Result<(), Fault> {
        let history = &self.inner().history;
        let (count, name) = history.current();
        if history.is_noted(count) {
            return Ok(());
        }
        sqlx::query!(
            "with unconfirmed as (
               select set_config('synchronous_commit', 'local', true) as setting
             )
             insert into known_history (history)
             select h.history
               from unconfirmed, database_history() as h (history)
              where h.history = $1
                 on conflict do nothing",
            name
        )
        .execute(&mut *self.kept().await?)
        .await?;
        history.note_as_known(count);
        Ok(())
    }
}
