//! `postroom group`: groups of accounts, for access control lists.

use ::acl::Identifier;
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

async fn run_on(context: &AdminContext, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::Add { name } => match context.store.create_group(name).await {
            Ok(()) => terminal.report(format!("group {name} added")),
            Err(Fault::Exists) => Err(Failure::failed(format!("group {name} exists already"))),
            Err(fault) => Err(fault.into()),
        },
        Verb::Delete { name } => {
            let deleted = context.store.delete_group(name).await;
            deleted.map_err(|fault| no_group(fault, name))?;
            terminal.report(format!("group {name} deleted"))
        }
        Verb::List => list(context, terminal).await,
        Verb::Member(Member::Add { group, members, .. }) => {
            for member in members {
                match inner_group(member) {
                    Some(inner) => context.store.add_group(group, &inner).await,
                    None => {
                        let account = context.find_account(member).await?;
                        context.store.add_member(group, account.id).await
                    }
                }
                .map_err(|fault| no_group(fault, group))?;
                terminal.report(format!("{member} is in group {group}"))?;
            }
            Ok(())
        }
        Verb::Member(Member::Remove { group, members }) => {
            for member in members {
                match inner_group(member) {
                    Some(inner) => context.store.remove_group(group, &inner).await,
                    None => {
                        let account = context.find_account(member).await?;
                        context.store.remove_member(group, account.id).await
                    }
                }
                .map_err(|fault| no_group(fault, group))?;
                terminal.report(format!("{member} is not in group {group}"))?;
            }
            Ok(())
        }
    }
}

/// The group that a member is, if it is one.
fn inner_group(member: &str) -> Option<String> {
    match Identifier::parse(member) {
        Ok(Identifier::Group(name)) => Some(name),
        Ok(_) | Err(_) => None,
    }
}

async fn list(context: &AdminContext, terminal: &Terminal) -> Result<(), Failure> {
    let groups = context.store.groups().await?;
    let data = groups.iter().map(
        |group| json!({ "name": group.name, "members": group.members, "groups": group.groups }),
    );
    terminal.show(&data.collect(), || {
        let line = |group: &store::Group| {
            let inner = group.groups.iter().map(|inner| format!("group:{inner}"));
            let members: Vec<String> = group.members.iter().cloned().chain(inner).collect();
            format!("{}: {}\n", group.name, members.join(" "))
        };
        groups.iter().map(line).collect()
    })
}

fn no_group(fault: Fault, name: &str) -> Failure {
    if matches!(fault, Fault::Gone) {
        return Failure::failed(format!("no group {name}"));
    }
    fault.into()
}
