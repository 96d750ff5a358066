//! Why somebody may do something or not: which entry gave or took each right, and what each command
//! would be answered.

use ::acl::{Operation, Reason, ReasonOrigin, Rights};
use mail::Place;
use serde::{Deserialize, Serialize};
use store::Account;

use super::{NOBODY, in_letters};
use crate::cli::admin_context::{Acting, Operator};
use crate::cli::failure::Failure;

/// What somebody may do in a mailbox, and why, as it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    pub(crate) user: String,
    pub(crate) mailbox: String,
    #[serde(serialize_with = "in_letters")]
    pub(crate) rights: Rights,
    /// The mailbox above whose list that is.
    pub(crate) list_of: Option<String>,
    /// Users and groups in the list that are not there, in order.
    pub(crate) nobodies: Vec<String>,
    pub(crate) because: Vec<ExplainedReason>,
    pub(crate) sends_as: bool,
    pub(crate) commands: Vec<CommandAnswer>,
}

/// One thing that has a say in somebody's rights.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedReason {
    from: String,
    #[serde(serialize_with = "in_letters")]
    rights: Rights,
    takes: bool,
}

/// What a command is answered.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct CommandAnswer {
    command: String,
    answer: String,
}

impl From<Reason> for ExplainedReason {
    fn from(reason: Reason) -> Self {
        Self {
            from: match reason.origin {
                ReasonOrigin::Entry(identifier) => {
                    let dash = if reason.takes { "-" } else { "" };
                    format!("entry {dash}{identifier}")
                }
                ReasonOrigin::Ownership => "always, as the owner".to_owned(),
                ReasonOrigin::Administration => "always, as a site administrator".to_owned(),
            },
            rights: reason.rights,
            takes: reason.takes,
        }
    }
}

impl Explanation {
    pub(super) fn words(&self) -> String {
        let rights = self.rights.to_string();
        let held = if rights.is_empty() {
            "nothing"
        } else {
            &rights
        };
        let mut words = format!("{} may {held} on {}\n", self.user, self.mailbox);
        let above = self.list_of.iter();
        words.extend(above.map(|above| format!("  by the list of {above}\n")));
        words.extend(self.because.iter().map(|reason| {
            let sign = if reason.takes { '-' } else { '+' };
            format!("  {sign}{:12} {}\n", reason.rights.to_string(), reason.from)
        }));
        let nobodies = self.nobodies.iter();
        words.extend(nobodies.map(|name| format!("  entry {name}{NOBODY}\n")));
        let sending = if self.sends_as { "may" } else { "may not" };
        words.push_str(&format!("  {sending:16} send mail as its addresses\n"));
        let commands = self.commands.iter();
        words.extend(commands.map(|it| format!("  {:16} {}\n", it.answer, it.command)));
        words
    }
}

pub(super) async fn load(
    acting: &Acting<'_>,
    asked: &Account,
    mailbox: &str,
) -> Result<Explanation, Failure> {
    let (place, ..) = acting.permit(mailbox, Operation::Administer).await?;
    let Acting { context, who } = acting;
    let seen = seen_by(asked, who, place);
    let found = context.store.resolve(asked.id, &seen).await?;
    let found = found.ok_or_else(|| Failure::no_mailbox(mailbox))?;
    let list = context.store.access_list(found.id).await?;
    let named = list.iter().map(|entry| &entry.identifier);
    let mut nobodies: Vec<_> = context.store.nobodies(named).await?.into_iter().collect();
    nobodies.sort();
    let reasons = ::acl::reasons(&found.applying, &found.who, found.belonging());
    let commands = ::acl::command_answers(&found.access);
    Ok(Explanation {
        user: asked.name.clone(),
        mailbox: mailbox.to_owned(),
        rights: found.access.rights,
        list_of: context.list_of(who, &found).await?,
        nobodies,
        because: reasons.into_iter().map(ExplainedReason::from).collect(),
        sends_as: ::acl::may_send_as(&found.applying, &found.who, found.belonging()),
        commands: commands
            .map(|(command, answer)| CommandAnswer {
                command: command.to_owned(),
                answer: answer.to_owned(),
            })
            .collect(),
    })
}

/// The operator's name for a place, as the place that it is to `asked`.
fn seen_by(asked: &Account, operator: &Operator, place: Place) -> Place {
    match place {
        Place::Mine(path) if asked.id != operator.account.id => Place::Theirs {
            owner: operator.account.name.clone(),
            path,
        },
        Place::Theirs { owner, path } if owner == asked.name => Place::Mine(path),
        same => same,
    }
}
