//! The log of what is no mailbox's own news: names, rights, subscriptions, annotations.

use std::collections::HashMap;

use bus::Wakeup;
use mail::limits::DIRECTORY_CHANGES_MAX;
use mail::{AccountId, EntryName, MailboxId, ModSeq};

use crate::directory_mark::{DirectoryMark, read_mark};
use crate::{Cause, Fault, Store};

/// What the log had to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryNews {
    /// Where to go on.
    pub mark: DirectoryMark,
    /// Each once, in no order; `None` for more than [`DIRECTORY_CHANGES_MAX`], after an hour in which nobody looked, and
    /// where the database goes on in another history.
    pub changes: Option<Vec<DirectoryChange>>,
}

/// Something that changed in the directory. What it is by now has to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryChange {
    /// The name of a mailbox, or who may do what there; or it came, or went.
    Mailbox {
        /// The mailbox that it concerns.
        mailbox: MailboxId,
        /// Who may see it by now, among those who were asked for; maybe some who may not.
        viewers: Vec<AccountId>,
    },
    /// What an account is subscribed to.
    Subscriptions(AccountId),
    /// An annotation was set or removed.
    Annotation {
        /// Whose; `None` for the server's.
        mailbox: Option<MailboxId>,
        /// Who sees it; `None` for everybody.
        account: Option<AccountId>,
        /// The annotation that changed.
        entry: EntryName,
    },
}

// Kinds of rows, as the functions of the schema write them; `cargo xtask tidy` compares both.
const MAILBOX: i16 = 1;
const SUBSCRIPTIONS: i16 = 2;
const ANNOTATION: i16 = 3;

impl Store {
    /// Where the log ends now.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.directory_mark", skip_all)]
    pub async fn directory_mark(&self) -> Result<DirectoryMark, Fault> {
        let reading = self.inner().history.reading();
        read_mark(&mut *self.connection().await?, reading).await
    }

    /// What was committed since `mark`, and which of `watching` it may concern.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.directory_news", skip_all)]
    pub async fn directory_news(
        &self,
        mark: &DirectoryMark,
        watching: &[AccountId],
    ) -> Result<DirectoryNews, Fault> {
        let reading = self.inner().history.reading();
        let accounts: Vec<i64> = watching.iter().map(|account| account.0).collect();
        let row = sqlx::query_file!(
            "queries/read_directory.sql",
            mark.since,
            &mark.read,
            &accounts,
            i64::try_from(DIRECTORY_CHANGES_MAX).unwrap_or(i64::MAX),
            mark.at,
            reading.cluster(),
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        let is_same_history = reading.continues(mark.history);
        let read = row.xids.into_iter().chain(mark.read.iter().copied());
        let mark = DirectoryMark {
            since: row.mark,
            read: read.filter(|xid| *xid >= row.mark).collect(),
            at: row.at,
            history: reading.changes_before,
        };
        let rows = row
            .kinds
            .into_iter()
            .zip(row.mailboxes)
            .zip(row.accounts)
            .zip(row.entries)
            .map(|(((kind, mailbox), account), entry)| (kind, mailbox, account, entry));
        let changes = if row.is_too_much || !is_same_history {
            None
        } else {
            Some(changes(rows)?)
        };
        Ok(DirectoryNews { mark, changes })
    }

    /// Tells all nodes that the directory's log has grown.
    pub(crate) fn wake_directory(&self) {
        self.inner().post(Wakeup {
            mailbox: bus::DIRECTORY,
            modseq: ModSeq::default(),
        });
    }
}

fn changes(
    rows: impl Iterator<Item = (i16, i64, i64, String)>,
) -> Result<Vec<DirectoryChange>, Fault> {
    let mut viewers: HashMap<i64, Vec<AccountId>> = HashMap::new();
    let mut changes = Vec::new();
    for (kind, mailbox, account, entry) in rows {
        match kind {
            MAILBOX => {
                let viewers = viewers.entry(mailbox).or_default();
                viewers.extend((account != 0).then_some(AccountId(account)));
            }
            SUBSCRIPTIONS => changes.push(DirectoryChange::Subscriptions(AccountId(account))),
            ANNOTATION => changes.push(DirectoryChange::Annotation {
                mailbox: (mailbox != 0).then_some(MailboxId(mailbox)),
                account: (account != 0).then_some(AccountId(account)),
                entry: EntryName::parse(&entry).map_err(|bad| Fault::Broken(Cause::new(bad)))?,
            }),
            _ => {
                let cause = Cause::new("a change of the directory of a kind that is not known");
                return Err(Fault::Broken(cause));
            }
        }
    }
    let mailboxes = viewers.into_iter();
    changes.extend(
        mailboxes.map(|(mailbox, viewers)| DirectoryChange::Mailbox {
            mailbox: MailboxId(mailbox),
            viewers,
        }),
    );
    Ok(changes)
}
