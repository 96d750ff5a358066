//! Accounts and groups that a directory keeps by SCIM (docs/adr/0116-what-a-directory-may-change.md). The protocol is not known here.

use mail::AccountId;

use crate::fold::{account_name, fold};
use crate::team::default_folders;
use crate::{Fault, Store, wake};

/// A user whom a directory has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimUser {
    /// The account.
    pub account: AccountId,
    /// What the directory was told to know the user by.
    pub id: String,
    /// What the directory knows the user by itself.
    pub external_id: Option<String>,
    /// The account's name, written as the directory does as long as it is the same.
    pub user_name: String,
    /// What else the directory says, as it was given.
    pub profile: String,
    /// Whether nobody may log in.
    pub is_disabled: bool,
    /// Rises with each change by the directory.
    pub revision: i64,
    /// As RFC 3339 writes it, in UTC.
    pub created_at: String,
    /// When the directory changed it last.
    pub changed_at: String,
    /// Ids and names of the directory's groups in which the user is.
    pub groups: Vec<(String, String)>,
}

/// A group that a directory has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimGroup {
    /// What the store knows it by.
    pub number: i64,
    /// What the directory was told to know the group by.
    pub id: String,
    /// What the directory knows the group by itself.
    pub external_id: Option<String>,
    /// The group's name, written as the directory does as long as it is the same.
    pub display_name: String,
    /// Rises with each change by the directory.
    pub revision: i64,
    /// As RFC 3339 writes it, in UTC.
    pub created_at: String,
    /// When the directory changed it last.
    pub changed_at: String,
    /// Ids and names of who is in it.
    pub members: Vec<(String, String)>,
}

/// What a directory says of a user.
#[derive(Clone, Copy, Debug)]
pub struct NewScimUser<'a> {
    /// It becomes the account's name.
    pub user_name: &'a str,
    /// What the directory knows the user by itself.
    pub external_id: Option<&'a str>,
    /// Whether somebody may log in.
    pub is_active: bool,
    /// What is kept for the directory.
    pub profile: &'a str,
}

/// What a directory says of a group.
#[derive(Clone, Copy, Debug)]
pub struct NewScimGroup<'a> {
    /// It becomes the group's name.
    pub display_name: &'a str,
    /// What the directory knows the group by itself.
    pub external_id: Option<&'a str>,
    /// Ids of who shall be in it, each once.
    pub members: &'a [String],
}

/// Which users or groups are asked for: those that are all of what is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScimQuery<'a> {
    /// What the directory was told to know it by.
    pub id: Option<&'a str>,
    /// Its name, in any case.
    pub name: Option<&'a str>,
    /// What the directory knows it by itself.
    pub external_id: Option<&'a str>,
    /// So many are left out at the beginning.
    pub offset: i64,
    /// `None` for all of the others.
    pub count_max: Option<i64>,
}

impl Store {
    /// Users whom a directory has, in the order in which accounts were made.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.scim_users", skip_all)]
    pub async fn scim_users(&self, query: ScimQuery<'_>) -> Result<Vec<ScimUser>, Fault> {
        let Ok(name) = folded(query.name) else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query_file!(
            "queries/scim_users.sql",
            query.id,
            name,
            query.external_id,
            query.offset,
            query.count_max,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let users = rows.into_iter().map(|row| ScimUser {
            account: AccountId(row.account),
            id: row.id,
            external_id: row.external_id,
            user_name: as_written(row.user_name, row.name),
            profile: row.profile,
            is_disabled: row.is_disabled,
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
            groups: row.group_ids.into_iter().zip(row.group_names).collect(),
        });
        Ok(users.collect())
    }

    /// How many users a directory has.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.count_scim_users", skip_all)]
    pub async fn count_scim_users(&self) -> Result<i64, Fault> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from scim_user where deleted_at is null"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(count)
    }

