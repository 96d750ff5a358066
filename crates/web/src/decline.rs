//! Declining a mailbox that one was given: mail programs no longer show it, and it can be had back. Where the letter leads that tells of it.

use acl::Operation;
use mail::{MailboxName, Place};
use maud::html;

use crate::layout::{self, Question, Section, form_token, hidden, notice};
use crate::problem::Problem;
use crate::request::url;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::SignedIn;

pub(crate) const PATH: &str = "/decline";
const NAME: &str = "name";
/// The field of the form by which it is shown again.
const AGAIN: &str = "again";
const YES: &str = "yes";
const DECLINED: &str = "declined";

/// Where somebody declines a mailbox, as he calls it.
pub(crate) fn link(mailbox: &str) -> String {
    url(PATH, &[(NAME, mailbox)])
}

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let (name, _) = known(person, person.visit.query.text(NAME)).await?;
    let mailbox = [("mailbox", name.as_str())];
    if person.visit.query.text("notice") == DECLINED {
        let title = fill(texts.declined, &mailbox);
        let main = html! {
            h1 { (title) }
            (notice(texts.decline_effect, &html! {
                form method="post" action=(PATH) {
                    (form_token(&person.secret))
                    (hidden(NAME, name.as_str()))
                    (hidden(AGAIN, YES))
                    button type="submit" { (texts.show_again) }
                }
            }))
        };
        return Ok(layout::page(person, Section::Teams, &title, &main));
    }
    let question = Question {
        title: &fill(texts.decline_question, &mailbox),
        effect: texts.decline_effect,
        action: PATH,
        fields: &[(NAME, name.as_str())],
        button: texts.decline,
        is_removal: true,
        cancel: "/",
    };
    Ok(layout::ask(person, Section::Teams, &question))
}

pub(crate) async fn change(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let form = &person.visit.form;
    let (name, place) = known(person, form.text(NAME)).await?;
    let account = person.account.id;
    if form.text(AGAIN) == YES {
        person.store.subscribe(account, &place).await?;
        return Ok(WebResponse::see(link(name.as_str())));
    }
    person.store.unsubscribe(account, &place).await?;
    let fields = [(NAME, name.as_str()), ("notice", DECLINED)];
    Ok(WebResponse::see(url(PATH, &fields)))
}

/// The shared mailbox of this name, which is as good as not there unless this person may know of it.
async fn known(person: &SignedIn<'_>, name: &str) -> Result<(MailboxName, Place), Problem> {
    let name = MailboxName::parse(name).map_err(|_| Problem::NotFound)?;
    let place = person.site().namespaces.place(&name);
    let place = place.filter(|place| matches!(place, Place::Shared(_)));
    let place = place.ok_or(Problem::NotFound)?;
    let found = person.store.resolve(person.account.id, &place).await?;
    let found = found.ok_or(Problem::NotFound)?;
    acl::permit(&found.access, Operation::Lookup)?;
    Ok((person.site().namespaces.name(&place), place))
}
