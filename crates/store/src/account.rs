//! Who can log in.
//!
//! Names are folded to one spelling, lower case prepared as identifiers are, wherever they come in:
//! in the database, in lists and in [`acl::Who`] equal means equal.

use acl::Who;
use mail::AccountId;

use crate::fold::{account_name, fold};
use crate::unchanged::Unchanged;
use crate::{Fault, Login, Store, wake};

/// An account, with what a login needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// For as long as the account lives.
    pub id: AccountId,
    /// Folded.
    pub name: String,
    /// A PHC string; `None` where no password opens the account.
    pub password_hash: Option<String>,
    /// Rises when the password changes, and when the account is disabled or enabled: whoever logged in
    /// before has to do it again.
    pub password_version: i64,
    /// Whether this is a site administrator.
    pub is_admin: bool,
    /// Whether it may not log in for now.
    pub is_disabled: bool,
}

impl From<&Account> for Unchanged {
    fn from(account: &Account) -> Self {
        Self::Account {
            id: account.id,
            name: account.name.clone(),
            password_version: account.password_version,
            is_admin: account.is_admin,
            is_disabled: account.is_disabled,
        }
    }
}

impl Store {
    /// The account of this name, in any case.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.find_account", skip_all)]
    pub async fn find_account(&self, name: &str) -> Result<Option<Account>, Fault> {
        let Some(name) = fold(name) else {
            return Ok(None);
        };
        let row = sqlx::query_as!(
            Row,
            "select id, name, password_hash, password_version, is_admin, is_disabled
               from account
              where name = $1",
            name
        )
        .fetch_optional(&mut *self.kept().await?)
        .await?;
        Ok(row.map(Account::from))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.accounts", skip_all)]
    pub async fn accounts(&self) -> Result<Vec<Account>, Fault> {
        let rows = sqlx::query_as!(
            Row,
            "select id, name, password_hash, password_version, is_admin, is_disabled
               from account
              order by name"
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// The accounts that come after this name, or all, by name; the first so many.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.accounts_after", skip_all)]
    pub async fn accounts_after(
        &self,
        name: Option<&str>,
        count_max: u32,
    ) -> Result<Vec<Account>, Fault> {
        let rows = sqlx::query_as!(
            Row,
            "select id, name, password_hash, password_version, is_admin, is_disabled
               from account
              where name > coalesce($1, '')
              order by name
              limit $2",
            name,
            i64::from(count_max)
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// With an INBOX of its own.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] for a name that is taken in any case; [`Fault::Limit`] for a text that no list
    /// could name, or that holds `/`, `*` or `%`.
    #[tracing::instrument(name = "db.create_account", skip_all)]
    pub async fn create_account(
        &self,
        name: &str,
        password_hash: Option<&str>,
        is_admin: bool,
    ) -> Result<AccountId, Fault> {
        let name = account_name(name)?;
        let mut administration = self.administer().await?;
        let id = sqlx::query_scalar!(
            r#"select create_account(_name => $1, _password_hash => $2, _is_admin => $3) as "id!""#,
            name,
            password_hash,
            is_admin
        )
        .fetch_one(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake_directory();
        Ok(AccountId(id))
    }

    /// `None` closes the account for passwords. Sessions that are open end, on every node, and write
    /// nothing from now on.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such account.
    #[tracing::instrument(name = "db.set_password", skip_all)]
    pub async fn set_password(&self, account: AccountId, hash: Option<&str>) -> Result<(), Fault> {
        let mut administration = self.administer().await?;
        sqlx::query!(
            "select set_password(_account => $1, _password_hash => $2)",
            account.0,
            hash
        )
        .execute(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake_account(account).await;
        self.until_noted(None).await
    }

    /// Another hash of the same password, unless that was changed since `account` was read.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.renew_hash", skip_all)]
    pub async fn renew_hash(&self, account: &Account, hash: &str) -> Result<(), Fault> {
        sqlx::query!(
            "update account
                set password_hash = $3
              where id = $1
                and password_version = $2",
            account.id.0,
            account.password_version,
            hash
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    /// Nobody logs in to the account any more, and sessions that are open end, on every node, and write
    /// nothing from now on.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such account.
    pub async fn disable_account(&self, account: AccountId) -> Result<(), Fault> {
        self.set_disabled(account, true).await
    }

    /// The opposite of [`disable_account`](Self::disable_account).
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such account.
    pub async fn enable_account(&self, account: AccountId) -> Result<(), Fault> {
        self.set_disabled(account, false).await
    }

    #[tracing::instrument(name = "db.set_disabled", skip_all)]
    async fn set_disabled(&self, account: AccountId, is_disabled: bool) -> Result<(), Fault> {
        let mut administration = self.administer().await?;
        sqlx::query!(
            "select set_disabled(_account => $1, _is_disabled => $2)",
            account.0,
            is_disabled
        )
        .execute(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake_account(account).await;
        self.until_noted(None).await
    }

    /// With its mailboxes and all in them, and with its name out of every list.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such account.
    #[tracing::instrument(name = "db.delete_account", skip_all)]
    pub async fn delete_account(&self, account: AccountId) -> Result<(), Fault> {
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!" from delete_account(_account => $1)"#,
            account.0
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.wake_account(account).await;
        self.clear_deleted_later();
        self.until_noted(None).await
    }

    /// Who this is, as far as rights are concerned.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such account.
    #[tracing::instrument(name = "db.who", skip_all)]
    pub async fn who(&self, account: AccountId) -> Result<Who, Fault> {
        let row = sqlx::query!(
            r#"select a.name, a.is_admin, groups_of(a.id) as "groups!"
                 from account a
                where a.id = $1"#,
            account.0
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?
        .ok_or(Fault::Gone)?;
        Ok(Who {
            account,
            name: row.name,
            groups: row.groups,
            is_admin: row.is_admin,
        })
    }
}

pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) password_hash: Option<String>,
    pub(crate) password_version: i64,
    pub(crate) is_admin: bool,
    pub(crate) is_disabled: bool,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: AccountId(row.id),
            name: row.name,
            password_hash: row.password_hash,
            password_version: row.password_version,
            is_admin: row.is_admin,
            is_disabled: row.is_disabled,
        }
    }
}

impl Account {
    /// What a password that is right now lets somebody in by.
    #[must_use]
    pub const fn login(&self) -> Login {
        Login {
            account: self.id,
            token: None,
            version: self.password_version,
        }
    }

    /// Whether this is the account of that name, in any case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        fold(name).as_ref() == Some(&self.name)
    }
}

/// Without the hash.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("password_version", &self.password_version)
            .field("is_admin", &self.is_admin)
            .field("is_disabled", &self.is_disabled)
            .finish_non_exhaustive()
    }
}
