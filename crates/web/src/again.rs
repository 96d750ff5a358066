//! Who he is, shown once more before something is made that outlives the session: by the password, or where somebody signed in at an
//! identity provider, there.

use mail::limits::WEB_CONFIRMED_MINUTES_MAX;
use maud::{Markup, html};
use store::SignedInBy;

use crate::problem::Problem;
use crate::provider;
use crate::request::url;
use crate::site::{PasswordVerdict, SignInProvider};
use crate::texts::fill;
use crate::visit::SignedIn;

/// The provider at which this person shows who he is; `None` for whoever has a password to give.
fn provider<'p>(person: &'p SignedIn<'_>) -> Option<&'p dyn SignInProvider> {
    let site = person.site();
    let has_come_by_it = person.by != SignedInBy::Password;
    let provider = site.provider.as_deref();
    provider.filter(|_| has_come_by_it || !site.takes_passwords)
}

/// The provider that has yet to be asked, before anything is filled in that would be lost on the way there.
pub(crate) fn missing<'p>(person: &'p SignedIn<'_>) -> Option<&'p dyn SignInProvider> {
    provider(person).filter(|_| person.by != SignedInBy::ProviderAgain)
}

/// What leads there.
pub(crate) fn ask(person: &SignedIn<'_>, provider: &dyn SignInProvider) -> Markup {
    let texts = person.texts();
    let minutes = WEB_CONFIRMED_MINUTES_MAX.to_string();
    let next = format!("{}#new", url("/devices", &[("notice", "confirmed")]));
    html! {
        p { (fill(texts.confirm_hint, &[("minutes", &minutes)])) }
        p {
            a.button.primary href=(provider::link_again(&next)) {
                (fill(texts.confirm_at, &[("provider", provider.name())]))
            }
        }
    }
}

/// The field of a form for the password, for whoever has to give it.
pub(crate) fn password(person: &SignedIn<'_>, id: &str, label: &str) -> Markup {
    let hint = format!("{id}-hint");
    html! {
        @if provider(person).is_none() {
            label for=(id) { (label) }
            input id=(id) name="password" type="password" autocomplete="current-password" required maxlength="1000"
                aria-describedby=(hint);
            p.hint id=(hint) { (person.texts().own_password_hint) }
        }
    }
}

/// Whether the form comes from who is signed in; else a status, and what to say.
pub(crate) async fn check(
    person: &SignedIn<'_>,
) -> Result<Result<(), (u16, &'static str)>, Problem> {
    let texts = person.texts();
    if missing(person).is_some() {
        return Ok(Err((403, texts.confirm_first)));
    }
    if provider(person).is_some() {
        return Ok(Ok(()));
    }
    let (name, address) = (&person.account.name, person.visit.request.address);
    let password = person.visit.form.raw("password");
    let check = &person.site().password_check;
    match check.check(name, password, address).await {
        PasswordVerdict::Welcome(account) if account.id == person.account.id => Ok(Ok(())),
        PasswordVerdict::Welcome(_) | PasswordVerdict::Refused => {
            person.store.note_refusal(name, address.to_canonical());
            Ok(Err((403, texts.password_wrong)))
        }
        PasswordVerdict::TooMany => Ok(Err((429, texts.too_many_logins))),
        PasswordVerdict::Unavailable => Err(Problem::Unavailable),
    }
}
