//! New messages.

use std::collections::VecDeque;
use std::panic::catch_unwind;
use std::sync::Arc;

use acl::Permit;
use bus::Wakeup;
use image::Message;
use mail::{
    AccountId, ContentId, FlagBits, Flags, InternalDate, MailboxId, ModSeq, Uid, UidValidity,
};
use sqlx::postgres::types::PgRange;

use crate::argument::{
    ActorRow, AnswerRow, DeliveryRow, GrowthRow, NewMessageRow, PermitRow, PrivateMarkRow,
    SentCopyRow,
};
use crate::batch::{Call, Done, Job, QueuedWrite, Queues, Writers};
use crate::committed::{Committed, CommittedWrite};
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

/// What comes into a mailbox for one caller: all of it, or nothing.
pub(crate) enum Append {
    /// The messages of one APPEND.
    Messages(Vec<NewMessage>),
    /// A letter.
    Letter(Incoming),
}

/// A letter on its way into one mailbox.
pub(crate) struct Incoming {
    pub(crate) prepared: Arc<Prepared>,
    /// Where it is stored already, for another mailbox.
    pub(crate) content: Option<ContentId>,
    /// Flags that everybody will see.
    pub(crate) flags: FlagBits,
    /// By what it is recognised when it comes again, and for how many seconds.
    pub(crate) mark: Option<(Vec<u8>, i64)>,
    /// Where it is the copy of one that was sent: as the addresses of this mailbox.
    pub(crate) sent_as: Option<MailboxId>,
    /// For the record of activity.
    pub(crate) detail: String,
}

/// Where it is now.
pub(crate) struct Added {
    pub(crate) appended: Appended,
    /// Of a letter.
    pub(crate) content: Option<ContentId>,
}

/// For how long the copy of a sent letter makes room for the same one from its sender's own program, or is suppressed by it.
const SENT_COPY_SECONDS: i64 = 24 * 60 * 60;

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
        let added = self.submit(permit, Append::Messages(messages)).await?;
        Ok(added.appended)
    }
}

impl Job for Append {
    type Answer = Added;

    fn bytes(&self) -> usize {
        match self {
            Self::Messages(messages) => {
                let sizes = messages
                    .iter()
                    .map(|message| message.prepared.packed_bytes());
                sizes.sum()
            }
            Self::Letter(posting) if posting.content.is_some() => 0,
            Self::Letter(posting) => posting.prepared.packed_bytes(),
        }
    }

    /// A letter that comes again is a double only if the first is there: that one may be refused, over quota.
    fn mark(&self) -> Option<&[u8]> {
        match self {
            Self::Messages(_) => None,
            Self::Letter(posting) => posting.mark.as_ref().map(|(key, _)| key.as_slice()),
        }
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
    ) -> Result<Done<Added>, BatchFault> {
        let writers = Writers::of(queued_writes);
        let columns = Columns::of(queued_writes);
        let is_for_all = columns.is_for_all();
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
            &columns.shared as &[Option<i64>],
            &columns.deliveries as &[DeliveryRow],
            &columns.message_ids as &[Option<i64>],
            &columns.answers as &[AnswerRow],
            &columns.copies as &[SentCopyRow],
            &columns.rare_places,
            &columns.rare_numbers,
        );
        call.send();
        let row = query
            .fetch_one(&mut *inner.connections.writing().await?)
            .await
            .map_err(|error| without_those_too_large(queued_writes, error))?;
        inner.wake_answered(row.answered.as_deref(), row.answered_modseqs.as_deref());
        let numbers = (row.uid_validity, row.first_uid, row.modseq);
        let is_all = row.is_alone && is_for_all && row.answered.is_none_or(|a| a.is_empty());
        let done = answers(
            queued_writes,
            numbers,
            row.is_alone,
            row.contents.as_deref(),
        );
        let mut done =
            done.ok_or_else(|| BatchFault::All(Fault::Broken(Cause::new("numbers out of range"))))?;
        note_arrivals(inner, mailbox, &done);
        if is_all && let Some(contents) = row.contents {
            done.committed = committed(queued_writes, row.first_uid, done.news, &contents);
        }
        Ok(done)
    }
}

