//! Where a letter to an address would go, and why; for site administrators.

use mail::EmailAddress;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::Named;
use crate::problem::{Problem, sentence};

/// Where a letter to an address would go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailRoute)]
struct RouteView {
    /// As it was asked for.
    #[schema(example = "support+invoices@example.org")]
    address: String,
    /// The mailboxes; none where nobody is known by this address.
    targets: Vec<RouteTarget>,
    /// How they were found, in words and in this order.
    because: Vec<String>,
    /// Who may send as this address.
    senders: Vec<String>,
    /// Where copies of what is sent as it go.
    sent_copy: Option<String>,
}

/// A mailbox that a letter goes to.
#[derive(Debug, Serialize, ToSchema)]
struct RouteTarget {
    /// Its name.
    mailbox: String,
    /// Whether just anyone may post there.
    anyone: bool,
}

/// Say where a letter to an address would go, and why; for site administrators.
#[utoipa::path(
    get,
    path = "/addresses/{address}/route",
    tag = "addresses",
    params(("address" = String, Path, description = "Such as `support+invoices@example.org`.")),
    responses((status = 200, body = RouteView)),
)]
pub(crate) async fn explain_address(
    asker: Asker,
    Named(text): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let address =
        EmailAddress::parse(&text).map_err(|bad| Problem::Unfit(sentence(&bad.to_string())))?;
    let (store, separator) = (&asker.store, &asker.site().address_separator);
    let name = |place: &mail::Place| asker.name(&asker.own(place.clone())).to_string();
    let route = store.route(&address, separator).await?;
    let mut targets = Vec::new();
    for target in &route.targets {
        let filed = target.subfolder.as_ref().unwrap_or(&target.mailbox);
        targets.push(RouteTarget {
            mailbox: name(&filed.place),
            anyone: store.may_post(None, target).await?,
        });
    }
    let because = route.steps.iter().map(|step| step.words(name));
    let sent_copy = store.sent_copy_address(&address, separator).await?;
    let view = RouteView {
        targets,
        because: because.collect(),
        senders: store.senders_of(&address, separator).await?,
        sent_copy: sent_copy.map(|copy| copy.to_string()),
        address: text,
    };
    Answer::shown(&view, &conditions)
}
