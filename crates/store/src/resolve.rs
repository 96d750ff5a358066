//! Which mailboxes names mean, asked for many sessions in one query.
//!
//! Nobody waits for company: only when enough queries are under way, whoever comes next waits for the
//! end of one, and all who wait are asked for together. Each answer is of a moment after its question.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail::{AccountId, Place};
use tokio::sync::oneshot;

use crate::place::Tree;
use crate::store::Inner;
use crate::{Cause, Fault, Store};

/// A mailbox without what anybody may do there.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mailbox: i64,
    pub(crate) uid_validity: i64,
    pub(crate) rights_version: i64,
    pub(crate) special_use: Option<String>,
}

/// Names that wait to be asked for on one node.
#[derive(Default)]
pub(crate) struct ResolveBatcher(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Question>,
    /// Queries.
    under_way: usize,
}

struct Question {
    asker: AccountId,
    kind: i16,
    owner_name: Option<String>,
    path: String,
    reply: oneshot::Sender<Answer>,
}

type Answer = Result<Option<Row>, Fault>;

/// The right to one query. Whoever waits gets it when it is dropped, whatever became of the query.
struct QueryPermit(Arc<Inner>);

/// More queries than this at once, and names wait for each other.
const UNDER_WAY_MAX: usize = 2;
/// Names in one query.
const TOGETHER_MAX: usize = 256;

impl Store {
    /// The mailbox at `place` as `asker` names it.
    pub(crate) async fn find_row(&self, asker: AccountId, place: &Place) -> Answer {
        let Tree {
            kind,
            owner_name,
            path,
        } = Tree::from(place);
        let (reply, answer) = oneshot::channel();
        let question = Question {
            asker,
            kind,
            owner_name,
            path: path.to_owned(),
            reply,
        };
        let query_permit = {
            let mut waiting = self.inner().questions.lock();
            if waiting.under_way < UNDER_WAY_MAX {
                waiting.under_way += 1;
                Some((QueryPermit(self.inner().clone()), question))
            } else {
                waiting.queue.push_back(question);
                None
            }
        };
        if let Some((query_permit, question)) = query_permit {
            ask(query_permit, vec![question]).await;
        }
        answer.await.unwrap_or_else(|_| {
            Err(Fault::Broken(Cause::new(
                "the task that asked for a name died",
            )))
        })
    }
}

impl ResolveBatcher {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for QueryPermit {
    fn drop(&mut self) {
        let inner = &self.0;
        let mut waiting = inner.questions.lock();
        let count = waiting.queue.len().min(TOGETHER_MAX);
        let next: Vec<Question> = waiting.queue.drain(..count).collect();
        if next.is_empty() {
            waiting.under_way -= 1;
        } else {
            drop(waiting);
            (inner.background.spawn)(Box::pin(ask(Self(inner.clone()), next)));
        }
    }
}

async fn ask(query_permit: QueryPermit, mut questions: Vec<Question>) {
    let answers = match read(&query_permit.0, &mut questions).await {
        Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<Answer>>(),
        Err(fault) => questions.iter().map(|_| Err(fault.clone())).collect(),
    };
    for (question, answer) in questions.into_iter().zip(answers) {
        // Whoever asked may be gone.
        drop(question.reply.send(answer));
    }
}

/// The answers, in the order of the questions.
async fn read(inner: &Inner, questions: &mut [Question]) -> Result<Vec<Option<Row>>, Fault> {
    let askers: Vec<i64> = questions.iter().map(|one| one.asker.0).collect();
    let kinds: Vec<i16> = questions.iter().map(|one| one.kind).collect();
    let owners: Vec<Option<String>> = questions
        .iter_mut()
        .map(|one| one.owner_name.take())
        .collect();
    let paths: Vec<String> = questions
        .iter_mut()
        .map(|one| mem::take(&mut one.path))
        .collect();
    let rows = sqlx::query_file!(
        "queries/resolve.sql",
        &askers,
        &kinds,
        &owners as &[Option<String>],
        &paths,
    )
    .fetch_all(&inner.pool)
    .await?;
    let mut answers: Vec<Option<Row>> = questions.iter().map(|_| None).collect();
    for row in rows {
        let place = usize::try_from(row.place).unwrap_or_default();
        if let Some(answer) = place
            .checked_sub(1)
            .and_then(|index| answers.get_mut(index))
        {
            *answer = Some(Row {
                mailbox: row.mailbox,
                uid_validity: row.uid_validity,
                rights_version: row.rights_version,
                special_use: row.special_use,
            });
        }
    }
    Ok(answers)
}
