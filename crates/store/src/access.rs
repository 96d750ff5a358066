//! What an account may do on a mailbox, and the access control list that says so.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use acl::{AclEntry, Identifier, Permit, Rights, Who};
use mail::{AccountId, FlagBits, MailboxId};

use crate::access_cache::Known;
use crate::fold::fold_identifier;
use crate::place::belonging;
use crate::{Cause, Fault, Store, latest};

/// A mailbox that somebody may read, as judged by a version of its rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readable {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The version of its rights that said so.
    pub rights_version: i64,
}

impl From<&Permit> for Readable {
    /// By a permit to read it.
    fn from(permit: &Permit) -> Self {
        Self {
            mailbox: permit.mailbox(),
            rights_version: permit.version(),
        }
    }
}

impl Store {
    /// Which of these `asker` may still read. One query, and one more for each whose rights have changed.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.still_readable", skip_all)]
    pub async fn still_readable(
        &self,
        asker: AccountId,
        judged: &[Readable],
    ) -> Result<HashSet<MailboxId>, Fault> {
        let mailboxes: Vec<_> = judged.iter().map(|judged| judged.mailbox).collect();
        let latest = latest::read(self.inner().connections.clone(), mailboxes.clone()).await?;
        let versions = mailboxes
            .into_iter()
            .zip(latest)
            .filter_map(|(mailbox, latest)| Some((mailbox, latest?.rights_version)));
        self.readable_at(asker, judged, versions).await
    }

    /// Which of these `asker` may read by the `versions` that their rights have now.
    pub(crate) async fn readable_at(
        &self,
        asker: AccountId,
        judged: &[Readable],
        versions: impl Iterator<Item = (MailboxId, i64)>,
    ) -> Result<HashSet<MailboxId>, Fault> {
        let judged: HashMap<_, _> = judged
            .iter()
            .map(|judged| (judged.mailbox, judged.rights_version))
            .collect();
        let mut readable = HashSet::new();
        for (mailbox, version) in versions {
            let is_readable = judged.get(&mailbox) == Some(&version)
                || self
                    .known(asker, mailbox, version)
                    .await?
                    .is_some_and(|known| known.rights.contains(Rights::READ));
            if is_readable {
                readable.insert(mailbox);
            }
        }
        Ok(readable)
    }

    /// What `asker` may do, known to be so at `version` of the mailbox's rights or read now.
    pub(crate) async fn known(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
        version: i64,
    ) -> Result<Option<Arc<Known>>, Fault> {
        let access_cache = &self.inner().access_cache;
        if let Some(known) = access_cache.find(asker, mailbox, version) {
            return Ok(Some(known));
        }
        let known = self.read_known(asker, mailbox).await?.map(Arc::new);
        if let Some(known) = &known {
            access_cache.keep(asker, mailbox, Arc::clone(known));
        }
        Ok(known)
    }

