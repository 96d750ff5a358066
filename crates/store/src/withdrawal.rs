//! The OK of a withdrawal means that nobody reads any more (docs/adr/0044-withdrawals-wait-for-every-node.md).
//!
//! Every node that serves holds a lease, a row that it prolongs. Whoever has withdrawn a right or a login asks all nodes
//! with a lease to take note, and waits until each has, or its lease has run out and is not prolonged any more. A node
//! without a lease compares itself with the database before it serves.

use std::collections::HashSet;
use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::select;
use mail::{MailboxId, ModSeq};
use sqlx::postgres::PgListener;
use tokio::sync::mpsc;
use tracing::warn;

use crate::answers::{ANSWER_CHANNEL, Answers, QUESTION_CHANNEL, Withdrawal, read_answer};
use crate::keeping::interval;
use crate::{Fault, Store, wake};

/// How long a lease holds after it was prolonged last.
pub const LEASE_LENGTH: Duration = Duration::from_secs(3);

/// How long a node may take to answer before its lease is revoked.
const ANSWER_PATIENCE: Duration = Duration::from_millis(500);

/// Where the answers to one question arrive.
struct Arriving<'a> {
    answers: &'a Answers,
    question: String,
    way: Way,
}

/// How the answers come to whoever waits for them.
enum Way {
    /// The listener of this program hands them on.
    HandedOn(mpsc::Receiver<i64>),
    /// This program has none, so the question has a connection of its own.
    Own(Box<PgListener>),
}

impl Store {
    /// Begins a lease of `node`. It holds once the node has compared itself with the database after this.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.begin_lease", skip_all)]
    pub async fn begin_lease(&self, node: i64) -> Result<(), Fault> {
        sqlx::query!(
            "insert into node_lease as present (node, until, hears_bus)
             values ($1, clock_timestamp() + $2::interval, $3)
             on conflict (node) do update
                set until = excluded.until,
                    hears_bus = excluded.hears_bus,
                    is_revoked = false",
            node,
            interval(LEASE_LENGTH),
            self.inner().hears_carrier(),
        )
        .execute(&mut *self.kept().await?)
        .await?;
        sqlx::query!("delete from node_lease where until < now() - interval '1 day'")
            .execute(&mut *self.kept().await?)
            .await?;
        Ok(())
    }

    /// Prolongs the lease of `node`, and learns whether all others hear what carries wake-ups; false when it has run out or was revoked, so that another must begin.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.prolong_lease", skip_all)]
    pub async fn prolong_lease(&self, node: i64) -> Result<bool, Fault> {
        let prolonged = sqlx::query_scalar!(
            r#"update node_lease as own
                  set until = clock_timestamp() + $2::interval,
                      hears_bus = $3
                where node = $1
                  and until > clock_timestamp()
                  and not is_revoked
            returning not exists (
                        select from node_lease other
                         where other.node <> own.node
                           and other.until > clock_timestamp() - $2::interval
                           and not other.hears_bus
                      ) as "do_others_hear!""#,
            node,
            interval(LEASE_LENGTH),
            self.inner().hears_carrier(),
        )
        .fetch_optional(&mut *self.kept().await?)
        .await;
        let is_carrier_heard = matches!(prolonged, Ok(Some(true)));
        self.inner().note_carrier_heard(is_carrier_heard);
        Ok(prolonged?.is_some())
    }

    /// Ends the lease of a node that serves nobody any more.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; the lease then ends by itself.
    #[tracing::instrument(name = "db.end_lease", skip_all)]
    pub async fn end_lease(&self, node: i64) -> Result<(), Fault> {
        sqlx::query!("delete from node_lease where node = $1", node)
            .execute(&mut *self.kept().await?)
            .await?;
        Ok(())
    }

    /// Answers that `node` has taken note: nothing is read here any more by what was withdrawn.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.note_withdrawal", skip_all)]
    pub async fn note_withdrawal(&self, withdrawal: &Withdrawal, node: i64) -> Result<(), Fault> {
        let answer = format!("{}:{node}", withdrawal.question);
        sqlx::query!("select pg_notify($1, $2)", ANSWER_CHANNEL, answer)
            .execute(&mut *self.kept().await?)
            .await?;
        Ok(())
    }

