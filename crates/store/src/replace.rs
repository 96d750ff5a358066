//! One message in the place of another.

use acl::Permit;
use bus::Wakeup;
use mail::{ModSeq, Uid, UidValidity};

use crate::argument::{ActorRow, AnswerRow, GrowthRow, NewMessageRow, PermitRow};
use crate::{Cause, Fault, NewMessage, Store, rare};

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
    /// [`Fault::Expunged`] when `old` is not there; [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`],
    /// [`Fault::OverQuota`], [`Fault::Limit`] (no UID left), [`Fault::Unavailable`]. Nothing has changed then.
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
        let actor = self.recorded_actor(from.account()).await?;
        let NewMessage {
            prepared,
            shared,
            private,
        } = message;
        let rare: Vec<i16> = rare::numbers(shared.rare()).collect();
        let row = NewMessageRow::new(&prepared, shared.mask());
        let mut growth = GrowthRow::default();
        growth.add(&prepared, shared.mask());
        let row = sqlx::query!(
            r#"select uid_validity as "uid_validity!", uid as "uid!", modseq as "modseq!",
                      source_modseq as "source_modseq!", answered, answered_modseqs,
                      case when cardinality($15::smallint[]) > 0
                           then add_rare_keywords(
                                  _mailbox => ($3::permit).mailbox, _first_uid => uid, _numbers => $15,
                                  _places => array_fill(0::bigint, array[cardinality($15)]))
                      end as "rare_keywords?"
                 from replace_with_message(
                        _actor => $1, _source => $2, _target => $3, _uid => $4, _message => $5,
                        _envelope => $6, _structure => $7, _header => $8, _body => $9, _folded => $10,
                        _private => $11, _growth => $12, _message_id => $13, _answers => $14)"#,
            actor as ActorRow,
            PermitRow::from(from) as PermitRow,
            PermitRow::from(to) as PermitRow,
            i64::from(old),
            row as NewMessageRow,
            prepared.envelope,
            prepared.structure,
            prepared.header,
            prepared.body,
            prepared.folded,
            private.to_i64(),
            growth as GrowthRow,
            prepared.message_id,
            &AnswerRow::of(&prepared, 0) as &[AnswerRow],
            &rare,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        let out_of_range = || Fault::Broken(Cause::new("numbers out of range"));
        let modseq = |number| ModSeq::from_i64(number).ok_or_else(out_of_range);
        let (modseq, source_modseq) = (modseq(row.modseq)?, modseq(row.source_modseq)?);
        self.inner()
            .wake_answered(row.answered.as_deref(), row.answered_modseqs.as_deref());
        for (mailbox, modseq) in [(to.mailbox(), modseq), (from.mailbox(), source_modseq)] {
            self.inner().post(Wakeup { mailbox, modseq });
        }
        Ok(Replaced {
            uid_validity: UidValidity::from_i64(row.uid_validity).ok_or_else(out_of_range)?,
            uid: Uid::from_i64(row.uid).ok_or_else(out_of_range)?,
            modseq,
            source_modseq,
        })
    }
}
