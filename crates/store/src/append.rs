//! New messages.

use std::collections::VecDeque;
use std::panic::catch_unwind;

use acl::Permit;
use mail::{FlagBits, Flags, InternalDate, MailboxId, ModSeq, Uid, UidValidity};
use sqlx::postgres::types::PgRange;

use crate::argument::{ActorRow, GrowthRow, NewMessageRow, PermitRow, PrivateMarkRow};
use crate::batch::{Call, Done, Job, QueuedWrite, Queues, Writers};
use crate::fault::{BatchFault, Excess};
#[cfg(debug_assertions)]
use crate::packing;
use crate::stats::add;
use crate::store::Inner;
use crate::{Cause, Fault, Prepared, Store, prepare, rare};

/// A message on its way into a mailbox.
#[derive(Debug)]
pub struct NewMessage {
    /// What it is made of.
    pub prepared: Prepared,
    /// Flags that everybody will see.
    pub shared: Flags,
    /// Flags that only whoever appends will see.
    pub private: FlagBits,
}

/// Where new messages are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The mailbox's UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// One for each message, in order.
    pub uids: Vec<Uid>,
    /// The mailbox's mod-sequence with them in it.
    pub modseq: ModSeq,
    /// Nothing else came with that mod-sequence.
    pub is_alone: bool,
}

/// Messages of one APPEND: all of them, or none.
pub(crate) struct Append(Vec<NewMessage>);

impl Store {
    /// [`prepare`]s a message that a client has sent.
    ///
    /// # Errors
    ///
    /// [`Fault::Broken`] when that panics: the message is refused, and nothing else is disturbed.
    pub async fn prepare(&self, message: &[u8], date: InternalDate) -> Result<Prepared, Fault> {
        let taking_apart = || catch_unwind(|| prepare(message, date));
        let prepared = self.compute().run(message.len(), taking_apart).await;
        prepared.map_err(|_| {
            add(&self.inner().counters.message_panics, 1);
            Fault::of_panic()
        })
    }

    /// Adds all of `messages`, or none.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`], [`Fault::OverQuota`], [`Fault::Limit`] (no UID left),
    /// [`Fault::Unavailable`]; nothing is there then.
    pub async fn append(
        &self,
        permit: &Permit,
        messages: Vec<NewMessage>,
    ) -> Result<Appended, Fault> {
        self.submit(permit, Append(messages)).await
    }
}

impl Job for Append {
    type Answer = Appended;

    fn bytes(&self) -> usize {
        self.0
            .iter()
            .map(|message| message.prepared.packed_bytes())
            .sum()
    }

    fn queue(queues: &mut Queues) -> &mut VecDeque<QueuedWrite<Self>> {
        &mut queues.appends
    }

    #[tracing::instrument(name = "db.append", skip_all)]
    async fn write(
        inner: &Inner,
        mailbox: MailboxId,
        queued_writes: &[QueuedWrite<Self>],
        call: &Call,
    ) -> Result<Done<Appended>, BatchFault> {
        let writers = Writers::of(queued_writes);
        let columns = Columns::of(queued_writes);
        let query = sqlx::query_file!(
            "queries/append.sql",
            mailbox.0,
            &writers.actors as &[ActorRow],
            &writers.permits as &[PermitRow],
            &columns.parts as &[PgRange<i64>],
            &columns.messages as &[NewMessageRow],
            &columns.envelopes as &[&[u8]],
            &columns.structures as &[&[u8]],
            &columns.headers as &[&[u8]],
            &columns.bodies as &[&[u8]],
            &columns.folded as &[&[u8]],
            &columns.marks as &[PrivateMarkRow],
            columns.growth as GrowthRow,
            &columns.rare_places,
            &columns.rare_numbers,
        );
        call.send();
        let row = query
            .fetch_one(&inner.connections.work)
            .await
            .map_err(|error| without_those_too_large(queued_writes, error))?;
        answers(queued_writes, row.uid_validity, row.first_uid, row.modseq)
            .ok_or_else(|| BatchFault::All(Fault::Broken(Cause::new("numbers out of range"))))
    }
}

