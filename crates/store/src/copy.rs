//! From one mailbox to another. The content is shared, never copied.

use acl::Permit;
use bus::Wakeup;
use mail::{FlagBits, ModSeq, Uid, UidSet, UidValidity};

use crate::argument::{ActorRow, PermitRow};
use crate::{Cause, Fault, Store, multirange};

/// Copies that were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Of the target.
    pub uid_validity: UidValidity,
    /// Old and new UID of each message that was there, ascending.
    pub pairs: Vec<(Uid, Uid)>,
    /// The target's mod-sequence with them in it.
    pub modseq: ModSeq,
}

/// Messages that were moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where they are now.
    pub copied: Copied,
    /// The source's mod-sequence without them.
    pub source_modseq: ModSeq,
}

impl Store {
    /// Copies those of `uids` that are there, with the flags that whoever copies sees, as far as
    /// `allowed`. Keywords keep their names; those for which the target has no room are lost.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`], [`Fault::OverQuota`], [`Fault::Limit`] (no UID left in
    /// the target), [`Fault::Unavailable`]; nothing is copied then.
    #[tracing::instrument(name = "db.copy", skip_all)]
    pub async fn copy(
        &self,
        from: &Permit,
        to: &Permit,
        uids: &UidSet,
        allowed: FlagBits,
    ) -> Result<Copied, Fault> {
        let moved = self.transfer(from, to, uids, allowed, false).await?;
        Ok(moved.copied)
    }

    /// As [`copy`](Self::copy), and the originals are gone in the same moment.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`], [`Fault::OverQuota`], [`Fault::Limit`] (no UID left in
    /// the target), [`Fault::Unavailable`]; nothing is moved then.
    #[tracing::instrument(name = "db.move_messages", skip_all)]
    pub async fn move_messages(
        &self,
        from: &Permit,
        to: &Permit,
        uids: &UidSet,
        allowed: FlagBits,
    ) -> Result<Moved, Fault> {
        let moved = self.transfer(from, to, uids, allowed, true).await?;
        if !moved.copied.pairs.is_empty() {
            let wakeup = Wakeup {
                mailbox: from.mailbox(),
                modseq: moved.source_modseq,
            };
            self.inner().post(wakeup);
        }
        Ok(moved)
    }

    async fn transfer(
        &self,
        from: &Permit,
        to: &Permit,
        uids: &UidSet,
        allowed: FlagBits,
        is_move: bool,
    ) -> Result<Moved, Fault> {
        if from.account() != to.account() {
            return Err(Fault::Denied);
        }
        let actor = self.recorded_actor(from.account()).await?;
        let flags = allowed.to_i64();
        let row = sqlx::query_as!(
            Row,
            r#"select uid_validity as "uid_validity!", first_uid as "first_uid!", uids as "uids!",
                      modseq as "modseq!", source_modseq as "source_modseq!"
                 from copy_messages(
                        _actor => $1, _source => $2, _target => $3, _uids => $4::text::int8multirange,
                        _allowed => $5, _is_move => $6)"#,
            actor as ActorRow,
            PermitRow::from(from) as PermitRow,
            PermitRow::from(to) as PermitRow,
            multirange::print(uids),
            flags,
            is_move,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        let moved = row
            .read()
            .ok_or_else(|| Fault::Broken(Cause::new("numbers out of range")))?;
        let pairs = &moved.copied.pairs;
        if let (Some((_, first)), Some((_, last))) = (pairs.first(), pairs.last()) {
            let wakeup = Wakeup {
                mailbox: to.mailbox(),
                modseq: moved.copied.modseq,
            };
            self.inner().post(wakeup);
            self.inner()
                .filled
                .note_arrivals(to.mailbox(), *first, *last);
        }
        Ok(moved)
    }
}

struct Row {
    uid_validity: i64,
    first_uid: i64,
    uids: Vec<i64>,
    modseq: i64,
    source_modseq: i64,
}

impl Row {
    /// New UIDs are consecutive.
    fn read(self) -> Option<Moved> {
        let pairs: Option<Vec<_>> = self
            .uids
            .into_iter()
            .zip(self.first_uid..)
            .map(|(old, new)| Some((Uid::from_i64(old)?, Uid::from_i64(new)?)))
            .collect();
        Some(Moved {
            copied: Copied {
                uid_validity: UidValidity::from_i64(self.uid_validity)?,
                pairs: pairs?,
                modseq: ModSeq::from_i64(self.modseq)?,
            },
            source_modseq: ModSeq::from_i64(self.source_modseq)?,
        })
    }
}
