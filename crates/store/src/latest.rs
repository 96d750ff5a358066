//! How far mailboxes are now, read for many sessions in one query.

use std::collections::BTreeMap;
use std::sync::Arc;

use mail::{MailboxId, ModSeq};

use crate::Fault;
use crate::connections::Connections;
use crate::query_batcher::Bounds;

/// The counters of a mailbox, read by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The highest mod-sequence that is committed.
    pub modseq: ModSeq,
    /// The version of the rights that is in force.
    pub rights_version: i64,
}

/// A node has one such query under way, however many sessions ask.
pub(crate) const BOUNDS: Bounds = Bounds {
    under_way_max: 1,
    together_max: 4_096,
};

/// The counters of each of these mailboxes, in their order; `None` for one that is gone.
pub(crate) async fn read(
    connections: Arc<Connections>,
    mailboxes: Vec<MailboxId>,
) -> Result<Vec<Option<Latest>>, Fault> {
    let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
    let rows = sqlx::query!(
        "select m.id, m.modseq, m.rights_version from mailbox m where m.id = any ($1)",
        &ids
    )
    .fetch_all(&mut *connections.kept().await?)
    .await?;
    let found: BTreeMap<i64, Latest> = rows
        .into_iter()
        .map(|row| {
            let latest = Latest {
                modseq: ModSeq::from_i64(row.modseq).unwrap_or_default(),
                rights_version: row.rights_version,
            };
            (row.id, latest)
        })
        .collect();
    Ok(ids.iter().map(|id| found.get(id).copied()).collect())
}
