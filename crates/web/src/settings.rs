//! How a mailbox works: whose read marks there are, which addresses lead to it, and who may send as them.

use acl::{Operation, Rights};
use mail::Flag;
use maud::{Markup, html};
use store::Fault;

use crate::layout::{form_token, hidden, notice};
use crate::mailbox::{self, Tab};
use crate::problem::Problem;
use crate::request::url;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::{Administered, SignedIn};
use crate::words;

/// The words of the form for whose the read marks shall be.
const OWN: &str = "own";
const SHARED: &str = "shared";

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let team = person.administered(person.visit.query.text("name")).await?;
    let texts = person.texts();
    let is_changed = person.visit.query.text("notice") == "changed";
    let main = html! {
        @if is_changed { (notice(texts.policy_changed, &html! {})) }
        (read_marks(person, &team).await?)
        (addresses(person, &team).await?)
        (senders(person, &team).await?)
    };
    let title = fill(texts.settings_of, &[("team", team.name.as_str())]);
    Ok(mailbox::page(
        person,
        200,
        &team.name,
        Tab::Settings,
        &title,
        &main,
    ))
}

async fn read_marks(person: &SignedIn<'_>, team: &Administered) -> Result<Markup, Problem> {
    let texts = person.texts();
    let policy = person.store.flag_policy(&team.permit).await?;
    let is_own = policy.has(&Flag::Seen);
    let (words, button, other) = if is_own {
        (texts.read_marks_own, texts.make_shared, SHARED)
    } else {
        (texts.read_marks_shared, texts.make_own, OWN)
    };
    // Whoever may decide who works here, and not do anything himself, may not change this (RFC 5464, 3.3).
    let may_change = acl::permit(&team.found.access, Operation::SetPolicy).is_ok();
    Ok(html! {
        h2 { (texts.read_marks) }
        p { (words) }
        @if may_change {
            form.buttons method="post" action="/mailbox/settings" {
                (form_token(&person.secret))
                (hidden("name", team.name.as_str()))
                button name="seen" value=(other) aria-describedby="policy-hint" { (button) }
            }
            p.hint #policy-hint { (texts.policy_hint) }
        }
    })
}

async fn addresses(person: &SignedIn<'_>, team: &Administered) -> Result<Markup, Problem> {
    let texts = person.texts();
    let addresses = person.store.addresses_of(team.found.id).await?;
    Ok(html! {
        h2 { (texts.addresses) }
        @if addresses.is_empty() { p { (texts.no_addresses) } } @else {
            ul.plain {
                @for address in &addresses {
                    li { (address.address) @if !address.is_alone { small { " (" (texts.leads_elsewhere) ")" } } }
                }
            }
        }
    })
}

/// Those whom an entry names: what everybody may do is to write to the addresses.
async fn senders(person: &SignedIn<'_>, team: &Administered) -> Result<Markup, Problem> {
    let texts = person.texts();
    let entries = person.store.access_list(team.found.id).await?;
    let senders: Vec<_> = entries
        .iter()
        .filter(|entry| !entry.is_negative && entry.rights.contains(Rights::POST))
        .filter(|entry| !entry.identifier.is_everybody())
        .collect();
    Ok(html! {
        h2 { (texts.senders) }
        @if senders.is_empty() { p { (texts.no_senders) } } @else {
            ul.plain { @for entry in senders { li { (words::identifier(texts, &entry.identifier)) } } }
        }
    })
}

pub(crate) async fn change(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let form = &person.visit.form;
    let team = person.administered(form.text("name")).await?;
    let permit = acl::permit(&team.found.access, Operation::SetPolicy)?;
    let mut policy = person.store.flag_policy(&permit).await?;
    match form.text("seen") {
        // Only \Deleted can be private to nobody.
        OWN => policy.add(Flag::Seen).map_err(|_| Problem::Broken)?,
        SHARED => policy.remove(&Flag::Seen),
        _ => return Err(Problem::OldForm),
    }
    match person.store.set_flag_policy(&permit, &policy).await {
        Ok(()) => Ok(WebResponse::see(url(
            "/mailbox/settings",
            &[("name", team.name.as_str()), ("notice", "changed")],
        ))),
        Err(Fault::Annotations) => Err(Problem::Refused(person.texts().too_much.to_owned())),
        Err(fault) => Err(fault.into()),
    }
}
