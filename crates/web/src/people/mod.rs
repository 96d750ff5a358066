//! Who works in a mailbox: its list as a grid of people and roles, and the changes of it, which are those of SETACL.

mod change;
mod grid;
mod undo;

use acl::{AclEntry, Identifier, Subject, domain_of};
use maud::{Markup, html};

pub(crate) use change::{add, change};
pub(crate) use undo::undo;

use crate::layout::notice;
use crate::mailbox::{self, Tab};
use crate::problem::Problem;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::{Administered, SignedIn};

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let team = person.administered(person.visit.query.text("name")).await?;
    let remark = match undo::done(person, &team) {
        Some(done) => done.notice(person, &team),
        None if person.visit.query.text("notice") == "undone" => {
            notice(person.texts().undone, &html! {})
        }
        None => html! {},
    };
    list(person, 200, &team, &remark).await
}

/// The list as it is now, after what there is to say.
async fn list(
    person: &SignedIn<'_>,
    status: u16,
    team: &Administered,
    remark: &Markup,
) -> Result<WebResponse, Problem> {
    let entries = person.store.access_list(team.found.id).await?;
    let grid = grid::Grid {
        person,
        team,
        nobodies: known_nobodies(person, &entries).await?,
        groups: person.store.people_of_groups(&team.permit).await?,
        list_of: list_of(person, team).await?,
        entries,
    };
    let main = html! { (remark) (grid.show()) };
    let title = fill(person.texts().people_in, &[("team", team.name.as_str())]);
    Ok(mailbox::page(
        person,
        status,
        &team.name,
        Tab::People,
        &title,
        &main,
    ))
}

/// Which of these nobody has, as identifiers print. What is elsewhere is not told, as SETACL does not tell it.
async fn known_nobodies(
    person: &SignedIn<'_>,
    entries: &[AclEntry],
) -> Result<std::collections::HashSet<String>, Problem> {
    let identifiers = entries.iter().map(|entry| &entry.identifier);
    let near: Vec<_> = identifiers
        .filter(|identifier| is_near(person, identifier))
        .collect();
    Ok(person.store.nobodies(near).await?)
}

/// Whether this person may be told whether somebody has the name: within the own domain.
pub(crate) fn is_near(person: &SignedIn<'_>, identifier: &Identifier) -> bool {
    match identifier {
        Identifier::User(name) | Identifier::Group(name) => {
            domain_of(name) == domain_of(&person.account.name)
        }
        Identifier::Anyone
        | Identifier::Authenticated
        | Identifier::Domain(_)
        | Identifier::Anonymous
        | Identifier::Owner => false,
    }
}

/// Above which mailbox the list stands that holds here.
enum ListOf {
    Itself,
    /// As this person calls it; `None` for one that may not be known.
    Above(Option<mail::MailboxName>),
}

async fn list_of(person: &SignedIn<'_>, team: &Administered) -> Result<ListOf, Problem> {
    let Some(above) = person.store.list_of(team.found.id).await? else {
        return Ok(ListOf::Itself);
    };
    let found = person.store.access(person.account.id, above).await?;
    let may_know =
        found.is_some_and(|found| acl::permit(&found.access, acl::Operation::Administer).is_ok());
    let place = person.store.place_of(person.account.id, above).await?;
    let name = place.and_then(|place| person.team_name(&place));
    Ok(ListOf::Above(name.filter(|_| may_know)))
}

/// Whether an entry is this subject's.
fn is_of(entry: &AclEntry, subject: &Subject) -> bool {
    entry.identifier == subject.identifier && entry.is_negative == subject.is_negative
}

/// As lists keep it.
fn folded(subject: &Subject) -> Subject {
    Subject {
        identifier: store::fold_identifier(&subject.identifier),
        is_negative: subject.is_negative,
    }
}
