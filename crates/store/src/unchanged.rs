//! What somebody has looked at who changes it only if it is still so.

use mail::AccountId;
use sqlx::PgConnection;

use crate::Fault;

/// An account or a group, as somebody has seen it.
#[derive(Clone, Debug)]
pub enum Unchanged {
    /// Its name, its password, and whether it administers the site or is disabled.
    Account {
        /// Which.
        id: AccountId,
        /// What it is called.
        name: String,
        /// What rises with each other password.
        password_version: i64,
        /// Whether it administers the site.
        is_admin: bool,
        /// Whether it may not log in.
        is_disabled: bool,
    },
    /// Who is in it.
    Group {
        /// What it is called.
        name: String,
        /// Names of accounts that are in it by themselves, in order.
        members: Vec<String>,
        /// Names of groups all of whose members are in it, in order.
        groups: Vec<String>,
    },
}

impl Unchanged {
    /// By the lock that every change of it takes first.
    pub(crate) async fn check(&self, connection: &mut PgConnection) -> Result<(), Fault> {
        let is_so = match self {
            Self::Account {
                id,
                name,
                password_version,
                is_admin,
                is_disabled,
            } => {
                sqlx::query!("select lock_login_alone(_account => $1)", id.0)
                    .execute(&mut *connection)
                    .await?;
                sqlx::query_scalar!(
                    r#"select exists (select
                                        from account
                                       where id = $1
                                         and name = $2
                                         and password_version = $3
                                         and is_admin = $4
                                         and is_disabled = $5) as "is_so!""#,
                    id.0,
                    name,
                    password_version,
                    is_admin,
                    is_disabled,
                )
                .fetch_one(connection)
                .await?
            }
            Self::Group {
                name,
                members,
                groups,
            } => {
                sqlx::query!("select lock_groups()")
                    .execute(&mut *connection)
                    .await?;
                sqlx::query_scalar!(
                    r#"select exists (select
                                        from user_group g
                                       where g.name = $1
                                         and array(select a.name
                                                     from user_group_member m
                                                     join account a on a.id = m.account
                                                    where m.user_group = g.id
                                                    order by a.name) = $2::text[]
                                         and array(select i.name
                                                     from user_group_nesting n
                                                     join user_group i on i.id = n.inner_group
                                                    where n.outer_group = g.id
                                                    order by i.name) = $3::text[]) as "is_so!""#,
                    name,
                    members,
                    groups,
                )
                .fetch_one(connection)
                .await?
            }
        };
        if is_so { Ok(()) } else { Err(Fault::Stale) }
    }
}
