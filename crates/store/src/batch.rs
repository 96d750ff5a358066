//! Writes to one mailbox that arrive while another is under way are done together.
//!
//! Each mailbox that is being written to on this node has one task, which takes what is queued, does
//! it in as few calls as there are kinds of it, answers everybody, and ends when nothing is left. No
//! timer: a lone writer does not wait, and the more writers there are the larger the batches.
//!
//! A batch that panics is done again one by one, so that only the guilty write fails.

use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use acl::Permit;
use bus::Wakeup;
use futures_util::FutureExt as _;
use mail::{MailboxId, ModSeq};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::{Instrument as _, Span, info_span};

use crate::append::Append;
use crate::argument::{ActorRow, PermitRow};
use crate::backlog::Backlog;
use crate::committed::Committed;
use crate::expunge::Expunge;
use crate::fault::BatchFault;
use crate::flags::{Edit, ExactEdit};
use crate::origin::SessionOrigin;
use crate::stats::add;
use crate::store::Inner;
use crate::{Cause, Fault, Store};

/// A kind of write that can be batched.
pub(crate) trait Job: Sized + Send + Sync + 'static {
    /// What the caller hears.
    type Answer: Send;

    /// How many may go into one call.
    const TOGETHER_MAX: usize = 512;

    /// Bytes that wait with it.
    fn bytes(&self) -> usize {
        0
    }

    /// Two that have this in common never go into one call: the second depends on whether the first is done.
    fn mark(&self) -> Option<&[u8]> {
        None
    }

    /// Where its like wait.
    fn queue(queues: &mut Queues) -> &mut VecDeque<QueuedWrite<Self>>;

    /// Does all of `queued_writes` in one transaction, and answers each in its place. Tells `call` before anything
    /// is sent.
    fn write(
        inner: &Inner,
        mailbox: MailboxId,
        queued_writes: &[QueuedWrite<Self>],
        call: &Call,
    ) -> impl Future<Output = Result<Done<Self::Answer>, BatchFault>> + Send;
}

/// Whether a call was sent. Before that, it can be made again without doing anything twice.
#[derive(Default)]
pub(crate) struct Call(AtomicBool);

/// What a call did.
pub(crate) struct Done<Answer> {
    /// One for each queued write, in order.
    pub(crate) answers: Vec<Answer>,
    /// Up to where the mailbox has news; `None` when nothing changed.
    pub(crate) news: Option<ModSeq>,
    /// The news itself, where it is known and all of it.
    pub(crate) committed: Option<Committed>,
}

/// A queued write and who waits for it.
pub(crate) struct QueuedWrite<J: Job> {
    pub(crate) permit: Permit,
    origin: Option<Arc<SessionOrigin>>,
    pub(crate) job: J,
    reply: oneshot::Sender<Result<J::Answer, Fault>>,
    /// The call of the store that waits for it.
    span: Span,
    queued_at: Duration,
    /// Given back when the queued write is answered.
    _room: OwnedSemaphorePermit,
}

/// Who writes together, each with its permit, as functions take them.
pub(crate) struct Writers {
    pub(crate) actors: Vec<ActorRow>,
    pub(crate) permits: Vec<PermitRow>,
}

/// What waits for one mailbox.
#[derive(Default)]
pub(crate) struct Queues {
    pub(crate) appends: VecDeque<QueuedWrite<Append>>,
    pub(crate) edits: VecDeque<QueuedWrite<Edit>>,
    pub(crate) exact_edits: VecDeque<QueuedWrite<ExactEdit>>,
    pub(crate) expunges: VecDeque<QueuedWrite<Expunge>>,
    /// What was taken out and is not answered yet.
    under_way: Backlog,
}

/// The mailboxes of this node that have a task.
pub(crate) struct Batches {
    queues: Mutex<HashMap<MailboxId, Queues>>,
    room: Arc<Semaphore>,
}

