//! Mailboxes come, go, and get other names.

use acl::{CreatePermit, Permit};
use mail::{MailboxId, Place};

use crate::argument::{ActorRow, CreatePermitRow, PermitRow, PlaceRow};
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
        let actor = self.recorded_actor(create_permit.account()).await?;
        let id = sqlx::query_scalar!(
            r#"select create_mailbox(_actor => $1, _permit => $2, _place => $3, _special_use => $4) as "id!""#,
            actor as ActorRow,
            CreatePermitRow::from(create_permit) as CreatePermitRow,
            PlaceRow::from(place) as PlaceRow,
            special_use,
        )
        .fetch_one(&mut *self.connection().await?)
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
        let actor = self.recorded_actor(permit.account()).await?;
        let modseq = sqlx::query_scalar!(
            r#"select delete_mailbox(_actor => $1, _permit => $2) as "modseq!""#,
            actor as ActorRow,
            PermitRow::from(permit) as PermitRow,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        self.wake([wake::Row {
            mailbox: permit.mailbox().0,
            modseq,
        }]);
        self.clear_deleted_later();
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
        let actor = self.recorded_actor(permit.account()).await?;
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from rename_mailbox(
                        _actor => $1, _permit => $2, _old_path => $3, _create => $4, _place => $5)"#,
            actor as ActorRow,
            PermitRow::from(permit) as PermitRow,
            Tree::from(from).path,
            CreatePermitRow::from(create_permit) as CreatePermitRow,
            PlaceRow::from(to) as PlaceRow,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.wake(woken);
        self.until_given_away(from, to).await
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
        let actor = self.recorded_actor(account).await?;
        let permits: Vec<_> = permits.iter().map(PermitRow::from).collect();
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from rename_branch(
                        _actor => $1, _permits => $2, _old_place => $3, _create => $4, _place => $5)"#,
            actor as ActorRow,
            permits as Vec<PermitRow>,
            PlaceRow::from(from) as PlaceRow,
            CreatePermitRow::from(create_permit) as CreatePermitRow,
            PlaceRow::from(to) as PlaceRow,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.wake(woken);
        self.until_given_away(from, to).await
    }

    /// Waits as after a withdrawal where mailboxes went to another owner, and so lost their lists.
    async fn until_given_away(&self, from: &Place, to: &Place) -> Result<(), Fault> {
        let owner = |place| {
            let Tree {
                kind, owner_name, ..
            } = Tree::from(place);
            (kind, owner_name)
        };
        if owner(from) == owner(to) {
            return Ok(());
        }
        self.until_noted(None).await
    }
}
