//! Signing in and out. The password is checked as at a login by IMAP, and the record of activity has both alike. Who signs in elsewhere is led
//! there by `provider`.

use auth::BrowserSecret;
use mail::SessionId;
use maud::{Markup, html};
use store::{Account, Fault, SignedInBy};
use tracing::info;

use crate::layout::{self, alert, form_token, hidden, notice};
use crate::problem::Problem;
use crate::provider;
use crate::request::{Cookie, own_location, url};
use crate::response::WebResponse;
use crate::site::PasswordVerdict;
use crate::texts::fill;
use crate::visit::{SignedIn, Visit, origin};

/// What the form says beside its fields.
pub(crate) enum Remark {
    Nothing,
    SignedOut,
    Wrong(String),
}

/// Somebody who has shown who he is.
pub(crate) struct Entered<'e> {
    pub(crate) account: &'e Account,
    pub(crate) by: SignedInBy,
    /// Where to go now.
    pub(crate) next: &'e str,
}

pub(crate) async fn show(visit: Visit<'_>) -> Result<WebResponse, Problem> {
    let visit = match visit.signed_in().await? {
        Ok(person) => return Ok(WebResponse::see(next(&person.visit).to_owned())),
        Err(visit) => visit,
    };
    let remark = match visit.query.text("notice") {
        "signed-out" => Remark::SignedOut,
        _ => Remark::Nothing,
    };
    form(&visit, 200, &remark, next(&visit))
}

pub(crate) async fn enter(visit: &Visit<'_>) -> Result<WebResponse, Problem> {
    visit.check_form()?;
    if !visit.site.takes_passwords {
        return Err(Problem::NotFound);
    }
    let (user, password) = (visit.form.text("user"), visit.form.raw("password"));
    let (site, address) = (visit.site, visit.request.address);
    let texts = visit.texts();
    match site.password_check.check(user, password, address).await {
        PasswordVerdict::Welcome(account) => {
            let entered = Entered {
                account: &account,
                by: SignedInBy::Password,
                next: next(visit),
            };
            match begin(visit, &entered).await? {
                Some(response) => Ok(response),
                None => form(visit, 403, &wrong(texts.login_failed), next(visit)),
            }
        }
        PasswordVerdict::Refused => {
            site.store.note_refusal(user, address.to_canonical());
            form(visit, 403, &wrong(texts.login_failed), next(visit))
        }
        PasswordVerdict::TooMany => form(visit, 429, &wrong(texts.too_many_logins), next(visit)),
        PasswordVerdict::Unavailable => Err(Problem::Unavailable),
    }
}

fn wrong(words: &str) -> Remark {
    Remark::Wrong(words.to_owned())
}

/// With another secret than before, so that nobody can have given the browser the one that is signed in. `None` where the
/// password was changed in the moment after it was right.
pub(crate) async fn begin(
    visit: &Visit<'_>,
    entered: &Entered<'_>,
) -> Result<Option<WebResponse>, Problem> {
    let (site, account) = (visit.site, entered.account);
    let random = || (site.random)().ok_or(Problem::Broken);
    let secret = BrowserSecret::from_random(random()?);
    let [a, b, c, d, e, f, ..] = random()?;
    let session = SessionId::from_random([a, b, c, d, e, f]);
    let hash = secret.hash();
    let begun = site
        .store
        .begin_web_session(account, session, &hash, entered.by);
    match begun.await {
        Ok(()) => {}
        Err(Fault::Gone) => return Ok(None),
        Err(fault) => return Err(fault.into()),
    }
    if let Some(before) = &visit.secret {
        site.store.end_web_session(&before.hash()).await?;
    }
    site.store
        .note_language(account.id, visit.language.tag())
        .await?;
    let origin = origin(site, account, session, visit.request.address);
    site.store.from_origin(origin).note_login();
    info!(user.id = %account.id, "signed in at the web page");
    let response = WebResponse::see(entered.next.to_owned());
    Ok(Some(response.keep(&secret, visit.request.transport)))
}

pub(crate) async fn leave(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let site = person.site();
    site.store.end_web_session(&person.secret.hash()).await?;
    let there = url("/sign-in", &[("notice", "signed-out")]);
    let transport = person.visit.request.transport;
    Ok(WebResponse::see(there).forget(Cookie::Session, transport))
}

pub(crate) fn form(
    visit: &Visit<'_>,
    status: u16,
    remark: &Remark,
    next: &str,
) -> Result<WebResponse, Problem> {
    let texts = visit.texts();
    let secret = match &visit.secret {
        Some(secret) => secret.clone(),
        None => BrowserSecret::from_random((visit.site.random)().ok_or(Problem::Broken)?),
    };
    let page = layout::bare(
        visit.language,
        texts.sign_in,
        &html! {
            div.narrow {
                h1 { (texts.sign_in) }
                @match remark {
                    Remark::Nothing => {}
                    Remark::SignedOut => { (notice(texts.signed_out, &html! {})) }
                    Remark::Wrong(words) => { (alert(words)) }
                }
                @if let Some(provider) = &visit.site.provider {
                    p {
                        a.button.primary href=(provider::link(next)) {
                            (fill(texts.sign_in_at, &[("provider", provider.name())]))
                        }
                    }
                    @if visit.site.takes_passwords { p { (texts.or_by_password) } }
                }
                @if visit.site.takes_passwords { (by_password(visit, &secret, next)) }
            }
        },
    );
    let response = WebResponse::page(status, page);
    // One that is there is of a session that has ended, or of a form like this one.
    Ok(match visit.secret {
        Some(_) => response,
        None => response.keep(&secret, visit.request.transport),
    })
}

fn by_password(visit: &Visit<'_>, secret: &BrowserSecret, next: &str) -> Markup {
    let texts = visit.texts();
    html! {
        form.stack method="post" action="/sign-in" {
            (form_token(secret))
            (hidden("next", next))
            label for="user" { (texts.user) }
            input #user name="user" type="text" value=(visit.form.text("user")) autocomplete="username"
                autocapitalize="none" spellcheck="false" required maxlength="255" autofocus;
            label for="password" { (texts.password) }
            input #password name="password" type="password" autocomplete="current-password" required
                maxlength="1000" aria-describedby="hint";
            p.hint #hint { (texts.sign_in_hint) }
            button.primary type="submit" { (texts.sign_in) }
        }
    }
}

/// Where somebody wanted to go.
pub(crate) fn next<'v>(visit: &'v Visit<'_>) -> &'v str {
    let asked = [visit.form.text("next"), visit.query.text("next")];
    let asked = asked.into_iter().find(|text| !text.is_empty());
    asked.and_then(own_location).unwrap_or("/")
}