/// Over quota: those who fit, first come first served, may go without the others.
fn without_those_too_large(
    queued_writes: &[QueuedWrite<Append>],
    error: sqlx::Error,
) -> BatchFault {
    let Some(excess) = Excess::of(&error) else {
        return error.into();
    };
    let size = |queued_write: &QueuedWrite<Append>| -> (i64, i64) {
        let messages = queued_write.job.0.iter();
        let bytes = messages
            .map(|message| i64::from(message.prepared.size))
            .sum();
        (
            bytes,
            i64::try_from(queued_write.job.0.len()).unwrap_or(i64::MAX),
        )
    };
    let sizes: Vec<(i64, i64)> = queued_writes.iter().map(size).collect();
    BatchFault::Refused(excess.refused(&sizes), Fault::OverQuota)
}

/// UIDs are consecutive, in the order of the queued writes and of their messages.
fn answers(
    queued_writes: &[QueuedWrite<Append>],
    uid_validity: i64,
    first_uid: i64,
    modseq: i64,
) -> Option<Done<Appended>> {
    let uid_validity = UidValidity::from_i64(uid_validity)?;
    let modseq = ModSeq::from_i64(modseq)?;
    let mut uids = (first_uid..).map_while(Uid::from_i64);
    let answers = queued_writes
        .iter()
        .map(|queued_write| {
            let uids: Vec<Uid> = uids.by_ref().take(queued_write.job.0.len()).collect();
            Appended {
                uid_validity,
                uids,
                modseq,
                is_alone: queued_writes.len() == 1,
            }
        })
        .collect();
    Some(Done {
        answers,
        news: Some(modseq),
    })
}

/// The messages of a batch. What may be large stands in columns of its own.
#[derive(Default)]
struct Columns<'w> {
    messages: Vec<NewMessageRow>,
    envelopes: Vec<&'w [u8]>,
    structures: Vec<&'w [u8]>,
    headers: Vec<&'w [u8]>,
    bodies: Vec<&'w [u8]>,
    folded: Vec<&'w [u8]>,
    /// The places of the messages of each queued write.
    parts: Vec<PgRange<i64>>,
    marks: Vec<PrivateMarkRow>,
    growth: GrowthRow,
    /// Keywords without a bit: the place of a message, and in the next list the number of one that it has.
    rare_places: Vec<i64>,
    rare_numbers: Vec<i16>,
}

impl<'w> Columns<'w> {
    fn of(queued_writes: &'w [QueuedWrite<Append>]) -> Self {
        let mut columns = Self::default();
        let mut place = 0;
        for queued_write in queued_writes {
            let first = place;
            for message in &queued_write.job.0 {
                columns.push(message);
                columns.push_rare(place, &message.shared);
                if !message.private.is_empty() {
                    columns.marks.push(PrivateMarkRow {
                        account: queued_write.permit.account().0,
                        place,
                        flags: message.private.to_i64(),
                    });
                }
                place += 1;
            }
            columns.parts.push((first..place).into());
        }
        columns
    }

    fn push(&mut self, message: &'w NewMessage) {
        let prepared = &message.prepared;
        #[cfg(debug_assertions)]
        if let Ok(header) = packing::unpack(prepared.header.clone()) {
            mime::panic_if_asked("batch", &header);
        }
        self.messages.push(NewMessageRow::from(message));
        self.envelopes.push(&prepared.envelope);
        self.structures.push(&prepared.structure);
        self.headers.push(&prepared.header);
        self.bodies.push(&prepared.body);
        self.folded.push(&prepared.folded);
        self.growth.add(message);
    }

    fn push_rare(&mut self, place: i64, flags: &Flags) {
        for number in rare::numbers(flags.rare()) {
            self.rare_places.push(place);
            self.rare_numbers.push(number);
        }
    }
}
