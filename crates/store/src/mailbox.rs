//! Which mailbox a name means, and what somebody may do there.

use std::collections::HashSet;
use std::iter::successors;
use std::sync::Arc;

use acl::{AccessMode, AclEntry, Belonging, EffectiveAccess, Rights, Who};
use mail::{AccountId, FlagBits, MailboxId, ModSeq, Place, UidValidity};

use crate::access::entries;
use crate::access_cache::Known;
use crate::place::{Tree, belonging, place};
use crate::resolve::{Name, Row};
use crate::{Cause, Fault, Latest, MailboxCounters, Store, latest};

/// A mailbox as one account finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// For as long as the mailbox lives.
    pub id: MailboxId,
    /// In whose tree it is; `None` for the tree that nobody owns.
    pub owner: Option<AccountId>,
    /// Of which domain it is; `None` for a mailbox of the whole site.
    pub domain: Option<String>,
    /// Of this mailbox under whatever name.
    pub uid_validity: UidValidity,
    /// Who asked.
    pub who: Arc<Who>,
    /// The entries of the list that may have a say in what whoever asked may do, by identifier.
    pub applying: Arc<[AclEntry]>,
    /// What whoever asked may do.
    pub access: EffectiveAccess,
    /// The flags that whoever asked has apart from everybody else here.
    pub private_flags: FlagBits,
    /// The attribute of RFC 6154, with its backslash.
    pub special_use: Option<String>,
}

impl Found {
    /// Whose it is, seen from whoever asked.
    #[must_use]
    pub fn belonging(&self) -> Belonging<'_> {
        Belonging {
            ownership: match self.owner {
                None => acl::Ownership::Shared,
                Some(owner) if owner == self.who.account => acl::Ownership::Own,
                Some(_) => acl::Ownership::Theirs,
            },
            domain: self.domain.as_deref(),
        }
    }
}

/// A mailbox on which somebody holds `l`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// For as long as the mailbox lives.
    pub id: MailboxId,
    /// Where it is.
    pub place: Place,
    /// What whoever asked may do.
    pub rights: Rights,
    /// Rises with every change of who may do what there.
    pub rights_version: i64,
    /// The attribute of RFC 6154, with its backslash.
    pub special_use: Option<String>,
}

impl Listed {
    /// The same for [`acl::permit`], of the asker who was told of it.
    #[must_use]
    pub fn access(&self, asker: AccountId) -> EffectiveAccess {
        EffectiveAccess {
            account: asker,
            mailbox: self.id,
            rights: self.rights,
            version: self.rights_version,
        }
    }

    /// Of these, those that are below none of the others.
    pub fn topmost(listed: &[Self]) -> impl Iterator<Item = &Self> {
        let places: HashSet<&Place> = listed.iter().map(|listed| &listed.place).collect();
        listed.iter().filter(move |listed| {
            let mut above = successors(listed.place.parent(), Place::parent);
            above.all(|place| !places.contains(&place))
        })
    }
}

impl Store {
    /// The mailbox at `place`, whether or not the asker may know of it: that is for [`acl::permit`].
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn resolve(&self, asker: AccountId, place: &Place) -> Result<Option<Found>, Fault> {
        let found = self.resolve_with_counters(asker, place).await?;
        Ok(found.map(|(found, _)| found))
    }

    /// The same, and how far the mailbox is, by one statement that many sessions share.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.resolve", skip_all)]
    pub async fn resolve_with_counters(
        &self,
        asker: AccountId,
        place: &Place,
    ) -> Result<Option<(Found, MailboxCounters)>, Fault> {
        let Tree {
            kind,
            owner_name,
            path,
        } = Tree::from(place);
        let name = Name {
            asker,
            kind,
            owner_name,
            path: path.to_owned(),
        };
        let Some((row, counters)) = self.inner().resolve.ask(name).await? else {
            return Ok(None);
        };
        let found = self.find(asker, Some(row)).await?;
        Ok(found.map(|found| (found, counters)))
    }

