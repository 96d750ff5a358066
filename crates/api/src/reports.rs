//! What there is to know of one mailbox, for those who administer it: its numbers, and who has it open.

use acl::Operation;
use serde::Serialize;
use store::{OpenSession, Readable, SessionQuery};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::Named;
use crate::problem::Problem;
use crate::quotas::QuotaView;

/// A mailbox in numbers.
#[derive(Debug, Serialize, ToSchema)]
struct MailboxReport {
    /// As whoever asks calls it.
    #[schema(example = "Shared Folders/support")]
    name: String,
    /// Its number in the database, which stays when it is renamed.
    number: i64,
    /// UIDVALIDITY.
    uid_validity: u32,
    /// UIDNEXT.
    uid_next: u32,
    /// HIGHESTMODSEQ.
    modseq: i64,
    /// MESSAGES.
    messages: u64,
    /// DELETED.
    deleted: u64,
    /// SIZE, in bytes.
    bytes: u64,
    /// What it is for (RFC 6154) in the tree that it is in.
    special_use: Option<String>,
    /// The flags that each user has apart, with a space between them.
    #[schema(example = "\\Seen")]
    private_flags: String,
    /// How much of its quota root is taken.
    quota: Option<QuotaView>,
    /// Who has it open, as nodes reported it some seconds ago; to site administrators alone.
    open: Option<Vec<Opened>>,
}

/// Somebody who has a mailbox open.
#[derive(Debug, Serialize, ToSchema)]
struct Opened {
    /// Who.
    user: String,
    /// On which frontend.
    node: String,
}

impl From<OpenSession> for Opened {
    fn from(session: OpenSession) -> Self {
        Self {
            user: session.account_name,
            node: session.node,
        }
    }
}

/// Say how a mailbox is, in numbers, to whoever administers it.
#[utoipa::path(
    get,
    path = "/mailboxes/{mailbox}/report",
    tag = "mailboxes",
    params(("mailbox" = String, Path, description = "Its name, each `/` in it as `%2F`.")),
    responses((status = 200, body = MailboxReport)),
)]
pub(crate) async fn show_report(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (mailbox, permit) = asker.permit(&name, Operation::Administer).await?;
    let (store, found) = (&asker.store, &mailbox.found);
    let judged = Readable {
        mailbox: found.id,
        rights_version: found.access.version,
    };
    let status = store.status(asker.account.id, &[judged]).await?;
    let (_, status) = status.first().ok_or(Problem::NotFound)?;
    let query = SessionQuery {
        mailbox: Some(found.id),
        ..SessionQuery::default()
    };
    let open = if asker.account.is_admin {
        let open = store.open_sessions(&query).await?.into_iter();
        Some(open.map(Opened::from).collect())
    } else {
        None
    };
    let report = MailboxReport {
        name: mailbox.name.to_string(),
        number: found.id.0,
        uid_validity: status.uid_validity.get(),
        uid_next: status.uid_next.get(),
        modseq: status.modseq.into(),
        messages: status.messages,
        deleted: status.deleted,
        bytes: status.size,
        special_use: found.special_use.clone(),
        private_flags: store.flag_policy(&permit).await?.to_string(),
        quota: store.quota_of(found.id).await?.map(QuotaView::from),
        open,
    };
    Answer::shown(&report, &conditions)
}
