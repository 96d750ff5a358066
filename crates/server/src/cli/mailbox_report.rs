//! `postroom mailbox show`: a report about one mailbox.

use ::acl::Operation;
use serde::{Deserialize, Serialize};
use store::{Readable, SessionQuery};

use super::acl::{ListEntry, NOBODY, entries_of};
use super::admin_context::Acting;
use super::failure::Failure;
use super::quota::ListedQuota;

/// A mailbox, its numbers, who may do what in it, and who has it open.
#[derive(Debug, Serialize)]
pub(super) struct MailboxReport {
    pub(super) name: String,
    pub(super) id: i64,
    pub(super) uid_validity: u32,
    pub(super) uid_next: u32,
    pub(super) modseq: i64,
    pub(super) messages: u64,
    pub(super) deleted: u64,
    pub(super) bytes: u64,
    pub(super) special_use: Option<String>,
    /// The flags that each user has apart.
    pub(super) private_flags: String,
    /// The usage and limits of its quota root.
    pub(super) quota: Option<ListedQuota>,
    /// The mailbox above whose list it has.
    pub(super) list_of: Option<String>,
    pub(super) rights: Vec<ListEntry>,
    pub(super) open: Vec<Opened>,
}

/// Somebody who has a mailbox open.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Opened {
    user: String,
    node: String,
}

/// The report, for those who may administer the mailbox.
pub(super) async fn load(acting: &Acting<'_>, name: &str) -> Result<MailboxReport, Failure> {
    let (_, found, permit) = acting.permit(name, Operation::Administer).await?;
    let Acting { context, who } = acting;
    let policy = context.store.flag_policy(&permit).await?;
    let judged = Readable {
        mailbox: found.id,
        rights_version: found.access.version,
    };
    let status = context.store.status(who.account.id, &[judged]).await?;
    let Some((_, status)) = status.first() else {
        return Err(Failure::no_mailbox(name));
    };
    let query = SessionQuery {
        mailbox: Some(found.id),
        ..SessionQuery::default()
    };
    let open = context.store.open_sessions(&query).await?.into_iter();
    let open = open.map(|session| Opened {
        user: session.account_name,
        node: session.node,
    });
    let quota = context.store.quota_of(found.id).await?;
    Ok(MailboxReport {
        name: name.to_owned(),
        id: found.id.0,
        uid_validity: status.uid_validity.get(),
        uid_next: status.uid_next.get(),
        modseq: status.modseq.into(),
        messages: status.messages,
        deleted: status.deleted,
        bytes: status.size,
        private_flags: policy.to_string(),
        quota: quota.map(ListedQuota::from),
        list_of: context.list_of(who, &found).await?,
        rights: entries_of(context, found.id).await?,
        open: open.collect(),
        special_use: found.special_use,
    })
}

impl MailboxReport {
    pub(super) fn words(&self) -> String {
        let mut lines = vec![
            format!("{}  (number {})", self.name, self.id),
            format!(
                "messages {}, of which deleted {}; {} bytes",
                self.messages, self.deleted, self.bytes
            ),
            format!(
                "UIDVALIDITY {}, UIDNEXT {}, HIGHESTMODSEQ {}",
                self.uid_validity, self.uid_next, self.modseq
            ),
            format!("private flags: {}", self.private_flags),
        ];
        let special_use = self.special_use.iter();
        lines.extend(special_use.map(|word| format!("used as {word}")));
        lines.extend(self.quota.iter().map(|quota| format!("quota {quota}")));
        let above = self.list_of.iter();
        lines.extend(above.map(|above| format!("the list of {above}")));
        let entry = |entry: &ListEntry| {
            let nobody = if entry.is_nobody { NOBODY } else { "" };
            format!(
                "{:13} {}{nobody}",
                entry.rights.to_string(),
                entry.identifier
            )
        };
        lines.extend(self.rights.iter().map(entry));
        let open = self.open.iter();
        lines.extend(open.map(|opened| format!("open by {} on {}", opened.user, opened.node)));
        lines.join("\n  ") + "\n"
    }
}
