//! Changes of a mailbox's list.

use acl::{Modification, Permit, Rights, Subject};
use mail::ModSeq;

use crate::argument::{ActorRow, PermitRow};
use crate::fold::fold_identifier;
use crate::{Fault, Store, wake};

impl Store {
    /// Changes the entry of `subject` in the mailbox's list, which is its own from then on; an entry without rights goes.
    /// Whoever has the mailbox open, or one below that has its list, hears of it, on whichever node.
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
        self.change_list(permit, subject, modification, None).await
    }

    /// Whether it is told by a letter: as `letters` has it, or as is usual.
    pub(crate) async fn change_list(
        &self,
        permit: &Permit,
        subject: &Subject,
        modification: Modification,
        letters: Option<&str>,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(permit.account()).await?;
        let change = Change::new(subject, modification);
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from change_list_telling(
                        _letters => coalesce($8, current_setting('postroom.letters', true), 'none'),
                        _actor => $1, _permit => $2, _identifier => $3, _is_negative => $4, _mode => $5,
                        _rights => $6, _detail => $7)"#,
            actor as ActorRow,
            PermitRow::from(permit) as PermitRow,
            change.identifier,
            subject.is_negative,
            change.mode,
            change.rights,
            change.detail,
            letters,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.withdraw(permit, woken).await
    }

    /// The same, unless who may do what there has changed since the permit was given.
    ///
    /// # Errors
    ///
    /// As [`set_rights`](Self::set_rights); [`Fault::Stale`] where something has changed.
    #[tracing::instrument(name = "db.set_rights_of_unchanged", skip_all)]
    pub async fn set_rights_of_unchanged(
        &self,
        permit: &Permit,
        subject: &Subject,
        modification: Modification,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(permit.account()).await?;
        let change = Change::new(subject, modification);
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from change_unchanged_list(
                        _actor => $1, _permit => $2, _identifier => $3, _is_negative => $4, _mode => $5,
                        _rights => $6, _detail => $7)"#,
            actor as ActorRow,
            PermitRow::from(permit) as PermitRow,
            change.identifier,
            subject.is_negative,
            change.mode,
            change.rights,
            change.detail,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.withdraw(permit, woken).await
    }

    async fn withdraw(&self, permit: &Permit, woken: Vec<wake::Row>) -> Result<(), Fault> {
        // Of several mailboxes nodes take note by a comparison of all that they have open.
        let alone = match woken.as_slice() {
            [one] => ModSeq::from_i64(one.modseq).map(|modseq| (permit.mailbox(), modseq)),
            _ => None,
        };
        self.wake(woken);
        self.until_noted(alone).await
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

/// A change of an entry, as the functions of the schema take it.
struct Change {
    identifier: String,
    mode: i16,
    rights: i16,
    detail: String,
}

impl Change {
    fn new(subject: &Subject, modification: Modification) -> Self {
        let (mode, sign, rights) = match modification {
            Modification::Replace(rights) => (0, "", rights),
            Modification::Add(rights) => (1, "+", rights),
            Modification::Remove(rights) => (2, "-", rights),
        };
        Self {
            identifier: fold_identifier(&subject.identifier).to_string(),
            mode,
            rights: rights.to_i16(),
            detail: format!("{subject} {sign}{rights}"),
        }
    }
}