    /// The account of a user whom a directory brings: made, without a password, or taken over from whoever was called so.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] where the name is that of a site administrator, of another user of the directory, or of an account that is
    /// disabled and not this very user's; [`Fault::Limit`] for what is no name.
    #[tracing::instrument(name = "db.enter_scim_user", skip_all)]
    pub async fn enter_scim_user(&self, user: &NewScimUser<'_>) -> Result<AccountId, Fault> {
        let name = account_name(user.user_name)?;
        let (folders, uses) = default_folders();
        let mut administration = self.administer().await?;
        let account = sqlx::query_scalar!(
            r#"select enter_scim_user(
                        _name => $1, _user_name => $2, _external_id => $3, _is_active => $4, _profile => $5, _folders => $6,
                        _uses => $7) as "account!""#,
            name,
            user.user_name,
            user.external_id,
            user.is_active,
            user.profile,
            &folders as &[&str],
            &uses as &[&str],
        )
        .fetch_one(administration.executor())
        .await?;
        administration.finish().await?;
        let account = AccountId(account);
        self.wake_directory();
        self.wake_account(account).await;
        self.until_noted(None).await?;
        Ok(account)
    }

    /// What a directory says of a user from now on. Sessions end where the account is disabled or has another name.
    ///
    /// # Errors
    ///
    /// [`Fault::Stale`] where `user` is not what is there any more; [`Fault::Exists`] where the new name is taken; [`Fault::Gone`]
    /// without the user; [`Fault::Limit`] for what is no name.
    #[tracing::instrument(name = "db.change_scim_user", skip_all)]
    pub async fn change_scim_user(
        &self,
        user: &ScimUser,
        new: &NewScimUser<'_>,
    ) -> Result<(), Fault> {
        let name = account_name(new.user_name)?;
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from change_scim_user(
                        _account => $1, _revision => $2, _name => $3, _user_name => $4, _external_id => $5, _is_active => $6,
                        _profile => $7)"#,
            user.account.0,
            user.revision,
            name,
            new.user_name,
            new.external_id,
            new.is_active,
            new.profile,
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.wake_directory();
        self.wake_account(user.account).await;
        self.until_noted(None).await
    }

    /// A directory has a user no longer: the account is disabled and in none of the directory's groups; its mail stays. Sessions end.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] without the user.
    #[tracing::instrument(name = "db.delete_scim_user", skip_all)]
    pub async fn delete_scim_user(&self, user: &ScimUser) -> Result<(), Fault> {
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!" from delete_scim_user(_account => $1)"#,
            user.account.0,
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.wake_account(user.account).await;
        self.until_noted(None).await
    }

    /// Groups that a directory has, in the order in which they were made.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.scim_groups", skip_all)]
    pub async fn scim_groups(&self, query: ScimQuery<'_>) -> Result<Vec<ScimGroup>, Fault> {
        let Ok(name) = folded(query.name) else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query_file!(
            "queries/scim_groups.sql",
            query.id,
            name,
            query.external_id,
            query.offset,
            query.count_max,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let groups = rows.into_iter().map(|row| ScimGroup {
            number: row.user_group,
            id: row.id,
            external_id: row.external_id,
            display_name: as_written(row.display_name, row.name),
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
            members: row.member_ids.into_iter().zip(row.member_names).collect(),
        });
        Ok(groups.collect())
    }

    /// How many groups a directory has.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.count_scim_groups", skip_all)]
    pub async fn count_scim_groups(&self) -> Result<i64, Fault> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from scim_group where deleted_at is null"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(count)
    }

    /// A directory's group: `known` with another name or other members, or one that is made. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Stale`] where `known` is not what is there any more; [`Fault::Exists`] where the name is taken; [`Fault::Gone`]
    /// without the group; [`Fault::Limit`] for what is no name, and for members who are none of the directory's users.
    #[tracing::instrument(name = "db.keep_scim_group", skip_all)]
    pub async fn keep_scim_group(
        &self,
        known: Option<&ScimGroup>,
        group: &NewScimGroup<'_>,
    ) -> Result<(), Fault> {
        let name = account_name(group.display_name)?;
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from keep_scim_group(
                        _group => $1, _revision => $2, _name => $3, _display_name => $4, _external_id => $5, _members => $6)"#,
            known.map(|known| known.number),
            known.map(|known| known.revision),
            name,
            group.display_name,
            group.external_id,
            group.members,
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.until_noted(None).await
    }

    /// A directory has a group no longer: nobody is in it. Lists still name it. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] without the group.
    #[tracing::instrument(name = "db.delete_scim_group", skip_all)]
    pub async fn delete_scim_group(&self, group: &ScimGroup) -> Result<(), Fault> {
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!" from delete_scim_group(_group => $1)"#,
            group.number,
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.until_noted(None).await
    }
}

/// No name, and so nobody's.
struct NoName;

fn folded(name: Option<&str>) -> Result<Option<String>, NoName> {
    let folded = name.map(|name| fold(name).ok_or(NoName));
    folded.transpose()
}

/// Somebody else may have given it another name meanwhile.
fn as_written(written: String, name: String) -> String {
    let is_same = fold(&written).as_ref() == Some(&name);
    if is_same { written } else { name }
}
