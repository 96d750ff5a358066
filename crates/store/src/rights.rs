//! Changes of a mailbox's list.

use acl::{Modification, Permit, Rights, Subject};

use crate::account::fold_identifier;
use crate::{Fault, Store, wake};

impl Store {
    /// Changes the entry of `subject`; an entry without rights goes. Whoever has the mailbox open, on
    /// whichever node, hears of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Unavailable`]; [`Fault::Limit`] for a list that is full.
    #[tracing::instrument(name = "db.set_rights", skip_all)]
    pub async fn set_rights(
        &self,
        permit: &Permit,
        subject: &Subject,
        modification: Modification,
    ) -> Result<(), Fault> {
        let session = self.introduce().await?;
        let logins = self.logins();
        let (mode, sign, rights) = match modification {
            Modification::Replace(rights) => (0, "", rights),
            Modification::Add(rights) => (1, "+", rights),
            Modification::Remove(rights) => (2, "-", rights),
        };
        let modseq = sqlx::query_scalar!(
            r#"with done as materialized (
                 select set_rights(
                          $1, while_logged_in($2::bigint, $11, $12, $13), $3, $4, $5, $6, $7, $8) as modseq
               ), logged as (
                 insert into activity (kind, mailbox, owner, path, session, account, detail)
                 select 9, $1, n.owner, n.path, $9, $2, $10
                   from done d
                   join mailbox_name n on n.mailbox = $1
               )
               select d.modseq as "modseq!" from done d"#,
            permit.mailbox().0,
            permit.account().0,
            permit.version(),
            permit.needed().to_i16(),
            fold_identifier(&subject.identifier).to_string(),
            subject.is_negative,
            mode,
            rights.to_i16(),
            session,
            format!("{subject} {sign}{rights}"),
            &logins.places,
            &logins.accounts,
            &logins.password_versions,
        )
        .fetch_one(self.pool())
        .await?;
        self.wake([wake::Row {
            mailbox: permit.mailbox().0,
            modseq,
        }]);
        Ok(())
    }

    /// Removes the entry of `subject`, if there is one.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.delete_rights", skip_all)]
    pub async fn delete_rights(&self, permit: &Permit, subject: &Subject) -> Result<(), Fault> {
        self.set_rights(permit, subject, Modification::Replace(Rights::NONE))
            .await
    }
}
