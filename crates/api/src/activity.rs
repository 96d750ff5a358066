//! Who did what: to whoever administers a mailbox what was done there, and to site administrators everything. As in IMAP, neither from
//! where somebody works nor the other mailbox of a copy is for those to know who administer only this one.

use acl::Operation;
use serde::{Deserialize, Serialize};
use store::{Activity, ActivityKind, ActivityQuery};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::Fields;
use crate::paging::{Page, PageQuery, unknown_page};
use crate::problem::Problem;

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
struct ActivityView {
    /// Its number: of a mailbox later ones have higher numbers.
    number: i64,
    /// To the millisecond (RFC 3339).
    at: String,
    /// What, in one word, as `postroom activity` has it.
    #[schema(example = "rights")]
    kind: &'static str,
    /// Who, as the account was called then.
    user: Option<String>,
    /// Who gave the password, where that was another account.
    login: Option<String>,
    /// On which mailbox, as it was called then.
    mailbox: Option<String>,
    /// Which messages.
    #[schema(example = "4:7")]
    uids: String,
    /// The flags that were set.
    flags_set: Vec<String>,
    /// The flags that were cleared where they were set.
    flags_cleared: Vec<String>,
    /// Whatever else there is to say.
    #[schema(example = "bo +lrs")]
    detail: Option<String>,
    /// From where, and what else was concerned; to site administrators alone.
    origin: Option<OriginView>,
}

/// From where somebody did something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Origin)]
struct OriginView {
    /// In which session.
    session: Option<String>,
    /// By which access token.
    token: Option<String>,
    /// On which frontend.
    node: Option<String>,
    /// From which address.
    address: Option<String>,
    /// With which program.
    client: Option<String>,
    /// The mailbox's number in the database, which stays when it is renamed or gone.
    mailbox_number: Option<i64>,
    /// The old name; of a copy or a move the other mailbox.
    other_mailbox: Option<String>,
}

/// What is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivityFilter {
    /// Only on this mailbox. Whoever does not administer the site must name one that he administers.
    mailbox: Option<String>,
    /// Only by this user.
    user: Option<String>,
    /// Only of this kind.
    #[param(value_type = Option<String>)]
    kind: Option<String>,
    /// The story of one message, by its Message-ID; for site administrators, whom no mailbox is hidden from.
    message: Option<String>,
    /// Not before this, in seconds since 1970.
    #[param(minimum = 0, maximum = 137438953472_i64)]
    since: Option<i64>,
    /// Before this, in seconds since 1970.
    #[param(minimum = 0, maximum = 137438953472_i64)]
    until: Option<i64>,
}

impl ActivityView {
    fn new(asker: &Asker, row: Activity) -> Self {
        let name = |place| asker.name(&asker.own(place)).to_string();
        let origin = OriginView {
            session: row.session.map(|session| session.to_string()),
            token: row.token,
            node: row.node,
            address: row.address,
            client: row.client,
            mailbox_number: row.mailbox.map(|mailbox| mailbox.0),
            other_mailbox: row.other_place.map(name),
        };
        Self {
            number: row.number,
            at: row.at,
            kind: row.kind.word(),
            user: row.actor,
            login: row.login,
            mailbox: row.place.map(name),
            uids: row.uids.to_string(),
            flags_set: row.flags_set,
            flags_cleared: row.flags_cleared,
            detail: row.detail,
            origin: asker.account.is_admin.then_some(origin),
        }
    }
}

/// List what was done, the newest first.
#[utoipa::path(
    get,
    path = "/activity",
    tag = "activity",
    params(ActivityFilter, PageQuery),
    responses((status = 200, body = Page<ActivityView>)),
)]
pub(crate) async fn list_activity(
    asker: Asker,
    Fields(filter): Fields<ActivityFilter>,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    if filter.message.is_some() {
        asker.check_administrator()?;
    }
    let mailbox = match &filter.mailbox {
        Some(name) => Some(asker.permit(name, Operation::Administer).await?.1.mailbox()),
        None => {
            asker.check_administrator()?;
            None
        }
    };
    let kind = filter.kind.as_deref().map(|word| {
        let words = || ActivityKind::words().collect::<Vec<_>>().join(", ");
        ActivityKind::parse(word)
            .ok_or_else(|| Problem::Malformed(format!("kind: one of {}.", words())))
    });
    let moment = |moment: Option<i64>, otherwise| match moment {
        None => Ok(otherwise),
        Some(moment) if (0..=ActivityQuery::END_OF_TIME).contains(&moment) => Ok(moment),
        Some(_) => Err(Problem::Malformed(
            "A time is in seconds since 1970.".to_owned(),
        )),
    };
    let below = page.after.as_deref().map(|key| {
        let number = key.parse().ok();
        number.ok_or_else(unknown_page)
    });
    let query = ActivityQuery {
        mailbox,
        account: filter.user,
        kind: kind.transpose()?,
        message: filter.message,
        since: moment(filter.since, 0)?,
        until: moment(filter.until, ActivityQuery::END_OF_TIME)?,
        below: below.transpose()?,
        count_max: page.one_more(),
    };
    let rows = asker.store.activity(&query).await?;
    let views = rows
        .into_iter()
        .rev()
        .map(|row| ActivityView::new(&asker, row));
    let page = page.page(views.collect(), |view: &ActivityView| {
        view.number.to_string()
    });
    Answer::shown(&page, &conditions)
}
