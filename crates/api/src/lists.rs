//! Access control lists: what GETACL, SETACL and DELETEACL do.

use acl::{AclEntry, Modification, Operation, Permit, Rights, Role, Subject};
use mail::MailboxId;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, location, tag};
use crate::asker::{Asker, Mailbox};
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::letters::letters;
use crate::problem::{Problem, sentence};

/// The list that holds for a mailbox.
#[derive(Debug, Serialize, ToSchema)]
struct AccessList {
    /// The mailbox.
    mailbox: String,
    /// Whether the list is its own; a change of one that is not makes it so.
    own: bool,
    /// Above which mailbox the list stands that holds here, where it is not its own and whoever asks administers that one, too.
    from: Option<String>,
    /// By identifier.
    entries: Vec<Entry>,
    /// Users and groups among them that are not there; to site administrators alone.
    nobodies: Option<Vec<String>>,
}

/// What somebody is given, or denied, by a list.
#[derive(Debug, Serialize, ToSchema)]
struct Entry {
    /// A user, `group:name`, `domain:name`, `anyone`, `authenticated` or `owner`; with `-` before it what is denied.
    #[schema(example = "group:support")]
    identifier: String,
    /// In the letters of RFC 4314, without the obsolete `c` and `d`.
    #[schema(example = "lrswipte")]
    rights: String,
    /// The role that is exactly these rights.
    #[schema(example = "editor")]
    role: Option<&'static str>,
}

/// What somebody shall be given, or denied: rights or a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRights {
    /// In the letters of RFC 4314.
    #[schema(example = "lrs")]
    rights: Option<String>,
    /// In place of letters: `viewer`, `contributor`, `editor` or `manager`.
    role: Option<RoleWord>,
}

/// A role, in one word.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RoleWord {
    Viewer,
    Contributor,
    Editor,
    Manager,
}

impl Entry {
    fn new(subject: &Subject, rights: Rights) -> Self {
        Self {
            identifier: subject.to_string(),
            rights: letters(rights),
            role: Role::of(rights).map(Role::word),
        }
    }
}

impl NewRights {
    fn read(&self) -> Result<Rights, Problem> {
        let rights = match (&self.rights, self.role) {
            (Some(letters), None) => Rights::parse_written(letters)
                .map_err(|bad| Problem::Unfit(sentence(&bad.to_string())))?,
            (None, Some(word)) => match word {
                RoleWord::Viewer => Role::Viewer,
                RoleWord::Contributor => Role::Contributor,
                RoleWord::Editor => Role::Editor,
                RoleWord::Manager => Role::Manager,
            }
            .rights(),
            (Some(_), Some(_)) | (None, None) => {
                return Err(Problem::Unfit("Say either rights or a role.".to_owned()));
            }
        };
        if rights.is_empty() {
            let words = "An entry without rights is none: delete it.".to_owned();
            return Err(Problem::Unfit(words));
        }
        Ok(rights)
    }
}

/// An entry of a mailbox that whoever asks administers.
struct Target {
    mailbox: Mailbox,
    permit: Permit,
    subject: Subject,
    /// What it holds now.
    rights: Option<Rights>,
}

impl Target {
    async fn find(asker: &Asker, (name, identifier): (&str, &str)) -> Result<Self, Problem> {
        let (mailbox, permit) = asker.permit(name, Operation::Administer).await?;
        let subject =
            Subject::parse(identifier).map_err(|bad| Problem::Unfit(sentence(&bad.to_string())))?;
        let subject = Subject {
            identifier: store::fold_identifier(&subject.identifier),
            is_negative: subject.is_negative,
        };
        let entries = asker.store.access_list(mailbox.found.id).await?;
        let entry = entries
            .into_iter()
            .find(|entry| subject_of(entry) == subject);
        Ok(Self {
            mailbox,
            permit,
            subject,
            rights: entry.map(|entry| entry.rights),
        })
    }

    fn entry(&self) -> Option<Entry> {
        self.rights.map(|rights| Entry::new(&self.subject, rights))
    }

    /// Makes the entry hold these rights. Where the request expects something of the list, nothing is done unless the list is still
    /// the one that was looked at.
    async fn set(
        &self,
        asker: &Asker,
        conditions: &Conditions,
        rights: Rights,
    ) -> Result<(), Problem> {
        let present = self.entry().map(|entry| tag(&entry)).transpose()?;
        conditions.check(present.as_ref())?;
        let change = Modification::Replace(rights);
        let set = if conditions.are_for_changes() {
            let store = &asker.store;
            store
                .set_rights_of_unchanged(&self.permit, &self.subject, change)
                .await
        } else {
            asker
                .store
                .set_rights(&self.permit, &self.subject, change)
                .await
        };
        conditions.judge(set)?;
        let (mailbox, user) = (self.permit.mailbox(), self.permit.account());
        info!(mailbox.id = %mailbox, user.id = %user, "changed rights");
        Ok(())
    }
}

