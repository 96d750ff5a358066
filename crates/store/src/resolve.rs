//! Which mailboxes names mean, read for many sessions in one query.

use std::mem;
use std::sync::Arc;

use mail::AccountId;

use crate::connections::Connections;
use crate::counters::Columns;
use crate::query_batcher::Bounds;
use crate::{Fault, MailboxCounters};

/// A mailbox without what anybody may do there.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mailbox: i64,
    pub(crate) uid_validity: i64,
    pub(crate) rights_version: i64,
    pub(crate) special_use: Option<String>,
}

/// A name, as `asker` uses it.
pub(crate) struct Name {
    pub(crate) asker: AccountId,
    pub(crate) kind: i16,
    pub(crate) owner_name: Option<String>,
    pub(crate) path: String,
}

pub(crate) const BOUNDS: Bounds = Bounds {
    under_way_max: 2,
    together_max: 256,
};

/// A mailbox of that name, and how far it is.
pub(crate) type Answer = Option<(Row, MailboxCounters)>;

/// The mailboxes of these names, in their order.
pub(crate) async fn read(
    connections: Arc<Connections>,
    mut names: Vec<Name>,
) -> Result<Vec<Answer>, Fault> {
    let askers: Vec<i64> = names.iter().map(|one| one.asker.0).collect();
    let kinds: Vec<i16> = names.iter().map(|one| one.kind).collect();
    let owners: Vec<Option<String>> = names.iter_mut().map(|one| one.owner_name.take()).collect();
    let paths: Vec<String> = names
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
    .fetch_all(&mut *connections.kept().await?)
    .await?;
    let mut answers: Vec<Answer> = names.iter().map(|_| None).collect();
    for row in rows {
        let place = usize::try_from(row.place).unwrap_or_default();
        if let Some(answer) = place
            .checked_sub(1)
            .and_then(|index| answers.get_mut(index))
        {
            let counters = Columns {
                modseq: row.modseq,
                uid_next: row.uid_next,
                claimed: row.claimed,
                message_count: row.message_count,
                byte_count: row.byte_count,
                deleted_count: row.deleted_count,
                unseen_count: row.unseen_count,
            };
            let named = Row {
                mailbox: row.mailbox,
                uid_validity: row.uid_validity,
                rights_version: row.rights_version,
                special_use: row.special_use,
            };
            *answer = Some((named, counters.read()?));
        }
    }
    Ok(answers)
}
