//! `postroom team`: a team with all that it needs, at once; which there are, and taking one away.

mod list;
mod remove;

use std::collections::BTreeSet;

use ::acl::{Identifier, Rights, Role};
use mail::{EmailAddress, MailboxName, Place};
use serde_json::{Value, json};
use store::{Team, TeamStep, Trial};

use super::address::{Addresses as _, tell_of_several};
use super::admin_context::AdminContext;
use super::failure::Failure;
use super::letter_choice::LetterChoice;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "A lead is manager of the team's mailbox (lrswipkxtean), a member editor (lrswipte); both may send as \
    its addresses.\nWhat is there already stays as it is, so the same may be said again.\n\n\
    Examples:\n  \
    postroom team add support --address support@example.org --lead ada --member group:support\n  \
    postroom team add --dry-run support --member bo\n  \
    postroom team list\n  \
    postroom team remove support --member bo --address help@example.org\n  \
    postroom team remove support --all";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Make a team's mailbox with Sent, Drafts, Trash, Archive and Junk, its addresses, its list of rights and the subscriptions of
    /// its members: all of it or nothing.
    Add {
        /// Its mailbox, below the shared namespace.
        name: String,
        /// What comes to this address goes there. May be said several times.
        #[arg(long, value_name = "ADDRESS")]
        address: Vec<String>,
        /// A user or `group:name` who manages it. May be said several times.
        #[arg(long, value_name = "IDENTIFIER")]
        lead: Vec<String>,
        /// A user or `group:name` who works in it. May be said several times.
        #[arg(long, value_name = "IDENTIFIER")]
        member: Vec<String>,
        /// Say what would be done, and do nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        letters: LetterChoice,
    },
    /// List teams with those in their lists and their addresses. A team is a shared mailbox with folders that have a special use.
    List,
    /// Take away from a team what is named, or all of it.
    Remove(remove::Args),
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let config = match verb {
        Verb::Add { letters, .. } => letters.over(config),
        Verb::List | Verb::Remove(_) => config.clone(),
    };
    AdminContext::with(&config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::Add {
            name,
            address,
            lead,
            member,
            dry_run,
            letters: _,
        } => {
            let named = (address.as_slice(), lead.as_slice(), member.as_slice());
            let trial = if *dry_run { Trial::Dry } else { Trial::Real };
            add(context, name, named, trial, terminal).await
        }
        Verb::List => list::run(context, terminal).await,
        Verb::Remove(args) => remove::run(context, args, terminal).await,
    }
}

async fn add(
    context: &AdminContext,
    name: &str,
    (address, lead, member): (&[String], &[String], &[String]),
    trial: Trial,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let addresses: Result<Vec<_>, _> = address.iter().map(|text| parse(text)).collect();
    let leads = lead.iter().map(|text| (text, Role::Manager));
    let entries = leads.chain(member.iter().map(|text| (text, Role::Editor)));
    let entries: Result<Vec<(Identifier, Rights)>, Failure> = entries
        .map(|(text, role)| Ok((identifier(text)?, role.rights())))
        .collect();
    let team = Team {
        path: path(context, name)?,
        entries: entries?,
        addresses: addresses?,
    };
    let nobodies = context
        .store
        .nobodies(team.entries.iter().map(|(identifier, _)| identifier))
        .await?;
    let nobodies: BTreeSet<String> = nobodies.into_iter().collect();
    if let Some(nobody) = nobodies.first() {
        return Err(Failure::failed(format!("there is no {nobody}")));
    }
    let operator = context.operator(None).await?;
    let create_permit = ::acl::shared_root(&operator.who)
        .map_err(|_| Failure::failed("only site administrators make teams"))?;
    let steps = context
        .store
        .set_up_team(&create_permit, &team, &context.separator, trial)
        .await?;
    let data = steps.iter().map(|step| data(context, step));
    let data = json!({ "dry_run": trial == Trial::Dry, "done": data.collect::<Value>() });
    terminal.show(&data, || {
        if steps.is_empty() {
            return format!("team {name} has all of that\n");
        }
        steps.iter().map(|step| line(context, step)).collect()
    })?;
    let addresses = steps.iter().filter_map(|step| match step {
        TeamStep::Address(address) => Some(address.as_str()),
        TeamStep::Mailbox(_)
        | TeamStep::Folder(_)
        | TeamStep::Right(_)
        | TeamStep::Subscription(_) => None,
    });
    let listed = context.list_addresses().await?;
    let mailbox = context.name(&Place::Shared(team.path.clone()));
    tell_of_several(&listed, addresses, &[mailbox.to_string()]);
    Ok(())
}

/// Below the shared namespace, whether or not that is said.
fn path(context: &AdminContext, name: &str) -> Result<String, Failure> {
    let parsed =
        MailboxName::parse(name).map_err(|cause| Failure::usage(format!("{name}: {cause}")))?;
    match context.namespaces().place(&parsed) {
        Some(Place::Shared(path)) => Ok(path),
        Some(Place::Mine(path)) if path != MailboxName::INBOX => Ok(path),
        Some(Place::Mine(_) | Place::Theirs { .. }) | None => {
            Err(Failure::usage(format!("{name} is not the name of a team")))
        }
    }
}

fn parse(text: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(text).map_err(|bad| Failure::usage(format!("{text}: {bad}")))
}

fn identifier(text: &str) -> Result<Identifier, Failure> {
    let identifier =
        Identifier::parse(text).map_err(|bad| Failure::usage(format!("{text}: {bad}")))?;
    if !matches!(identifier, Identifier::User(_) | Identifier::Group(_)) {
        return Err(Failure::usage(format!("{text} is no user and no group")));
    }
    Ok(identifier)
}

fn words(context: &AdminContext, step: &TeamStep) -> (&'static str, String) {
    let named = |path: &String| context.name(&Place::Shared(path.clone())).to_string();
    match step {
        TeamStep::Mailbox(path) => ("mailbox", named(path)),
        TeamStep::Folder(path) => ("folder", named(path)),
        TeamStep::Right(change) => ("right", change.clone()),
        TeamStep::Address(address) => ("address", address.clone()),
        TeamStep::Subscription(user) => ("subscription", user.clone()),
    }
}

fn data(context: &AdminContext, step: &TeamStep) -> Value {
    let (kind, name) = words(context, step);
    json!({ "kind": kind, "name": name })
}

fn line(context: &AdminContext, step: &TeamStep) -> String {
    let (kind, name) = words(context, step);
    format!("{kind} {name}\n")
}
