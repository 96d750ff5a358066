//! What a database needs that was restored from a backup (docs/adr/0089-after-a-restore.md).

use bus::Wakeup;
use mail::{MailboxId, ModSeq};

use crate::{Fault, Store};

/// Mailboxes that are gone through in one transaction.
const TOGETHER_MAX: i32 = 500;

/// How far a database is that was restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restoration {
    /// All mailboxes.
    pub mailboxes: u64,
    /// Those that have no new UIDVALIDITY yet.
    pub outdated: u64,
    /// Frontends that serve clients.
    pub frontends: u64,
    /// Whether this role may give new UIDVALIDITYs: the owner of the schema.
    pub is_owner: bool,
}

/// What was counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// Mailboxes whose counts were wrong.
    pub mailboxes: u64,
    /// Quota roots whose counts were wrong.
    pub quota_roots: u64,
}

impl Store {
    /// How far this database is, which was restored.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.restoration", skip_all)]
    pub async fn restoration(&self) -> Result<Restoration, Fault> {
        let row = sqlx::query!(
            r#"select count(*) as "mailboxes!",
                      count(*) filter (where m.uid_validity <= coalesce(r.bound, m.uid_validity)) as "outdated!",
                      (select count(*) from node_lease l where l.until > clock_timestamp()) as "frontends!",
                      has_sequence_privilege('uid_validity', 'update') as "is_owner!"
                 from (select restoration_under_way() as bound) r, mailbox m"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        let [mailboxes, outdated, frontends] = [row.mailboxes, row.outdated, row.frontends]
            .map(|count| u64::try_from(count).unwrap_or(0));
        Ok(Restoration {
            mailboxes,
            outdated,
            frontends,
            is_owner: row.is_owner,
        })
    }

    /// Gives every mailbox a new UIDVALIDITY, because clients may have seen more of it than the database knows, and sees to it that no
    /// identifier is given out a second time. Where that was interrupted it goes on. Returns how many mailboxes began anew.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away, [`Fault::Broken`] where its role may not set sequences.
    #[tracing::instrument(name = "db.begin_uids_anew", skip_all)]
    pub async fn begin_uids_anew(&self) -> Result<u64, Fault> {
        let bound = sqlx::query_scalar!(r#"select begin_restoration() as "bound!""#)
            .fetch_one(&mut *self.connection().await?)
            .await?;
        let mut begun = 0;
        let mut after = 0;
        loop {
            let rows = sqlx::query!(
                r#"select m.id as "id!", renew_uid_validity(m.id, m.uid_validity, 0) as modseq
                     from (select id, uid_validity
                             from mailbox
                            where id > $1 and uid_validity <= $2
                            order by id
                            limit $3) m"#,
                after,
                bound,
                i64::from(TOGETHER_MAX),
            )
            .fetch_all(&mut *self.connection().await?)
            .await?;
            for row in &rows {
                after = after.max(row.id);
                let Some(modseq) = row.modseq.and_then(ModSeq::from_i64) else {
                    continue;
                };
                begun += 1;
                let mailbox = MailboxId(row.id);
                self.inner().post(Wakeup { mailbox, modseq });
            }
            if rows.is_empty() {
                return Ok(begun);
            }
        }
    }

    /// Counts again what is counted.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what was counted until then is right.
    #[tracing::instrument(name = "db.recount", skip_all)]
    pub async fn recount(&self) -> Result<Recount, Fault> {
        let mut wrong = 0;
        let mut after = 0;
        loop {
            let row = sqlx::query!(
                r#"select counted as "counted!", last, wrong as "wrong!" from recount_mailboxes($1, $2)"#,
                after,
                TOGETHER_MAX
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            wrong += row.wrong;
            let Some(last) = row.last else {
                break;
            };
            after = last;
        }
        let roots = sqlx::query_scalar!(r#"select recount_quota_roots() as "wrong!""#)
            .fetch_one(&mut *self.connection().await?)
            .await?;
        Ok(Recount {
            mailboxes: u64::try_from(wrong).unwrap_or(0),
            quota_roots: u64::try_from(roots).unwrap_or(0),
        })
    }
}
