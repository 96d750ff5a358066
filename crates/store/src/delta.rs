//! What happened in a mailbox since somebody last looked.

use std::collections::HashMap;

use image::{FlagChunk, Message, OverlayDelta};
use mail::{
    AccountId, Change, ChangeKind, ContentId, FlagBits, Flags, InternalDate, Keywords, MailboxId,
    ModSeq, RareKeywords, Uid, UidSet,
};

use crate::rare::RareSets;
use crate::stats::add;
use crate::{Cause, Fault, Store, keyword, multirange, overlay};

/// The answer to "what is new since then?".
#[derive(Clone, Debug)]
pub enum LoadedDelta {
    /// There is no such mailbox any more.
    Gone,
    /// The log does not reach back so far: load the image anew.
    TooOld,
    /// What is new, possibly nothing.
    News(News),
}

/// What is new in a mailbox, all as of one moment.
#[derive(Clone, Debug)]
pub struct News {
    /// For the image.
    pub delta: image::Delta,
    /// What was committed, in order: what everybody sees, and the private changes of those who watch.
    pub changes: Vec<Change>,
    /// All keywords, if there are more than were known, or some may have other names.
    pub keywords: Option<Keywords>,
    /// Which version of the mailbox's rights is in force.
    pub rights_version: i64,
    /// For the overlays of those who watch, where they changed.
    pub private: Vec<(AccountId, OverlayDelta)>,
}

