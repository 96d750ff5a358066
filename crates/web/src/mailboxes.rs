//! The team mailboxes that somebody administers.

use acl::Rights;
use mail::{MailboxName, Place};
use maud::html;
use store::Listed;

use crate::layout::{self, Section, notice};
use crate::problem::Problem;
use crate::request::url;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::SignedIn;

/// Whoever administers nothing comes for the devices.
pub(crate) async fn home(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let there = if administered(person).await?.is_empty() {
        "/devices"
    } else {
        "/mailboxes"
    };
    Ok(WebResponse::see(there.to_owned()))
}

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let mut teams: Vec<(MailboxName, Vec<MailboxName>)> = Vec::new();
    for name in administered(person).await? {
        // What is below a team comes right after it.
        match teams.last_mut() {
            Some((team, folders)) if name.is_below(team) => folders.push(name),
            Some(_) | None => teams.push((name, Vec::new())),
        }
    }
    let left = person.left_team();
    let main = html! {
        h1 { (texts.teams) }
        @if let Some(team) = left { (notice(&fill(texts.left, &[("team", &team)]), &html! {})) }
        @if teams.is_empty() { p { (texts.no_teams) } } @else {
            p.lead { (texts.teams_hint) }
            ul.teams {
                @for (team, folders) in &teams {
                    li {
                        a.team href=(to(team)) { (team) }
                        @if !folders.is_empty() {
                            details {
                                summary { (texts.folders_below) " (" (folders.len()) ")" }
                                p.hint { (texts.folders_hint) }
                                ul { @for folder in folders { li { a href=(to(folder)) { (folder) } } } }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(person, Section::Teams, texts.teams, &main))
}

/// The page of a mailbox.
pub(crate) fn to(name: &MailboxName) -> String {
    url("/mailbox", &[("name", name.as_str())])
}

/// In order of what is below what.
async fn administered(person: &SignedIn<'_>) -> Result<Vec<MailboxName>, Problem> {
    let visible = person.store.visible(person.account.id).await?;
    let is_administered = |listed: &&Listed| {
        matches!(listed.place, Place::Shared(_)) && listed.rights.contains(Rights::ADMINISTER)
    };
    let mut names: Vec<_> = visible
        .iter()
        .filter(is_administered)
        .filter_map(|listed| person.team_name(&listed.place))
        .collect();
    names.sort_by(|one, other| {
        let levels = |name: &MailboxName| {
            let levels = name.as_str().split(MailboxName::SEPARATOR);
            levels.map(str::to_owned).collect::<Vec<_>>()
        };
        levels(one).cmp(&levels(other))
    });
    Ok(names)
}

/// Where somebody goes who no longer administers a mailbox, by what was done on its page.
pub(crate) fn after_leaving(person: &SignedIn<'_>, team: &MailboxName) -> String {
    let team = team.as_str();
    let seal = person.secret.seal(&[LEFT, team]);
    url("/mailboxes", &[(LEFT, team), ("seal", &seal)])
}

const LEFT: &str = "left";

impl SignedIn<'_> {
    /// As we wrote it into a link: nobody else's link says so.
    fn left_team(&self) -> Option<String> {
        let query = &self.visit.query;
        let team = query.text(LEFT);
        let is_ours = self.secret.is_seal(&[LEFT, team], query.text("seal"));
        is_ours.then(|| team.to_owned())
    }
}
