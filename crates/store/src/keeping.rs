//! What may go after a while. Called by whoever has a clock; any node may, at any time. Each job goes part by part, with
//! pauses, and says how many rows went.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;

use crate::pace::Pace;
use crate::{Fault, Store};

/// Activity that is kept for less than a month cannot wait until all of its month is old.
const MONTH: Duration = Duration::from_hours(31 * 24);
/// How long after the activity of their sessions' first days origins go: a session may last.
const ORIGIN_GRACE: Duration = Duration::from_hours(60 * 24);
/// Between two tries to drop a month of activity that is in use, and how many there are until the next time.
const DROP_PAUSE: Duration = Duration::from_secs(1);
const DROP_TRIES: u32 = 3;
/// A part reads a page instead of so many rows: most of those in it stay.
const ROWS_PER_PAGE: u32 = 10;
/// And of removed messages all may go: about so many are in one.
const GARBAGE_ROWS_PER_PAGE: u32 = 50;
/// An age that nothing has.
const EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// A table whose rows go by their age: its name, the column that says when they were written, and the age.
pub(crate) type Aged<'a> = (&'a str, &'a str, Duration);

impl Store {
    /// Deletes content that lost its last message longer ago than this.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what was collected until then is gone.
    #[tracing::instrument(name = "db.collect_garbage", skip_all)]
    pub async fn collect_garbage(&self, older_than: Duration) -> Result<u64, Fault> {
        let (mut pace, mut collected, mut first_page) = (Pace::new(self), 0, Some(0));
        while let Some(first) = first_page {
            let pages = pace.rows().div_ceil(GARBAGE_ROWS_PER_PAGE);
            let part = sqlx::query!(
                r#"select removed as "removed!", is_last as "is_last!" from collect_garbage_among($1, $2, $3)"#,
                interval(older_than),
                first,
                limit(pages)
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            collected += count(part.removed);
            first_page = (!part.is_last).then_some(first + i64::from(pages));
            pace.rest().await;
        }
        Ok(collected)
    }

    /// Deletes the oldest of what was removed where it takes more room than its quota root may (ADR 0053), but nothing
    /// that was removed within `grace`.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what was collected until then is gone.
    #[tracing::instrument(name = "db.collect_excess", skip_all)]
    pub async fn collect_excess(&self, grace: Duration) -> Result<u64, Fault> {
        let (mut pace, mut collected) = (Pace::new(self), 0);
        let mut after = Some(0);
        while let Some(last) = after {
            let part = sqlx::query!(
                r#"with part as (
                     select q.id, q.removed_bytes - q.storage_limit::numeric * 1024 as excess
                       from quota_root q
                      where q.id > $1
                      order by q.id
                      limit $2
                   )
                   select max(p.id) as last,
                          coalesce(array_agg(p.id) filter (where p.excess + r.bytes > 0), '{}') as "full!"
                     from part p
                    cross join lateral (
                          select coalesce(sum(m.removed_bytes), 0) as bytes
                            from mailbox_name n
                            join mailbox m on m.id = n.mailbox
                           where n.quota_root = p.id) r"#,
                last,
                i64::from(pace.rows())
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            after = part.last;
            pace.rest().await;
            for root in part.full {
                collected += self.collect_excess_of(root, grace, &mut pace).await?;
            }
        }
        Ok(collected)
    }

    async fn collect_excess_of(
        &self,
        root: i64,
        grace: Duration,
        pace: &mut Pace,
    ) -> Result<u64, Fault> {
        let mut collected = 0;
        loop {
            let looked_at = sqlx::query_scalar!(
                r#"select collect_excess_of($1, $2, $3) as "looked_at!""#,
                root,
                interval(grace),
                limit(pace.rows())
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            pace.rest().await;
            if looked_at == 0 {
                return Ok(collected);
            }
            collected += count(looked_at);
        }
    }

    /// Forgets what was logged longer ago than this. Clients that were away for longer are told
    /// everything anew.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; mailboxes done until then stay so.
    #[tracing::instrument(name = "db.trim_changes", skip_all)]
    pub async fn trim_changes(&self, older_than: Duration) -> Result<u64, Fault> {
        let log = ("directory_change", "at", older_than);
        let mut forgotten = self.trim_old_rows(&[log]).await?;
        let (mut pace, mut after) = (Pace::new(self), Some(0));
        while let Some(last) = after {
            // The oldest of each is found by its key, whatever the age of the others.
            let part = sqlx::query!(
                r#"with part as (
                     select m.id, m.log_floor from mailbox m where m.id > $1 order by m.id limit $2
                   )
                   select max(p.id) as last,
                          coalesce(array_agg(p.id) filter (where o.at < now() - $3::interval or o.modseq <= p.log_floor), '{}')
                            as "due!"
                     from part p
                     left join lateral (
                          select c.at, c.modseq
                            from change c
                           where c.mailbox = p.id
                           order by c.modseq
                           limit 1) o on true"#,
                last,
                i64::from(pace.rows()),
                interval(older_than)
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            after = part.last;
            pace.rest().await;
            for mailbox in part.due {
                forgotten += self
                    .forget_changes(mailbox, older_than, i64::MAX, &mut pace)
                    .await?;
            }
        }
        Ok(forgotten)
    }

    /// Forgets the older half of what was logged in mailboxes where more than `writes_max` writes were, however fresh they
    /// are, and who changed flags there before the last `writes_max` times. Clients that know less are told everything
    /// anew.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; mailboxes done until then stay so.
    #[tracing::instrument(name = "db.cap_changes", skip_all)]
    pub async fn cap_changes(&self, writes_max: u64) -> Result<u64, Fault> {
        let writes_max = i64::try_from(writes_max).unwrap_or(i64::MAX);
        let (mut pace, mut after, mut forgotten) = (Pace::new(self), Some(0), 0);
        while let Some(last) = after {
            let part = sqlx::query!(
                r#"select max(m.id) as last,
                          coalesce(array_agg(m.id) filter (where m.modseq - m.log_floor > $3), '{}') as "long!"
                     from (select id, modseq, log_floor from mailbox where id > $1 order by id limit $2) m"#,
                last,
                i64::from(pace.rows()),
                writes_max
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            after = part.last;
            pace.rest().await;
            for mailbox in part.long {
                forgotten += self
                    .forget_changes(mailbox, EVER, writes_max, &mut pace)
                    .await?;
                forgotten += self
                    .forget_flag_activity(mailbox, writes_max, &mut pace)
                    .await?;
            }
        }
        Ok(forgotten)
    }

    async fn forget_changes(
        &self,
        mailbox: i64,
        older_than: Duration,
        writes_max: i64,
        pace: &mut Pace,
    ) -> Result<u64, Fault> {
        let mut forgotten = 0;
        loop {
            let rows = pace.rows();
            let gone = sqlx::query_scalar!(
                r#"select forget_changes($1, now() - $2::interval, $3, $4) as "gone!""#,
                mailbox,
                interval(older_than),
                writes_max,
                limit(rows)
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            forgotten += count(gone);
            pace.rest().await;
            if count(gone) < u64::from(rows) {
                return Ok(forgotten);
            }
        }
    }

    async fn forget_flag_activity(
        &self,
        mailbox: i64,
        rows_max: i64,
        pace: &mut Pace,
    ) -> Result<u64, Fault> {
        let before = sqlx::query_scalar!(
            r#"select (extract(epoch from a.at) * 1000000)::bigint as "at!"
                 from activity a
                where a.mailbox = $1
                  and a.kind = 2 /* activity: flags */
                order by a.at desc
               offset $2
                limit 1"#,
            mailbox,
            rows_max
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        let mut forgotten = 0;
        while let Some(before) = before {
            let rows = pace.rows();
            let gone = sqlx::query_scalar!(
                r#"select forget_flag_activity($1, $2, $3) as "gone!""#,
                mailbox,
                before,
                limit(rows)
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            forgotten += count(gone);
            pace.rest().await;
            if count(gone) < u64::from(rows) {
                break;
            }
        }
        Ok(forgotten)
    }

    /// Forgets what was done longer ago than this, a month at a time where it is kept for a month or longer, with the names
    /// of keywords in it and the sessions that did it; makes the partitions of the months to come. Says how many rows went,
    /// by PostgreSQL's estimate where they were a month.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.trim_activity", skip_all)]
    pub async fn trim_activity(&self, older_than: Duration) -> Result<u64, Fault> {
        sqlx::query!("select add_activity_partitions()")
            .execute(&mut *self.connection().await?)
            .await?;
        let forgotten = self.drop_old_activity(older_than).await?;
        let is_brief = older_than < MONTH;
        let names = sqlx::query_scalar!(
            r#"select p.name as "name!"
                 from activity_partitions(now() - $1::interval) p
                where $2 or p.name = 'activity_of_other_months'"#,
            interval(older_than),
            is_brief
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        // What belongs to it goes no sooner.
        let kept = older_than + if is_brief { Duration::ZERO } else { MONTH };
        let mut tables = vec![
            ("retired_keyword", "retired_at", kept),
            ("origin", "begun_at", kept + ORIGIN_GRACE),
        ];
        tables.extend(names.iter().map(|name| (&**name, "at", older_than)));
        Ok(forgotten + self.trim_old_rows(&tables).await?)
    }

    async fn drop_old_activity(&self, older_than: Duration) -> Result<u64, Fault> {
        let (mut forgotten, mut tries) = (self.old_activity(older_than).await?, 0);
        loop {
            let was_dropped = sqlx::query_scalar!(
                "select drop_activity_partition(now() - $1::interval)",
                interval(older_than)
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            match was_dropped {
                Some(true) => {}
                Some(false) => return Ok(forgotten),
                None if tries < DROP_TRIES => {
                    tries += 1;
                    (self.inner().background.sleep)(DROP_PAUSE).await;
                }
                None => {
                    forgotten = forgotten.saturating_sub(self.old_activity(older_than).await?);
                    return Ok(forgotten);
                }
            }
        }
    }

    /// How many rows of activity are in months that are over for as long as this, by PostgreSQL's estimate.
    async fn old_activity(&self, older_than: Duration) -> Result<u64, Fault> {
        let rows = sqlx::query_scalar!(
            r#"select coalesce(sum(p.row_estimate), 0)::bigint as "rows!"
                 from activity_partitions(now() - $1::interval) p
                where p.is_over"#,
            interval(older_than)
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(count(rows))
    }

    /// Deletes the rows of each table that are older than its age, reading it once from its first page to its last.
    pub(crate) async fn trim_old_rows(&self, tables: &[Aged<'_>]) -> Result<u64, Fault> {
        let (mut pace, mut forgotten) = (Pace::new(self), 0);
        for &(table, column, older_than) in tables {
            let mut first_page = Some(0);
            while let Some(first) = first_page {
                let pages = pace.rows().div_ceil(ROWS_PER_PAGE);
                let part = sqlx::query!(
                    r#"select removed as "removed!", is_last as "is_last!"
                         from trim_old_rows($1, $2, now() - $3::interval, $4, $5)"#,
                    table,
                    column,
                    interval(older_than),
                    first,
                    limit(pages)
                )
                .fetch_one(&mut *self.connection().await?)
                .await?;
                forgotten += count(part.removed);
                first_page = (!part.is_last).then_some(first + i64::from(pages));
                pace.rest().await;
            }
        }
        Ok(forgotten)
    }
}

pub(crate) fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval {
        months: 0,
        days: 0,
        microseconds,
    }
}

pub(crate) fn limit(rows: u32) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX)
}

pub(crate) fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