    /// Waits, after a withdrawal was committed, until every node has taken note of it, or serves nobody before it has.
    /// Where a node does not answer, for as long as its lease.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what was withdrawn is withdrawn all the same.
    #[tracing::instrument(name = "db.until_noted", skip_all)]
    pub(crate) async fn until_noted(
        &self,
        mailbox: Option<(MailboxId, ModSeq)>,
    ) -> Result<(), Fault> {
        let asked = sqlx::query!(
            r#"select gen_random_uuid()::text as "question!",
                      array(select l.node from node_lease l
                             where l.until > clock_timestamp() - $1::interval) as "nodes!""#,
            interval(LEASE_LENGTH),
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        let mut missing: HashSet<i64> = asked.nodes.into_iter().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut arriving = self.expect_answers(&asked.question).await?;
        let (mailbox, modseq) =
            mailbox.map_or((0, 0), |(mailbox, modseq)| (mailbox.0, modseq.get()));
        sqlx::query!(
            "select pg_notify($1, $2)",
            QUESTION_CHANNEL,
            format!("{}:{mailbox}:{modseq}", asked.question)
        )
        .execute(&mut *self.kept().await?)
        .await?;

        if self
            .all_answer(&mut arriving, &mut missing, ANSWER_PATIENCE)
            .await
        {
            return Ok(());
        }
        let silent: Vec<i64> = missing.iter().copied().collect();
        let revoked = sqlx::query!(
            r#"with revoked as (
                 update node_lease set is_revoked = true where node = any ($1) returning until
               )
               select coalesce(ceil(extract(epoch from max(r.until) - clock_timestamp()) * 1000), 0)::bigint as "millis!",
                      (select string_agg(n.name, ', ' order by n.name) from node n where n.id = any ($1)) as names
                 from revoked r"#,
            &silent,
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        let nodes = revoked.names.unwrap_or_else(|| format!("{silent:?}"));
        warn!(
            nodes,
            "frontends did not take note of a withdrawal; their leases are revoked"
        );
        let remaining = Duration::from_millis(u64::try_from(revoked.millis).unwrap_or_default());
        self.all_answer(&mut arriving, &mut missing, remaining)
            .await;
        Ok(())
    }

    /// Waits for all the answers that are `missing`; false when `patience` came to its end before.
    async fn all_answer(
        &self,
        arriving: &mut Arriving<'_>,
        missing: &mut HashSet<i64>,
        patience: Duration,
    ) -> bool {
        let elapsed = (self.inner().background.sleep)(patience);
        {
            let all = pin!(async {
                while !missing.is_empty() {
                    missing.remove(&arriving.next().await);
                }
            });
            drop(select(all, elapsed).await);
        }
        missing.is_empty()
    }

    async fn expect_answers(&self, question: &str) -> Result<Arriving<'_>, Fault> {
        let answers = &self.inner().answers;
        let way = if answers.is_heard() {
            Way::HandedOn(answers.expect(question))
        } else {
            let listener = wake::connect_listener(self.inner(), [ANSWER_CHANNEL]).await?;
            Way::Own(Box::new(listener))
        };
        Ok(Arriving {
            answers,
            question: question.to_owned(),
            way,
        })
    }
}

impl Arriving<'_> {
    /// The next node that has taken note. May be dropped at any time.
    async fn next(&mut self) -> i64 {
        let listener = match &mut self.way {
            Way::Own(listener) => listener,
            // The sender is there for as long as this.
            Way::HandedOn(nodes) => match nodes.recv().await {
                Some(node) => return node,
                None => pending().await,
            },
        };
        loop {
            match listener.recv().await {
                Ok(notification) => match read_answer(notification.payload()) {
                    Some((question, node)) if question == self.question => return node,
                    Some(_) | None => {}
                },
                // Nothing can be heard any more: the leases run out.
                Err(error) => {
                    warn!(cause = %error, "cannot hear who has taken note of a withdrawal");
                    return pending().await;
                }
            }
        }
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.answers.forget(&self.question);
    }
}
