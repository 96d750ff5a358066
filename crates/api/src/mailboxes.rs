//! Mailboxes, by the names that whoever asks calls them: what LIST, CREATE, RENAME and DELETE do.

use acl::{Operation, Rights};
use mail::{MailboxId, MailboxName, Place, SPECIAL_USES};
use serde::{Deserialize, Serialize};
use store::Fault;
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, location, tag};
use crate::asker::{Asker, Mailbox};
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::letters::letters;
use crate::paging::{Page, PageQuery};
use crate::problem::{Problem, ProblemDetails};

/// A mailbox, as whoever asks may know it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mailbox)]
struct MailboxView {
    /// As whoever asks calls it.
    #[schema(example = "Shared Folders/support")]
    name: String,
    /// What stays when it is renamed: its MAILBOXID (RFC 8474).
    id: String,
    /// What whoever asks may do, in the letters of RFC 4314, without the obsolete `c` and `d`.
    #[schema(example = "lrswipte")]
    rights: String,
    /// What one's own mailbox is for (RFC 6154).
    #[schema(example = "\\Sent")]
    special_use: Option<String>,
    /// What it is for in the tree that it is in, whosever that is; to site administrators alone.
    used_as: Option<String>,
}

/// A mailbox that shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMailbox {
    /// As whoever asks will call it.
    #[schema(example = "Shared Folders/support/2027", min_length = 1)]
    name: String,
    /// What it is for (RFC 6154), as CREATE has it.
    #[schema(example = "\\Sent")]
    special_use: Option<String>,
}

/// What shall become of a mailbox.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailboxChange {
    /// What it shall be called. What is below it goes along.
    #[schema(min_length = 1)]
    name: String,
}

impl MailboxView {
    fn new(
        asker: &Asker,
        id: MailboxId,
        place: &Place,
        rights: Rights,
        special_use: Option<&str>,
    ) -> Self {
        // Of others' it is not told: programs would take it for one's own (docs/adr/0040-special-use-belongs-to-a-view.md).
        let is_own = matches!(place, Place::Mine(_));
        Self {
            name: asker.name(place).to_string(),
            id: asker.store.object_ids().mailbox(id),
            rights: letters(rights),
            special_use: special_use.filter(|_| is_own).map(str::to_owned),
            used_as: special_use
                .filter(|_| asker.account.is_admin)
                .map(str::to_owned),
        }
    }

    fn of(asker: &Asker, mailbox: &Mailbox) -> Self {
        let Mailbox { place, found, .. } = mailbox;
        let special_use = found.special_use.as_deref();
        Self::new(asker, found.id, place, found.access.rights, special_use)
    }
}

/// List the mailboxes that LIST would tell of, by name.
#[utoipa::path(
    get,
    path = "/mailboxes",
    tag = "mailboxes",
    params(PageQuery),
    responses((status = 200, body = Page<MailboxView>)),
)]
pub(crate) async fn list_mailboxes(
    asker: Asker,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let visible = asker.store.visible(asker.account.id).await?;
    let views = visible.iter().map(|listed| {
        let special_use = listed.special_use.as_deref();
        MailboxView::new(&asker, listed.id, &listed.place, listed.rights, special_use)
    });
    let mut views: Vec<_> = views.collect();
    views.sort_by(|one, other| one.name.cmp(&other.name));
    let page = page.cut(views, |view| view.name.clone());
    Answer::shown(&page, &conditions)
}

/// Create a mailbox. It takes over the list of the one above it.
#[utoipa::path(
    post,
    path = "/mailboxes",
    tag = "mailboxes",
    request_body = NewMailbox,
    responses((status = 201, body = MailboxView), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn create_mailbox(
    asker: Asker,
    Input(new): Input<NewMailbox>,
) -> Result<Answer, Problem> {
    let place = new_place(&asker, &new.name)?;
    let special_use = special_use(&place, new.special_use.as_deref())?;
    let permit = permit_to_create(&asker, &place, special_use).await?;
    let created = asker
        .store
        .create_mailbox(&permit, &place, special_use)
        .await;
    let id = unless_taken(&asker, &place, created).await?;
    info!(mailbox.id = %id, user.id = %asker.account.id, "created a mailbox");
    let name = asker.name(&place);
    let (mailbox, _) = asker.permit(name.as_str(), Operation::ReadMyRights).await?;
    let there = location(&[("mailboxes", name.as_str())]);
    Answer::made(&MailboxView::of(&asker, &mailbox), there)
}

/// Say what whoever asks may know of a mailbox.
#[utoipa::path(
    get,
    path = "/mailboxes/{mailbox}",
    tag = "mailboxes",
    params(("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`.")),
    responses((status = 200, body = MailboxView)),
)]
pub(crate) async fn show_mailbox(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (mailbox, _) = asker.permit(&name, Operation::ReadMyRights).await?;
    Answer::shown(&MailboxView::of(&asker, &mailbox), &conditions)
}

