//! What somebody may do in a mailbox, and which entries gave or took it.

use acl::{EffectiveAccess, Operation, ReasonOrigin, Who};
use serde::Serialize;
use store::Found;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::Named;
use crate::letters::letters;
use crate::lists::{name_to_administrator, nobodies};
use crate::problem::Problem;

/// What somebody may do in a mailbox, and why. What site administrators may besides is told to site administrators alone.
#[derive(Debug, Serialize, ToSchema)]
struct Explanation {
    /// The user.
    #[schema(example = "bo@example.org")]
    user: String,
    /// In the letters of RFC 4314, without the obsolete `c` and `d`.
    #[schema(example = "lrs")]
    rights: String,
    /// Whether the user may send mail as the mailbox's addresses.
    sends_as: bool,
    /// Above which mailbox the list stands that holds here, where it is not its own and whoever asks administers that one, too.
    from: Option<String>,
    /// What has a say in it, in the order of the list.
    because: Vec<Reason>,
    /// What the user's commands are answered.
    commands: Vec<CommandAnswer>,
    /// Users and groups that the list names and that are not there; to site administrators alone.
    nobodies: Option<Vec<String>>,
}

/// One thing that has a say in somebody's rights.
#[derive(Debug, Serialize, ToSchema)]
struct Reason {
    /// The entry of the list; null for what nobody is given by a list.
    #[schema(example = "group:night-shift")]
    identifier: Option<String>,
    /// From where that is.
    origin: Origin,
    /// Which rights it concerns.
    rights: String,
    /// Whether it takes them instead of giving them.
    takes: bool,
}

/// From where rights are: an entry of the list, that the mailbox is one's own, or that one administers the site.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReasonOrigin)]
enum Origin {
    Entry,
    Ownership,
    Administration,
}

/// What a command of IMAP is answered.
#[derive(Debug, Serialize, ToSchema)]
struct CommandAnswer {
    /// Its name, and on what.
    #[schema(example = "EXPUNGE")]
    command: &'static str,
    /// How its answer begins.
    #[schema(example = "NO [NOPERM]")]
    answer: &'static str,
}

/// What is explained to whom.
#[derive(Clone, Copy)]
enum Told {
    /// All of it.
    Whole,
    /// Not who administers the site.
    WithoutAdministration,
}

impl Explanation {
    fn new(user: String, found: &Found, told: Told) -> Self {
        let who = Who {
            is_admin: match told {
                Told::Whole => found.who.is_admin,
                Told::WithoutAdministration => false,
            },
            ..(*found.who).clone()
        };
        let belonging = found.belonging();
        let rights = acl::effective(&found.applying, &who, belonging);
        let access = EffectiveAccess {
            rights,
            ..found.access
        };
        let because = acl::reasons(&found.applying, &who, belonging).into_iter();
        let commands = acl::command_answers(&access);
        Self {
            user,
            rights: letters(rights),
            sends_as: acl::may_send_as(&found.applying, &who, belonging),
            from: None,
            because: because.map(Reason::from).collect(),
            commands: commands
                .map(|(command, answer)| CommandAnswer { command, answer })
                .collect(),
            nobodies: None,
        }
    }
}

impl From<acl::Reason> for Reason {
    fn from(reason: acl::Reason) -> Self {
        let (identifier, origin) = match reason.origin {
            ReasonOrigin::Entry(identifier) => (Some(identifier.to_string()), Origin::Entry),
            ReasonOrigin::Ownership => (None, Origin::Ownership),
            ReasonOrigin::Administration => (None, Origin::Administration),
        };
        Self {
            identifier,
            origin,
            rights: letters(reason.rights),
            takes: reason.takes,
        }
    }
}

/// Say what a user may do in a mailbox and why, to whoever administers it. Users of another domain are not told of unless the
/// mailbox's list names them.
#[utoipa::path(
    get,
    path = "/mailboxes/{mailbox}/rights/{user}",
    tag = "lists",
    params(
        ("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`."),
        ("user" = String, Path, description = "The user's name."),
    ),
    responses((status = 200, body = Explanation)),
)]
pub(crate) async fn explain_rights(
    asker: Asker,
    Named((name, user)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (mailbox, _) = asker.permit(&name, Operation::Administer).await?;
    let account = asker.store.find_account(&user).await?;
    let account = account.ok_or(Problem::NotFound)?;
    let entries = asker.store.access_list(mailbox.found.id).await?;
    let is_known = acl::may_know_of(&entries, &account.name, &asker.account.name);
    if !is_known && !asker.account.is_admin {
        return Err(Problem::NotFound);
    }
    let found = asker.store.access(account.id, mailbox.found.id).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let told = if asker.account.is_admin {
        Told::Whole
    } else {
        Told::WithoutAdministration
    };
    let from = match asker.store.list_of(mailbox.found.id).await? {
        Some(above) => name_to_administrator(&asker, above).await?,
        None => None,
    };
    let explanation = Explanation {
        from,
        nobodies: nobodies(&asker, &entries).await?,
        ..Explanation::new(account.name, &found, told)
    };
    Answer::shown(&explanation, &conditions)
}