impl Append {
    /// Of each message, in bytes.
    fn sizes(&self) -> Vec<i32> {
        let messages = self.messages().into_iter();
        messages.map(|(prepared, _)| prepared.size).collect()
    }

    /// Each message, with the flags that everybody sees.
    fn messages(&self) -> Vec<(&Prepared, FlagBits)> {
        match self {
            Self::Messages(messages) => {
                let messages = messages.iter();
                messages
                    .map(|message| (&message.prepared, message.shared.mask()))
                    .collect()
            }
            Self::Letter(posting) => vec![(&posting.prepared, posting.flags)],
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Messages(messages) => messages.len(),
            Self::Letter(_) => 1,
        }
    }
}

impl Inner {
    /// Tells of the mailboxes where messages were answered, once that is committed.
    pub(crate) fn wake_answered(&self, mailboxes: Option<&[i64]>, modseqs: Option<&[i64]>) {
        let mailboxes = mailboxes.unwrap_or_default().iter();
        for (mailbox, modseq) in mailboxes.zip(modseqs.unwrap_or_default()) {
            if let Some(modseq) = ModSeq::from_i64(*modseq) {
                self.post(Wakeup {
                    mailbox: MailboxId(*mailbox),
                    modseq,
                });
            }
        }
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
        let sizes = queued_write.job.sizes();
        (
            sizes.iter().copied().map(i64::from).sum(),
            i64::try_from(sizes.len()).unwrap_or(i64::MAX),
        )
    };
    let sizes: Vec<(i64, i64)> = queued_writes.iter().map(size).collect();
    BatchFault::Refused(excess.refused(&sizes), Fault::OverQuota)
}

/// UIDs are consecutive, in the order of the queued writes and of their messages.
fn answers(
    queued_writes: &[QueuedWrite<Append>],
    (uid_validity, first_uid, modseq): (i64, i64, i64),
    is_alone: bool,
    contents: Option<&[i64]>,
) -> Option<Done<Added>> {
    let uid_validity = UidValidity::from_i64(uid_validity)?;
    let modseq = ModSeq::from_i64(modseq)?;
    let mut uids = (first_uid..).map_while(Uid::from_i64);
    let mut place = 0;
    let answers = queued_writes
        .iter()
        .map(|queued_write| {
            let count = queued_write.job.count();
            let uids: Vec<Uid> = uids.by_ref().take(count).collect();
            let content = contents.and_then(|contents| contents.get(place));
            place += count;
            Added {
                appended: Appended {
                    uid_validity,
                    uids,
                    modseq,
                    is_alone: is_alone && queued_writes.len() == 1,
                },
                content: content.copied().map(ContentId),
            }
        })
        .collect();
    Some(Done {
        answers,
        news: Some(modseq),
        committed: None,
    })
}

fn note_arrivals(inner: &Inner, mailbox: MailboxId, done: &Done<Added>) {
    let uids = || done.answers.iter().flat_map(|added| &added.appended.uids);
    if let (Some(first), Some(last)) = (uids().next(), uids().next_back()) {
        inner.filled.note_arrivals(mailbox, *first, *last);
    }
}

