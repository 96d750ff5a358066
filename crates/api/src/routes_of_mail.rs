//! Where a letter to an address would go, and why; for site administrators.

use mail::{EmailAddress, Place};
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
    let separator = &asker.site().address_separator;
    let explained = asker.store.explain_route(&address, separator).await?;
    let name = |place: &Place| asker.name(&asker.own(place.clone())).to_string();
    let target = |(place, anyone): &(Place, bool)| RouteTarget {
        mailbox: name(place),
        anyone: *anyone,
    };
    let because = explained.steps.iter().map(|step| step.words(name));
    let view = RouteView {
        targets: explained.filed.iter().map(target).collect(),
        because: because.collect(),
        senders: explained.senders,
        sent_copy: explained.sent_copy.map(|copy| copy.to_string()),
        address: text,
    };
    Answer::shown(&view, &conditions)
}
