//! Messages that leave for good.

use std::collections::VecDeque;

use acl::Permit;
use mail::{MailboxId, ModSeq, Uid, UidSet};

use crate::argument::{ActorRow, PermitRow};
use crate::batch::{Call, Done, Job, QueuedWrite, Queues, Writers};
use crate::fault::BatchFault;
use crate::store::Inner;
use crate::{Fault, Store, multirange};

/// Which messages to expunge; always only what carries `\Deleted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doomed {
    /// EXPUNGE and CLOSE.
    AllDeleted,
    /// UID EXPUNGE.
    DeletedAmong(UidSet),
}

/// What was expunged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expunged {
    /// Which, as far as it was asked for. Two who ask at the same time may both hear of a message.
    pub uids: UidSet,
    /// The mailbox's mod-sequence afterwards; where nothing was deleted, the one it had.
    pub modseq: ModSeq,
}

/// UIDs to expunge.
pub(crate) struct Expunge(UidSet);

impl Store {
    /// Removes what is deleted. Its content stays for a while, for readers who do not know yet.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`], [`Fault::Unavailable`]; everything is still there then.
    pub async fn expunge(&self, permit: &Permit, doomed: Doomed) -> Result<Expunged, Fault> {
        let uids = match doomed {
            Doomed::AllDeleted => UidSet::from_ranges([(Uid::MIN, Uid::MAX)]),
            Doomed::DeletedAmong(uids) => uids,
        };
        self.submit(permit, Expunge(uids)).await
    }
}

impl Job for Expunge {
    type Answer = Expunged;

    fn queue(queues: &mut Queues) -> &mut VecDeque<QueuedWrite<Self>> {
        &mut queues.expunges
    }

    #[tracing::instrument(name = "db.expunge", skip_all)]
    async fn write(
        inner: &Inner,
        mailbox: MailboxId,
        queued_writes: &[QueuedWrite<Self>],
        call: &Call,
    ) -> Result<Done<Expunged>, BatchFault> {
        let writers = Writers::of(queued_writes);
        let wanted = UidSet::from_ranges(
            queued_writes
                .iter()
                .flat_map(|queued_write| queued_write.job.0.ranges()),
        );
        let requests: Vec<String> = queued_writes
            .iter()
            .map(|queued_write| multirange::print(&queued_write.job.0))
            .collect();
        let query = sqlx::query!(
            r#"select modseq as "modseq!", uids as "uids!"
                 from expunge_messages(
                        _mailbox => $1, _actors => $2, _permits => $3, _requests => $4,
                        _uids => $5::text::int8multirange)"#,
            mailbox.0,
            &writers.actors as &[ActorRow],
            &writers.permits as &[PermitRow],
            &requests,
            multirange::print(&wanted),
        );
        call.send();
        let row = query
            .fetch_one(&mut *inner.connections.work(None).await?)
            .await?;
        let modseq = ModSeq::from_i64(row.modseq).unwrap_or_default();
        let gone = multirange::parse(&row.uids).map_err(BatchFault::All)?;
        let answer = |queued_write: &QueuedWrite<Self>| Expunged {
            uids: gone.intersection(&queued_write.job.0),
            modseq,
        };
        Ok(Done {
            answers: queued_writes.iter().map(answer).collect(),
            news: (!gone.is_empty()).then_some(modseq),
        })
    }
}