/// Rename a mailbox, with all below it.
#[utoipa::path(
    patch,
    path = "/mailboxes/{mailbox}",
    tag = "mailboxes",
    params(("mailbox" = String, Path, description = "Its name now, each `/` in it as `%2F`.")),
    request_body = MailboxChange,
    responses((status = 200, body = MailboxView), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn rename_mailbox(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
    Input(change): Input<MailboxChange>,
) -> Result<Answer, Problem> {
    let (mailbox, permit) = asker.permit(&name, Operation::DeleteMailbox).await?;
    conditions.check(Some(&tag(&MailboxView::of(&asker, &mailbox))?))?;
    let to = new_place(&asker, &change.name)?;
    if is_inbox(&mailbox.place) {
        return Err(Problem::Conflict("An INBOX keeps its name."));
    }
    if to != mailbox.place {
        if to.is_below(&mailbox.place) {
            return Err(Problem::Conflict("A mailbox cannot be moved below itself."));
        }
        let create_permit = permit_to_create(&asker, &to, None).await?;
        let from = &mailbox.place;
        let renamed = asker
            .store
            .rename_mailbox(&permit, &create_permit, from, &to)
            .await;
        unless_taken(&asker, &to, renamed).await?;
        info!(mailbox.id = %permit.mailbox(), user.id = %asker.account.id, "renamed a mailbox");
    }
    let name = asker.name(&to);
    let (mailbox, _) = asker.permit(name.as_str(), Operation::ReadMyRights).await?;
    Answer::changed(&MailboxView::of(&asker, &mailbox))
}

/// Delete a mailbox with all mail in it.
#[utoipa::path(
    delete,
    path = "/mailboxes/{mailbox}",
    tag = "mailboxes",
    params(("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`.")),
    responses((status = 204), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn delete_mailbox(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (mailbox, permit) = asker.permit(&name, Operation::DeleteMailbox).await?;
    conditions.check(Some(&tag(&MailboxView::of(&asker, &mailbox))?))?;
    if is_inbox(&mailbox.place) {
        return Err(Problem::Conflict("An INBOX cannot be deleted."));
    }
    asker.store.delete_mailbox(&permit).await?;
    info!(mailbox.id = %permit.mailbox(), user.id = %asker.account.id, "deleted a mailbox");
    Ok(Answer::done())
}

/// Where a mailbox of this name would be.
fn new_place(asker: &Asker, name: &str) -> Result<Place, Problem> {
    let name = MailboxName::parse(name)
        .map_err(|bad| Problem::Unfit(crate::problem::sentence(&bad.to_string())))?;
    let place = asker.site().namespaces.place(&name);
    place.ok_or_else(|| Problem::Unfit("No mailbox can have that name.".to_owned()))
}

/// One of the special uses that there are. Which of others' mailboxes has one, only they decide.
fn special_use(place: &Place, wanted: Option<&str>) -> Result<Option<&'static str>, Problem> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    if matches!(place, Place::Theirs { .. }) {
        let words = "Only its owner decides which mailbox has a special use.".to_owned();
        return Err(Problem::Unfit(words));
    }
    let mut known = SPECIAL_USES.into_iter();
    let known = known.find(|known| known.eq_ignore_ascii_case(wanted));
    known.map(Some).ok_or_else(|| {
        let words = format!("special_use: one of {}.", SPECIAL_USES.join(", "));
        Problem::Unfit(words)
    })
}

/// Below a mailbox that must stay hidden nothing can be created, as nowhere else.
async fn permit_to_create(
    asker: &Asker,
    place: &Place,
    special_use: Option<&str>,
) -> Result<acl::CreatePermit, Problem> {
    let asked = asker
        .store
        .create_permit(asker.account.id, place, special_use)
        .await?;
    asked.map_err(|_| Problem::NotAllowed)
}

/// That a mailbox is there already is told only to whoever may know it (docs/adr/0022-names-that-are-taken.md).
async fn unless_taken<T>(
    asker: &Asker,
    place: &Place,
    done: Result<T, Fault>,
) -> Result<T, Problem> {
    match done {
        Err(Fault::Exists) => {
            let found = asker.store.resolve(asker.account.id, place).await?;
            let is_known = found.is_some_and(|found| found.access.rights.contains(Rights::LOOKUP));
            Err(if is_known {
                Problem::from(Fault::Exists)
            } else {
                Problem::NotAllowed
            })
        }
        done => Ok(done?),
    }
}

fn is_inbox(place: &Place) -> bool {
    match place {
        Place::Mine(path) | Place::Theirs { path, .. } => path == MailboxName::INBOX,
        Place::Shared(_) => false,
    }
}
