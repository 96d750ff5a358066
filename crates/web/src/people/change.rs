//! Changes of a list: somebody comes to it, gets another role, or leaves it.

use acl::{AclEntry, Identifier, Modification, Rights, Role, Subject};
use store::{Fault, Letters};
use tracing::info;

use super::undo::Done;
use super::{folded, is_near, is_of, list, subject_of};
use crate::layout::{self, CONFIRMED, Question, Section, alert};
use crate::mailboxes;
use crate::problem::Problem;
use crate::response::WebResponse;
use crate::texts::fill;
use crate::visit::{Administered, SignedIn};
use crate::words;

/// A change of one entry.
pub(super) struct Change {
    pub(super) subject: Subject,
    pub(super) modification: Modification,
    /// Whether whoever comes by it is told by a letter; `None` as is usual.
    pub(super) letters: Option<Letters>,
}

pub(crate) async fn add(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let form = &person.visit.form;
    let team = person.administered(form.text("name")).await?;
    let texts = person.texts();
    let typed = form.text("add");
    let (Some(identifier), Some(role)) =
        (find(person, typed).await?, Role::parse(form.text("role")))
    else {
        let words = fill(texts.nobody_to_add, &[("who", typed)]);
        return list(person, 404, &team, &alert(&words)).await;
    };
    let subject = Subject {
        identifier,
        is_negative: false,
    };
    let who = words::subject(texts, &subject);
    let entries = person.store.access_list(team.found.id).await?;
    if entries.iter().any(|entry| is_of(entry, &subject)) {
        let words = fill(texts.is_listed, &[("who", &who)]);
        return list(person, 409, &team, &alert(&words)).await;
    }
    if role == Role::Manager && !form.is_ticked(CONFIRMED) {
        let fields = [
            ("name", team.name.as_str()),
            ("add", typed),
            ("role", role.word()),
            (LETTER, form.text(LETTER)),
        ];
        return Ok(ask_about_manager(
            person,
            &team,
            &who,
            "/mailbox/add",
            &fields,
        ));
    }
    let change = Change {
        subject,
        modification: Modification::Replace(role.rights()),
        letters: Some(if form.is_ticked(LETTER) {
            Letters::All
        } else {
            Letters::None
        }),
    };
    finish(person, &team, change, Rights::NONE).await
}

/// The one whom this person names, folded; one answer for nobody and for whoever is not for this person to know.
async fn find(person: &SignedIn<'_>, typed: &str) -> Result<Option<Identifier>, Problem> {
    let Ok(identifier) = Identifier::parse(typed) else {
        return Ok(None);
    };
    let identifier = store::fold_identifier(&identifier);
    if identifier.is_everybody() {
        return Ok(Some(identifier));
    }
    if !is_near(person, &identifier) {
        return Ok(None);
    }
    let nobodies = person.store.nobodies([&identifier]).await?;
    Ok(nobodies.is_empty().then_some(identifier))
}

/// Another role for an entry, or its end.
pub(crate) async fn change(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let form = &person.visit.form;
    let team = person.administered(form.text("name")).await?;
    let texts = person.texts();
    let Wish { role, subject } = Wish::parse(form.text(CHANGE)).ok_or(Problem::OldForm)?;
    let who = words::subject(texts, &subject);
    let entries = person.store.access_list(team.found.id).await?;
    let Some(entry) = entries.iter().find(|entry| is_of(entry, &subject)) else {
        let words = fill(texts.is_gone, &[("who", &who)]);
        return list(person, 409, &team, &alert(&words)).await;
    };
    if !form.is_ticked(CONFIRMED)
        && let Some(question) = question(person, &team, &subject, role)
    {
        return Ok(question);
    }
    let rights = role.map_or(Rights::NONE, Role::rights);
    let change = Change {
        modification: Modification::Replace(rights),
        letters: None,
        subject,
    };
    finish(person, &team, change, entry.rights).await
}

/// The field that says whether whoever comes is told by a letter.
pub(super) const LETTER: &str = "letter";

/// The field that says what becomes of whom.
pub(super) const CHANGE: &str = "change";

/// What a button of the table asks for: a role for somebody, or none.
pub(super) struct Wish {
    role: Option<Role>,
    subject: Subject,
}

/// What stands in place of a role.
const REMOVE: &str = "remove";

