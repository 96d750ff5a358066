//! `postroom mailbox`: create, list, delete, rename, and the policy of flags.

use ::acl::Operation;
use mail::Flag;
use serde_json::json;
use store::{Fault, Listed};

use super::address;
use super::admin_context::{AdminContext, Operator};
use super::failure::Failure;
use super::mailbox_report;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "Names are those that the acting user sees.\n\n\
    Examples:\n  \
    postroom mailbox create 'Shared Folders/support' --address support@example.org\n  \
    postroom mailbox create --as ada Work --special-use '\\Archive'\n  \
    postroom mailbox rename 'Shared Folders/support' 'Shared Folders/help'\n  \
    postroom mailbox show 'Shared Folders/support'\n  \
    postroom mailbox policy 'Shared Folders/support' --shared '\\Seen'\n  \
    postroom mailbox list --as ada";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Act as this user; else as the first site administrator.
    #[arg(long = "as", global = true, value_name = "USER")]
    acting: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Create a mailbox. It takes over the list of the one above it.
    Create {
        /// Such as `Shared Folders/support`.
        name: String,
        /// What it is for (RFC 6154), such as `\Sent`.
        #[arg(long, value_name = "ATTRIBUTE")]
        special_use: Option<String>,
        /// Let what comes to this address go there, as `postroom address add` does. May be said several times.
        #[arg(long, value_name = "ADDRESS")]
        address: Vec<String>,
    },
    /// List what the acting user may know of.
    List,
    /// Say all there is to know about a mailbox: its numbers, its policy, who may do what
    /// and who has it open.
    Show {
        /// Its name.
        name: String,
    },
    /// Delete a mailbox with all mail in it.
    Delete {
        /// Its name.
        name: String,
    },
    /// Rename a mailbox and all below it.
    Rename {
        /// Its name now.
        from: String,
        /// Its name afterwards.
        to: String,
    },
    /// Show which flags each user has apart, or change it.
    Policy {
        /// The mailbox's name.
        name: String,
        /// Flags that each user has apart from now on, such as `\Flagged` or a keyword.
        #[arg(long, value_name = "FLAG", num_args = 1.., value_parser = Flag::parse)]
        private: Vec<Flag>,
        /// Flags that are everybody's from now on.
        #[arg(long, value_name = "FLAG", num_args = 1.., value_parser = Flag::parse)]
        shared: Vec<Flag>,
    },
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, args, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let who = context.operator(args.acting.as_deref()).await?;
    match &args.verb {
        Verb::Create {
            name,
            special_use,
            address,
        } => {
            for address in address {
                address::check(address)?;
            }
            create(context, &who, name, special_use.as_deref()).await?;
            let place = context.place(name)?;
            for address in address {
                address::add_to_mailbox(context, &who, address, &place).await?;
            }
            terminal.report(format!("mailbox {name} created"))?;
            let addresses = address.iter().map(String::as_str);
            address::tell_of_several(context, addresses, &[]).await
        }
        Verb::List => list(context, &who, terminal).await,
        Verb::Show { name } => mailbox_report::show(context, &who, name, terminal).await,
        Verb::Delete { name } => {
            let place = context.place(name)?;
            let found = context.find(&who, &place).await?;
            let permit = context.permit(&found, &place, Operation::DeleteMailbox)?;
            context.store.delete_mailbox(&permit).await?;
            terminal.report(format!("mailbox {name} deleted"))
        }
        Verb::Rename { from, to } => {
            rename(context, &who, from, to).await?;
            terminal.report(format!("mailbox {from} is now {to}"))
        }
        Verb::Policy {
            name,
            private,
            shared,
        } => policy(context, &who, name, private, shared, terminal).await,
    }
}

async fn policy(
    context: &AdminContext,
    who: &Operator,
    name: &str,
    private: &[Flag],
    shared: &[Flag],
    terminal: &Terminal,
) -> Result<(), Failure> {
    let place = context.place(name)?;
    let found = context.find(who, &place).await?;
    let permit = context.permit(&found, &place, Operation::Administer)?;
    let mut policy = context.store.flag_policy(&permit).await?;
    for flag in private {
        let added = policy.add(flag.clone());
        added.map_err(|bad| Failure::failed(bad.to_string()))?;
    }
    for flag in shared {
        policy.remove(flag);
    }
    if !(private.is_empty() && shared.is_empty()) {
        context.store.set_flag_policy(&permit, &policy).await?;
    }
    terminal.show(&json!({ "private": policy.to_string() }), || {
        format!("private flags: {policy}\n")
    })
}

async fn create(
    context: &AdminContext,
    who: &Operator,
    name: &str,
    special_use: Option<&str>,
) -> Result<(), Failure> {
    let place = context.place(name)?;
    let create_permit = context.create_permit(who, &place).await?;
    let created = context
        .store
        .create_mailbox(&create_permit, &place, special_use)
        .await;
    created.map_err(|fault| taken(fault, name)).map(|_| ())
}

async fn rename(
    context: &AdminContext,
    who: &Operator,
    from: &str,
    to: &str,
) -> Result<(), Failure> {
    let (old, new) = (context.place(from)?, context.place(to)?);
    let found = context.find(who, &old).await?;
    let permit = context.permit(&found, &old, Operation::DeleteMailbox)?;
    let create_permit = context.create_permit(who, &new).await?;
    let renamed = context
        .store
        .rename_mailbox(&permit, &create_permit, &old, &new)
        .await;
    renamed.map_err(|fault| taken(fault, to)).map(|_| ())
}

async fn list(context: &AdminContext, who: &Operator, terminal: &Terminal) -> Result<(), Failure> {
    let mut listed = context.store.visible(who.account.id).await?;
    listed.sort_by_cached_key(|mailbox| context.name(&mailbox.place));
    let data = listed.iter().map(|mailbox| {
        json!({
            "name": context.name(&mailbox.place).as_str(),
            "rights": mailbox.rights.to_string(),
            "special_use": mailbox.special_use,
        })
    });
    terminal.show(&data.collect(), || {
        let line = |mailbox: &Listed| {
            let special_use = mailbox.special_use.as_deref().unwrap_or_default();
            let line = format!(
                "{:13} {}  {special_use}",
                mailbox.rights.to_string(),
                context.name(&mailbox.place)
            );
            line.trim_end().to_owned() + "\n"
        };
        listed.iter().map(line).collect()
    })
}

fn taken(fault: Fault, name: &str) -> Failure {
    if matches!(fault, Fault::Exists) {
        return Failure::failed(format!("mailbox {name} exists already"));
    }
    fault.into()
}
