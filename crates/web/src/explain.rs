//! What somebody may do in a mailbox, and which entry gave or took it.

use acl::{AclEntry, Ownership, Rights, Who};
use maud::{Markup, html};
use store::Found;

use crate::mailbox::{self, Tab};
use crate::mailboxes;
use crate::problem::Problem;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::SignedIn;
use crate::words;

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let team = person.administered(person.visit.query.text("name")).await?;
    let asked = person.visit.query.text("who");
    let account = person.store.find_account(asked).await?;
    // One answer for nobody and for whoever is not for this person to know.
    let account = account.ok_or(Problem::NotFound)?;
    let entries = person.store.access_list(team.found.id).await?;
    if !acl::may_know_of(&entries, &account.name, &person.account.name) {
        return Err(Problem::NotFound);
    }
    let found = person.store.access(account.id, team.found.id).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let texts = person.texts();
    let values = [("who", account.name.as_str()), ("team", team.name.as_str())];
    let title = fill(texts.may_title, &values);
    let main = answer(person, &found);
    let main = html! { (main) p { a href=(mailboxes::to(&team.name)) { (texts.back) } } };
    Ok(mailbox::page(
        person,
        200,
        &team.name,
        Tab::People,
        &title,
        &main,
    ))
}

/// As the list has it. What a site administrator may besides is not told: it would tell who is one.
fn answer(person: &SignedIn<'_>, found: &Found) -> Markup {
    let texts = person.texts();
    let who = Who {
        is_admin: false,
        ..(*found.who).clone()
    };
    let belonging = found.belonging();
    let held = acl::effective(&found.applying, &who, belonging);
    let sends = acl::may_send_as(&found.applying, &who, belonging);
    let applying: Vec<_> = acl::applying(&found.applying, &who, belonging).collect();
    let may = |may: bool| {
        let words = if may { texts.may } else { texts.may_not };
        html! { td class=(if may { "yes" } else { "no" }) { (words) } }
    };
    html! {
        h2 { (texts.because) }
        (reasons(person, &who, &applying, belonging.ownership))
        table.narrow {
            thead { tr { th scope="col" { (texts.action) } th scope="col" { (texts.answer) } } }
            tbody {
                @for (right, words) in words::rights(texts) {
                    tr { th scope="row" { (words) } (may(held.contains(right))) }
                }
                tr { th scope="row" { (texts.send_as_team) } (may(sends)) }
            }
        }
    }
}

fn reasons(
    person: &SignedIn<'_>,
    who: &Who,
    applying: &[&AclEntry],
    ownership: Ownership,
) -> Markup {
    let texts = person.texts();
    let line = |entry: &AclEntry| {
        let text = if entry.is_negative {
            texts.takes
        } else {
            texts.gives
        };
        let named = words::identifier(texts, &entry.identifier);
        let what = words::what(texts, entry.rights);
        fill(text, &[("who", &named), ("what", &what)])
    };
    let implied = acl::implied(false, ownership);
    html! {
        ul.plain {
            @for entry in applying { li { (line(entry)) } }
            @if implied != Rights::NONE {
                li { (fill(texts.by_owner, &[("what", &words::in_full(texts, implied))])) }
            }
            @if applying.is_empty() && implied == Rights::NONE {
                li { (fill(texts.no_reason, &[("who", &who.name)])) }
            }
        }
    }
}
