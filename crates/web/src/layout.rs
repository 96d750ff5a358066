//! What all pages have: head, sections, notices, and the parts of forms.

use auth::BrowserSecret;
use maud::{DOCTYPE, Markup, html};

use crate::language::Language;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::{FORM_TOKEN, SignedIn};

/// The section that a page is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Teams,
    Devices,
}

/// Pages link to the style with the version behind it, so that another release is not shown with an old one.
const STYLE: &str = concat!("/style.css?", env!("CARGO_PKG_VERSION"));

/// A page of somebody who has signed in.
pub(crate) fn page(
    person: &SignedIn<'_>,
    section: Section,
    title: &str,
    main: &Markup,
) -> WebResponse {
    answer(person, 200, section, title, main)
}

pub(crate) fn answer(
    person: &SignedIn<'_>,
    status: u16,
    section: Section,
    title: &str,
    main: &Markup,
) -> WebResponse {
    let texts = person.texts();
    let current = |of: Section| (of == section).then_some("page");
    let signed_in = fill(texts.signed_in_as, &[("user", &person.account.name)]);
    let header = html! {
        nav aria-label=(texts.sections) {
            a href="/mailboxes" aria-current=[current(Section::Teams)] { (texts.teams) }
            a href="/devices" aria-current=[current(Section::Devices)] { (texts.devices) }
        }
        form.person method="post" action="/sign-out" {
            (form_token(&person.secret))
            span title=(signed_in) { (person.account.name) }
            button type="submit" { (texts.sign_out) }
        }
    };
    WebResponse::page(status, document(person.language(), title, &header, main))
}

/// A page of nobody.
pub(crate) fn bare(language: Language, title: &str, main: &Markup) -> Markup {
    document(language, title, &html! {}, main)
}

fn document(language: Language, title: &str, header: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Postroom" }
                link rel="stylesheet" href=(STYLE);
                link rel="icon" href="/icon.svg" type="image/svg+xml";
            }
            body {
                a.skip href="#main" { (language.texts().skip) }
                header { a.home href="/" { "Postroom" } (header) }
                main #main tabindex="-1" { (main) }
            }
        }
    }
}

/// Without it a form is refused.
pub(crate) fn form_token(secret: &BrowserSecret) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(secret.form_token()); }
}

pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Something that was done.
pub(crate) fn notice(words: &str, more: &Markup) -> Markup {
    html! { div.notice role="status" { p { (words) } (more) } }
}

/// Something that was not.
pub(crate) fn alert(words: &str) -> Markup {
    html! { div.alert role="alert" { p { (words) } } }
}

/// A question before something is done: what it is about, and a button that does it.
pub(crate) struct Question<'q> {
    pub(crate) title: &'q str,
    pub(crate) effect: &'q str,
    /// Where the form goes, and the fields of it.
    pub(crate) action: &'q str,
    pub(crate) fields: &'q [(&'q str, &'q str)],
    pub(crate) button: &'q str,
    /// Whether it takes something away.
    pub(crate) is_removal: bool,
    /// Where to go instead.
    pub(crate) cancel: &'q str,
}

pub(crate) fn ask(person: &SignedIn<'_>, section: Section, question: &Question<'_>) -> WebResponse {
    let class = if question.is_removal {
        "danger"
    } else {
        "primary"
    };
    page(
        person,
        section,
        question.title,
        &html! {
            h1 { (question.title) }
            p { (question.effect) }
            form.buttons method="post" action=(question.action) {
                (form_token(&person.secret))
                @for (name, value) in question.fields { (hidden(name, value)) }
                (hidden(CONFIRMED, "yes"))
                button class=(class) type="submit" { (question.button) }
                a href=(question.cancel) { (person.texts().cancel) }
            }
        },
    )
}

/// The field of a form by which somebody has said yes to a question.
pub(crate) const CONFIRMED: &str = "confirmed";
