//! Questions of many sessions that the database is asked in one query. No SQL.
//!
//! Nobody waits for company: only when as many queries are under way as may be, whoever comes next waits for the end
//! of one, and all who wait are asked for together. Each answer is of a moment after its question, for one that was
//! read before would miss what was committed meanwhile.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::background::Spawn;
use crate::{Cause, Fault};

/// Reads the answers to some questions, in their order.
type Read<Q, A> = Box<dyn Fn(Vec<Q>) -> Answers<A> + Send + Sync>;
type Answers<A> = Pin<Box<dyn Future<Output = Result<Vec<A>, Fault>> + Send>>;

/// The questions of one kind on one node.
pub(crate) struct QueryBatcher<Q, A>(Arc<Shared<Q, A>>);

/// What limits the questions of one kind.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// More queries than this at once, and questions wait for each other.
    pub(crate) under_way_max: usize,
    /// Questions in one query.
    pub(crate) together_max: usize,
}

struct Shared<Q, A> {
    bounds: Bounds,
    spawn: Spawn,
    read: Read<Q, A>,
    waiting: Mutex<Waiting<Q, A>>,
}

struct Waiting<Q, A> {
    queue: VecDeque<Asked<Q, A>>,
    /// Queries.
    under_way: usize,
}

struct Asked<Q, A> {
    question: Q,
    reply: oneshot::Sender<Result<A, Fault>>,
}

/// The right to one query. Whoever waits gets it when it is dropped, whatever became of the query.
struct QueryPermit<Q: Send + 'static, A: Send + 'static>(Arc<Shared<Q, A>>);

impl<Q: Send + 'static, A: Send + 'static> QueryBatcher<Q, A> {
    pub(crate) fn new<F>(
        bounds: Bounds,
        spawn: Spawn,
        read: impl Fn(Vec<Q>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<A>, Fault>> + Send + 'static,
    {
        Self(Arc::new(Shared {
            bounds,
            spawn,
            read: Box::new(move |questions| Box::pin(read(questions))),
            waiting: Mutex::new(Waiting {
                queue: VecDeque::new(),
                under_way: 0,
            }),
        }))
    }

    /// The answer to `question`. Whoever drops the future has asked in vain, and disturbs nobody.
    pub(crate) async fn ask(&self, question: Q) -> Result<A, Fault> {
        let (reply, answer) = oneshot::channel();
        let asked = Asked { question, reply };
        let at_once = {
            let mut waiting = self.0.lock();
            if waiting.under_way < self.0.bounds.under_way_max {
                waiting.under_way += 1;
                Some((QueryPermit(self.0.clone()), asked))
            } else {
                waiting.queue.push_back(asked);
                None
            }
        };
        if let Some((query_permit, asked)) = at_once {
            run(query_permit, vec![asked]).await;
        }
        answer.await.unwrap_or_else(|_| {
            Err(Fault::Broken(Cause::new(
                "the task that asked the database for several sessions died",
            )))
        })
    }
}

impl<Q, A> Shared<Q, A> {
    fn lock(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Send + 'static, A: Send + 'static> Drop for QueryPermit<Q, A> {
    fn drop(&mut self) {
        let shared = &self.0;
        let mut waiting = shared.lock();
        let count = waiting.queue.len().min(shared.bounds.together_max);
        let next: Vec<_> = waiting.queue.drain(..count).collect();
        if next.is_empty() {
            waiting.under_way -= 1;
        } else {
            drop(waiting);
            (shared.spawn)(Box::pin(run(Self(shared.clone()), next)));
        }
    }
}

async fn run<Q: Send + 'static, A: Send + 'static>(
    query_permit: QueryPermit<Q, A>,
    asked: Vec<Asked<Q, A>>,
) {
    let (questions, replies): (Vec<_>, Vec<_>) = asked
        .into_iter()
        .map(|asked| (asked.question, asked.reply))
        .unzip();
    match (query_permit.0.read)(questions).await {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Whoever asked may be gone.
                drop(reply.send(Ok(answer)));
            }
        }
        Err(fault) => {
            for reply in replies {
                drop(reply.send(Err(fault.clone())));
            }
        }
    }
}