/// The messages as everybody sees them now.
fn committed(
    queued_writes: &[QueuedWrite<Append>],
    first_uid: i64,
    modseq: Option<ModSeq>,
    contents: &[i64],
) -> Option<Committed> {
    let modseq = modseq?;
    let mut messages = Vec::with_capacity(contents.len());
    let all = queued_writes
        .iter()
        .flat_map(|queued_write| queued_write.job.messages());
    for ((uid, content), (prepared, flags)) in (first_uid..).zip(contents).zip(all) {
        messages.push(Message {
            uid: Uid::from_i64(uid)?,
            modseq,
            flags: flags.into(),
            content: ContentId(*content),
            size: u32::try_from(prepared.size).ok()?,
            date: InternalDate::from_packed(prepared.date.packed()),
        });
    }
    let uid_next = Uid::from_i64(first_uid + i64::try_from(contents.len()).ok()?)?;
    Committed::with(modseq, CommittedWrite::Arrived { uid_next, messages })
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
    /// The contents that are stored already, at the places of their messages; nothing behind the last of them.
    shared: Vec<Option<i64>>,
    deliveries: Vec<DeliveryRow>,
    message_ids: Vec<Option<i64>>,
    answers: Vec<AnswerRow>,
    copies: Vec<SentCopyRow>,
    /// Keywords without a bit: the place of a message, and in the next list the number of one that it has.
    rare_places: Vec<i64>,
    rare_numbers: Vec<i16>,
}

impl<'w> Columns<'w> {
    fn of(queued_writes: &'w [QueuedWrite<Append>]) -> Self {
        let mut columns = Self::default();
        for queued_write in queued_writes {
            let first = columns.place();
            match &queued_write.job {
                Append::Messages(messages) => {
                    for message in messages {
                        columns.push_message(message, queued_write.permit.account());
                    }
                }
                Append::Letter(posting) => columns.push_letter(posting),
            }
            columns.parts.push((first..columns.place()).into());
        }
        columns
    }

    /// Whether the rows of messages say all that anybody will see of them.
    fn is_for_all(&self) -> bool {
        self.marks.is_empty() && self.copies.is_empty() && self.rare_places.is_empty()
    }

    fn place(&self) -> i64 {
        i64::try_from(self.messages.len()).unwrap_or(i64::MAX)
    }

    fn push_message(&mut self, message: &'w NewMessage, account: AccountId) {
        if !message.private.is_empty() {
            self.marks.push(PrivateMarkRow {
                account: account.0,
                place: self.place(),
                flags: message.private.to_i64(),
            });
        }
        self.push_rare(self.place(), &message.shared);
        self.push(&message.prepared, message.shared.mask());
    }

    fn push_letter(&mut self, posting: &'w Incoming) {
        let (mark, window_seconds) = posting.mark.clone().unzip();
        self.deliveries.push(DeliveryRow {
            place: self.place(),
            mark,
            window_seconds,
            detail: posting.detail.clone(),
        });
        self.copies
            .extend(posting.sent_as.map(|mailbox| SentCopyRow {
                place: self.place(),
                sends_as: mailbox.0,
                window_seconds: SENT_COPY_SECONDS,
            }));
        let Some(content) = posting.content else {
            return self.push(&posting.prepared, posting.flags);
        };
        self.shared.resize(self.messages.len(), None);
        self.shared.push(Some(content.0));
        self.push_row(&posting.prepared, posting.flags);
        for column in [
            &mut self.envelopes,
            &mut self.structures,
            &mut self.headers,
            &mut self.bodies,
            &mut self.folded,
        ] {
            column.push(&[]);
        }
    }

    fn push(&mut self, prepared: &'w Prepared, shared: FlagBits) {
        #[cfg(debug_assertions)]
        if let Ok(header) = packing::unpack(prepared.header.clone()) {
            mime::panic_if_asked("batch", &header);
        }
        self.push_row(prepared, shared);
        self.envelopes.push(&prepared.envelope);
        self.structures.push(&prepared.structure);
        self.headers.push(&prepared.header);
        self.bodies.push(&prepared.body);
        self.folded.push(&prepared.folded);
    }

    fn push_row(&mut self, prepared: &Prepared, shared: FlagBits) {
        self.answers.extend(AnswerRow::of(prepared, self.place()));
        self.message_ids.push(prepared.message_id);
        self.messages.push(NewMessageRow::new(prepared, shared));
        self.growth.add(prepared, shared);
    }

    fn push_rare(&mut self, place: i64, flags: &Flags) {
        for number in rare::numbers(flags.rare()) {
            self.rare_places.push(place);
            self.rare_numbers.push(number);
        }
    }
}
