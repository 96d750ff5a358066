//! Which flags of a mailbox everybody has for themselves: its flag policy.

use acl::{Operation, Permit};
use mail::{Flag, FlagPolicy};
use serde::{Deserialize, Serialize};
use store::Fault;
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, tag};
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::problem::{Problem, sentence};

/// Which flags each user has for themselves. All others are everybody's.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = FlagPolicy)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyView {
    /// `\Seen`, `\Flagged`, `\Answered`, `\Draft` or keywords; `\Deleted` cannot be.
    #[schema(example = json!(["\\Seen"]))]
    private: Vec<String>,
}

impl PolicyView {
    async fn of(asker: &Asker, permit: &Permit) -> Result<Self, Problem> {
        Ok(Self::new(&asker.store.flag_policy(permit).await?))
    }

    fn new(policy: &FlagPolicy) -> Self {
        let text = policy.clone().in_order().to_string();
        let private = text.split_ascii_whitespace().map(str::to_owned);
        Self {
            private: private.collect(),
        }
    }

    fn read(&self) -> Result<FlagPolicy, Problem> {
        let mut policy = FlagPolicy::default();
        for word in &self.private {
            let unfit = |bad: String| Problem::Unfit(sentence(&format!("{word}: {bad}")));
            let flag = Flag::parse(word).map_err(|bad| unfit(bad.to_string()))?;
            policy.add(flag).map_err(|bad| unfit(bad.to_string()))?;
        }
        Ok(policy.in_order())
    }
}

/// Say which flags each user has apart, to whoever administers the mailbox.
#[utoipa::path(
    get,
    path = "/mailboxes/{mailbox}/policy",
    tag = "mailboxes",
    params(("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`.")),
    responses((status = 200, body = PolicyView)),
)]
pub(crate) async fn show_policy(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (_, permit) = asker.permit(&name, Operation::Administer).await?;
    Answer::shown(&PolicyView::of(&asker, &permit).await?, &conditions)
}

/// Let each user have these flags apart and no others, as SETMETADATA does.
#[utoipa::path(
    put,
    path = "/mailboxes/{mailbox}/policy",
    tag = "mailboxes",
    params(("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`.")),
    request_body = PolicyView,
    responses((status = 200, body = PolicyView)),
)]
pub(crate) async fn set_policy(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
    Input(new): Input<PolicyView>,
) -> Result<Answer, Problem> {
    let (mailbox, permit) = asker.permit(&name, Operation::SetPolicy).await?;
    let policy = new.read()?;
    let present = PolicyView::of(&asker, &permit).await?;
    conditions.check(Some(&tag(&present)?))?;
    match asker.store.set_flag_policy(&permit, &policy).await {
        Ok(()) => {}
        Err(Fault::Annotations) => {
            let words = "The mailbox has as many annotations as it may.".to_owned();
            return Err(Problem::Unfit(words));
        }
        Err(fault) => return Err(fault.into()),
    }
    info!(mailbox.id = %mailbox.found.id, user.id = %asker.account.id, "changed the flag policy");
    Answer::changed(&PolicyView::new(&policy))
}
