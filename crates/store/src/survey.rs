//! What whoever watches over a site asks seldom: what is on the disk, how full quota roots are, how far standbys are.

use std::time::Duration;

use crate::keeping::count;
use crate::pace::Pace;
use crate::{Fault, Store};

/// Pages of the list of removed messages that are read; if there are more, these stand for all.
const GARBAGE_PAGES_MAX: f32 = 1000.0;

/// What one frontend has seen of the site, for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteSurvey {
    /// What is on the disk.
    pub storage: Storage,
    /// How many quota roots are nearly full.
    pub quota_roots: QuotaCounts,
}

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
    /// Messages that were removed and whose contents are still kept, as they came, where there are very many by an
    /// estimate: a part of `contents`, where they are compressed.
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
    /// For how long the oldest commit of our role has been waiting for a standby; zero when none is.
    pub awaited_for: Duration,
    /// Whether a commit waits for the disk of the primary (`fsync`).
    pub is_flushed: bool,
    /// Whether a standby took over, or a backup was restored, in the last thirty days.
    pub is_successor: bool,
    /// What the standby that is furthest behind has not applied, in bytes of the log. `None` without standbys, and where
    /// our role may not know (`pg_monitor`).
    pub lag_bytes: Option<u64>,
    /// How long ago that standby was where it is now.
    pub lag: Option<Duration>,
}

/// What the database's server allows, and what time it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections that our role may open to this database: the least of what server, role and database allow, without those
    /// that are kept for superusers.
    pub connections: u64,
    /// Frontends that serve clients.
    pub frontends: u64,
    /// Its clock, in seconds since 1970.
    pub unix_seconds: i64,
}