impl Wish {
    pub(super) fn give(role: Role, entry: &AclEntry) -> String {
        format!("{} {}", role.word(), subject_of(entry))
    }

    pub(super) fn remove(entry: &AclEntry) -> String {
        format!("{REMOVE} {}", subject_of(entry))
    }

    fn parse(text: &str) -> Option<Self> {
        let (word, who) = text.split_once(' ')?;
        let role = Role::parse(word);
        if role.is_none() && word != REMOVE {
            return None;
        }
        let subject = folded(&Subject::parse(who).ok()?);
        Some(Self { role, subject })
    }
}

/// What takes something away, or gives everything, is asked about.
fn question(
    person: &SignedIn<'_>,
    team: &Administered,
    subject: &Subject,
    role: Option<Role>,
) -> Option<WebResponse> {
    let texts = person.texts();
    let who = words::subject(texts, subject);
    let name = team.name.as_str();
    let wish = person.visit.form.text(CHANGE);
    let fields = [("name", name), (CHANGE, wish)];
    let is_own = subject.identifier == Identifier::User(person.account.name.clone());
    let values = [("who", who.as_str()), ("team", name)];
    let (title, effect, button) = match role {
        Some(Role::Manager) => {
            let asked = ask_about_manager(person, team, &who, "/mailbox/change", &fields);
            return Some(asked);
        }
        _ if is_own => (texts.own_question, texts.own_effect, texts.change_it),
        None => (texts.remove_question, texts.remove_effect, texts.remove),
        Some(Role::Viewer | Role::Contributor | Role::Editor) => return None,
    };
    let (title, effect) = (fill(title, &values), fill(effect, &values));
    let question = Question {
        title: &title,
        effect: &effect,
        action: "/mailbox/change",
        fields: &fields,
        button,
        is_removal: true,
        cancel: &mailboxes::to(&team.name),
    };
    Some(layout::ask(person, Section::Teams, &question))
}

fn ask_about_manager(
    person: &SignedIn<'_>,
    team: &Administered,
    who: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> WebResponse {
    let texts = person.texts();
    let values = [("who", who), ("team", team.name.as_str())];
    let title = fill(texts.manager_question, &values);
    let question = Question {
        title: &title,
        effect: texts.manager_effect,
        action,
        fields,
        button: texts.make_manager,
        is_removal: false,
        cancel: &mailboxes::to(&team.name),
    };
    layout::ask(person, Section::Teams, &question)
}

/// Makes the change, and tells of it with the way back.
async fn finish(
    person: &SignedIn<'_>,
    team: &Administered,
    change: Change,
    was: Rights,
) -> Result<WebResponse, Problem> {
    if let Err(words) = set(person, team, &change).await? {
        return list(person, 409, team, &alert(&words)).await;
    }
    let done = Done {
        is: change.modification.apply(was),
        subject: change.subject,
        was,
    };
    // Whoever has taken the right from himself has nothing to come back to.
    let is_left = person.administered(team.name.as_str()).await.is_err();
    Ok(WebResponse::see(if is_left {
        mailboxes::after_leaving(person, &team.name)
    } else {
        done.url(person, team)
    }))
}

/// As SETACL would, where the list is the mailbox's own. `Err` says why not.
pub(super) async fn set(
    person: &SignedIn<'_>,
    team: &Administered,
    change: &Change,
) -> Result<Result<(), String>, Problem> {
    let texts = person.texts();
    let Change {
        subject,
        modification,
        letters,
    } = change;
    if person.store.list_of(team.found.id).await?.is_some() {
        return Ok(Err(texts.list_of_hidden.to_owned()));
    }
    let grantable = acl::grantable(subject, &team.found.who, person.site().everybody);
    if !grantable.contains(modification.gives()) {
        let who = words::subject(texts, subject);
        return Ok(Err(fill(texts.for_administrators, &[("who", &who)])));
    }
    let (store, permit) = (&person.store, &team.permit);
    let set = match letters {
        Some(letters) => {
            store
                .set_rights_telling(*letters, permit, subject, *modification)
                .await
        }
        None => store.set_rights(permit, subject, *modification).await,
    };
    match set {
        Ok(()) => {
            info!(mailbox.id = %team.found.id, user.id = %person.account.id, "changed rights");
            Ok(Ok(()))
        }
        Err(Fault::Limit(_)) => Ok(Err(texts.is_full.to_owned())),
        Err(fault) => Err(fault.into()),
    }
}
