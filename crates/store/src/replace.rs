//! One message in the place of another.

use acl::Permit;
use bus::Wakeup;
use mail::{ModSeq, Uid, UidValidity};

use crate::{Cause, Fault, NewMessage, Store};

/// A message that took the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Of the mailbox where the new message is.
    pub uid_validity: UidValidity,
    /// The new message's.
    pub uid: Uid,
    /// The mod-sequence of the mailbox where it is, with it.
    pub modseq: ModSeq,
    /// The mod-sequence of the mailbox where the old message was, without it.
    pub source_modseq: ModSeq,
}

impl Store {
    /// Adds `message` to the mailbox of `to` and removes `old` from that of `from`, both or neither.
    /// Of several who replace one message at the same time, one does.
    ///
    /// # Errors
    ///
    /// [`Fault::Expunged`] when `old` is not there; [`Fault::Gone`], [`Fault::Denied`],
    /// [`Fault::Unavailable`]. Nothing has changed then.
    #[tracing::instrument(name = "db.replace", skip_all)]
    pub async fn replace(
        &self,
        from: &Permit,
        to: &Permit,
        old: Uid,
        message: NewMessage,
    ) -> Result<Replaced, Fault> {
        if from.account() != to.account() {
            return Err(Fault::Denied);
        }
        let session = self.introduce().await?;
        let logins = self.logins();
        let NewMessage {
            prepared,
            shared,
            private,
        } = message;
        let row = sqlx::query_file!(
            "queries/replace.sql",
            from.mailbox().0,
            to.mailbox().0,
            from.account().0,
            from.version(),
            from.needed().to_i16(),
            to.version(),
            to.needed().to_i16(),
            i64::from(old),
            prepared.size,
            prepared.sent,
            prepared.envelope,
            prepared.structure,
            prepared.header,
            prepared.body,
            prepared.folded,
            prepared.date.packed(),
            shared.to_i64(),
            private.to_i64(),
            session,
            &logins.places,
            &logins.accounts,
            &logins.password_versions,
        )
        .fetch_one(self.pool())
        .await?;
        let out_of_range = || Fault::Broken(Cause::new("numbers out of range"));
        let modseq = |number| ModSeq::from_i64(number).ok_or_else(out_of_range);
        let (modseq, source_modseq) = (modseq(row.modseq)?, modseq(row.source_modseq)?);
        for (mailbox, modseq) in [(to.mailbox(), modseq), (from.mailbox(), source_modseq)] {
            self.inner().outbox.post(Wakeup { mailbox, modseq });
        }
        Ok(Replaced {
            uid_validity: UidValidity::from_i64(row.uid_validity).ok_or_else(out_of_range)?,
            uid: Uid::from_i64(row.uid).ok_or_else(out_of_range)?,
            modseq,
            source_modseq,
        })
    }
}
