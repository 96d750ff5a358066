//! What may go after a while. Called by whoever has a clock; any node may, at any time.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;

use crate::{Fault, Store};

/// Contents that are looked at in one transaction.
const COLLECTED_MAX: i32 = 1000;

impl Store {
    /// Deletes content that lost its last message longer ago than this.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what was collected until then is gone.
    #[tracing::instrument(name = "db.collect_garbage", skip_all)]
    pub async fn collect_garbage(&self, older_than: Duration) -> Result<(), Fault> {
        loop {
            let looked_at = sqlx::query_scalar!(
                r#"select collect_garbage($1, $2) as "looked_at!""#,
                interval(older_than),
                COLLECTED_MAX
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            if looked_at < i64::from(COLLECTED_MAX) {
                return Ok(());
            }
        }
    }

    /// Deletes the oldest of what was removed where it takes more room than its quota root may (ADR 0053), but nothing
    /// that was removed within `grace`.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what was collected until then is gone.
    #[tracing::instrument(name = "db.collect_excess", skip_all)]
    pub async fn collect_excess(&self, grace: Duration) -> Result<(), Fault> {
        loop {
            let looked_at = sqlx::query_scalar!(
                r#"select collect_excess($1, $2) as "looked_at!""#,
                interval(grace),
                COLLECTED_MAX
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            if looked_at == 0 {
                return Ok(());
            }
        }
    }

    /// Forgets what was logged longer ago than this. Clients that were away for longer are told
    /// everything anew.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; mailboxes done until then stay so.
    #[tracing::instrument(name = "db.trim_changes", skip_all)]
    pub async fn trim_changes(&self, older_than: Duration) -> Result<(), Fault> {
        let older_than = interval(older_than);
        sqlx::query!(
            "delete from directory_change where at < now() - $1::interval",
            older_than
        )
        .execute(&mut *self.connection().await?)
        .await?;
        let mailboxes = sqlx::query_scalar!(
            r#"select distinct mailbox as "mailbox!" from change where at < now() - $1::interval"#,
            older_than
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        // One by one, so that no writer waits for more than its own mailbox.
        for mailbox in mailboxes {
            sqlx::query!(
                "select trim_changes($1, now() - $2::interval)",
                mailbox,
                older_than
            )
            .execute(&mut *self.connection().await?)
            .await?;
        }
        Ok(())
    }
    /// Forgets the older half of what was logged in mailboxes where more than `writes_max` writes were, however fresh they
    /// are, and who changed flags there before the last `writes_max` times. Clients that know less are told everything
    /// anew.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; mailboxes done until then stay so.
    #[tracing::instrument(name = "db.cap_changes", skip_all)]
    pub async fn cap_changes(&self, writes_max: u64) -> Result<(), Fault> {
        let writes_max = i64::try_from(writes_max).unwrap_or(i64::MAX);
        let mailboxes = sqlx::query_scalar!(
            "select id from mailbox where modseq - log_floor > $1",
            writes_max
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        for mailbox in mailboxes {
            sqlx::query!("select cap_changes($1, $2)", mailbox, writes_max)
                .execute(&mut *self.connection().await?)
                .await?;
        }
        Ok(())
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
