//! Who works in a mailbox: its list as a grid of people and roles, and the changes of it, which are those of SETACL.

mod change;
mod grid;
mod undo;

use std::collections::{BTreeMap, BTreeSet};

use acl::{AclEntry, Identifier, Subject, domain_of};
use maud::{Markup, html};
use store::{GroupPeople, SessionQuery};

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
    let groups = person.store.people_of_groups(&team.permit).await?;
    let here = if person.site().tells_who_is_here {
        let known = names_of(&entries, &groups);
        here(person, team, &known).await?
    } else {
        html! {}
    };
    let grid = grid::Grid {
        person,
        team,
        nobodies: known_nobodies(person, &entries).await?,
        groups,
        list_of: list_of(person, team).await?,
        entries,
    };
    let main = html! { (remark) (here) (grid.show()) };
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

/// The people whom the list names, or of whose groups the lead is told.
fn names_of<'l>(
    entries: &'l [AclEntry],
    groups: &'l BTreeMap<String, GroupPeople>,
) -> BTreeSet<&'l str> {
    let giving = entries.iter().filter(|entry| !entry.is_negative);
    let listed = giving.filter_map(|entry| {
        let Identifier::User(name) = &entry.identifier else {
            return None;
        };
        Some(&**name)
    });
    let in_groups = groups.values().flat_map(|people| &people.names);
    listed.chain(in_groups.map(|name| &**name)).collect()
}

/// Which of the people of a mailbox have it open on any frontend, as of some seconds ago. Whoever sees it otherwise, as those
/// who administer the site do, is not told of.
async fn here(
    person: &SignedIn<'_>,
    team: &Administered,
    known: &BTreeSet<&str>,
) -> Result<Markup, Problem> {
    let query = SessionQuery {
        mailbox: Some(team.found.id),
        ..SessionQuery::default()
    };
    let sessions = person.store.open_sessions(&query).await?;
    let names: BTreeSet<&str> = sessions
        .iter()
        .map(|session| &*session.account_name)
        .filter(|name| known.contains(name))
        .collect();
    let texts = person.texts();
    Ok(html! {
        @if !names.is_empty() {
            p { (texts.here_now) ": " @for (number, name) in names.iter().enumerate() {
                @if number > 0 { ", " }
                b { (name) }
            } }
        }
    })
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

/// Whom an entry is for.
fn subject_of(entry: &AclEntry) -> Subject {
    Subject {
        identifier: entry.identifier.clone(),
        is_negative: entry.is_negative,
    }
}

/// As lists keep it.
fn folded(subject: &Subject) -> Subject {
    Subject {
        identifier: store::fold_identifier(&subject.identifier),
        is_negative: subject.is_negative,
    }
}
