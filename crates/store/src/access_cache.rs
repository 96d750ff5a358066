//! What accounts may do on mailboxes, remembered for as long as nothing changes it.
//!
//! Whatever changes somebody's rights raises the mailbox's version of them: its list, its groups, its
//! place. So a list of thousands, or an account in as many groups, is read once a change and not once
//! a command.

use std::sync::Arc;

use acl::{Entry, Identifier, Rights, Who};
use mail::{AccountId, MailboxId};
use quick_cache::sync::Cache;

use crate::place::belonging;
use crate::{Cause, Fault, Store};

/// What one account may do on one mailbox, and why.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) version: i64,
    pub(crate) owner: i64,
    pub(crate) domain: String,
    pub(crate) who: Arc<Who>,
    pub(crate) applying: Arc<[Entry]>,
    pub(crate) rights: Rights,
}

/// The latest that was read.
pub(crate) struct AccessCache(Cache<(AccountId, MailboxId), Arc<Known>>);

/// How many are remembered.
const ACCESS_CACHE_MAX: usize = 20_000;

impl AccessCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ACCESS_CACHE_MAX))
    }
}

impl Store {
    /// What `asker` may do, known to be so at `version` of the mailbox's rights or read now.
    pub(crate) async fn known(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
        version: i64,
    ) -> Result<Option<Arc<Known>>, Fault> {
        let AccessCache(access_cache) = &self.inner().access_cache;
        let known = access_cache.get(&(asker, mailbox));
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(Some(known));
        }
        let known = self.read_known(asker, mailbox).await?.map(Arc::new);
        if let Some(known) = &known {
            access_cache.insert((asker, mailbox), Arc::clone(known));
        }
        Ok(known)
    }

    async fn read_known(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<Known>, Fault> {
        let row = sqlx::query_file!("queries/read_access.sql", asker.0, mailbox.0)
            .fetch_optional(self.pool())
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
            who: Arc::new(who),
            applying: applying.into(),
        }))
    }

    /// The whole access control list, by identifier.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.access_list", skip_all)]
    pub async fn access_list(&self, mailbox: MailboxId) -> Result<Vec<Entry>, Fault> {
        let row = sqlx::query!(
            r#"select coalesce(array_agg(e.identifier order by e.identifier, e.is_negative), '{}')
                        as "identifiers!",
                      coalesce(array_agg(e.is_negative order by e.identifier, e.is_negative), '{}')
                        as "negatives!",
                      coalesce(array_agg(e.rights order by e.identifier, e.is_negative), '{}')
                        as "rights!"
                 from acl_entry e
                where e.mailbox = $1"#,
            mailbox.0
        )
        .fetch_one(self.pool())
        .await?;
        entries(row.identifiers, row.negatives, row.rights)
    }
}

pub(crate) fn entries(
    identifiers: Vec<String>,
    negatives: Vec<bool>,
    rights: Vec<i16>,
) -> Result<Vec<Entry>, Fault> {
    identifiers
        .into_iter()
        .zip(negatives)
        .zip(rights)
        .map(|((identifier, is_negative), rights)| {
            let identifier =
                Identifier::parse(&identifier).map_err(|bad| Fault::Broken(Cause::new(bad)))?;
            Ok(Entry {
                identifier,
                is_negative,
                rights: Rights::from_i16(rights),
            })
        })
        .collect()
}
