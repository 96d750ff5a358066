//! How far mailboxes are now, asked for many sessions in one query.
//!
//! Whoever asks while a query is under way waits for its end, and all who wait share the next one: an answer
//! that was read before its question would miss what was committed meanwhile. So a node has one such query
//! under way, however many sessions ask.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use mail::{MailboxId, ModSeq};
use tokio::sync::oneshot;

use crate::latest_batcher::{Latest, Question, Read};
use crate::store::Inner;
use crate::{Cause, Fault, Store};

/// The right to one query. Whoever waits gets it when it is dropped, whatever became of the query.
struct QueryPermit(Arc<Inner>);

impl Store {
    /// How far each of these mailboxes is: no older than the moment of this call. What is gone is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.latest", skip_all)]
    pub async fn latest(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<Arc<BTreeMap<MailboxId, Latest>>, Fault> {
        let (reply, answer) = oneshot::channel();
        let question = Question {
            mailboxes: mailboxes.to_vec(),
            reply,
        };
        let asking = {
            let mut waiting = self.inner().latest.lock();
            if mem::replace(&mut waiting.is_under_way, true) {
                waiting.queue.push(question);
                None
            } else {
                Some((QueryPermit(self.inner().clone()), question))
            }
        };
        if let Some((query_permit, question)) = asking {
            ask(query_permit, vec![question]).await;
        }
        answer.await.unwrap_or_else(|_| {
            Err(Fault::Broken(Cause::new(
                "the task that asked how far a mailbox is died",
            )))
        })
    }
}

impl Drop for QueryPermit {
    fn drop(&mut self) {
        let inner = &self.0;
        let mut waiting = inner.latest.lock();
        // As many as there are sessions that wait, which the bound on connections bounds.
        let next = mem::take(&mut waiting.queue);
        if next.is_empty() {
            waiting.is_under_way = false;
        } else {
            drop(waiting);
            (inner.background.spawn)(Box::pin(ask(Self(inner.clone()), next)));
        }
    }
}

async fn ask(query_permit: QueryPermit, questions: Vec<Question>) {
    let asked: BTreeSet<i64> = questions
        .iter()
        .flat_map(|question| &question.mailboxes)
        .map(|mailbox| mailbox.0)
        .collect();
    let asked: Vec<i64> = asked.into_iter().collect();
    let answer = read(&query_permit.0, &asked).await.map(Arc::new);
    for question in questions {
        // Whoever asked may be gone.
        drop(question.reply.send(answer.clone()));
    }
}

async fn read(inner: &Inner, mailboxes: &[i64]) -> Result<Read, Fault> {
    let rows = sqlx::query!(
        "select m.id, m.modseq, m.rights_version from mailbox m where m.id = any ($1)",
        mailboxes
    )
    .fetch_all(&inner.pool)
    .await?;
    let latest = rows.into_iter().map(|row| {
        let latest = Latest {
            modseq: ModSeq::from_i64(row.modseq).unwrap_or_default(),
            rights_version: row.rights_version,
        };
        (MailboxId(row.id), latest)
    });
    Ok(latest.collect())
}
