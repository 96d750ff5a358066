//! Up to where the directory's log was read, and whether names changed since.

use crate::Fault;
use crate::history::Reading;
use crate::pool::PooledConnection;

/// Up to where somebody has read the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryMark {
    /// Transactions below it have ended, and were read.
    pub(crate) since: i64,
    /// Those from there on that were read.
    pub(crate) read: Vec<i64>,
    /// When that was by the database's clock, in seconds since 1970: the log forgets.
    pub(crate) at: i64,
    /// The changes of the database's history before that: in another one transactions are numbered otherwise.
    pub(crate) history: u64,
}

/// Where the log ends now.
pub(crate) async fn read_mark(
    connection: &mut PooledConnection,
    reading: Reading<'_>,
) -> Result<DirectoryMark, Fault> {
    let nothing_read = DirectoryMark::default();
    let (mark, _) = names_changed_since(connection, reading, &nothing_read).await?;
    Ok(mark)
}

/// Where the log ends now, and whether any name, right or address changed since `mark`, as it may have in another history.
pub(crate) async fn names_changed_since(
    connection: &mut PooledConnection,
    reading: Reading<'_>,
    mark: &DirectoryMark,
) -> Result<(DirectoryMark, bool), Fault> {
    // A transaction that runs for long, of whichever database, holds the mark back; what has
    // committed since it began is no news.
    let row = sqlx::query!(
        r#"select s.mark as "mark!", extract(epoch from now())::bigint as "at!",
                  array(select distinct d.xid from directory_change d
                         where d.xid >= s.mark and d.cluster = $4) as "xids!",
                  -- What was logged an hour before may be trimmed.
                  extract(epoch from now())::bigint - $3::bigint > 3600
                  or exists (select
                               from directory_change d
                              where d.xid >= $1
                                and d.xid <> all ($2)
                                and d.cluster = $4
                                and d.kind = 1 /* directory: mailbox */) as "has_changed!"
             from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as mark) s"#,
        mark.since,
        &mark.read,
        mark.at,
        reading.cluster(),
    )
    .fetch_one(connection)
    .await?;
    let next = DirectoryMark {
        since: row.mark,
        read: row.xids,
        at: row.at,
        history: reading.changes_before,
    };
    let has_changed = row.has_changed || !reading.continues(mark.history);
    Ok((next, has_changed))
}
