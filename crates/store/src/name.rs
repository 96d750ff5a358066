//! Mailboxes come, go, and get other names.

use acl::{CreatePermit, CreateScope, Permit};
use mail::{MailboxId, Place};

use crate::place::Tree;
use crate::{Fault, Store, wake};

impl Store {
    /// A new mailbox, with the list of the nearest one above it and all rights for its creator.
    /// Names between the two remain names.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`]; [`Fault::Denied`] where the create permit does not cover the place;
    /// [`Fault::Gone`] when the owner of the tree is.
    #[tracing::instrument(name = "db.create_mailbox", skip_all)]
    pub async fn create_mailbox(
        &self,
        create_permit: &CreatePermit,
        place: &Place,
        special_use: Option<&str>,
    ) -> Result<MailboxId, Fault> {
        let session = self.introduce().await?;
        let logins = self.logins();
        let scope = ScopeRow::from(create_permit);
        let tree = Tree::from(place);
        let id = sqlx::query_scalar!(
            r#"with done as materialized (
                 select t.owner,
                        create_mailbox(
                          while_logged_in($1::bigint, $11, $12, $13), $2, $3, $4, $5, t.owner, $8, $9
                        ) as id
                   from (select owner_of_place($1, $6, $7) as owner) t
               ), logged as (
                 insert into activity (kind, mailbox, owner, path, session, account, detail)
                 select 6, d.id, d.owner, $8, $10, $1, $9 from done d
               )
               select d.id as "id!" from done d"#,
            create_permit.account().0,
            scope.kind,
            scope.below,
            scope.version,
            scope.needed,
            tree.kind,
            tree.owner_name,
            tree.path,
            special_use,
            session,
            &logins.places,
            &logins.accounts,
            &logins.password_versions,
        )
        .fetch_one(self.pool())
        .await?;
        self.wake_directory();
        Ok(MailboxId(id))
    }

    /// The mailbox with all in it. What is below it and hidden from the account stays.
    ///
    /// # Errors
    ///
    /// [`Fault::HasChildren`] when the account can see mailboxes below; [`Fault::Denied`] for an INBOX;
    /// [`Fault::Gone`].
    #[tracing::instrument(name = "db.delete_mailbox", skip_all)]
    pub async fn delete_mailbox(&self, permit: &Permit) -> Result<(), Fault> {
        let session = self.introduce().await?;
        let logins = self.logins();
        let modseq = sqlx::query_scalar!(
            r#"with done as materialized (
                 select delete_mailbox($1, while_logged_in($2::bigint, $6, $7, $8), $3, $4) as modseq
               ), logged as (
                 insert into activity (kind, mailbox, owner, path, session, account)
                 select 8, $1, n.owner, n.path, $5, $2
                   from done d
                   join mailbox_name n on n.mailbox = $1
               )
               select d.modseq as "modseq!" from done d"#,
            permit.mailbox().0,
            permit.account().0,
            permit.version(),
            permit.needed().to_i16(),
            session,
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

    /// The mailbox and all below it get another place in one moment; who has them open keeps them
    /// open. An INBOX stays where it is and gives its messages to a new mailbox (RFC 9051, 6.3.6).
    ///
    /// Into the tree of another owner go only mailboxes that the account may administer
    /// (docs/adr/0036-who-may-give-a-mailbox-away.md); what it cannot see of those below stays.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] when any new name is taken; [`Fault::Gone`] when the mailbox is no longer at
    /// `from`; [`Fault::Denied`], also for another's INBOX without what [`Store::move_messages`]
    /// takes; [`Fault::Limit`] for a place below itself.
    #[tracing::instrument(name = "db.rename_mailbox", skip_all)]
    pub async fn rename_mailbox(
        &self,
        permit: &Permit,
        create_permit: &CreatePermit,
        from: &Place,
        to: &Place,
    ) -> Result<(), Fault> {
        if permit.account() != create_permit.account() {
            return Err(Fault::Denied);
        }
        let session = self.introduce().await?;
        let logins = self.logins();
        let scope = ScopeRow::from(create_permit);
        let (from, to) = (Tree::from(from), Tree::from(to));
        let woken = sqlx::query_as!(
            wake::Row,
            r#"with done as materialized (
                 select t.owner, r.mailbox, r.modseq
                   from (select owner_of_place($2, $10, $11) as owner) t,
                        rename_mailbox(
                          $1, while_logged_in($2::bigint, $14, $15, $16), $3, $4, $5, $6, $7, $8, $9,
                          t.owner, $12) r
               ), logged as (
                 insert into activity (
                   kind, mailbox, owner, path, other_owner, other_path, session, account
                 )
                 select 7, $1, d.owner, $12, n.owner, n.path, $13, $2
                   from done d
                   join mailbox_name n on n.mailbox = $1
                  where d.mailbox = $1
               )
               select d.mailbox as "mailbox!", d.modseq as "modseq!" from done d"#,
            permit.mailbox().0,
            permit.account().0,
            permit.version(),
            permit.needed().to_i16(),
            from.path,
            scope.kind,
            scope.below,
            scope.version,
            scope.needed,
            to.kind,
            to.owner_name,
            to.path,
            session,
            &logins.places,
            &logins.accounts,
            &logins.password_versions,
        )
        .fetch_all(self.pool())
        .await?;
        self.wake(woken);
        Ok(())
    }

    /// What is below a name without a mailbox, or with one that stays unknown, gets places below
    /// another such name in one moment: the mailboxes of these permits, each with all below it as in
    /// [`rename_mailbox`](Self::rename_mailbox). What else is below the name stays; what left it
    /// meanwhile is not taken along.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`] when one of the permits no longer holds, or the create permit does not cover all
    /// new places; [`Fault::Exists`] when `to` or any new name is taken; [`Fault::Gone`] when none of
    /// the mailboxes is below `from` any more; [`Fault::Limit`] for a place below itself. Then nothing
    /// has moved.
    #[tracing::instrument(name = "db.rename_branch", skip_all)]
    pub async fn rename_branch(
        &self,
        permits: &[Permit],
        create_permit: &CreatePermit,
        from: &Place,
        to: &Place,
    ) -> Result<(), Fault> {
        let account = create_permit.account();
        if permits.iter().any(|permit| permit.account() != account) {
            return Err(Fault::Denied);
        }
        let session = self.introduce().await?;
        let logins = self.logins();
        let scope = ScopeRow::from(create_permit);
        let (from, to) = (Tree::from(from), Tree::from(to));
        let mailboxes: Vec<i64> = permits.iter().map(|permit| permit.mailbox().0).collect();
        let versions: Vec<i64> = permits.iter().map(Permit::version).collect();
        let needed: Vec<i16> = permits
            .iter()
            .map(|permit| permit.needed().to_i16())
            .collect();
        let woken = sqlx::query_file_as!(
            wake::Row,
            "queries/rename_branch.sql",
            account.0,
            &mailboxes,
            &versions,
            &needed,
            from.kind,
            from.owner_name,
            from.path,
            scope.kind,
            scope.below,
            scope.version,
            scope.needed,
            to.kind,
            to.owner_name,
            to.path,
            session,
            &logins.places,
            &logins.accounts,
            &logins.password_versions,
        )
        .fetch_all(self.pool())
        .await?;
        self.wake(woken);
        Ok(())
    }
}

/// The scope of a create permit, as the functions take it.
struct ScopeRow {
    kind: i16,
    below: Option<i64>,
    version: Option<i64>,
    needed: Option<i16>,
}

impl From<&CreatePermit> for ScopeRow {
    fn from(create_permit: &CreatePermit) -> Self {
        let (kind, permit) = match create_permit.scope() {
            CreateScope::OwnTree => (0, None),
            CreateScope::Below(permit) => (1, Some(permit)),
            CreateScope::SharedTree => (2, None),
        };
        Self {
            kind,
            below: permit.map(|permit| permit.mailbox().0),
            version: permit.map(|permit| permit.version()),
            needed: permit.map(|permit| permit.needed().to_i16()),
        }
    }
}