/// Say who may do what in a mailbox, to whoever administers it.
#[utoipa::path(
    get,
    path = "/mailboxes/{mailbox}/acl",
    tag = "lists",
    params(("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`.")),
    responses((status = 200, body = AccessList)),
)]
pub(crate) async fn show_list(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (mailbox, _) = asker.permit(&name, Operation::Administer).await?;
    let above = asker.store.list_of(mailbox.found.id).await?;
    let from = match above {
        Some(above) => name_to_administrator(&asker, above).await?,
        None => None,
    };
    let listed = asker.store.access_list(mailbox.found.id).await?;
    let nobodies = nobodies(&asker, &listed).await?;
    let entries = listed
        .iter()
        .map(|entry| Entry::new(&subject_of(entry), entry.rights));
    let list = AccessList {
        mailbox: mailbox.name.to_string(),
        own: above.is_none(),
        from,
        entries: entries.collect(),
        nobodies,
    };
    Answer::shown(&list, &conditions)
}

/// Say what one entry of a mailbox's list gives.
#[utoipa::path(
    get,
    path = "/mailboxes/{mailbox}/acl/{identifier}",
    tag = "lists",
    params(
        ("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`."),
        ("identifier" = String, Path, description = "As the list has it."),
    ),
    responses((status = 200, body = Entry)),
)]
pub(crate) async fn show_entry(
    asker: Asker,
    Named((name, identifier)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let target = Target::find(&asker, (&name, &identifier)).await?;
    let entry = target.entry().ok_or(Problem::NotFound)?;
    Answer::shown(&entry, &conditions)
}

/// Give somebody these rights and no others, as SETACL does.
#[utoipa::path(
    put,
    path = "/mailboxes/{mailbox}/acl/{identifier}",
    tag = "lists",
    params(
        ("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`."),
        (
            "identifier" = String,
            Path,
            description = "A user, `group:name`, `domain:name`, `anyone`, `authenticated` or `owner`; with `-` before it what is denied.",
        ),
    ),
    request_body = NewRights,
    responses(
        (status = 200, description = "It was there, and is so now.", body = Entry),
        (status = 201, description = "It was not there.", body = Entry),
    ),
)]
pub(crate) async fn set_entry(
    asker: Asker,
    Named((name, identifier)): Named<(String, String)>,
    conditions: Conditions,
    Input(new): Input<NewRights>,
) -> Result<Answer, Problem> {
    let target = Target::find(&asker, (&name, &identifier)).await?;
    let rights = new.read()?;
    let Target {
        mailbox, subject, ..
    } = &target;
    let grantable = acl::grantable(subject, &mailbox.found.who, asker.site().everybody);
    if !grantable.contains(rights) {
        return Err(Problem::NotAllowed);
    }
    target.set(&asker, &conditions, rights).await?;
    let entry = Entry::new(subject, rights);
    if target.rights.is_some() {
        return Answer::changed(&entry);
    }
    let there = [
        ("mailboxes", mailbox.name.as_str()),
        ("acl", &entry.identifier),
    ];
    Answer::made(&entry, location(&there))
}

/// Remove an entry, as DELETEACL does. To remove one that is not there is no error: afterwards it is not there.
#[utoipa::path(
    delete,
    path = "/mailboxes/{mailbox}/acl/{identifier}",
    tag = "lists",
    params(
        ("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`."),
        ("identifier" = String, Path, description = "As the list has it."),
    ),
    responses((status = 204)),
)]
pub(crate) async fn delete_entry(
    asker: Asker,
    Named((name, identifier)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let target = Target::find(&asker, (&name, &identifier)).await?;
    target.set(&asker, &conditions, Rights::NONE).await?;
    Ok(Answer::done())
}

/// Those whom a list names and who are not there, in order. Who there is is told to site administrators alone.
pub(crate) async fn nobodies(
    asker: &Asker,
    list: &[AclEntry],
) -> Result<Option<Vec<String>>, Problem> {
    if !asker.account.is_admin {
        return Ok(None);
    }
    let named = list.iter().map(|entry| &entry.identifier);
    let mut nobodies: Vec<_> = asker.store.nobodies(named).await?.into_iter().collect();
    nobodies.sort();
    Ok(Some(nobodies))
}

/// A mailbox by its name, as far as whoever asks administers it, too.
pub(crate) async fn name_to_administrator(
    asker: &Asker,
    mailbox: MailboxId,
) -> Result<Option<String>, Problem> {
    let found = asker.store.access(asker.account.id, mailbox).await?;
    let may_know =
        found.is_some_and(|found| acl::permit(&found.access, Operation::Administer).is_ok());
    let place = asker.store.place_of(asker.account.id, mailbox).await?;
    Ok(place
        .filter(|_| may_know)
        .map(|place| asker.name(&place).to_string()))
}

fn subject_of(entry: &AclEntry) -> Subject {
    Subject {
        identifier: entry.identifier.clone(),
        is_negative: entry.is_negative,
    }
}
