//! What was done to an entry, told once, with a form that puts it back. The link that tells it is sealed: nobody else's link
//! proposes a change.

use acl::{Modification, Rights, Subject};
use maud::{Markup, html};

use super::change::{self, Change};
use super::{folded, is_of, list};
use crate::layout::{alert, form_token, hidden, notice};
use crate::mailboxes;
use crate::problem::Problem;
use crate::request::{Fields, url};
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::{Administered, SignedIn};
use crate::words;

/// A change of an entry that was made.
pub(super) struct Done {
    pub(super) subject: Subject,
    pub(super) was: Rights,
    pub(super) is: Rights,
}

impl Done {
    /// As texts, to be sealed. Rights are numbers: the letters of a set may stand for more than it holds (RFC 4314, 2.1.1).
    fn words(&self) -> [String; 3] {
        let rights = |rights: Rights| rights.to_i16().to_string();
        [self.subject.to_string(), rights(self.was), rights(self.is)]
    }

    fn seal(&self, person: &SignedIn<'_>, team: &Administered) -> String {
        let [who, was, is] = self.words();
        let id = team.found.id.to_string();
        person.secret.seal(&["undo", &id, &who, &was, &is])
    }

    /// As it stands in a query or a form, if we have written it for this browser and this mailbox.
    fn read(person: &SignedIn<'_>, team: &Administered, fields: &Fields) -> Option<Self> {
        let rights = |name| Some(Rights::from_i16(fields.text(name).parse().ok()?));
        let done = Self {
            subject: Subject::parse(fields.text("who")).ok()?,
            was: rights("was")?,
            is: rights("is")?,
        };
        let [who, was, is] = done.words();
        let id = team.found.id.to_string();
        let sealed = ["undo", &id, &who, &was, &is];
        person
            .secret
            .is_seal(&sealed, fields.text("seal"))
            .then_some(done)
    }

    /// Where the notice is told.
    pub(super) fn url(&self, person: &SignedIn<'_>, team: &Administered) -> String {
        let [who, was, is] = self.words();
        let seal = self.seal(person, team);
        let name = team.name.as_str();
        url(
            "/mailbox",
            &[
                ("name", name),
                ("who", &who),
                ("was", &was),
                ("is", &is),
                ("seal", &seal),
            ],
        )
    }

    pub(super) fn notice(&self, person: &SignedIn<'_>, team: &Administered) -> Markup {
        let texts = person.texts();
        let who = words::subject(texts, &self.subject);
        let text = match (self.was.is_empty(), self.is.is_empty()) {
            (true, _) => texts.was_added,
            (false, true) => texts.was_removed,
            (false, false) => texts.was_changed,
        };
        let [subject, was, is] = self.words();
        let form = html! {
            form method="post" action="/mailbox/undo" {
                (form_token(&person.secret))
                (hidden("name", team.name.as_str()))
                (hidden("who", &subject)) (hidden("was", &was)) (hidden("is", &is))
                (hidden("seal", &self.seal(person, team)))
                button type="submit" { (texts.undo) }
            }
        };
        notice(&fill(text, &[("who", &who)]), &form)
    }
}

/// What the link that was followed tells.
pub(super) fn done(person: &SignedIn<'_>, team: &Administered) -> Option<Done> {
    Done::read(person, team, &person.visit.query)
}

/// Puts an entry back, unless somebody else has changed it since.
pub(crate) async fn undo(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let form = &person.visit.form;
    let team = person.administered(form.text("name")).await?;
    let done = Done::read(person, &team, form).ok_or(Problem::OldForm)?;
    let entries = person.store.access_list(team.found.id).await?;
    let subject = folded(&done.subject);
    let now = entries.iter().find(|entry| is_of(entry, &subject));
    if now.map_or(Rights::NONE, |entry| entry.rights) != done.is {
        let words = person.texts().changed_meanwhile;
        return list(person, 409, &team, &alert(words)).await;
    }
    let back = Change {
        subject,
        modification: Modification::Replace(done.was),
        letters: None,
    };
    if let Err(words) = change::set(person, &team, &back).await? {
        return list(person, 409, &team, &alert(&words)).await;
    }
    let is_left = person.administered(team.name.as_str()).await.is_err();
    Ok(WebResponse::see(if is_left {
        mailboxes::after_leaving(person, &team.name)
    } else {
        url(
            "/mailbox",
            &[("name", team.name.as_str()), ("notice", "undone")],
        )
    }))
}