/// Everything that may wait on one node, in KiB; whoever comes then waits to be let in.
const QUEUED_KIB_MAX: u32 = 256 * 1024;
/// Messages that go into one call, in bytes; a larger one goes alone.
const TOGETHER_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Store {
    /// Queues `job` and waits for its answer. Once queued it is done whether or not somebody waits.
    pub(crate) async fn submit<J: Job>(&self, permit: &Permit, job: J) -> Result<J::Answer, Fault> {
        self.submit_to(permit.mailbox(), permit, job).await
    }

    /// The same for a write to another mailbox than the one that the permit is for.
    pub(crate) async fn submit_to<J: Job>(
        &self,
        mailbox: MailboxId,
        permit: &Permit,
        job: J,
    ) -> Result<J::Answer, Fault> {
        self.introduce().await?;
        let batches = &self.inner().batches;
        let room = batches
            .room
            .clone()
            .acquire_many_owned(kib(job.bytes()))
            .await
            .map_err(|_| Fault::Unavailable(Cause::draining()))?;
        let (reply, answer) = oneshot::channel();
        let queued_write = QueuedWrite {
            permit: *permit,
            origin: self.origin.clone(),
            job,
            reply,
            span: Span::current(),
            queued_at: self.inner().now(),
            _room: room,
        };
        self.enqueue(mailbox, queued_write);
        let answer = answer.await.unwrap_or_else(|_| {
            Err(Fault::Broken(Cause::new(
                "the task that wrote to the mailbox died",
            )))
        });
        answer.map_err(Fault::noted)
    }

    fn enqueue<J: Job>(&self, mailbox: MailboxId, queued_write: QueuedWrite<J>) {
        let inner = self.inner();
        let mut queues = inner.batches.lock();
        let is_first = !queues.contains_key(&mailbox);
        J::queue(queues.entry(mailbox).or_default()).push_back(queued_write);
        drop(queues);
        if is_first {
            let task = Task {
                inner: inner.clone(),
                mailbox,
                has_ended: false,
            };
            (inner.background.spawn)(Box::pin(task.run()));
        }
    }
}

impl Batches {
    /// Waits until all that is queued is answered; nothing is let in from then on.
    pub(crate) async fn drain(&self) {
        // Fair: whoever asks for room later waits behind this.
        let all = self.room.acquire_many(QUEUED_KIB_MAX).await;
        self.room.close();
        drop(all);
    }

