//! Quotas, by the API.

use mail::{QuotaLimits, QuotaRoot, Resource};
use serde::Deserialize;
use serde_json::json;

use super::client::{ApiPath, Remote};
use crate::cli::failure::Failure;
use crate::cli::quota::{IsThere, ListedQuota, ListedUsage, Quotas, no_user_of, resource_name};

/// A root as the API tells it.
#[derive(Debug, Deserialize)]
pub(super) struct ApiQuota {
    root: String,
    storage: Option<ApiUsage>,
    messages: Option<ApiUsage>,
    mailboxes: Option<ApiUsage>,
}

#[derive(Debug, Deserialize)]
struct ApiUsage {
    used: u64,
    limit: u64,
}

/// What the API says of itself to whoever asks.
#[derive(Debug, Deserialize)]
struct Me {
    /// How the names of shared mailboxes begin.
    shared: String,
}

impl From<ApiQuota> for ListedQuota {
    fn from(quota: ApiQuota) -> Self {
        let usage = |resource, usage: Option<ApiUsage>| {
            usage.map(|ApiUsage { used, limit }| ListedUsage {
                resource: resource_name(resource),
                used,
                limit,
            })
        };
        let usages = [
            usage(Resource::Storage, quota.storage),
            usage(Resource::Message, quota.messages),
            usage(Resource::Mailbox, quota.mailboxes),
        ];
        Self {
            root: quota.root,
            usages: usages.into_iter().flatten().collect(),
        }
    }
}

impl Quotas for Remote {
    async fn set_quota(&self, root: &QuotaRoot, limits: QuotaLimits) -> Result<IsThere, Failure> {
        let body = json!({
            "storage": limits.storage,
            "messages": limits.message,
            "mailboxes": limits.mailbox,
        });
        let path = ApiPath::new("quotas").name(&root.to_string());
        let set = self.put(&path, Some(&body)).await;
        set.map_err(|refusal| refusal.or_none(|| no_user_of(root)))?;
        let QuotaRoot::Shared(shared) = root else {
            return Ok(IsThere::Yes);
        };
        let me: Me = self.show(&ApiPath::new("me")).await?;
        let name = format!("{}{shared}", me.shared);
        Ok(if self.has(&ApiPath::new("mailboxes").name(&name)).await? {
            IsThere::Yes
        } else {
            IsThere::NotYet
        })
    }

    async fn list_quotas(&self) -> Result<Vec<ListedQuota>, Failure> {
        let quotas: Vec<ApiQuota> = self.list(&ApiPath::new("quotas"), usize::MAX).await?;
        Ok(quotas.into_iter().map(ListedQuota::from).collect())
    }
}
