//! The record of activity, by the API.

use serde::Deserialize;

use super::client::{ApiPath, Remote};
use crate::cli::activity::{ActivityRecord, ListedActivity, WantedActivity};
use crate::cli::failure::Failure;

/// Something that was done, as the API tells it.
#[derive(Debug, Deserialize)]
struct ApiActivity {
    at: String,
    kind: String,
    user: Option<String>,
    login: Option<String>,
    mailbox: Option<String>,
    uids: String,
    flags_set: Vec<String>,
    flags_cleared: Vec<String>,
    detail: Option<String>,
    /// To site administrators alone.
    origin: Option<ApiOrigin>,
}

#[derive(Debug, Default, Deserialize)]
struct ApiOrigin {
    session: Option<String>,
    token: Option<String>,
    node: Option<String>,
    address: Option<String>,
    client: Option<String>,
    mailbox_number: Option<i64>,
    other_mailbox: Option<String>,
}

impl From<ApiActivity> for ListedActivity {
    fn from(row: ApiActivity) -> Self {
        let origin = row.origin.unwrap_or_default();
        Self {
            at: row.at,
            kind: row.kind,
            actor: row.user,
            login: row.login,
            token: origin.token,
            session: origin.session,
            node: origin.node,
            address: origin.address,
            client: origin.client,
            mailbox_id: origin.mailbox_number,
            mailbox: row.mailbox,
            other: origin.other_mailbox,
            uids: Some(row.uids).filter(|uids| !uids.is_empty()),
            flags_set: row.flags_set,
            flags_cleared: row.flags_cleared,
            detail: row.detail,
        }
    }
}

impl ActivityRecord for Remote {
    async fn activity(&self, wanted: &WantedActivity<'_>) -> Result<Vec<ListedActivity>, Failure> {
        let number = |moment: Option<i64>| moment.map(|moment| moment.max(0).to_string());
        let path = ApiPath::new("activity")
            .field_of("mailbox", wanted.mailbox)
            .field_of("user", wanted.user)
            .field_of("kind", wanted.kind.map(|kind| kind.word()))
            .field_of("message", wanted.message)
            .field_of("since", number(wanted.since).as_deref())
            .field_of("until", number(wanted.until).as_deref());
        let count_max = usize::try_from(wanted.count_max).unwrap_or(usize::MAX);
        let rows: Result<Vec<ApiActivity>, _> = self.list(&path, count_max).await;
        let rows = rows.map_err(|refusal| {
            refusal.or_none(|| Failure::no_mailbox(wanted.mailbox.unwrap_or_default()))
        })?;
        // The API has the newest first.
        Ok(rows.into_iter().rev().map(ListedActivity::from).collect())
    }
}