    /// All that waits on this node.
    pub(crate) fn backlog(&self) -> Backlog {
        let queues = self.lock();
        queues
            .values()
            .map(Queues::backlog)
            .fold(Backlog::default(), Backlog::and)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, Queues>> {
        // Nothing panics while it is held.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Batches {
    fn default() -> Self {
        let room = usize::try_from(QUEUED_KIB_MAX).unwrap_or(usize::MAX);
        Self {
            queues: Mutex::default(),
            room: Arc::new(Semaphore::new(room)),
        }
    }
}

/// The one writer of a mailbox on this node.
struct Task {
    inner: Arc<Inner>,
    mailbox: MailboxId,
    /// The mailbox is no longer ours: another task may have it by now.
    has_ended: bool,
}

impl Task {
    async fn run(mut self) {
        add(&self.inner.counters.queues, 1);
        while let Some(queues) = self.take() {
            // Whoever waits here has no answer yet, so any order is right. Expunges are last so that fewer edits come
            // too late for their message.
            self.write_all(queues.appends).await;
            self.write_all(queues.edits).await;
            self.write_all(queues.exact_edits).await;
            self.write_all(queues.expunges).await;
        }
    }

    /// All that is queued; with nothing left, the mailbox has no task any more.
    fn take(&mut self) -> Option<Queues> {
        let mut queues = self.inner.batches.lock();
        let taken = queues.get_mut(&self.mailbox).map(Queues::take);
        let taken = taken.unwrap_or_default();
        if taken.is_empty() {
            queues.remove(&self.mailbox);
            self.has_ended = true;
            return None;
        }
        Some(taken)
    }

    async fn write_all<J: Job>(&self, mut queue: VecDeque<QueuedWrite<J>>) {
        while !queue.is_empty() {
            self.write_together(next_batch(&mut queue)).await;
        }
    }

    /// One call, and again without those whose permits no longer hold.
    async fn write_together<J: Job>(&self, mut queued_writes: Vec<QueuedWrite<J>>) {
        while !queued_writes.is_empty() {
            self.inner.counters.count_batch(queued_writes.len());
            let call = Call::default();
            let span = info_span!("db.write_batch", requests = queued_writes.len());
            for queued_write in &queued_writes {
                span.follows_from(&queued_write.span);
            }
            let written = J::write(&self.inner, self.mailbox, &queued_writes, &call);
            let written = written.instrument(span);
            let fault = match AssertUnwindSafe(written).catch_unwind().await {
                Ok(Ok(done)) => return self.answer(queued_writes, done),
                Ok(Err(fault)) => fault,
                Err(_) => {
                    add(&self.inner.counters.batch_panics, 1);
                    if queued_writes.len() > 1 && !call.is_sent() {
                        return self.write_one_by_one(queued_writes).await;
                    }
                    BatchFault::All(Fault::of_panic())
                }
            };
            add(&self.inner.counters.batches_failed, 1);
            match fault {
                BatchFault::Refused(places, fault) => {
                    queued_writes = refuse(queued_writes, &places, &fault);
                }
                BatchFault::All(fault) => {
                    queued_writes
                        .into_iter()
                        .for_each(|queued_write| queued_write.answer(Err(fault.clone())));
                    return;
                }
            }
        }
    }

    /// After a panic: the write that panics fails, and the others are done.
    async fn write_one_by_one<J: Job>(&self, queued_writes: Vec<QueuedWrite<J>>) {
        for queued_write in queued_writes {
            Box::pin(self.write_together(vec![queued_write])).await;
        }
    }

    fn answer<J: Job>(&self, queued_writes: Vec<QueuedWrite<J>>, done: Done<J::Answer>) {
        if let Some(committed) = &done.committed {
            self.inner.commit_listener.tell(self.mailbox, committed);
        }
        if let Some(modseq) = done.news {
            self.inner.post(Wakeup {
                mailbox: self.mailbox,
                modseq,
            });
        }
        for (queued_write, answer) in queued_writes.into_iter().zip(done.answers) {
            queued_write.answer(Ok(answer));
        }
    }
}

/// When the task dies in the midst of its work, whoever waits hears of it, and who comes next starts
/// another.
impl Drop for Task {
    fn drop(&mut self) {
        self.inner.counters.queues.fetch_sub(1, Ordering::Relaxed);
        if !self.has_ended {
            let abandoned = self.inner.batches.lock().remove(&self.mailbox);
            drop(abandoned);
        }
    }
}

impl Call {
    /// Notes that from here on it may be done, whatever becomes of the answer.
    pub(crate) fn send(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_sent(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<J: Job> QueuedWrite<J> {
    /// Who writes it; [`submit`](Store::submit) has introduced the session.
    pub(crate) fn actor(&self) -> ActorRow {
        ActorRow::of(self.permit.account(), self.origin.as_deref())
    }

    fn answer(self, answer: Result<J::Answer, Fault>) {
        // Whoever asked may be gone; the work is done all the same.
        drop(self.reply.send(answer));
    }
}

impl Writers {
    pub(crate) fn of<J: Job>(queued_writes: &[QueuedWrite<J>]) -> Self {
        let permits = || {
            queued_writes
                .iter()
                .map(|queued_write| &queued_write.permit)
        };
        Self {
            actors: queued_writes.iter().map(QueuedWrite::actor).collect(),
            permits: permits().map(PermitRow::from).collect(),
        }
    }
}

impl Queues {
    /// All that is queued; it is under way from now on.
    fn take(&mut self) -> Self {
        self.under_way = Backlog::default();
        let under_way = self.backlog();
        let taken = mem::take(self);
        self.under_way = under_way;
        taken
    }

    fn backlog(&self) -> Backlog {
        backlog_of(&self.appends)
            .and(backlog_of(&self.edits))
            .and(backlog_of(&self.exact_edits))
            .and(backlog_of(&self.expunges))
            .and(self.under_way)
    }

    fn is_empty(&self) -> bool {
        let Self {
            appends,
            edits,
            exact_edits,
            expunges,
            under_way: _,
        } = self;
        appends.is_empty() && edits.is_empty() && exact_edits.is_empty() && expunges.is_empty()
    }
}

fn backlog_of<J: Job>(queue: &VecDeque<QueuedWrite<J>>) -> Backlog {
    Backlog {
        writes: queue.len(),
        since: queue.front().map(|oldest| oldest.queued_at),
    }
}

/// As many from the front as may go together, at least one.
fn next_batch<J: Job>(queue: &mut VecDeque<QueuedWrite<J>>) -> Vec<QueuedWrite<J>> {
    let mut bytes = 0_usize;
    let mut marks = HashSet::new();
    let fitting = queue
        .iter()
        .take(J::TOGETHER_MAX)
        .take_while(|queued_write| {
            bytes = bytes.saturating_add(queued_write.job.bytes());
            let is_new = queued_write
                .job
                .mark()
                .is_none_or(|mark| marks.insert(mark));
            bytes <= TOGETHER_BYTES_MAX && is_new
        })
        .count();
    queue.drain(..fitting.max(1).min(queue.len())).collect()
}

/// Answers those at `places` with a denial and returns the others. Should the database have named
/// nobody that is here, all are denied: going on would never end.
fn refuse<J: Job>(
    queued_writes: Vec<QueuedWrite<J>>,
    places: &[usize],
    fault: &Fault,
) -> Vec<QueuedWrite<J>> {
    let is_named = |place: &usize| places.contains(place);
    let is_anybody_named = (0..queued_writes.len()).any(|place| is_named(&place));
    let mut others = Vec::new();
    for (place, queued_write) in queued_writes.into_iter().enumerate() {
        if is_named(&place) || !is_anybody_named {
            queued_write.answer(Err(fault.clone()));
        } else {
            others.push(queued_write);
        }
    }
    others
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes / 1024 + 1)
        .unwrap_or(QUEUED_KIB_MAX)
        .min(QUEUED_KIB_MAX)
}
