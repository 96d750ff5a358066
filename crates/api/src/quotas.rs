//! How much room there is: what GETQUOTA and SETQUOTA do.

use mail::{QuotaLimits, QuotaRoot, Resource};
use serde::{Deserialize, Serialize};
use store::Quota;
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, tag};
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::paging::{Page, PageQuery};
use crate::problem::{Problem, sentence};

/// The room of an account, or of a shared mailbox and all below it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
pub(crate) struct QuotaView {
    /// `user/NAME` or `shared/MAILBOX`.
    #[schema(example = "shared/support")]
    root: String,
    /// In KiB; null where there is no limit.
    storage: Option<UsageView>,
    /// Messages; null where there is no limit.
    messages: Option<UsageView>,
    /// Mailboxes; null where there is no limit.
    mailboxes: Option<UsageView>,
}

/// How much of a limit is taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
struct UsageView {
    /// What is there.
    used: u64,
    /// What there may be.
    limit: u64,
}

/// The limits of a root. What is not named is not limited from then on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLimits {
    /// In KiB.
    #[schema(maximum = 9007199254740991_u64)]
    storage: Option<u64>,
    /// Messages.
    #[schema(maximum = 9007199254740991_u64)]
    messages: Option<u64>,
    /// Mailboxes.
    #[schema(maximum = 9007199254740991_u64)]
    mailboxes: Option<u64>,
}

/// What every reader of JSON reads exactly (RFC 8259, 6).
const LIMIT_MAX: u64 = (1 << 53) - 1;

impl From<Quota> for QuotaView {
    fn from(quota: Quota) -> Self {
        let usage = |resource: Resource| {
            let found = quota.usages.iter().find(|usage| usage.resource == resource);
            found.map(|usage| UsageView {
                used: usage.used,
                limit: usage.limit,
            })
        };
        Self {
            storage: usage(Resource::Storage),
            messages: usage(Resource::Message),
            mailboxes: usage(Resource::Mailbox),
            root: quota.root,
        }
    }
}

/// List all quota roots, to site administrators.
#[utoipa::path(
    get,
    path = "/quotas",
    tag = "quotas",
    params(PageQuery),
    responses((status = 200, body = Page<QuotaView>)),
)]
pub(crate) async fn list_quotas(
    asker: Asker,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let quotas = asker.store.quotas().await?;
    let page = page.cut(quotas.into_iter().map(QuotaView::from), |view| {
        view.root.clone()
    });
    Answer::shown(&page, &conditions)
}

/// Say how much of a quota root is taken, to whoever may read in one of its mailboxes.
#[utoipa::path(
    get,
    path = "/quotas/{root}",
    tag = "quotas",
    params(("root" = String, Path, description = "`user/NAME` or `shared/MAILBOX`, each `/` as `%2F`.")),
    responses((status = 200, body = QuotaView)),
)]
pub(crate) async fn show_quota(
    asker: Asker,
    Named(root): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let quota = asker.store.quota(asker.account.id, &root).await?;
    let quota = quota.ok_or(Problem::NotFound)?;
    Answer::shown(&QuotaView::from(quota), &conditions)
}

/// Give a root these limits and no others, and make it where there is none; for site administrators. What is there already stays.
#[utoipa::path(
    put,
    path = "/quotas/{root}",
    tag = "quotas",
    params(("root" = String, Path, description = "`user/NAME` or `shared/MAILBOX`, each `/` as `%2F`.")),
    request_body = NewLimits,
    responses((status = 200, body = QuotaView)),
)]
pub(crate) async fn set_quota(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
    Input(new): Input<NewLimits>,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let root = QuotaRoot::parse(&name).map_err(|_| Problem::NotFound)?;
    if let Some(right) = root.without_prefix(asker.site().namespaces.shared()) {
        let words = format!("this quota root is called {right}");
        return Err(Problem::Unfit(sentence(&words)));
    }
    let limits = QuotaLimits {
        storage: new.storage,
        message: new.messages,
        mailbox: new.mailboxes,
    };
    let told = [limits.storage, limits.message, limits.mailbox];
    if told.into_iter().flatten().any(|limit| limit > LIMIT_MAX) {
        return Err(Problem::Unfit(format!("A limit is at most {LIMIT_MAX}.")));
    }
    let present = asker
        .store
        .quota(asker.account.id, &root.to_string())
        .await?;
    let present = present
        .map(|quota| tag(&QuotaView::from(quota)))
        .transpose()?;
    conditions.check(present.as_ref())?;
    asker
        .store
        .set_quota(asker.account.id, &root, limits)
        .await?;
    info!(user.id = %asker.account.id, "set the limits of a quota root");
    let quota = asker
        .store
        .quota(asker.account.id, &root.to_string())
        .await?;
    let quota = quota.ok_or(Problem::NotFound)?;
    Answer::changed(&QuotaView::from(quota))
}
