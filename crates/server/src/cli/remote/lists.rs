//! Access control lists, by the API.

use std::collections::HashSet;

use ::acl::{Identifier, Modification, Reason, ReasonOrigin, Rights, Subject};
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::client::{ApiPath, Condition, Remote};
use super::mailboxes::{mailbox, refused, rights};
use super::refusal::Refusal;
use crate::cli::acl::{
    AccessList, CommandAnswer, ExplainedReason, Explanation, ListEntry, Lists, Reach,
};
use crate::cli::failure::Failure;
use crate::cli::mailbox::Mailboxes as _;

/// So often an entry is looked at that others change at the same time.
const LOOKS_MAX: usize = 10;

/// A list as the API tells it.
#[derive(Debug, Deserialize)]
struct ApiList {
    own: bool,
    from: Option<String>,
    entries: Vec<ApiEntry>,
    /// To site administrators alone.
    nobodies: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct ApiEntry {
    identifier: String,
    rights: String,
}

/// What somebody may do as the API tells it.
#[derive(Debug, Deserialize)]
struct ApiExplanation {
    user: String,
    rights: String,
    sends_as: bool,
    from: Option<String>,
    because: Vec<ApiReason>,
    commands: Vec<CommandAnswer>,
    /// To site administrators alone.
    nobodies: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct ApiReason {
    identifier: Option<String>,
    origin: ApiOrigin,
    rights: String,
    takes: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ApiOrigin {
    Entry,
    Ownership,
    Administration,
}

impl ApiReason {
    fn read(self) -> Result<ExplainedReason, Failure> {
        let reason = Reason {
            origin: match self.origin {
                ApiOrigin::Entry => ReasonOrigin::Entry(identifier(self.identifier.as_deref())?),
                ApiOrigin::Ownership => ReasonOrigin::Ownership,
                ApiOrigin::Administration => ReasonOrigin::Administration,
            },
            rights: rights(&self.rights)?,
            takes: self.takes,
        };
        Ok(reason.into())
    }
}

fn identifier(text: Option<&str>) -> Result<Identifier, Failure> {
    let identifier = Identifier::parse(text.unwrap_or_default());
    identifier.map_err(|bad| Failure::failed(format!("the server tells of another entry: {bad}")))
}

/// The letters of these rights and of no others: `c` and `d` stand for several.
fn letters(rights: Rights) -> String {
    rights.to_string().replace(['c', 'd'], "")
}

fn entry(name: &str, subject: &Subject) -> Result<ApiPath, Failure> {
    Ok(mailbox(name)?.part("acl").name(&subject.to_string()))
}

impl Remote {
    async fn list_at(&self, name: &str) -> Result<ApiList, Refusal> {
        let list = self.show(&mailbox(name)?.part("acl")).await;
        list.map_err(|refusal| refused(refusal, name))
    }

    async fn change_entry(
        &self,
        name: &str,
        subject: &Subject,
        change: Modification,
    ) -> Result<(), Refusal> {
        let path = entry(name, subject)?;
        if let Modification::Replace(rights) = change {
            return self.set_entry(&path, rights, Condition::None).await;
        }
        // More or less than what is there: whoever changes that meanwhile has the entry looked at again.
        let mut looks = 1;
        loop {
            let shown = self.ask(Method::GET, &path, None, Condition::None).await;
            let (present, condition) = match shown {
                Ok(answer) => {
                    let tag = answer.tag.clone();
                    let present: ApiEntry = answer.read()?;
                    let condition = tag.map_or(Condition::None, Condition::Unchanged);
                    (rights(&present.rights)?, condition)
                }
                Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => {
                    (Rights::NONE, Condition::Absent)
                }
                Err(refusal) => return Err(refusal),
            };
            let wanted = change.apply(present);
            if wanted == present {
                return Ok(());
            }
            match self.set_entry(&path, wanted, condition).await {
                Err(refusal)
                    if refusal.is(StatusCode::PRECONDITION_FAILED) && looks < LOOKS_MAX =>
                {
                    looks += 1;
                }
                done => return done,
            }
        }
    }

    async fn set_entry(
        &self,
        path: &ApiPath,
        rights: Rights,
        condition: Condition,
    ) -> Result<(), Refusal> {
        if rights.is_empty() {
            let deleted = self.ask(Method::DELETE, path, None, condition);
            return deleted.await.map(|_| ());
        }
        let wanted = json!({ "rights": letters(rights) });
        let set = self.ask(Method::PUT, path, Some(&wanted), condition);
        set.await.map(|_| ())
    }
}

impl Lists for Remote {
    async fn access_list(&self, name: &str) -> Result<AccessList, Failure> {
        let list = self.list_at(name).await?;
        let nobodies: HashSet<String> = list.nobodies.into_iter().flatten().collect();
        let entries = list.entries.into_iter().map(|entry| {
            let identifier = entry.identifier.trim_start_matches('-');
            Ok(ListEntry {
                is_nobody: nobodies.contains(identifier),
                rights: rights(&entry.rights)?,
                identifier: entry.identifier,
            })
        });
        Ok(AccessList {
            above: list.from,
            entries: entries.collect::<Result<_, Failure>>()?,
        })
    }

    async fn change_lists(
        &self,
        name: &str,
        reach: Reach,
        changes: &[(Subject, Modification)],
    ) -> Result<(), Failure> {
        // That the list may be read is that it may be changed.
        self.list_at(name).await?;
        let mut names = vec![name.to_owned()];
        if reach == Reach::Below {
            let top = format!("{name}/");
            let listed = self.list_mailboxes().await?.into_iter();
            for below in listed.map(|listed| listed.name) {
                if below.starts_with(&top) && self.list_at(&below).await?.own {
                    names.push(below);
                }
            }
        }
        for name in &names {
            for (subject, change) in changes {
                let changed = self.change_entry(name, subject, *change).await;
                changed.map_err(|refusal| refused(refusal, name))?;
            }
        }
        Ok(())
    }

    async fn nobodies(
        &self,
        name: &str,
        named: &[(Subject, Modification)],
    ) -> Result<Vec<String>, Failure> {
        let named: HashSet<String> = named
            .iter()
            .map(|(subject, _)| store::fold_identifier(&subject.identifier).to_string())
            .collect();
        let nobodies = self.list_at(name).await?.nobodies.into_iter().flatten();
        Ok(nobodies.filter(|nobody| named.contains(nobody)).collect())
    }

    async fn explain(&self, user: &str, name: &str) -> Result<Explanation, Failure> {
        let path = mailbox(name)?.part("rights").name(user);
        let explained: ApiExplanation = match self.show(&path).await {
            Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => {
                self.list_at(name).await?;
                return Err(Failure::no_user(user));
            }
            explained => explained.map_err(|refusal| refused(refusal, name))?,
        };
        let because = explained.because.into_iter().map(ApiReason::read);
        Ok(Explanation {
            user: explained.user,
            mailbox: name.to_owned(),
            rights: rights(&explained.rights)?,
            list_of: explained.from,
            nobodies: explained.nobodies.unwrap_or_default(),
            because: because.collect::<Result<_, _>>()?,
            sends_as: explained.sends_as,
            commands: explained.commands,
        })
    }
}
