//! `postroom user`: who can log in.

use mail::AccountId;
use serde::{Deserialize, Serialize};
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

/// What is asked about accounts: of the store, or of the API of a frontend.
pub(super) trait Users {
    /// A password that is fit to be somebody's.
    type Password;

    fn new_password(&self, text: String) -> Result<Self::Password, Failure>;
    async fn add_user(&self, new: &NewUser<'_, Self::Password>) -> Result<(), Failure>;
    /// Without a password nobody logs in by one.
    async fn set_password(
        &self,
        name: &str,
        password: Option<&Self::Password>,
    ) -> Result<(), Failure>;
    async fn disable_user(&self, name: &str) -> Result<(), Failure>;
    async fn enable_user(&self, name: &str) -> Result<(), Failure>;
    async fn delete_user(&self, name: &str) -> Result<(), Failure>;
    /// By name.
    async fn list_users(&self) -> Result<Vec<ListedUser>, Failure>;
}

/// An account that shall be.
pub(super) struct NewUser<'n, P> {
    pub(super) name: &'n str,
    pub(super) password: Option<&'n P>,
    pub(super) is_admin: bool,
    pub(super) with_folders: bool,
}

/// An account, as it is printed; the API tells the same.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ListedUser {
    pub(super) id: i64,
    pub(super) name: String,
    #[serde(rename(deserialize = "administrator"))]
    pub(super) admin: bool,
    pub(super) disabled: bool,
    pub(super) password: bool,
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| match verb {
        Verb::Import(args) => user_import::run(context, args, terminal).await,
        verb => run_on(context, verb, terminal).await,
    })
    .await
}

pub(super) async fn run_on(
    users: &impl Users,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match verb {
        Verb::Add {
            names,
            admin,
            folders,
            password,
        } => {
            let password = password.read()?;
            let password = password.map(|text| users.new_password(text)).transpose()?;
            for name in names {
                let new = NewUser {
                    name,
                    password: password.as_ref(),
                    is_admin: *admin,
                    with_folders: *folders,
                };
                users.add_user(&new).await?;
                terminal.report(format!("user {name} added"))?;
            }
            Ok(())
        }
        Verb::Passwd {
            name,
            none,
            password,
        } => {
            let password = password.read()?;
            if password.is_none() && !none {
                let words = "which password? --password-stdin, --password-file FILE, or --none so that nobody can log in by one";
                return Err(Failure::usage(words));
            }
            let password = password.map(|text| users.new_password(text)).transpose()?;
            users.set_password(name, password.as_ref()).await?;
            terminal.report(match password {
                Some(_) => format!("user {name} has a new password"),
                None => format!("user {name} has no password now"),
            })
        }
        Verb::Import(_) => Err(Failure::only_here("user import")),
        Verb::Disable { name } => {
            users.disable_user(name).await?;
            terminal.report(format!("user {name} is disabled"))
        }
        Verb::Enable { name } => {
            users.enable_user(name).await?;
            terminal.report(format!("user {name} is enabled"))
        }
        Verb::List => list(&users.list_users().await?, terminal),
        Verb::Delete { name } => {
            users.delete_user(name).await?;
            terminal.report(format!("user {name} deleted"))
        }
    }
}

fn list(users: &[ListedUser], terminal: &Terminal) -> Result<(), Failure> {
    terminal.show(&json!(users), || {
        let line = |user: &ListedUser| {
            let mut line = user.name.clone();
            for (is_so, word) in [
                (user.admin, "  admin"),
                (user.disabled, "  disabled"),
                (!user.password, "  no password"),
            ] {
                line.push_str(if is_so { word } else { "" });
            }
            line + "\n"
        };
        users.iter().map(line).collect()
    })
}

pub(super) fn user_exists(name: &str) -> Failure {
    Failure::failed(format!("user {name} exists already"))
}

impl Users for AdminContext {
    type Password = NewPassword;

    fn new_password(&self, text: String) -> Result<NewPassword, Failure> {
        let password = NewPassword::hash(&text);
        password.map_err(|cause| Failure::failed(cause.to_string()))
    }

    async fn add_user(&self, new: &NewUser<'_, NewPassword>) -> Result<(), Failure> {
        let NewUser { name, password, .. } = *new;
        let hash = password.map(|password| password.hash.as_str());
        let created = create(self, name, hash, new.is_admin, new.with_folders).await;
        let id = created.map_err(|fault| match fault {
            Fault::Exists => user_exists(name),
            fault => fault.into(),
        })?;
        if let Some(password) = password {
            keep_verifier(self, password, id, name).await?;
        }
        Ok(())
    }

    async fn set_password(
        &self,
        name: &str,
        password: Option<&NewPassword>,
    ) -> Result<(), Failure> {
        let account = self.find_account(name).await?;
        let hash = password.map(|password| password.hash.as_str());
        self.store.set_password(account.id, hash).await?;
        if let Some(password) = password {
            keep_verifier(self, password, account.id, name).await?;
        }
        Ok(())
    }

    async fn disable_user(&self, name: &str) -> Result<(), Failure> {
        let account = self.find_account(name).await?;
        Ok(self.store.disable_account(account.id).await?)
    }

    async fn enable_user(&self, name: &str) -> Result<(), Failure> {
        let account = self.find_account(name).await?;
        Ok(self.store.enable_account(account.id).await?)
    }

    async fn delete_user(&self, name: &str) -> Result<(), Failure> {
        let account = self.find_account(name).await?;
        Ok(self.store.delete_account(account.id).await?)
    }

    async fn list_users(&self) -> Result<Vec<ListedUser>, Failure> {
        let accounts = self.store.accounts().await?.into_iter();
        let listed = accounts.map(|account| ListedUser {
            id: account.id.0,
            name: account.name,
            admin: account.is_admin,
            disabled: account.is_disabled,
            password: account.password_hash.is_some(),
        });
        Ok(listed.collect())
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
