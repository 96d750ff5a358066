//! Which frontend does what is done in the background for all, and how each job went, whoever did it.

use std::time::Duration;

use crate::keeping::{count, interval};
use crate::{Fault, NodeRun, Store};

/// How a job went, on whichever frontend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobHistory {
    /// As it is called.
    pub name: String,
    /// For how long it is being done, if it is.
    pub running_for: Option<Duration>,
    /// When it succeeded last, in seconds since 1970.
    pub succeeded_at: Option<i64>,
    /// Which frontend did it then.
    pub node: Option<String>,
    /// How long it took then.
    pub took: Duration,
    /// How many rows went then.
    pub removed: u64,
    /// How long ago that was.
    pub success_age: Option<Duration>,
    /// How often it failed.
    pub failures: u64,
    /// How long ago it failed last.
    pub failure_age: Option<Duration>,
    /// Why it failed last.
    pub cause: Option<String>,
}

/// Who does the jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpkeepLeader {
    /// How the frontend is called.
    pub node: String,
    /// Since when, in seconds since 1970.
    pub since: i64,
    /// Whether it still does: else nobody has taken over yet.
    pub is_present: bool,
}

/// What upkeep has before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpkeepBacklog {
    /// Removed messages whose content may be deleted, where there are very many by an estimate.
    pub garbage: u64,
    /// Rows of activity in months that may be dropped, by PostgreSQL's estimate.
    pub activity: u64,
}

impl Store {
    /// Lets `run` do what is done for all, for `lease` from now on, unless another frontend does; returns whether it is this
    /// one.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.lead_upkeep", skip_all)]
    pub async fn lead_upkeep(&self, run: &NodeRun, lease: Duration) -> Result<bool, Fault> {
        let leads = sqlx::query_scalar!(
            r#"select lead_upkeep($1, $2, $3) as "leads!""#,
            run.id,
            run.name,
            interval(lease)
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        Ok(leads)
    }

    /// Lets another frontend do it at once.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; another one does it when the lease has run out.
    #[tracing::instrument(name = "db.leave_upkeep", skip_all)]
    pub async fn leave_upkeep(&self, run: &NodeRun) -> Result<(), Fault> {
        sqlx::query!(
            "update upkeep_leader set until = '-infinity' where run = $1",
            run.id
        )
        .execute(&mut *self.kept().await?)
        .await?;
        Ok(())
    }

    /// Who does it.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.upkeep_leader", skip_all)]
    pub async fn upkeep_leader(&self) -> Result<Option<UpkeepLeader>, Fault> {
        let leader = sqlx::query_as!(
            UpkeepLeader,
            r#"select node, extract(epoch from since)::bigint as "since!", until > clock_timestamp() as "is_present!"
                 from upkeep_leader"#
        )
        .fetch_optional(&mut *self.kept().await?)
        .await?;
        Ok(leader)
    }

    /// How each job went that was ever begun.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.upkeep_jobs", skip_all)]
    pub async fn upkeep_jobs(&self) -> Result<Vec<JobHistory>, Fault> {
        // What was begun by a leader that is gone is not being done.
        let rows = sqlx::query!(
            r#"select j.name, j.node, j.removed, j.failures, j.cause, j.took_ms,
                      extract(epoch from j.succeeded_at)::bigint as succeeded_at,
                      (extract(epoch from clock_timestamp() - j.succeeded_at) * 1000)::bigint as success_age_ms,
                      (extract(epoch from clock_timestamp() - j.failed_at) * 1000)::bigint as failure_age_ms,
                      (extract(epoch from clock_timestamp() - j.begun_at) * 1000)::bigint as running_ms,
                      coalesce((select j.begun_at >= l.since and l.until > clock_timestamp()
                                  from upkeep_leader l), false) as "is_running!"
                 from upkeep_job j"#
        )
        .fetch_all(&mut *self.kept().await?)
        .await?;
        let millis = |millis: i64| Duration::from_millis(count(millis));
        let jobs = rows.into_iter().map(|row| JobHistory {
            name: row.name,
            running_for: row.running_ms.filter(|_| row.is_running).map(millis),
            succeeded_at: row.succeeded_at,
            node: row.node,
            took: row.took_ms.map_or(Duration::ZERO, millis),
            removed: row.removed.map_or(0, count),
            success_age: row.success_age_ms.map(millis),
            failures: count(row.failures),
            failure_age: row.failure_age_ms.map(millis),
            cause: row.cause,
        });
        Ok(jobs.collect())
    }

    /// Does `work`, which is the job called `name`, on the frontend called `node`, and notes how it goes.
    ///
    /// # Errors
    ///
    /// As the work, and where that cannot be noted.
    pub async fn record_job<E: From<Fault> + std::fmt::Display>(
        &self,
        name: &str,
        node: &str,
        work: impl Future<Output = Result<u64, E>>,
    ) -> Result<u64, E> {
        sqlx::query!(
            "insert into upkeep_job (name, begun_at)
             values ($1, clock_timestamp())
             on conflict (name) do update set begun_at = excluded.begun_at",
            name
        )
        .execute(&mut *self.kept().await?)
        .await
        .map_err(Fault::from)?;
        let done = work.await;
        let (removed, cause) = match &done {
            Ok(removed) => (Some(i64::try_from(*removed).unwrap_or(i64::MAX)), None),
            Err(cause) => (None, Some(cause.to_string())),
        };
        let noted = sqlx::query!(
            "update upkeep_job j
                set begun_at = null,
                    node = case when $3::bigint is null then j.node else $2 end,
                    succeeded_at = case when $3 is null then j.succeeded_at else clock_timestamp() end,
                    took_ms = case
                                when $3 is null then j.took_ms
                                else extract(epoch from clock_timestamp() - j.begun_at) * 1000
                              end,
                    removed = coalesce($3, j.removed),
                    failures = j.failures + case when $3 is null then 1 else 0 end,
                    failed_at = case when $3 is null then clock_timestamp() else j.failed_at end,
                    cause = coalesce($4, j.cause)
              where j.name = $1",
            name,
            node,
            removed,
            cause
        )
        .execute(&mut *self.kept().await?)
        .await;
        let removed = done?;
        noted.map_err(Fault::from)?;
        Ok(removed)
    }

    /// What waits, where that can be known without looking at all of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.upkeep_backlog", skip_all)]
    pub async fn upkeep_backlog(
        &self,
        content_keep: Duration,
        activity_keep: Duration,
    ) -> Result<UpkeepBacklog, Fault> {
        let percent = self.garbage_percent().await?;
        let row = sqlx::query!(
            r#"select (select (count(*) * 100 / $3::real)::bigint
                         from garbage g tablesample system ($3::real)
                        where g.at < now() - $1::interval) as "garbage!",
                      (select coalesce(sum(p.row_estimate), 0)::bigint
                         from activity_partitions(now() - $2::interval) p
                        where p.is_over) as "activity!""#,
            interval(content_keep),
            interval(activity_keep),
            percent
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        Ok(UpkeepBacklog {
            garbage: count(row.garbage),
            activity: count(row.activity),
        })
    }
}
