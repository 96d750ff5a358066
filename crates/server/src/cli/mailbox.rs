//! `postroom mailbox`: create, list, delete, rename, and the policy of flags.

use ::acl::Operation;
use mail::{Flag, FlagPolicy};
use serde::Serialize;
use serde_json::json;
use store::Fault;

use super::address::{self, Addresses as _, ListedAddress};
use super::admin_context::{Acting, AdminContext};
use super::failure::Failure;
use super::mailbox_report::{self, MailboxReport};
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

/// What is asked about mailboxes: of the store, or of the API of a frontend.
pub(super) trait Mailboxes {
    async fn create_mailbox(&self, name: &str, special_use: Option<&str>) -> Result<(), Failure>;
    /// Lets what comes to an address go to a mailbox, and anyone post there.
    async fn add_address_of(&self, address: &str, mailbox: &str) -> Result<(), Failure>;
    async fn addresses(&self) -> Result<Vec<ListedAddress>, Failure>;
    /// By name.
    async fn list_mailboxes(&self) -> Result<Vec<ListedMailbox>, Failure>;
    async fn report(&self, name: &str) -> Result<MailboxReport, Failure>;
    async fn delete_mailbox(&self, name: &str) -> Result<(), Failure>;
    async fn rename_mailbox(&self, from: &str, to: &str) -> Result<(), Failure>;
    async fn flag_policy(&self, name: &str) -> Result<FlagPolicy, Failure>;
    async fn set_flag_policy(&self, name: &str, policy: &FlagPolicy) -> Result<(), Failure>;
}

/// A mailbox, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct ListedMailbox {
    pub(super) name: String,
    /// In letters.
    pub(super) rights: String,
    pub(super) special_use: Option<String>,
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        let acting = context.acting(args.acting.as_deref()).await?;
        run_on(&acting, &args.verb, terminal).await
    })
    .await
}

pub(super) async fn run_remotely(
    mailboxes: &impl Mailboxes,
    args: &Args,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if args.acting.is_some() {
        return Err(Failure::only_here("--as"));
    }
    run_on(mailboxes, &args.verb, terminal).await
}

async fn run_on(
    mailboxes: &impl Mailboxes,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match verb {
        Verb::Create {
            name,
            special_use,
            address,
        } => {
            for address in address {
                address::check(address)?;
            }
            mailboxes
                .create_mailbox(name, special_use.as_deref())
                .await?;
            for address in address {
                mailboxes.add_address_of(address, name).await?;
            }
            terminal.report(format!("mailbox {name} created"))?;
            if !address.is_empty() {
                let addresses = address.iter().map(String::as_str);
                address::tell_of_several(&mailboxes.addresses().await?, addresses, &[]);
            }
            Ok(())
        }
        Verb::List => list(&mailboxes.list_mailboxes().await?, terminal),
        Verb::Show { name } => {
            let report = mailboxes.report(name).await?;
            terminal.show(&json!(report), || report.words())
        }
        Verb::Delete { name } => {
            mailboxes.delete_mailbox(name).await?;
            terminal.report(format!("mailbox {name} deleted"))
        }
        Verb::Rename { from, to } => {
            mailboxes.rename_mailbox(from, to).await?;
            terminal.report(format!("mailbox {from} is now {to}"))
        }
        Verb::Policy {
            name,
            private,
            shared,
        } => policy(mailboxes, name, (private, shared), terminal).await,
    }
}

async fn policy(
    mailboxes: &impl Mailboxes,
    name: &str,
    (private, shared): (&[Flag], &[Flag]),
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut policy = mailboxes.flag_policy(name).await?;
    for flag in private {
        let added = policy.add(flag.clone());
        added.map_err(|bad| Failure::failed(bad.to_string()))?;
    }
    for flag in shared {
        policy.remove(flag);
    }
    if !(private.is_empty() && shared.is_empty()) {
        mailboxes.set_flag_policy(name, &policy).await?;
    }
    terminal.show(&json!({ "private": policy.to_string() }), || {
        format!("private flags: {policy}\n")
    })
}

fn list(mailboxes: &[ListedMailbox], terminal: &Terminal) -> Result<(), Failure> {
    terminal.show(&json!(mailboxes), || {
        let line = |mailbox: &ListedMailbox| {
            let special_use = mailbox.special_use.as_deref().unwrap_or_default();
            let line = format!("{:13} {}  {special_use}", mailbox.rights, mailbox.name);
            line.trim_end().to_owned() + "\n"
        };
        mailboxes.iter().map(line).collect()
    })
}

pub(super) fn mailbox_exists(name: &str) -> Failure {
    Failure::failed(format!("mailbox {name} exists already"))
}

impl Mailboxes for Acting<'_> {
    async fn create_mailbox(&self, name: &str, special_use: Option<&str>) -> Result<(), Failure> {
        let Self { context, who } = self;
        let place = context.place(name)?;
        let create_permit = context.create_permit(who, &place).await?;
        let created = context
            .store
            .create_mailbox(&create_permit, &place, special_use)
            .await;
        created.map_err(|fault| taken(fault, name)).map(|_| ())
    }

    async fn add_address_of(&self, address: &str, mailbox: &str) -> Result<(), Failure> {
        let place = self.context.place(mailbox)?;
        address::add_to_mailbox(self.context, &self.who, address, &place).await
    }

    async fn addresses(&self) -> Result<Vec<ListedAddress>, Failure> {
        self.context.list_addresses().await
    }

    async fn list_mailboxes(&self) -> Result<Vec<ListedMailbox>, Failure> {
        let Self { context, who } = self;
        let mut listed = context.store.visible(who.account.id).await?;
        listed.sort_by_cached_key(|mailbox| context.name(&mailbox.place));
        let listed = listed.into_iter().map(|mailbox| ListedMailbox {
            name: context.name(&mailbox.place).to_string(),
            rights: mailbox.rights.to_string(),
            special_use: mailbox.special_use,
        });
        Ok(listed.collect())
    }

    async fn report(&self, name: &str) -> Result<MailboxReport, Failure> {
        mailbox_report::load(self, name).await
    }

    async fn delete_mailbox(&self, name: &str) -> Result<(), Failure> {
        let (_, _, permit) = self.permit(name, Operation::DeleteMailbox).await?;
        Ok(self.context.store.delete_mailbox(&permit).await?)
    }

    async fn rename_mailbox(&self, from: &str, to: &str) -> Result<(), Failure> {
        let new = self.context.place(to)?;
        let (old, _, permit) = self.permit(from, Operation::DeleteMailbox).await?;
        let create_permit = self.context.create_permit(&self.who, &new).await?;
        let renamed = self
            .context
            .store
            .rename_mailbox(&permit, &create_permit, &old, &new)
            .await;
        renamed.map_err(|fault| taken(fault, to)).map(|_| ())
    }

    async fn flag_policy(&self, name: &str) -> Result<FlagPolicy, Failure> {
        let (_, _, permit) = self.permit(name, Operation::Administer).await?;
        Ok(self.context.store.flag_policy(&permit).await?)
    }

    async fn set_flag_policy(&self, name: &str, policy: &FlagPolicy) -> Result<(), Failure> {
        let (_, _, permit) = self.permit(name, Operation::Administer).await?;
        Ok(self.context.store.set_flag_policy(&permit, policy).await?)
    }
}

fn taken(fault: Fault, name: &str) -> Failure {
    match fault {
        Fault::Exists => mailbox_exists(name),
        fault => fault.into(),
    }
}
