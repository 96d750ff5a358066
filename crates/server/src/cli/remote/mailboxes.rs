//! Mailboxes, by the API.

use ::acl::Rights;
use hyper::StatusCode;
use mail::{Flag, FlagPolicy};
use serde::Deserialize;
use serde_json::json;
use store::Posting;

use super::client::{ApiPath, Remote};
use super::quotas::ApiQuota;
use super::refusal::Refusal;
use crate::cli::acl::Lists as _;
use crate::cli::address::{Addresses as _, ListedAddress};
use crate::cli::admin_context::parse_name;
use crate::cli::failure::Failure;
use crate::cli::mailbox::{ListedMailbox, Mailboxes, mailbox_exists};
use crate::cli::mailbox_report::{MailboxReport, Opened};
use crate::cli::quota::ListedQuota;

/// A mailbox as the API tells it.
#[derive(Debug, Deserialize)]
struct ApiMailbox {
    name: String,
    rights: String,
    special_use: Option<String>,
    /// The same of others' mailboxes, too; to site administrators alone.
    used_as: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ApiPolicy {
    private: Vec<String>,
}

/// A mailbox's numbers as the API tells them.
#[derive(Debug, Deserialize)]
struct ApiReport {
    number: i64,
    uid_validity: u32,
    uid_next: u32,
    modseq: i64,
    messages: u64,
    deleted: u64,
    bytes: u64,
    special_use: Option<String>,
    private_flags: String,
    quota: Option<ApiQuota>,
    /// To site administrators alone.
    open: Option<Vec<Opened>>,
}

/// What cannot be a name is told as beside the database.
pub(super) fn mailbox(name: &str) -> Result<ApiPath, Failure> {
    parse_name(name)?;
    Ok(ApiPath::new("mailboxes").name(name))
}

/// What is said of a mailbox that is hidden, or where somebody may not do it.
pub(super) fn refused(refusal: Refusal, name: &str) -> Refusal {
    refusal
        .or_none(|| Failure::no_mailbox(name))
        .or(StatusCode::FORBIDDEN, || Failure::no_right(name))
}

/// Rights as the command line writes them: with the obsolete letters, too.
pub(super) fn rights(letters: &str) -> Result<Rights, Failure> {
    let rights = Rights::parse(letters);
    rights.map_err(|bad| Failure::failed(format!("the server tells of other rights: {bad}")))
}

impl Mailboxes for Remote {
    async fn create_mailbox(&self, name: &str, special_use: Option<&str>) -> Result<(), Failure> {
        parse_name(name)?;
        let wanted = json!({ "name": name, "special_use": special_use });
        let created = self.post(&ApiPath::new("mailboxes"), &wanted).await;
        created.map_err(|refusal| {
            refused(refusal, name).or(StatusCode::CONFLICT, || mailbox_exists(name))
        })?;
        Ok(())
    }

    async fn add_address_of(&self, address: &str, mailbox: &str) -> Result<(), Failure> {
        self.add_address(address, &[mailbox.to_owned()], Posting::Open)
            .await
    }

    async fn addresses(&self) -> Result<Vec<ListedAddress>, Failure> {
        self.list_addresses().await
    }

    async fn list_mailboxes(&self) -> Result<Vec<ListedMailbox>, Failure> {
        let listed: Vec<ApiMailbox> = self.list(&ApiPath::new("mailboxes"), usize::MAX).await?;
        let listed = listed.into_iter().map(|mailbox| {
            Ok(ListedMailbox {
                rights: rights(&mailbox.rights)?.to_string(),
                name: mailbox.name,
                special_use: mailbox.used_as.or(mailbox.special_use),
            })
        });
        listed.collect()
    }

    async fn report(&self, name: &str) -> Result<MailboxReport, Failure> {
        let report: Result<ApiReport, _> = self.show(&mailbox(name)?.part("report")).await;
        let report = report.map_err(|refusal| refused(refusal, name))?;
        let list = self.access_list(name).await?;
        Ok(MailboxReport {
            name: name.to_owned(),
            id: report.number,
            uid_validity: report.uid_validity,
            uid_next: report.uid_next,
            modseq: report.modseq,
            messages: report.messages,
            deleted: report.deleted,
            bytes: report.bytes,
            special_use: report.special_use,
            private_flags: report.private_flags,
            quota: report.quota.map(ListedQuota::from),
            list_of: list.above,
            rights: list.entries,
            open: report.open.unwrap_or_default(),
        })
    }

    async fn delete_mailbox(&self, name: &str) -> Result<(), Failure> {
        let deleted = self.delete(&mailbox(name)?).await;
        Ok(deleted.map_err(|refusal| refused(refusal, name))?)
    }

    async fn rename_mailbox(&self, from: &str, to: &str) -> Result<(), Failure> {
        parse_name(to)?;
        match self.patch(&mailbox(from)?, &json!({ "name": to })).await {
            // What is in the way may be another thing than the name.
            Err(refusal) if refusal.is(StatusCode::CONFLICT) && self.has(&mailbox(to)?).await? => {
                Err(mailbox_exists(to))
            }
            renamed => Ok(renamed.map_err(|refusal| refused(refusal, from))?),
        }
    }

    async fn flag_policy(&self, name: &str) -> Result<FlagPolicy, Failure> {
        let policy: Result<ApiPolicy, _> = self.show(&mailbox(name)?.part("policy")).await;
        let told = policy.map_err(|refusal| refused(refusal, name))?;
        let mut policy = FlagPolicy::default();
        for word in told.private {
            let unfit = |bad: String| {
                Failure::failed(format!("the server tells of another flag: {word}: {bad}"))
            };
            let flag = Flag::parse(&word).map_err(|bad| unfit(bad.to_string()))?;
            policy.add(flag).map_err(|bad| unfit(bad.to_string()))?;
        }
        Ok(policy)
    }

    async fn set_flag_policy(&self, name: &str, policy: &FlagPolicy) -> Result<(), Failure> {
        let text = policy.to_string();
        let private: Vec<&str> = text.split_ascii_whitespace().collect();
        let path = mailbox(name)?.part("policy");
        let set = self.put(&path, Some(&json!({ "private": private }))).await;
        Ok(set.map_err(|refusal| refused(refusal, name))?)
    }
}
