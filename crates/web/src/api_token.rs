//! A token of one's own for the HTTP API, as `postroom token add --service api` makes it: for the whole account, for nothing else, and with an
//! end.

use acl::AccessMode;
use auth::Token;
use mail::limits::TOKEN_NAME_BYTES_MAX;
use maud::{Markup, html};
use store::{NewToken, Services};

use crate::again;
use crate::devices::{SPANS, expires_at, list, not_made, random_token};
use crate::layout::{self, Section, alert, form_token};
use crate::problem::Problem;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::SignedIn;

/// Where a fresh form ends.
const USUAL_SPAN: &str = "90";

/// The form on the page of devices.
pub(crate) fn form(person: &SignedIn<'_>) -> Markup {
    let texts = person.texts();
    html! {
        form.stack method="post" action="/devices/api#new-token" {
            (form_token(&person.secret))
            p { (texts.api_token_hint) }
            label for="program" { (texts.program) }
            input #program name="name" type="text" required maxlength=(TOKEN_NAME_BYTES_MAX) autocomplete="off"
                aria-describedby="program-hint";
            p.hint #program-hint { (texts.program_hint) }
            fieldset {
                legend { (texts.what_it_is_for) }
                label { input type="checkbox" name="look" value="yes"; (texts.only_read_api) }
            }
            label for="token-until" { (texts.until_when_token) }
            select #token-until name="until" {
                @for ((value, _), words) in SPANS.iter().zip([texts.for_month, texts.for_quarter, texts.for_year]) {
                    option value=(value) selected[*value == USUAL_SPAN] { (words) }
                }
            }
            (again::password(person, "token-password", texts.confirm_password))
            button.primary type="submit" { (texts.make_token) }
        }
    }
}

pub(crate) async fn make(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    if !person.site().serves_api {
        return Err(Problem::NotFound);
    }
    let form = &person.visit.form;
    // One without an end is for an administrator to make.
    let Some(expires_at) = expires_at(person) else {
        return Err(Problem::NotFound);
    };
    if let Err((status, words)) = again::check(person).await? {
        return list(person, status, &alert(words)).await;
    }
    let token = random_token(person)?;
    let new = NewToken {
        name: form.text("name"),
        hash: token.hash(),
        mailbox: None,
        services: Services {
            imap: false,
            submission: false,
            api: true,
            scim: false,
        },
        mode: if form.is_ticked("look") {
            AccessMode::ReadOnly
        } else {
            AccessMode::ReadWrite
        },
        expires_at: Some(expires_at),
    };
    match person.store.add_token(person.account.id, &new).await {
        Ok(_) => Ok(shown_once(person, &token, new.name)),
        Err(fault) => not_made(person, new.name, fault).await,
    }
}

fn shown_once(person: &SignedIn<'_>, token: &Token, name: &str) -> WebResponse {
    let texts = person.texts();
    let title = fill(texts.token_made, &[("device", name)]);
    let main = html! {
        h1 { (title) }
        p { (texts.token_once) }
        p.token { code { (token.as_str()) } }
        p { (texts.token_usage) }
        p { code { "Authorization: Bearer …" } }
        p { a.button href="/devices" { (texts.to_devices) } }
    };
    layout::page(person, Section::Devices, &title, &main)
}
