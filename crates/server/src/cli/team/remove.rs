//! `postroom team remove`: people and addresses of a team, or all of it. Addresses go first, so that nothing comes to what is
//! being taken away; whoever was interrupted says the same again.

use ::acl::{Modification, Operation, Rights, Subject};
use mail::Place;
use store::{LeadsTo, OldTarget, Recipients};

use super::{parse, path};
use crate::cli::admin_context::{AdminContext, Operator};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its mailbox, below the shared namespace.
    name: String,
    /// A user or `group:name` who leads it or works in it, and no longer shall. May be said several times.
    #[arg(long, visible_alias = "lead", value_name = "IDENTIFIER")]
    member: Vec<String>,
    /// What comes to this address no longer goes there. May be said several times.
    #[arg(long, value_name = "ADDRESS")]
    address: Vec<String>,
    /// Its addresses, its mailbox and all below it, with all mail.
    #[arg(long, required_unless_present_any = ["member", "address"], conflicts_with_all = ["member", "address"])]
    all: bool,
}

pub(super) async fn run(
    context: &AdminContext,
    args: &Args,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let operator = context.operator(None).await?;
    let path = path(context, &args.name)?;
    let place = Place::Shared(path.clone());
    if args.all {
        let addresses = addresses_of(context, &place).await?;
        remove_addresses(context, &operator, &place, &addresses).await?;
        return remove_mailboxes(context, &operator, &path, terminal).await;
    }
    let subjects: Result<Vec<Subject>, Failure> =
        args.member.iter().map(|text| subject(text)).collect();
    let subjects = subjects?;
    remove_addresses(context, &operator, &place, &args.address).await?;
    let found = context.find(&operator, &place).await?;
    let permit = context.permit(&found, &place, Operation::Administer)?;
    let nothing = Modification::Replace(Rights::NONE);
    for subject in &subjects {
        context.store.set_rights(&permit, subject, nothing).await?;
    }
    let removed = args.member.iter().chain(&args.address);
    let removed: Vec<_> = removed.map(String::as_str).collect();
    terminal.report(format!(
        "team {}: removed {}",
        args.name,
        removed.join(", ")
    ))
}

fn subject(text: &str) -> Result<Subject, Failure> {
    Subject::parse(text).map_err(|cause| Failure::usage(format!("{text}: {cause}")))
}

async fn addresses_of(context: &AdminContext, place: &Place) -> Result<Vec<String>, Failure> {
    let listed = context.store.addresses().await?.into_iter();
    let own =
        listed.filter(|listed| matches!(&listed.leads_to, LeadsTo::Mailbox(to) if to == place));
    Ok(own.map(|listed| listed.address).collect())
}

async fn remove_addresses(
    context: &AdminContext,
    operator: &Operator,
    place: &Place,
    addresses: &[String],
) -> Result<(), Failure> {
    let mut recipients = Vec::new();
    for text in addresses {
        recipients.push(match text.strip_prefix('@') {
            Some(domain) => Recipients::Domain(domain.to_owned()),
            None => Recipients::Address(parse(text)?),
        });
    }
    if recipients.is_empty() {
        return Ok(());
    }
    let target = OldTarget::Mailbox(context.find(operator, place).await?.id);
    for (recipients, text) in recipients.iter().zip(addresses) {
        let administrator = operator.account.id;
        let removed = context
            .store
            .remove_address(administrator, recipients, &target);
        if !removed.await? {
            return Err(Failure::failed(format!(
                "{text} is no address of this team"
            )));
        }
    }
    Ok(())
}

/// From below, so that what is left is still a tree.
async fn remove_mailboxes(
    context: &AdminContext,
    operator: &Operator,
    path: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let below = format!("{path}/");
    let visible = context.store.visible(operator.account.id).await?;
    let mut paths: Vec<String> = visible
        .into_iter()
        .filter_map(|listed| match listed.place {
            Place::Shared(one) if one == path || one.starts_with(&below) => Some(one),
            Place::Shared(_) | Place::Mine(_) | Place::Theirs { .. } => None,
        })
        .collect();
    paths.sort_by(|one, other| other.cmp(one));
    if paths.is_empty() {
        let name = context.name(&Place::Shared(path.to_owned()));
        return Err(Failure::failed(format!("no team {name}")));
    }
    for path in paths {
        let place = Place::Shared(path);
        let found = context.find(operator, &place).await?;
        let permit = context.permit(&found, &place, Operation::DeleteMailbox)?;
        context.store.delete_mailbox(&permit).await?;
        terminal.report(format!("mailbox {} deleted", context.name(&place)))?;
    }
    Ok(())
}
