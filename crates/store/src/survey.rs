//! What whoever watches over a site asks seldom: what is on the disk, how full quota roots are, how far standbys are.

use std::time::Duration;

use crate::{Fault, Store};

/// What the tables take on disk, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// Messages as they came, and what is read of them.
    pub contents: u64,
    /// Which messages are in which mailbox, with their flags.
    pub messages: u64,
    /// What searches need of many messages.
    pub digests: u64,
    /// What opening a mailbox needs.
    pub snapshots: u64,
    /// The logs of changes.
    pub changes: u64,
    /// The record of who did what.
    pub activity: u64,
    /// The list of removed messages, without their contents.
    pub garbage: u64,
    /// All other tables.
    pub others: u64,
    /// Messages that were removed and whose contents are still kept, as they came: a part of `contents`, where they are
    /// compressed.
    pub removed: u64,
}

/// How many quota roots there are that have a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaCounts {
    /// All of them.
    pub limited: u64,
    /// Those where at least nine tenths of a limit are used.
    pub nearly_full: u64,
    /// Those where all of a limit is used.
    pub full: u64,
}

/// How the database is copied elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// The timeline: another one after a standby was promoted, or a backup restored.
    pub timeline: u64,
    /// Standbys that are connected.
    pub standbys: u64,
    /// Those of them of which a commit waits for one at least. `None` where our role may not know.
    pub synchronous: Option<u64>,
    /// Whether a commit waits for a standby (`synchronous_standby_names`).
    pub is_awaited: bool,
    /// Whether a commit waits for the disk of the primary (`fsync`).
    pub is_flushed: bool,
    /// What the standby that is furthest behind has not applied, in bytes of the log. `None` without standbys, and where
    /// our role may not know (`pg_monitor`).
    pub lag_bytes: Option<u64>,
    /// How long ago that standby was where it is now.
    pub lag: Option<Duration>,
}

impl Store {
    /// What the tables take on disk. It looks at every removed message, so it is asked seldom.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.storage", skip_all)]
    pub async fn storage(&self) -> Result<Storage, Fault> {
        let row = sqlx::query_file!("queries/storage.sql")
            .fetch_one(&mut *self.connection().await?)
            .await?;
        let known = row.contents
            + row.messages
            + row.digests
            + row.snapshots
            + row.changes
            + row.activity
            + row.garbage;
        Ok(Storage {
            contents: count(row.contents),
            messages: count(row.messages),
            digests: count(row.digests),
            snapshots: count(row.snapshots),
            changes: count(row.changes),
            activity: count(row.activity),
            garbage: count(row.garbage),
            others: count(row.all - known),
            removed: count(row.removed),
        })
    }

    /// How many quota roots are nearly full.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.quota_roots", skip_all)]
    pub async fn quota_roots(&self) -> Result<QuotaCounts, Fault> {
        let row = sqlx::query!(
            r#"select count(*) as "limited!",
                      count(*) filter (where part >= 0.9) as "nearly_full!",
                      count(*) filter (where part >= 1) as "full!"
                 from (select greatest(
                                u.bytes / nullif(q.storage_limit * 1024.0, 0),
                                u.messages / nullif(least(q.message_limit, q.storage_limit) * 1.0, 0),
                                u.mailboxes / nullif(q.mailbox_limit * 1.0, 0)
                              ) as part
                         from quota_root q
                        cross join lateral quota_usage(q.id) u
                        where num_nonnulls(q.storage_limit, q.message_limit, q.mailbox_limit) > 0) roots"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(QuotaCounts {
            limited: count(row.limited),
            nearly_full: count(row.nearly_full),
            full: count(row.full),
        })
    }

    /// How the database is copied elsewhere.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.replication", skip_all)]
    pub async fn replication(&self) -> Result<Replication, Fault> {
        let row = sqlx::query!(
            r#"select ('x' || split_part(database_history(), '/', 2))::bit(32)::bigint as timeline,
                      count(*) as "standbys!",
                      case when count(*) = count(r.sync_state)
                           then count(*) filter (where r.sync_state in ('sync', 'quorum')) end as synchronous,
                      current_setting('synchronous_standby_names') <> '' as "is_awaited!",
                      current_setting('fsync')::boolean as "is_flushed!",
                      max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::bigint as lag_bytes,
                      (extract(epoch from max(r.replay_lag)) * 1000)::bigint as lag_ms
                 from pg_stat_replication r
                where r.state is null or r.state <> 'backup'"#
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        Ok(Replication {
            timeline: row.timeline.map_or(0, count),
            standbys: count(row.standbys),
            synchronous: row.synchronous.map(count),
            is_awaited: row.is_awaited,
            is_flushed: row.is_flushed,
            lag_bytes: row.lag_bytes.map(count),
            lag: row.lag_ms.map(|lag| Duration::from_millis(count(lag))),
        })
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