impl Store {
    /// What happened since `since`, by one statement. Private changes come for `watching` alone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_delta", skip_all)]
    pub async fn load_delta(
        &self,
        mailbox: MailboxId,
        since: ModSeq,
        known_keywords: usize,
        watching: &[AccountId],
    ) -> Result<LoadedDelta, Fault> {
        add(&self.inner().counters.deltas, 1);
        let accounts: Vec<i64> = watching
            .iter()
            .map(|account| account.0)
            .chain([0])
            .collect();
        let row = sqlx::query_file_as!(
            Row,
            "queries/load_delta.sql",
            mailbox.0,
            i64::from(since),
            i16::try_from(known_keywords).unwrap_or(i16::MAX),
            &accounts,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        match row {
            None => Ok(LoadedDelta::Gone),
            Some(row) if i64::from(since) < row.log_floor => Ok(LoadedDelta::TooOld),
            Some(row) => row.read().map(LoadedDelta::News),
        }
    }

    /// What was committed since `since` as `account` saw it, in order; `None` when the log does not
    /// reach back so far, or the mailbox is gone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.changes_since", skip_all)]
    pub async fn changes_since(
        &self,
        mailbox: MailboxId,
        since: ModSeq,
        account: AccountId,
    ) -> Result<Option<Vec<Change>>, Fault> {
        let row = sqlx::query_file!(
            "queries/read_changes.sql",
            mailbox.0,
            i64::from(since),
            account.0
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        let Some(row) = row.filter(|row| i64::from(since) >= row.log_floor) else {
            return Ok(None);
        };
        changes(row.modseqs, row.kinds, row.accounts, &row.uids).map(Some)
    }

    /// The messages that left since `since`; `None` when the log does not reach back so far, or the
    /// mailbox is gone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.vanished_since", skip_all)]
    pub async fn vanished_since(
        &self,
        mailbox: MailboxId,
        since: ModSeq,
    ) -> Result<Option<UidSet>, Fault> {
        let row = sqlx::query!(
            r#"select m.log_floor,
                      (select range_agg(c.uids)::text
                         from change c
                        where c.mailbox = m.id and c.modseq > $2 and c.kind = 3 /* change: expunged */) as "uids?"
                 from mailbox m
                where m.id = $1"#,
            mailbox.0,
            i64::from(since)
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        match row {
            Some(row) if i64::from(since) >= row.log_floor => row
                .uids
                .map_or_else(|| Ok(UidSet::new()), |uids| multirange::parse(&uids))
                .map(Some),
            Some(_) | None => Ok(None),
        }
    }
}

/// The one row of `queries/load_delta.sql`.
struct Row {
    modseq: i64,
    uid_next: i64,
    rights_version: i64,
    log_floor: i64,
    change_modseqs: Vec<i64>,
    change_kinds: Vec<i16>,
    change_accounts: Vec<i64>,
    change_uids: Vec<String>,
    uids: Option<Vec<i64>>,
    modseqs: Option<Vec<i64>>,
    flags: Option<Vec<i64>>,
    contents: Option<Vec<i64>>,
    sizes: Option<Vec<i32>>,
    dates: Option<Vec<i64>>,
    rare_uids: Option<Vec<i64>>,
    rare_numbers: Option<Vec<i16>>,
    chunk_accounts: Option<Vec<i64>>,
    chunk_flags: Option<Vec<i16>>,
    chunk_numbers: Option<Vec<i32>>,
    chunk_bits: Option<Vec<Vec<u8>>>,
    keywords: Option<Vec<String>>,
}

impl Row {
    fn read(mut self) -> Result<News, Fault> {
        let modseq = ModSeq::from_i64(self.modseq).ok_or_else(out_of_range)?;
        let upserts = self.messages().ok_or_else(out_of_range)?;
        let changes = changes(
            std::mem::take(&mut self.change_modseqs),
            std::mem::take(&mut self.change_kinds),
            std::mem::take(&mut self.change_accounts),
            &self.change_uids,
        )?;
        let expunged = UidSet::from_ranges(
            changes
                .iter()
                .filter(|change| change.kind == ChangeKind::Expunged)
                .flat_map(|change| change.uids.ranges()),
        );
        let uid_next = Uid::from_i64(self.uid_next).ok_or_else(out_of_range)?;
        Ok(News {
            delta: image::Delta {
                modseq,
                uid_next,
                upserts,
                expunged,
            },
            private: self.overlays(modseq, &changes)?,
            changes,
            keywords: self.keywords.as_deref().map(keyword::read).transpose()?,
            rights_version: self.rights_version,
        })
    }

    /// Messages that arrived or changed and are still there.
    fn messages(&mut self) -> Option<Vec<Message>> {
        let mut rare = self.rare_keywords();
        let uids = self.uids.take().unwrap_or_default().into_iter();
        uids.zip(self.modseqs.take().unwrap_or_default())
            .zip(self.flags.take().unwrap_or_default())
            .zip(self.contents.take().unwrap_or_default())
            .zip(self.sizes.take().unwrap_or_default())
            .zip(self.dates.take().unwrap_or_default())
            .map(|(((((uid, modseq), flags), content), size), date)| {
                Some(Message {
                    uid: Uid::from_i64(uid)?,
                    modseq: ModSeq::from_i64(modseq)?,
                    flags: Flags::new(
                        FlagBits::from_i64(flags),
                        rare.remove(&uid).unwrap_or_default(),
                    ),
                    content: ContentId(content),
                    size: u32::try_from(size).ok()?,
                    date: InternalDate::from_packed(date),
                })
            })
            .collect()
    }

    /// The keywords without a bit, by UID.
    fn rare_keywords(&mut self) -> HashMap<i64, RareKeywords> {
        let uids = self.rare_uids.take().unwrap_or_default();
        let numbers = self.rare_numbers.take().unwrap_or_default();
        let mut sets = RareSets::default();
        let (mut found, mut first) = (HashMap::new(), 0);
        for run in uids.chunk_by(|a, b| a == b) {
            let end = first + run.len();
            if let (Some(uid), Some(numbers)) = (run.first(), numbers.get(first..end)) {
                found.insert(*uid, sets.of(numbers));
            }
            first = end;
        }
        found
    }

    fn overlays(
        &mut self,
        modseq: ModSeq,
        changes: &[Change],
    ) -> Result<Vec<(AccountId, OverlayDelta)>, Fault> {
        let mut chunks: HashMap<AccountId, Vec<FlagChunk>> = HashMap::new();
        let rows = self.chunk_accounts.take().unwrap_or_default().into_iter();
        let rows = rows
            .zip(self.chunk_flags.take().unwrap_or_default())
            .zip(self.chunk_numbers.take().unwrap_or_default())
            .zip(self.chunk_bits.take().unwrap_or_default());
        for (((account, flag), number), bits) in rows {
            let chunk = overlay::chunk(flag, number, &bits)?;
            chunks.entry(AccountId(account)).or_default().push(chunk);
        }
        let changed_of = |account| {
            changes
                .iter()
                .filter(move |change| change.kind == ChangeKind::Private(account))
                .map(|change| (change.modseq, change.uids.clone()))
                .collect()
        };
        Ok(chunks
            .into_iter()
            .map(|(account, chunks)| {
                let changed = changed_of(account);
                (
                    account,
                    OverlayDelta {
                        modseq,
                        chunks,
                        changed,
                    },
                )
            })
            .collect())
    }
}

fn changes(
    modseqs: Vec<i64>,
    kinds: Vec<i16>,
    accounts: Vec<i64>,
    uids: &[String],
) -> Result<Vec<Change>, Fault> {
    modseqs
        .into_iter()
        .zip(kinds)
        .zip(accounts)
        .zip(uids)
        .map(|(((modseq, kind), account), uids)| {
            // `cargo xtask tidy` compares these numbers with those of the SQL, by the names.
            let kind = match kind {
                1 => ChangeKind::Arrived,
                2 => ChangeKind::Flags,
                3 => ChangeKind::Expunged,
                4 => ChangeKind::Private(AccountId(account)),
                5 => ChangeKind::Mailbox,
                _ => return Err(out_of_range()),
            };
            let modseq = ModSeq::from_i64(modseq).ok_or_else(out_of_range)?;
            Ok(Change {
                modseq,
                kind,
                uids: multirange::parse(uids)?,
            })
        })
        .collect()
}

fn out_of_range() -> Fault {
    Fault::Broken(Cause::new("a change with numbers out of range"))
}
