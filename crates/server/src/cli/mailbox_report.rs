//! `postroom mailbox show`: a report about one mailbox.

use std::collections::HashSet;

use ::acl::{AclEntry, Operation};
use serde_json::{Value, json};
use store::{Found, OpenSession, Quota, Readable, SessionQuery, Status};

use super::acl::{NOBODY, identifiers};
use super::admin_context::{AdminContext, Operator};
use super::failure::Failure;
use super::quota;
use super::terminal::Terminal;

/// A mailbox, its numbers, and who has it open.
struct MailboxReport<'p> {
    name: &'p str,
    found: Found,
    list: Vec<AclEntry>,
    /// The mailbox above whose list that is.
    above: Option<String>,
    /// Users and groups on it that are not there.
    nobodies: HashSet<String>,
    status: Status,
    /// The flags that each user has apart.
    private_flags: String,
    /// The usage and limits of its quota root.
    quota: Option<Quota>,
    open: Vec<OpenSession>,
}

/// Prints the report, for those who may administer the mailbox.
pub(super) async fn show(
    context: &AdminContext,
    who: &Operator,
    name: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let place = context.place(name)?;
    let found = context.find(who, &place).await?;
    let permit = context.permit(&found, &place, Operation::Administer)?;
    let policy = context.store.flag_policy(&permit).await?;
    let judged = Readable {
        mailbox: found.id,
        rights_version: found.access.version,
    };
    let status = context.store.status(who.account.id, &[judged]).await?;
    let Some(&(_, status)) = status.first() else {
        return Err(Failure::failed(format!("no mailbox {name}")));
    };
    let list = context.store.access_list(found.id).await?;
    let above = context.list_of(who, &found).await?;
    let nobodies = context.store.nobodies(identifiers(&list)).await?;
    let quota = context.store.quota_of(found.id).await?;
    let query = SessionQuery {
        mailbox: Some(found.id),
        ..SessionQuery::default()
    };
    let open = context.store.open_sessions(&query).await?;
    let mailbox_report = MailboxReport {
        name,
        found,
        list,
        above,
        nobodies,
        status,
        private_flags: policy.to_string(),
        quota,
        open,
    };
    terminal.show(&mailbox_report.data(), || mailbox_report.words())
}

impl MailboxReport<'_> {
    fn data(&self) -> Value {
        let entry = |entry: &AclEntry| {
            json!({
                "identifier": identifier(entry),
                "rights": entry.rights.to_string(),
                "is_nobody": self.is_nobody(entry),
            })
        };
        let session =
            |session: &OpenSession| json!({ "user": session.account_name, "node": session.node });
        json!({
            "name": self.name,
            "id": self.found.id.0,
            "uid_validity": self.status.uid_validity.get(),
            "uid_next": self.status.uid_next.get(),
            "modseq": i64::from(self.status.modseq),
            "messages": self.status.messages,
            "deleted": self.status.deleted,
            "bytes": self.status.size,
            "special_use": self.found.special_use,
            "private_flags": self.private_flags,
            "quota": self.quota.as_ref().map(quota::data),
            "list_of": self.above,
            "rights": self.list.iter().map(entry).collect::<Value>(),
            "open": self.open.iter().map(session).collect::<Value>(),
        })
    }

    fn is_nobody(&self, entry: &AclEntry) -> bool {
        self.nobodies.contains(&entry.identifier.to_string())
    }

    fn words(&self) -> String {
        let Self {
            name,
            found,
            list,
            above,
            nobodies: _,
            status,
            private_flags,
            quota,
            open,
        } = self;
        let mut lines = vec![
            format!("{name}  (number {})", found.id),
            format!(
                "messages {}, of which deleted {}; {} bytes",
                status.messages, status.deleted, status.size
            ),
            format!(
                "UIDVALIDITY {}, UIDNEXT {}, HIGHESTMODSEQ {}",
                status.uid_validity, status.uid_next, status.modseq
            ),
            format!("private flags: {private_flags}"),
        ];
        lines.extend(
            found
                .special_use
                .iter()
                .map(|word| format!("used as {word}")),
        );
        lines.extend(
            quota
                .iter()
                .map(|quota| format!("quota {}", quota::words(quota))),
        );
        let entry = |entry: &AclEntry| {
            let nobody = if self.is_nobody(entry) { NOBODY } else { "" };
            let rights = entry.rights.to_string();
            format!("{rights:13} {}{nobody}", identifier(entry))
        };
        lines.extend(above.iter().map(|above| format!("the list of {above}")));
        lines.extend(list.iter().map(entry));
        let session = |session: &OpenSession| {
            let (user, node) = (&session.account_name, &session.node);
            format!("open by {user} on {node}")
        };
        lines.extend(open.iter().map(session));
        lines.join("\n  ") + "\n"
    }
}

fn identifier(entry: &AclEntry) -> String {
    let dash = if entry.is_negative { "-" } else { "" };
    format!("{dash}{}", entry.identifier)
}
