//! Annotations on mailboxes and on the server (RFC 5464).

use std::collections::HashMap;

use acl::Permit;
use mail::limits::METADATA_ENTRIES_MAX;
use mail::{AccountId, Depth, EntryName, FlagPolicy, MailboxId};

use crate::argument::{ActorRow, PermitRow};
use crate::{Cause, Fault, Store, wake};

/// Which annotations to read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// These,
    pub entries: &'w [EntryName],
    /// with what is so far below them,
    pub depth: Depth,
    /// and no value that is larger, in bytes.
    pub value_bytes_max: Option<u32>,
}

/// An annotation that has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its name.
    pub entry: EntryName,
    /// Its size, in bytes.
    pub size: u64,
    /// `None` when it is larger than was wanted.
    pub value: Option<Vec<u8>>,
}

/// What becomes of an annotation: a value, or none.
pub type NewValue = (EntryName, Option<Vec<u8>>);

/// The server's own annotations are kept as if it were a mailbox of this id.
const SERVER: MailboxId = MailboxId(0);

impl Store {
    /// The annotations of each mailbox as `asker` sees them, by name; one query, however many
    /// mailboxes there are. Whether they may be read is for [`acl::permit`].
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.metadata", skip_all)]
    pub async fn metadata(
        &self,
        asker: AccountId,
        mailboxes: &[MailboxId],
        wanted: Wanted<'_>,
    ) -> Result<HashMap<MailboxId, Vec<Annotation>>, Fault> {
        let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
        let entries: Vec<String> = wanted.entries.iter().map(EntryName::to_string).collect();
        let value_bytes_max = wanted.value_bytes_max.map(i32::try_from);
        let value_bytes_max = value_bytes_max.and_then(Result::ok).unwrap_or(i32::MAX);
        let rows = sqlx::query!(
            r#"select a.mailbox as "mailbox!", a.entry as "entry!", octet_length(a.value) as "size!",
                      case when octet_length(a.value) <= $5 then a.value end as "value?"
                 from annotations_of($1, $2) a
                where exists (select from unnest($3::text[]) w
                               where a.entry = w or $4 and starts_with(a.entry, w || '/'))
                order by a.mailbox, a.entry"#,
            asker.0,
            &ids,
            &entries,
            wanted.depth != Depth::Zero,
            value_bytes_max,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let mut found: HashMap<MailboxId, Vec<Annotation>> = HashMap::new();
        for row in rows {
            let entry =
                EntryName::parse(&row.entry).map_err(|bad| Fault::Broken(Cause::new(bad)))?;
            let covers = |name: &EntryName| name.covers(&entry, wanted.depth);
            if wanted.entries.iter().any(covers) {
                let size = u64::try_from(row.size).unwrap_or_default();
                let of_mailbox = found.entry(MailboxId(row.mailbox)).or_default();
                of_mailbox.push(Annotation {
                    entry,
                    size,
                    value: row.value,
                });
            }
        }
        Ok(found)
    }

    /// The annotations of the server as `asker` sees them, by name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn server_metadata(
        &self,
        asker: AccountId,
        wanted: Wanted<'_>,
    ) -> Result<Vec<Annotation>, Fault> {
        let mut found = self.metadata(asker, &[SERVER], wanted).await?;
        Ok(found.remove(&SERVER).unwrap_or_default())
    }

    /// Sets annotations of a mailbox, or removes them: all, or none of them. `/private/specialuse` is
    /// the mailbox's special use, for everybody (RFC 6154, 4). [`EntryName::PRIVATE_FLAGS`] is a
    /// [`mail::FlagPolicy`], whose words the caller has checked; sessions that have the mailbox open
    /// hear of it, and nobody loses what they saw.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Unavailable`]; [`Fault::Annotations`] when there
    /// would be too many.
    #[tracing::instrument(name = "db.set_metadata", skip_all)]
    pub async fn set_metadata(&self, permit: &Permit, changes: &[NewValue]) -> Result<(), Fault> {
        let actor = self.recorded_actor(permit.account()).await?;
        let (entries, values) = columns(changes);
        let row = sqlx::query!(
            r#"select modseq as "modseq!", is_changed as "is_changed!"
                 from set_annotations(
                        _actor => $1, _permit => $2, _entries => $3, _values => $4, _limit => $5)"#,
            actor as ActorRow,
            PermitRow::from(permit) as PermitRow,
            &entries,
            &values as &[Option<&[u8]>],
            entries_max(),
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        if row.is_changed {
            self.wake([wake::Row {
                mailbox: permit.mailbox().0,
                modseq: row.modseq,
            }]);
        }
        self.wake_directory();
        Ok(())
    }

    /// Which flags are private in the mailbox of the permit.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.flag_policy", skip_all)]
    pub async fn flag_policy(&self, permit: &Permit) -> Result<FlagPolicy, Fault> {
        let words = sqlx::query_scalar!(
            r#"select private_flag_names(n.mailbox, n.private_flags) as "names!"
                 from mailbox_name n
                where n.mailbox = $1"#,
            permit.mailbox().0,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?
        .ok_or(Fault::Gone)?;
        FlagPolicy::parse(&words).map_err(|bad| Fault::Broken(Cause::new(bad)))
    }

    /// Makes these flags private and all others everybody's.
    ///
    /// # Errors
    ///
    /// As [`set_metadata`](Self::set_metadata).
    pub async fn set_flag_policy(&self, permit: &Permit, policy: &FlagPolicy) -> Result<(), Fault> {
        let entry = EntryName::parse(EntryName::PRIVATE_FLAGS);
        let entry = entry.map_err(|bad| Fault::Broken(Cause::new(bad)))?;
        let words = policy.to_string().into_bytes();
        self.set_metadata(permit, &[(entry, Some(words))]).await
    }

    /// Sets annotations of the server, or removes them. What all share is for site administrators to write.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`], [`Fault::Unavailable`]; [`Fault::Annotations`] when there would be too many.
    #[tracing::instrument(name = "db.set_server_metadata", skip_all)]
    pub async fn set_server_metadata(
        &self,
        account: AccountId,
        changes: &[NewValue],
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(account).await?;
        let (entries, values) = columns(changes);
        sqlx::query!(
            "select set_server_annotations(_actor => $1, _entries => $2, _values => $3, _limit => $4)",
            actor as ActorRow,
            &entries,
            &values as &[Option<&[u8]>],
            entries_max(),
        )
        .execute(&mut *self.connection().await?)
        .await?;
        self.wake_directory();
        Ok(())
    }
}

fn columns(changes: &[NewValue]) -> (Vec<String>, Vec<Option<&[u8]>>) {
    changes
        .iter()
        .map(|(entry, value)| (entry.to_string(), value.as_deref()))
        .unzip()
}

fn entries_max() -> i32 {
    i32::try_from(METADATA_ENTRIES_MAX).unwrap_or(i32::MAX)
}
