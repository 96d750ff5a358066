//! What somebody may do in a mailbox, and which entries gave or took it.

use acl::{AclEntry, Operation, Who};
use serde::Serialize;
use store::Found;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::Named;
use crate::letters::letters;
use crate::problem::Problem;

/// What somebody may do in a mailbox, and why. What site administrators may besides is left out.
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
    /// What has a say in it, in the order of the list.
    because: Vec<Reason>,
}

/// One thing that has a say in somebody's rights.
#[derive(Debug, Serialize, ToSchema)]
struct Reason {
    /// The entry of the list; null for what an owner always may.
    #[schema(example = "group:night-shift")]
    identifier: Option<String>,
    /// Which rights it concerns.
    rights: String,
    /// Whether it takes them instead of giving them.
    takes: bool,
}

impl Explanation {
    fn new(user: String, found: &Found) -> Self {
        // Else it would tell who is one.
        let who = Who {
            is_admin: false,
            ..(*found.who).clone()
        };
        let belonging = found.belonging();
        let entries = acl::applying(&found.applying, &who, belonging).map(Reason::of);
        let implied = acl::implied(false, belonging.ownership);
        let by_owning = (!implied.is_empty()).then(|| Reason {
            identifier: None,
            rights: letters(implied),
            takes: false,
        });
        Self {
            user,
            rights: letters(acl::effective(&found.applying, &who, belonging)),
            sends_as: acl::may_send_as(&found.applying, &who, belonging),
            because: entries.chain(by_owning).collect(),
        }
    }
}

impl Reason {
    fn of(entry: &AclEntry) -> Self {
        Self {
            identifier: Some(entry.identifier.to_string()),
            rights: letters(entry.rights),
            takes: entry.is_negative,
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
    if !acl::may_know_of(&entries, &account.name, &asker.account.name) {
        return Err(Problem::NotFound);
    }
    let found = asker.store.access(account.id, mailbox.found.id).await?;
    let found = found.ok_or(Problem::NotFound)?;
    Answer::shown(&Explanation::new(account.name, &found), &conditions)
}
