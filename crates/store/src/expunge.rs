//! Messages that leave for good.

use std::collections::VecDeque;

use acl::Permit;
use mail::{MailboxId, ModSeq, Uid, UidSet};

use crate::argument::{ActorRow, PermitRow};
use crate::batch::{Call, Done, Job, QueuedWrite, Queues, Writers};
use crate::committed::{Committed, CommittedWrite};
use crate::fault::BatchFault;
use crate::store::Inner;
use crate::{Fault, Store, multirange};

/// Which messages to expunge; always only what carries `\Deleted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doomed {
    /// EXPUNGE and CLOSE. With those that the caller knows to carry `\Deleted`: where the mailbox has no others it is not
    /// walked through.
    AllDeleted(UidSet),
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

/// UIDs to expunge, as far as they carry `\Deleted`, and those of them to look at first.
pub(crate) struct Expunge {
    uids: UidSet,
    known: UidSet,
}

impl Store {
    /// Removes what is deleted. Its content stays for a while, for readers who do not know yet.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`], [`Fault::Unavailable`]; everything is still there then.
    pub async fn expunge(&self, permit: &Permit, doomed: Doomed) -> Result<Expunged, Fault> {
        let expunge = match doomed {
            Doomed::AllDeleted(known) => Expunge {
                uids: UidSet::from_ranges([(Uid::MIN, Uid::MAX)]),
                known,
            },
            Doomed::DeletedAmong(uids) => Expunge {
                known: uids.clone(),
                uids,
            },
        };
        self.submit(permit, expunge).await
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
        let jobs = || queued_writes.iter().map(|queued_write| &queued_write.job);
        let wanted = UidSet::from_ranges(jobs().flat_map(|job| job.uids.ranges()));
        let known = UidSet::from_ranges(jobs().flat_map(|job| job.known.ranges()));
        let requests: Vec<String> = jobs().map(|job| multirange::print(&job.uids)).collect();
        let query = sqlx::query!(
            r#"select modseq as "modseq!", uids as "uids!"
                 from expunge_deleted(
                        _mailbox => $1, _actors => $2, _permits => $3, _requests => $4,
                        _uids => $5::text::int8multirange, _known => $6::text::int8multirange)"#,
            mailbox.0,
            &writers.actors as &[ActorRow],
            &writers.permits as &[PermitRow],
            &requests,
            multirange::print(&wanted),
            multirange::print(&known),
        );
        call.send();
        let row = query
            .fetch_one(&mut *inner.connections.writing().await?)
            .await?;
        let modseq = ModSeq::from_i64(row.modseq).unwrap_or_default();
        let gone = multirange::parse(&row.uids).map_err(BatchFault::All)?;
        let answer = |queued_write: &QueuedWrite<Self>| Expunged {
            uids: gone.intersection(&queued_write.job.uids),
            modseq,
        };
        let answers = queued_writes.iter().map(answer).collect();
        let is_changed = !gone.is_empty();
        Ok(Done {
            answers,
            news: is_changed.then_some(modseq),
            committed: is_changed
                .then(|| Committed::with(modseq, CommittedWrite::Expunged(gone)))
                .flatten(),
        })
    }
}
