//! `postroom user`: who can log in.

use mail::AccountId;
use serde_json::json;
use store::Fault;

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::password;
use super::terminal::Terminal;
use super::user_import;
use crate::config::Config;
use crate::new_password::NewPassword;

pub(super) const HELP: &str = "Examples:\n  \
    postroom user add ada --password-stdin < ada.secret\n  \
    postroom user add bo --folders --password-stdin < bo.secret\n  \
    postroom user add admin --admin --password-file admin.secret\n  \
    postroom user passwd ada --password-file new.secret\n  \
    postroom user import users.csv --dry-run\n  \
    postroom user disable ada\n  \
    postroom user list --json";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Make accounts, each with an INBOX. A password is that of all.
    Add {
        /// The login names, in any case.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// A site administrator: may create below the shared root and administer every list.
        #[arg(long)]
        admin: bool,
        /// With Sent, Drafts, Trash, Archive and Junk.
        #[arg(long)]
        folders: bool,
        #[command(flatten)]
        password: password::Args,
    },
    /// Give an account a new password; its open sessions end.
    Passwd {
        /// The login name.
        name: String,
        /// No password: nobody can log in by one any more.
        #[arg(long, conflicts_with = "Args")]
        none: bool,
        #[command(flatten)]
        password: password::Args,
    },
    /// Make many accounts from a file, with the password hashes that they have on another server.
    #[command(after_help = user_import::HELP)]
    Import(user_import::Args),
    /// Let nobody log in to an account. Sessions that are open end within a second.
    Disable {
        /// The login name.
        name: String,
    },
    /// Let a disabled account log in again.
    Enable {
        /// The login name.
        name: String,
    },
    /// List all accounts.
    List,
    /// Delete an account with its mailboxes and all mail in them.
    Delete {
        /// The login name.
        name: String,
    },
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::Add {
            names,
            admin,
            folders,
            password,
        } => {
            let password = password.read()?;
            let hash = password.as_ref().map(|password| password.hash.as_str());
            for name in names {
                let created = create(context, name, hash, *admin, *folders).await;
                if let (Ok(id), Some(password)) = (&created, &password) {
                    keep_verifier(context, password, *id, name).await?;
                }
                match created {
                    Ok(_) => terminal.report(format!("user {name} added"))?,
                    Err(Fault::Exists) => {
                        return Err(Failure::failed(format!("user {name} exists already")));
                    }
                    Err(fault) => return Err(fault.into()),
                }
            }
            Ok(())
        }
        Verb::Passwd {
            name,
            none,
            password,
        } => {
            let account = context.find_account(name).await?;
            let password = password.read()?;
            if password.is_none() && !none {
                let words = "which password? --password-stdin, --password-file FILE, or --none so that nobody can log in by one";
                return Err(Failure::usage(words));
            }
            let hash = password.as_ref().map(|password| password.hash.as_str());
            context.store.set_password(account.id, hash).await?;
            if let Some(password) = &password {
                keep_verifier(context, password, account.id, name).await?;
            }
            terminal.report(match password {
                Some(_) => format!("user {name} has a new password"),
                None => format!("user {name} has no password now"),
            })
        }
        Verb::Import(args) => user_import::run(context, args, terminal).await,
        Verb::Disable { name } => {
            let account = context.find_account(name).await?;
            context.store.disable_account(account.id).await?;
            terminal.report(format!("user {name} is disabled"))
        }
        Verb::Enable { name } => {
            let account = context.find_account(name).await?;
            context.store.enable_account(account.id).await?;
            terminal.report(format!("user {name} is enabled"))
        }
        Verb::List => list(context, terminal).await,
        Verb::Delete { name } => {
            let account = context.find_account(name).await?;
            context.store.delete_account(account.id).await?;
            terminal.report(format!("user {name} deleted"))
        }
    }
}

async fn keep_verifier(
    context: &AdminContext,
    password: &NewPassword,
    account: AccountId,
    name: &str,
) -> Result<(), Fault> {
    let (store, verifiers) = (&context.store, context.verifiers);
    password
        .keep_verifier(store, verifiers, (account, name))
        .await
}

/// Makes an account, with its folders or with its INBOX only.
pub(super) async fn create(
    context: &AdminContext,
    name: &str,
    hash: Option<&str>,
    is_admin: bool,
    with_folders: bool,
) -> Result<AccountId, Fault> {
    let store = &context.store;
    if with_folders {
        store
            .create_account_with_folders(name, hash, is_admin)
            .await
    } else {
        store.create_account(name, hash, is_admin).await
    }
}

async fn list(context: &AdminContext, terminal: &Terminal) -> Result<(), Failure> {
    let accounts = context.store.accounts().await?;
    let data = accounts.iter().map(|account| {
        json!({
            "id": account.id.0,
            "name": account.name,
            "admin": account.is_admin,
            "disabled": account.is_disabled,
            "password": account.password_hash.is_some(),
        })
    });
    terminal.show(&data.collect(), || {
        let line = |account: &store::Account| {
            let mut line = account.name.clone();
            for (is_so, word) in [
                (account.is_admin, "  admin"),
                (account.is_disabled, "  disabled"),
                (account.password_hash.is_none(), "  no password"),
            ] {
                line.push_str(if is_so { word } else { "" });
            }
            line + "\n"
        };
        accounts.iter().map(line).collect()
    })
}
