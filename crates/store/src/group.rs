//! Groups of accounts, for access control lists.

use std::collections::BTreeMap;

use acl::Permit;
use mail::AccountId;
use mail::limits::GROUP_PEOPLE_TOLD_MAX;

use crate::fold::{account_name, fold};
use crate::unchanged::Unchanged;
use crate::{Fault, Store, wake};

/// A group that a directory keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Folded.
    pub name: String,
    /// Who is in it by himself.
    pub members: Vec<AccountId>,
}

/// A group and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Folded, as accounts' names are.
    pub name: String,
    /// Names of accounts that are in it by themselves, in order.
    pub members: Vec<String>,
    /// Names of groups all of whose members are in it, in order.
    pub groups: Vec<String>,
}

/// Who is in a group, as somebody is told who administers a mailbox that the group may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPeople {
    /// The first [`GROUP_PEOPLE_TOLD_MAX`] names, in order.
    pub names: Vec<String>,
    /// How many there are.
    pub count: i64,
}

impl From<Group> for Unchanged {
    fn from(group: Group) -> Self {
        Self::Group {
            name: group.name,
            members: group.members,
            groups: group.groups,
        }
    }
}

impl Store {
    /// A group without members.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] for a name that is taken in any case; [`Fault::Limit`] for what is no name.
    #[tracing::instrument(name = "db.create_group", skip_all)]
    pub async fn create_group(&self, name: &str) -> Result<(), Fault> {
        let name = account_name(name)?;
        let mut administration = self.administer().await?;
        sqlx::query!("select create_group(_name => $1)", name)
            .execute(administration.executor())
            .await?;
        administration.finish().await
    }

    /// With its entries in every list.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such group.
    #[tracing::instrument(name = "db.delete_group", skip_all)]
    pub async fn delete_group(&self, name: &str) -> Result<(), Fault> {
        let name = fold(name).ok_or(Fault::Gone)?;
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!" from delete_group(_name => $1)"#,
            name
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.until_noted(None).await
    }

    /// All groups, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn groups(&self) -> Result<Vec<Group>, Fault> {
        self.groups_after(None, u32::MAX).await
    }

    /// The groups that come after this name, or all, by name; the first so many.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.groups_after", skip_all)]
    pub async fn groups_after(
        &self,
        name: Option<&str>,
        count_max: u32,
    ) -> Result<Vec<Group>, Fault> {
        let rows = sqlx::query_as!(
            Group,
            r#"select g.name,
                      array(select a.name
                              from user_group_member m
                              join account a on a.id = m.account
                             where m.user_group = g.id
                             order by a.name) as "members!",
                      array(select i.name
                              from user_group_nesting n
                              join user_group i on i.id = n.inner_group
                             where n.outer_group = g.id
                             order by i.name) as "groups!"
                 from user_group g
                where g.name > coalesce($1, '')
                order by g.name
                limit $2"#,
            name,
            i64::from(count_max),
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows)
    }

    /// The group of this name, in any case.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.find_group", skip_all)]
    pub async fn find_group(&self, name: &str) -> Result<Option<Group>, Fault> {
        let Some(name) = fold(name) else {
            return Ok(None);
        };
        let row = sqlx::query_as!(
            Group,
            r#"select g.name,
                      array(select a.name
                              from user_group_member m
                              join account a on a.id = m.account
                             where m.user_group = g.id
                             order by a.name) as "members!",
                      array(select i.name
                              from user_group_nesting n
                              join user_group i on i.id = n.inner_group
                             where n.outer_group = g.id
                             order by i.name) as "groups!"
                 from user_group g
                where g.name = $1"#,
            name
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(row)
    }

    /// All groups that a directory keeps, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.directory_groups", skip_all)]
    pub async fn directory_groups(&self) -> Result<Vec<DirectoryGroup>, Fault> {
        let rows = sqlx::query!(
            r#"select g.name,
                      array(select m.account from user_group_member m where m.user_group = g.id) as "members!"
                 from user_group g
                where g.is_of_directory
                order by g.name"#
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let groups = rows.into_iter().map(|row| DirectoryGroup {
            name: row.name,
            members: row.members.into_iter().map(AccountId).collect(),
        });
        Ok(groups.collect())
    }

    /// A directory's group with these members and no others, whether or not it was there. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] where a group of this name is kept by hand; [`Fault::Limit`] for what is no name.
    #[tracing::instrument(name = "db.keep_group", skip_all)]
    pub async fn keep_group(
        &self,
        name: &str,
        members: impl IntoIterator<Item = AccountId>,
    ) -> Result<(), Fault> {
        let name = account_name(name)?;
        let members: Vec<i64> = members.into_iter().map(|account| account.0).collect();
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!" from keep_group(_name => $1, _members => $2)"#,
            name,
            &members
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.wake(woken);
        self.until_noted(None).await
    }

    /// Who is in the groups that the list of the permit's mailbox names, directly or through other groups, by group. Groups and
    /// people of other domains are not for whoever asks to know.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.people_of_groups", skip_all)]
    pub async fn people_of_groups(
        &self,
        permit: &Permit,
    ) -> Result<BTreeMap<String, GroupPeople>, Fault> {
        let rows = sqlx::query_file!(
            "queries/people_of_groups.sql",
            permit.account().0,
            permit.mailbox().0,
            GROUP_PEOPLE_TOLD_MAX,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let groups = rows.into_iter().map(|row| {
            let people = GroupPeople {
                names: row.people,
                count: row.count,
            };
            (row.group, people)
        });
        Ok(groups.collect())
    }

    /// Whoever is in already stays so. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such group or account.
    #[tracing::instrument(name = "db.add_member", skip_all)]
    pub async fn add_member(&self, group: &str, account: AccountId) -> Result<(), Fault> {
        self.change_membership(group, account, true).await
    }

    /// Whoever is not in stays so. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such group or account.
    #[tracing::instrument(name = "db.remove_member", skip_all)]
    pub async fn remove_member(&self, group: &str, account: AccountId) -> Result<(), Fault> {
        self.change_membership(group, account, false).await
    }

    /// Puts all members of `inner` into `outer`, now and later. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when one of them is not there; [`Fault::Limit`] when `outer` is in `inner`.
    #[tracing::instrument(name = "db.add_group", skip_all)]
    pub async fn add_group(&self, outer: &str, inner: &str) -> Result<(), Fault> {
        self.change_nesting(outer, inner, true).await
    }

    /// Takes `inner` out of `outer`; who is in by another way stays in. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when one of them is not there.
    #[tracing::instrument(name = "db.remove_group", skip_all)]
    pub async fn remove_group(&self, outer: &str, inner: &str) -> Result<(), Fault> {
        self.change_nesting(outer, inner, false).await
    }

    async fn change_nesting(&self, outer: &str, inner: &str, is_member: bool) -> Result<(), Fault> {
        let outer = fold(outer).ok_or(Fault::Gone)?;
        let inner = fold(inner).ok_or(Fault::Gone)?;
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from change_nesting(_outer => $1, _inner => $2, _is_member => $3)"#,
            outer,
            inner,
            is_member,
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.until_noted(None).await
    }

    async fn change_membership(
        &self,
        group: &str,
        account: AccountId,
        is_member: bool,
    ) -> Result<(), Fault> {
        let group = fold(group).ok_or(Fault::Gone)?;
        let mut administration = self.administer().await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from change_membership(_name => $1, _account => $2, _is_member => $3)"#,
            group,
            account.0,
            is_member,
        )
        .fetch_all(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake(woken);
        self.until_noted(None).await
    }
}