impl Store {
    /// What the database's server allows.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.server_limits", skip_all)]
    pub async fn server_limits(&self) -> Result<ServerLimits, Fault> {
        // No limit is -1.
        let row = sqlx::query!(
            r#"select least(current_setting('max_connections')::bigint
                               - current_setting('superuser_reserved_connections')::bigint,
                            (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
                            (select nullif(datconnlimit, -1) from pg_database where datname = current_database())
                      ) as "connections!",
                      (select count(*) from node_lease l where l.until > clock_timestamp()) as "frontends!",
                      extract(epoch from clock_timestamp())::bigint as "unix_seconds!""#
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(ServerLimits {
            connections: count(row.connections),
            frontends: count(row.frontends),
            unix_seconds: row.unix_seconds,
        })
    }

    /// Looks at what is on the disk and at quota roots, and writes it down for all frontends.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.take_survey", skip_all)]
    pub async fn take_survey(&self) -> Result<(), Fault> {
        let storage = self.storage().await?;
        let roots = self.quota_roots().await?;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        sqlx::query!(
            "insert into site_survey (
               seen_at, contents, messages, digests, snapshots, changes, activity, garbage, others, removed,
               roots_limited, roots_nearly_full, roots_full
             )
             values (now(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (is_only) do update
                set seen_at = excluded.seen_at,
                    contents = excluded.contents,
                    messages = excluded.messages,
                    digests = excluded.digests,
                    snapshots = excluded.snapshots,
                    changes = excluded.changes,
                    activity = excluded.activity,
                    garbage = excluded.garbage,
                    others = excluded.others,
                    removed = excluded.removed,
                    roots_limited = excluded.roots_limited,
                    roots_nearly_full = excluded.roots_nearly_full,
                    roots_full = excluded.roots_full",
            number(storage.contents),
            number(storage.messages),
            number(storage.digests),
            number(storage.snapshots),
            number(storage.changes),
            number(storage.activity),
            number(storage.garbage),
            number(storage.others),
            number(storage.removed),
            number(roots.limited),
            number(roots.nearly_full),
            number(roots.full),
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    /// What a frontend has seen last, if one has looked.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.survey", skip_all)]
    pub async fn survey(&self) -> Result<Option<SiteSurvey>, Fault> {
        let row = sqlx::query!(
            "select contents, messages, digests, snapshots, changes, activity, garbage, others, removed,
                    roots_limited, roots_nearly_full, roots_full
               from site_survey"
        )
        .fetch_optional(&mut *self.kept().await?)
        .await?;
        Ok(row.map(|row| SiteSurvey {
            storage: Storage {
                contents: count(row.contents),
                messages: count(row.messages),
                digests: count(row.digests),
                snapshots: count(row.snapshots),
                changes: count(row.changes),
                activity: count(row.activity),
                garbage: count(row.garbage),
                others: count(row.others),
                removed: count(row.removed),
            },
            quota_roots: QuotaCounts {
                limited: count(row.roots_limited),
                nearly_full: count(row.roots_nearly_full),
                full: count(row.roots_full),
            },
        }))
    }

    /// What the tables take on disk.
    async fn storage(&self) -> Result<Storage, Fault> {
        let percent = self.garbage_percent().await?;
        let row = sqlx::query_file!("queries/storage.sql", percent)
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

    /// How much of the list of removed messages is read, where that stands for all.
    pub(crate) async fn garbage_percent(&self) -> Result<f32, Fault> {
        let pages = sqlx::query_scalar!(
            r#"select (pg_relation_size('garbage') / current_setting('block_size')::integer)::real as "pages!""#
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(100.0 * (GARBAGE_PAGES_MAX / pages).min(1.0))
    }

    /// How many quota roots are nearly full.
    async fn quota_roots(&self) -> Result<QuotaCounts, Fault> {
        let (mut pace, mut counts, mut after) = (Pace::new(self), QuotaCounts::default(), Some(0));
        while let Some(last) = after {
            let part = sqlx::query!(
                r#"select max(id) as last,
                          count(*) filter (where has_limit) as "limited!",
                          count(*) filter (where part >= 0.9) as "nearly_full!",
                          count(*) filter (where part >= 1) as "full!"
                     from (select q.id,
                                  num_nonnulls(q.storage_limit, q.message_limit, q.mailbox_limit) > 0 as has_limit,
                                  greatest(
                                    u.bytes / nullif(q.storage_limit * 1024.0, 0),
                                    u.messages / nullif(least(q.message_limit, q.storage_limit) * 1.0, 0),
                                    u.mailboxes / nullif(q.mailbox_limit * 1.0, 0)
                                  ) as part
                             from (select id, storage_limit, message_limit, mailbox_limit
                                     from quota_root
                                    where id > $1
                                    order by id
                                    limit $2) q
                            cross join lateral quota_usage(q.id) u) roots"#,
                last,
                i64::from(pace.rows()),
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            after = part.last;
            counts.limited += count(part.limited);
            counts.nearly_full += count(part.nearly_full);
            counts.full += count(part.full);
            pace.rest().await;
        }
        Ok(counts)
    }

    /// How the database is copied elsewhere.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.replication", skip_all)]
    pub async fn replication(&self) -> Result<Replication, Fault> {
        // All others may be waiting for the very standby that this is to tell of.
        let database = self.inner().database();
        let row = self.ask_apart(&database, async |connection| {
            sqlx::query!(
            r#"select ('x' || split_part(database_history(), '/', 2))::bit(32)::bigint as timeline,
                      count(*) as "standbys!",
                      case when count(*) = count(r.sync_state)
                           then count(*) filter (where r.sync_state in ('sync', 'quorum')) end as synchronous,
                      current_setting('synchronous_standby_names') <> '' as "is_awaited!",
                      (select (extract(epoch from max(clock_timestamp() - a.query_start)) * 1000)::bigint
                         from pg_stat_activity a
                        where a.wait_event = 'SyncRep') as awaited_ms,
                      current_setting('fsync')::boolean as "is_flushed!",
                      exists (select from known_history h
                               where h.history = database_history()
                                 and h.noted_at > now() - interval '30 days'
                                 and exists (select from known_history before
                                              where before.noted_at < h.noted_at)) as "is_successor!",
                      max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::bigint as lag_bytes,
                      (extract(epoch from max(r.replay_lag)) * 1000)::bigint as lag_ms
                 from pg_stat_replication r
                where r.state is null or r.state <> 'backup'"#
        )
            .fetch_one(connection)
            .await
        })
        .await?;
        Ok(Replication {
            timeline: row.timeline.map_or(0, count),
            standbys: count(row.standbys),
            synchronous: row.synchronous.map(count),
            is_awaited: row.is_awaited,
            awaited_for: Duration::from_millis(row.awaited_ms.map_or(0, count)),
            is_flushed: row.is_flushed,
            is_successor: row.is_successor,
            lag_bytes: row.lag_bytes.map(count),
            lag: row.lag_ms.map(|lag| Duration::from_millis(count(lag))),
        })
    }
}
