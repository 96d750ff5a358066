//! `postroom group`: groups of accounts, for access control lists.

use ::acl::Identifier;
use serde::Serialize;
use serde_json::json;
use store::Fault;

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::letter_choice::LetterChoice;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "Examples:\n  \
    postroom group add support\n  \
    postroom group member add support ada\n  \
    postroom group member add support group:night-shift\n  \
    postroom acl set 'Shared Folders/support' group:support lrswipte";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Make a group without members.
    Add {
        /// Its name, without `group:`.
        name: String,
    },
    /// Delete a group, with its entries in every list.
    Delete {
        /// Its name, without `group:`.
        name: String,
    },
    /// List all groups and who is in them.
    List,
    /// Who is in a group.
    #[command(subcommand)]
    Member(Member),
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Member {
    /// Put a user, or all members of another group, into a group. Open sessions hear of it.
    Add {
        #[command(flatten)]
        letters: LetterChoice,
        /// The group.
        group: String,
        /// Users, or `group:name`.
        #[arg(required = true, value_name = "MEMBER")]
        members: Vec<String>,
    },
    /// Take a user or a group out of a group. Open sessions hear of it.
    Remove {
        /// The group.
        group: String,
        /// Users, or `group:name`.
        #[arg(required = true, value_name = "MEMBER")]
        members: Vec<String>,
    },
}

/// What is asked about groups: of the store, or of the API of a frontend.
pub(super) trait Groups {
    async fn add_group(&self, name: &str) -> Result<(), Failure>;
    async fn delete_group(&self, name: &str) -> Result<(), Failure>;
    /// By name.
    async fn list_groups(&self) -> Result<Vec<ListedGroup>, Failure>;
    /// A user, or `group:name`.
    async fn add_member(&self, group: &str, member: &str) -> Result<(), Failure>;
    async fn remove_member(&self, group: &str, member: &str) -> Result<(), Failure>;
}

/// A group, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct ListedGroup {
    pub(super) name: String,
    /// Users.
    pub(super) members: Vec<String>,
    /// Groups all of whose members are in it.
    pub(super) groups: Vec<String>,
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let config = match verb {
        Verb::Member(Member::Add { letters, .. }) => letters.over(config),
        Verb::Add { .. }
        | Verb::Delete { .. }
        | Verb::List
        | Verb::Member(Member::Remove { .. }) => config.clone(),
    };
    AdminContext::with(&config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

pub(super) async fn run_remotely(
    groups: &impl Groups,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if let Verb::Member(Member::Add { letters, .. }) = verb {
        letters.check_remote()?;
    }
    run_on(groups, verb, terminal).await
}

async fn run_on(groups: &impl Groups, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::Add { name } => {
            groups.add_group(name).await?;
            terminal.report(format!("group {name} added"))
        }
        Verb::Delete { name } => {
            groups.delete_group(name).await?;
            terminal.report(format!("group {name} deleted"))
        }
        Verb::List => list(&groups.list_groups().await?, terminal),
        Verb::Member(Member::Add { group, members, .. }) => {
            for member in members {
                groups.add_member(group, member).await?;
                terminal.report(format!("{member} is in group {group}"))?;
            }
            Ok(())
        }
        Verb::Member(Member::Remove { group, members }) => {
            for member in members {
                groups.remove_member(group, member).await?;
                terminal.report(format!("{member} is not in group {group}"))?;
            }
            Ok(())
        }
    }
}

fn list(groups: &[ListedGroup], terminal: &Terminal) -> Result<(), Failure> {
    terminal.show(&json!(groups), || {
        let line = |group: &ListedGroup| {
            let inner = group.groups.iter().map(|inner| format!("group:{inner}"));
            let members: Vec<String> = group.members.iter().cloned().chain(inner).collect();
            format!("{}: {}\n", group.name, members.join(" "))
        };
        groups.iter().map(line).collect()
    })
}

/// The group that a member is, if it is one.
pub(super) fn inner_group(member: &str) -> Option<String> {
    match Identifier::parse(member) {
        Ok(Identifier::Group(name)) => Some(name),
        Ok(_) | Err(_) => None,
    }
}

pub(super) fn no_group(name: &str) -> Failure {
    Failure::failed(format!("no group {name}"))
}

pub(super) fn group_exists(name: &str) -> Failure {
    Failure::failed(format!("group {name} exists already"))
}

impl Groups for AdminContext {
    async fn add_group(&self, name: &str) -> Result<(), Failure> {
        let created = self.store.create_group(name).await;
        created.map_err(|fault| match fault {
            Fault::Exists => group_exists(name),
            fault => fault.into(),
        })
    }

    async fn delete_group(&self, name: &str) -> Result<(), Failure> {
        let deleted = self.store.delete_group(name).await;
        deleted.map_err(|fault| unless_gone(fault, name))
    }

    async fn list_groups(&self) -> Result<Vec<ListedGroup>, Failure> {
        let groups = self.store.groups().await?.into_iter();
        let listed = groups.map(|group| ListedGroup {
            name: group.name,
            members: group.members,
            groups: group.groups,
        });
        Ok(listed.collect())
    }

    async fn add_member(&self, group: &str, member: &str) -> Result<(), Failure> {
        let added = match inner_group(member) {
            Some(inner) => self.store.add_group(group, &inner).await,
            None => {
                let account = self.find_account(member).await?;
                self.store.add_member(group, account.id).await
            }
        };
        added.map_err(|fault| unless_gone(fault, group))
    }

    async fn remove_member(&self, group: &str, member: &str) -> Result<(), Failure> {
        let removed = match inner_group(member) {
            Some(inner) => self.store.remove_group(group, &inner).await,
            None => {
                let account = self.find_account(member).await?;
                self.store.remove_member(group, account.id).await
            }
        };
        removed.map_err(|fault| unless_gone(fault, group))
    }
}

fn unless_gone(fault: Fault, name: &str) -> Failure {
    match fault {
        Fault::Gone => no_group(name),
        fault => fault.into(),
    }
}