    /// The same for a mailbox that is known by its id, as after a change of rights.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.access", skip_all)]
    pub async fn access(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<Found>, Fault> {
        let row = sqlx::query_as!(
            Row,
            r#"select n.mailbox, m.uid_validity, m.rights_version, n.special_use
                 from account a
                 join mailbox_name n on n.mailbox = $2
                 join mailbox m on m.id = n.mailbox
                where a.id = $1"#,
            asker.0,
            mailbox.0,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        self.find(asker, row).await
    }

    /// Where a mailbox is now, as `asker` names it; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.place_of", skip_all)]
    pub async fn place_of(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
    ) -> Result<Option<Place>, Fault> {
        let row = sqlx::query!(
            r#"select n.owner, n.path, owner.name as "owner_name?"
                 from mailbox_name n
                 left join account owner on owner.id = n.owner
                where n.mailbox = $1"#,
            mailbox.0,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(row.and_then(|row| place(asker, row.owner, row.owner_name, row.path)))
    }

    async fn find(&self, asker: AccountId, row: Option<Row>) -> Result<Option<Found>, Fault> {
        let Some(row) = row else {
            return Ok(None);
        };
        let known = self
            .known(asker, MailboxId(row.mailbox), row.rights_version)
            .await?;
        known.map(|known| row.read(&known, self.mode())).transpose()
    }

    /// Every mailbox on which the asker holds `l`, by owner and path.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when the asker is; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.visible", skip_all)]
    pub async fn visible(&self, asker: AccountId) -> Result<Vec<Listed>, Fault> {
        let rows = sqlx::query_file!("queries/list_visible.sql", asker.0)
            .fetch_all(&mut *self.connection().await?)
            .await?;
        // After the versions, which must not be newer than what they stand for.
        let who = self.who(asker).await?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let entries = entries(
                row.identifiers.unwrap_or_default(),
                row.negatives.unwrap_or_default(),
                row.rights.unwrap_or_default(),
            )?;
            let belonging = belonging(asker, row.owner, &row.domain);
            let rights = acl::effective(&entries, &who, belonging);
            let rights = self.mode().narrow(rights);
            let place = place(asker, row.owner, row.owner_name, row.path);
            if let Some(place) = place.filter(|_| rights.contains(Rights::LOOKUP)) {
                let special_use = row.special_use;
                listed.push(Listed {
                    id: MailboxId(row.mailbox),
                    place,
                    rights,
                    rights_version: row.rights_version,
                    special_use,
                });
            }
        }
        Ok(listed)
    }

    /// How far each mailbox is, to find out whether a wake-up was lost. What is gone is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn counters(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, ModSeq)>, Fault> {
        let latest = self.latest_of(mailboxes).await?.into_iter();
        Ok(latest.map(|(id, latest)| (id, latest.modseq)).collect())
    }

    /// The same, with the version of their rights.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.latest_of", skip_all)]
    pub async fn latest_of(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Latest)>, Fault> {
        let latest = latest::read(self.inner().connections.clone(), mailboxes.to_vec()).await?;
        let latest = mailboxes.iter().copied().zip(latest);
        Ok(latest
            .filter_map(|(id, latest)| Some((id, latest?)))
            .collect())
    }
}

impl Row {
    fn read(self, known: &Known, mode: AccessMode) -> Result<Found, Fault> {
        let id = MailboxId(self.mailbox);
        Ok(Found {
            id,
            owner: (known.owner != 0).then_some(AccountId(known.owner)),
            domain: (!known.domain.is_empty()).then(|| known.domain.clone()),
            uid_validity: UidValidity::from_i64(self.uid_validity)
                .ok_or_else(|| Fault::Broken(Cause::new("UIDVALIDITY out of range")))?,
            who: Arc::clone(&known.who),
            applying: Arc::clone(&known.applying),
            access: EffectiveAccess {
                account: known.who.account,
                mailbox: id,
                rights: mode.narrow(known.rights),
                version: known.version,
            },
            private_flags: known.private_flags,
            special_use: self.special_use,
        })
    }
}
