//! Quota roots: who has how much room, and how much of it is taken.

use mail::{AccountId, MailboxId, QuotaLimits, QuotaRoot, Resource, Usage};

use crate::argument::ActorRow;
use crate::fold::fold;
use crate::{Cause, Fault, Store};

/// A quota root that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name.
    pub root: String,
    /// Of what is limited, in the order of [`Resource::ALL`].
    pub usages: Vec<Usage>,
}

/// What is recorded of the limits of a root.
pub(crate) fn quota_told(root: &QuotaRoot, limits: &QuotaLimits) -> String {
    let told = Resource::ALL
        .into_iter()
        .filter_map(|resource| Some(format!(" {} {}", resource.name(), limits.of(resource)?)));
    format!("quota {root}{}", told.collect::<String>())
}

/// The owner of what nobody owns.
const NOBODY: i64 = 0;

impl Store {
    /// Gives a root these limits and no others, and makes it where there is none. What is there already stays,
    /// also above the limits.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when the account is not there; [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.set_quota", skip_all)]
    pub async fn set_quota(
        &self,
        actor: AccountId,
        root: &QuotaRoot,
        limits: QuotaLimits,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(actor).await?;
        let (owner, path) = match root {
            QuotaRoot::User(name) => (self.owner(name).await?, ""),
            QuotaRoot::Shared(path) => (NOBODY, path.as_str()),
        };
        let limit = |resource| {
            limits
                .of(resource)
                .and_then(|limit| i64::try_from(limit).ok())
        };
        sqlx::query!(
            "select set_quota(
                      _actor => $1, _name => $2, _owner => $3, _path => $4, _storage_limit => $5,
                      _message_limit => $6, _mailbox_limit => $7, _detail => $8)",
            actor as ActorRow,
            root.to_string(),
            owner,
            path,
            limit(Resource::Storage),
            limit(Resource::Message),
            limit(Resource::Mailbox),
            quota_told(root, &limits),
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    async fn owner(&self, name: &str) -> Result<i64, Fault> {
        let name = fold(name).ok_or(Fault::Gone)?;
        let owner = sqlx::query_scalar!("select id from account where name = $1", name)
            .fetch_optional(&mut *self.connection().await?)
            .await?;
        owner.ok_or(Fault::Gone)
    }

    /// The root of this name, as far as `asker` may know of it: whoever administers the site, or may read in one
    /// of its mailboxes.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.quota", skip_all)]
    pub async fn quota(&self, asker: AccountId, root: &str) -> Result<Option<Quota>, Fault> {
        let row = sqlx::query_as!(
            Row,
            r#"select q.name, q.storage_limit, q.message_limit, q.mailbox_limit,
                      greatest(ceil(u.bytes / 1024), u.messages)::bigint as "storage!", u.messages::bigint as "messages!",
                      u.mailboxes as "mailboxes!"
                 from quota_root q
                cross join lateral quota_usage(q.id) u
                where q.name = $2
                  and may_know_quota($1, q.id)"#,
            asker.0,
            root,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        row.map(Row::read).transpose()
    }

    /// The root that a mailbox belongs to, if there is one.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.quota_of", skip_all)]
    pub async fn quota_of(&self, mailbox: MailboxId) -> Result<Option<Quota>, Fault> {
        let row = sqlx::query_as!(
            Row,
            r#"select q.name, q.storage_limit, q.message_limit, q.mailbox_limit,
                      greatest(ceil(u.bytes / 1024), u.messages)::bigint as "storage!", u.messages::bigint as "messages!",
                      u.mailboxes as "mailboxes!"
                 from mailbox_name n
                 join quota_root q on q.id = n.quota_root
                cross join lateral quota_usage(q.id) u
                where n.mailbox = $1"#,
            mailbox.0,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        row.map(Row::read).transpose()
    }

    /// All roots, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.quotas", skip_all)]
    pub async fn quotas(&self) -> Result<Vec<Quota>, Fault> {
        let rows = sqlx::query_as!(
            Row,
            r#"select q.name, q.storage_limit, q.message_limit, q.mailbox_limit,
                      greatest(ceil(u.bytes / 1024), u.messages)::bigint as "storage!", u.messages::bigint as "messages!",
                      u.mailboxes as "mailboxes!"
                 from quota_root q
                cross join lateral quota_usage(q.id) u
                order by q.name"#,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Whether there is room for a message of so many bytes now: a hint, so that it need not be sent in vain.
    /// What counts is decided when it is written.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.has_room", skip_all)]
    pub async fn has_room(&self, mailbox: MailboxId, bytes: u64) -> Result<bool, Fault> {
        let has_room = sqlx::query_scalar!(
            r#"select coalesce(u.bytes + $2::bigint <= q.storage_limit::numeric * 1024, true)
                      and coalesce(u.messages + 1 <= q.message_limit, true) as "has_room!"
                 from mailbox_name n
                 join quota_root q on q.id = n.quota_root
                cross join lateral quota_usage(q.id) u
                where n.mailbox = $1"#,
            mailbox.0,
            i64::try_from(bytes).unwrap_or(i64::MAX),
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(has_room.unwrap_or(true))
    }

    /// How many bytes of each mailbox EXPUNGE would set free. What is gone is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.deleted_bytes", skip_all)]
    pub async fn deleted_bytes(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, u64)>, Fault> {
        let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
        let rows = sqlx::query!(
            r#"select m.id,
                      -- Spares the walk through whole mailboxes.
                      case when m.deleted_count = 0 then 0
                           else (select coalesce(sum(e.size), 0)
                                   from entry e
                                  where e.mailbox = m.id and e.flags & 4 /* flag: deleted */ <> 0)
                      end as "bytes!"
                 from mailbox m
                where m.id = any ($1)"#,
            &ids,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let bytes = |bytes| u64::try_from(bytes).unwrap_or(0);
        Ok(rows
            .into_iter()
            .map(|row| (MailboxId(row.id), bytes(row.bytes)))
            .collect())
    }
}

struct Row {
    name: String,
    storage_limit: Option<i64>,
    message_limit: Option<i64>,
    mailbox_limit: Option<i64>,
    storage: i64,
    messages: i64,
    mailboxes: i64,
}

impl Row {
    fn read(self) -> Result<Quota, Fault> {
        let usages: Result<Vec<Usage>, _> = [
            (Resource::Storage, self.storage, self.storage_limit),
            (Resource::Message, self.messages, self.message_limit),
            (Resource::Mailbox, self.mailboxes, self.mailbox_limit),
        ]
        .into_iter()
        .filter_map(|(resource, used, limit)| Some((resource, used, limit?)))
        .map(|(resource, used, limit)| {
            Ok(Usage {
                resource,
                used: u64::try_from(used)?,
                limit: u64::try_from(limit)?,
            })
        })
        .collect();
        let usages =
            usages.map_err(|error: std::num::TryFromIntError| Fault::Broken(Cause::new(error)))?;
        Ok(Quota {
            root: self.name,
            usages,
        })
    }
}