    /// The same for whoever is not logged in, by what the list says of `anyone`.
    async fn read_known_of_nobody(&self, mailbox: MailboxId) -> Result<Option<Known>, Fault> {
        let row = sqlx::query!(
            r#"select m.rights_version, n.owner, n.domain,
                      array_remove(array_agg(e.identifier order by e.is_negative), null) as "identifiers!",
                      array_remove(array_agg(e.is_negative order by e.is_negative), null) as "negatives!",
                      array_remove(array_agg(e.rights order by e.is_negative), null) as "rights!"
                 from mailbox m
                 join mailbox_name n on n.mailbox = m.id
                 left join entries_naming(m.id, array['anyone']) e on true
                where m.id = $1
                group by m.id, n.mailbox"#,
            mailbox.0
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let applying = entries(row.identifiers, row.negatives, row.rights)?;
        let belonging = belonging(AccountId::NOBODY, row.owner, &row.domain);
        let who = Who::nobody();
        Ok(Some(Known {
            version: row.rights_version,
            rights: acl::effective(&applying, &who, belonging),
            owner: row.owner,
            domain: row.domain,
            private_flags: FlagBits::NONE,
            who: Arc::new(who),
            applying: applying.into(),
        }))
    }

    async fn read_known(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<Known>, Fault> {
        if asker == AccountId::NOBODY {
            return self.read_known_of_nobody(mailbox).await;
        }
        let row = sqlx::query_file!("queries/read_access.sql", asker.0, mailbox.0)
            .fetch_optional(&mut *self.connection().await?)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let who = Who {
            account: asker,
            name: row.name,
            groups: row.groups,
            is_admin: row.is_admin,
        };
        let applying = entries(row.identifiers, row.negatives, row.rights)?;
        let belonging = belonging(asker, row.owner, &row.domain);
        Ok(Some(Known {
            version: row.rights_version,
            rights: acl::effective(&applying, &who, belonging),
            owner: row.owner,
            domain: row.domain,
            private_flags: FlagBits::from_i64(row.private_flags),
            who: Arc::new(who),
            applying: applying.into(),
        }))
    }

    /// The whole access control list that the mailbox has, its own or that of one above it, by identifier.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.access_list", skip_all)]
    pub async fn access_list(&self, mailbox: MailboxId) -> Result<Vec<AclEntry>, Fault> {
        let row = sqlx::query!(
            r#"select coalesce(array_agg(e.identifier order by e.identifier, e.is_negative), '{}')
                        as "identifiers!",
                      coalesce(array_agg(e.is_negative order by e.identifier, e.is_negative), '{}')
                        as "negatives!",
                      coalesce(array_agg(e.rights order by e.identifier, e.is_negative), '{}')
                        as "rights!"
                 from mailbox_name n
                 join acl_entry e on e.mailbox = n.list_of
                where n.mailbox = $1"#,
            mailbox.0
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        entries(row.identifiers, row.negatives, row.rights)
    }

    /// Those of `identifiers` that name a user or a group that is not there, as lists write them.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.nobodies", skip_all)]
    pub async fn nobodies(
        &self,
        identifiers: impl IntoIterator<Item = &Identifier> + Send,
    ) -> Result<HashSet<String>, Fault> {
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for identifier in identifiers {
            match fold_identifier(identifier) {
                Identifier::User(name) => users.push(name),
                Identifier::Group(name) => groups.push(name),
                Identifier::Anyone
                | Identifier::Authenticated
                | Identifier::Domain(_)
                | Identifier::Anonymous
                | Identifier::Owner => {}
            }
        }
        let nobodies = sqlx::query_scalar!(
            r#"select u.name as "name!"
                 from unnest($1::text[]) as u (name)
                where not exists (select from account a where a.name = u.name)
                union all
               select 'group:' || g.name
                 from unnest($2::text[]) as g (name)
                where not exists (select from user_group a where a.name = g.name)"#,
            &users,
            &groups
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(nobodies.into_iter().collect())
    }

    /// The mailbox above whose list this one has; `None` when the list is its own.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.list_of", skip_all)]
    pub async fn list_of(&self, mailbox: MailboxId) -> Result<Option<MailboxId>, Fault> {
        let list_of = sqlx::query_scalar!(
            "select n.list_of
               from mailbox_name n
              where n.mailbox = $1
                and n.list_of <> n.mailbox",
            mailbox.0
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(list_of.map(MailboxId))
    }
}

pub(crate) fn entries(
    identifiers: Vec<String>,
    negatives: Vec<bool>,
    rights: Vec<i16>,
) -> Result<Vec<AclEntry>, Fault> {
    identifiers
        .into_iter()
        .zip(negatives)
        .zip(rights)
        .map(|((identifier, is_negative), rights)| {
            let identifier =
                Identifier::parse(&identifier).map_err(|bad| Fault::Broken(Cause::new(bad)))?;
            Ok(AclEntry {
                identifier,
                is_negative,
                rights: Rights::from_i16(rights),
            })
        })
        .collect()
}
