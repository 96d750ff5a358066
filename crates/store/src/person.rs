//! Accounts of people whom a directory keeps (docs/adr/0104-a-directory-checks-passwords.md). What a directory is asked, and how, is not
//! known here.

use mail::AccountId;

use crate::account::Row;
use crate::fold::account_name;
use crate::team::default_folders;
use crate::{Account, Fault, Store, wake};

/// A person of a directory.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// What stays the same as long as the person does.
    pub id: &'a str,
    /// What the account may be called; it is called by the first unless it is by another already.
    pub names: &'a [String],
    /// What changes when the password does.
    pub stamp: Option<&'a str>,
}

/// Whether an account is made for a person who has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomers {
    /// It is.
    Welcome,
    /// It is not.
    Refused,
}

/// What entering a person has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// Nothing.
    Known,
    /// Sessions by the password of before have ended.
    Renewed,
    /// The account has another name, and sessions have ended.
    Renamed,
    /// An account of this name is the person's from now on, and its password is no longer known here.
    Adopted,
    /// There is an account now.
    Created,
}

/// An account that a directory keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryAccount {
    /// The account.
    pub id: AccountId,
    /// Folded.
    pub name: String,
    /// What the directory knows the person by.
    pub directory_id: String,
    /// What changes there when the password does, as it was seen last.
    pub stamp: Option<String>,
    /// Whether it may not log in, for whatever reason.
    pub is_disabled: bool,
    /// Whether that is because the directory has the person no longer.
    pub has_left: bool,
}

impl Store {
    /// The account of a person, with what was done to have it; `None` where there is none and none is to be made.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] where the name is another person's, or that of an administrator with a password of this site;
    /// [`Fault::Limit`] for what is no name.
    #[tracing::instrument(name = "db.enter_person", skip_all)]
    pub async fn enter_person(
        &self,
        person: Person<'_>,
        newcomers: Newcomers,
    ) -> Result<Option<(Account, Entered)>, Fault> {
        let names = person.names.iter().map(|name| account_name(name));
        let names: Vec<String> = names.collect::<Result<_, _>>()?;
        if let Some(account) = self.account_of_person(&person, &names).await? {
            return Ok(Some((account, Entered::Known)));
        }
        let (folders, uses) = default_folders();
        let row = sqlx::query!(
            r#"select account, outcome as "outcome!", mailboxes, modseqs
                 from enter_person(_id => $1, _names => $2, _stamp => $3, _may_create => $4, _folders => $5, _uses => $6)"#,
            person.id,
            &names,
            person.stamp,
            newcomers == Newcomers::Welcome,
            &folders as &[&str],
            &uses as &[&str],
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        let entered = match row.outcome.as_str() {
            "known" => Entered::Known,
            "renewed" => Entered::Renewed,
            "renamed" => Entered::Renamed,
            "adopted" => Entered::Adopted,
            _ => Entered::Created,
        };
        let Some(id) = row.account.map(AccountId) else {
            return Ok(None);
        };
        let mailboxes = row.mailboxes.unwrap_or_default().into_iter();
        let woken = mailboxes.zip(row.modseqs.unwrap_or_default());
        self.wake(woken.map(|(mailbox, modseq)| wake::Row { mailbox, modseq }));
        match entered {
            Entered::Known => {}
            Entered::Created => self.wake_directory(),
            Entered::Renewed | Entered::Renamed | Entered::Adopted => {
                self.wake_directory();
                self.wake_account(id).await;
                self.until_noted(None).await?;
            }
        }
        let account = self.account_of_person(&person, &names).await?;
        Ok(account.map(|account| (account, entered)))
    }

    /// Where nothing is to be done.
    async fn account_of_person(
        &self,
        person: &Person<'_>,
        names: &[String],
    ) -> Result<Option<Account>, Fault> {
        let row = sqlx::query_as!(
            Row,
            "select id, name, password_hash, password_version, is_admin, is_disabled
               from account
              where directory_id = $1
                and name = any ($2)
                and directory_stamp is not distinct from $3",
            person.id,
            names,
            person.stamp
        )
        .fetch_optional(&mut *self.kept().await?)
        .await?;
        Ok(row.map(Account::from))
    }

    /// All accounts that a directory keeps, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.directory_accounts", skip_all)]
    pub async fn directory_accounts(&self) -> Result<Vec<DirectoryAccount>, Fault> {
        let rows = sqlx::query!(
            r#"select id, name, directory_id as "directory_id!", directory_stamp, is_disabled,
                      left_directory_at is not null as "has_left!"
                 from account
                where directory_id is not null
                order by name"#
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let accounts = rows.into_iter().map(|row| DirectoryAccount {
            id: AccountId(row.id),
            name: row.name,
            directory_id: row.directory_id,
            stamp: row.directory_stamp,
            is_disabled: row.is_disabled,
            has_left: row.has_left,
        });
        Ok(accounts.collect())
    }

    /// The directory has the person of this account no longer: the account is disabled, and sessions that are open end, on every
    /// node, and write nothing from now on. Its mail stays. Returns whether that was new.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn leave_directory(&self, account: AccountId) -> Result<bool, Fault> {
        self.set_has_left(account, true).await
    }

    /// The opposite of [`leave_directory`](Self::leave_directory). An account that was disabled by hand stays so.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn return_to_directory(&self, account: AccountId) -> Result<bool, Fault> {
        self.set_has_left(account, false).await
    }

    #[tracing::instrument(name = "db.leave_directory", skip_all)]
    async fn set_has_left(&self, account: AccountId, has_left: bool) -> Result<bool, Fault> {
        let is_new = sqlx::query_scalar!(
            r#"select leave_directory(_account => $1, _has_left => $2) as "is_new!""#,
            account.0,
            has_left
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        if is_new {
            self.wake_account(account).await;
            self.until_noted(None).await?;
        }
        Ok(is_new)
    }
}
