//! A whole mailbox at once: from a packed snapshot and what happened since, or from its rows.
//!
//! Rows are the truth. A snapshot is a copy of them as of one mod-sequence, written after a large
//! mailbox was read row by row; it may be old and may be missing.

use std::sync::atomic::Ordering;

use bytes::Buf;
use image::{Image, ImageBuilder, Message};
use mail::limits::KEYWORDS_WITH_BIT_MAX;
use mail::{ContentId, FlagBits, InternalDate, Keywords, MailboxId, ModSeq, Uid, UidValidity};
use sqlx::{Connection as _, PgConnection, PgExecutor};
use tracing::warn;

use crate::connections::Held;
use crate::filled::SNAPSHOT_ARRIVALS_MIN;
use crate::pace::Pace;
use crate::rare::RareOf;
use crate::{Cause, Fault, LoadedDelta, News, Store, keyword, packing, rare, rows};

/// A mailbox to open.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its messages.
    pub image: Image,
    /// Its keywords, in the order of their bits.
    pub keywords: Keywords,
    /// For as long as it lives.
    pub uid_validity: UidValidity,
    /// The version of its rights that was in force at the image's mod-sequence.
    pub rights_version: i64,
}

/// Smaller mailboxes are read row by row.
const SNAPSHOT_MESSAGES_MIN: i64 = 4096;
/// Messages in one row of `snapshot`.
const SEGMENT_MESSAGES: usize = 8192;
/// A snapshot is written anew when more was committed since than so many statements, or when more came than so many
/// messages, and either is more than a sixteenth of what the mailbox holds.
const SNAPSHOT_LAG_MIN: i64 = 1000;
const SNAPSHOT_LAG_PART: i64 = 16;
/// Beyond a quarter rows are read sooner than what to catch up with.
const SNAPSHOT_USE_PART: i64 = 4;

impl Store {
    /// All of a mailbox; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_image", skip_all)]
    pub async fn load_image(&self, mailbox: MailboxId) -> Result<Option<Loaded>, Fault> {
        let opened = self.open(mailbox).await?;
        Ok(opened.map(|opened| {
            if opened.wants_snapshot {
                self.write_snapshot_later(mailbox, opened.loaded.image.clone());
            }
            opened.loaded
        }))
    }

    async fn open(&self, mailbox: MailboxId) -> Result<Option<Opened>, Fault> {
        let connection = self.connection().await?;
        let abandonment = connection.abandonment();
        // On the heap: whoever opens a mailbox would have room for it.
        Box::pin(abandonment.or(self.open_by(connection, mailbox))).await
    }

    async fn open_by(
        &self,
        mut connection: Held,
        mailbox: MailboxId,
    ) -> Result<Option<Opened>, Fault> {
        let mut transaction = connection
            .apart()
            .begin_with("begin isolation level repeatable read, read only")
            .await?;
        let Some(mut header) = load_header(&mut *transaction, mailbox).await? else {
            return Ok(None);
        };
        let snapshot = if header.has_useful_snapshot() {
            load_snapshot(&mut transaction, mailbox).await?
        } else {
            Vec::new()
        };
        // Also with a snapshot: whatever changed since is in the news.
        let rare = if header.has_rare_keywords() {
            rare::load(&mut transaction, &[mailbox]).await?
        } else {
            RareOf::default()
        };
        let counters = &self.inner().counters;
        let (image, keywords) = if let Some(first) = snapshot.first() {
            transaction.commit().await?;
            connection.end_apart();
            drop(connection);
            let (modseq, uid_next) = (first.modseq, first.uid_next);
            let building = || build(mailbox, snapshot, &rare, modseq, uid_next);
            let bytes = image_bytes(header.message_count);
            let old = self.compute().run(bytes, building).await?;
            counters
                .images_from_snapshots
                .fetch_add(1, Ordering::Relaxed);
            match self.catch_up(mailbox, old, header.keywords.len()).await? {
                CaughtUp::Gone => return Ok(None),
                CaughtUp::TooOld => return Box::pin(self.open(mailbox)).await,
                CaughtUp::Now(image, news) => {
                    // The header may be older than the news, and rights belong to the mod-sequence that is shown.
                    header.rights_version = news.rights_version;
                    (image, news.keywords)
                }
            }
        } else {
            let builder = rows::copy_out(&mut transaction, mailbox, &rare).await?;
            transaction.commit().await?;
            connection.end_apart();
            drop(connection);
            counters.images_from_rows.fetch_add(1, Ordering::Relaxed);
            let image = builder.finish(header.modseq()?, header.uid_next()?);
            (image, None)
        };
        let wants_snapshot = header.wants_snapshot();
        let loaded = header.loaded(image, keywords)?;
        Ok(Some(Opened {
            loaded,
            wants_snapshot,
        }))
    }

    async fn catch_up(
        &self,
        mailbox: MailboxId,
        old: Image,
        known_keywords: usize,
    ) -> Result<CaughtUp, Fault> {
        Ok(
            match self
                .load_delta(mailbox, old.modseq(), known_keywords, &[])
                .await?
            {
                LoadedDelta::Gone => CaughtUp::Gone,
                LoadedDelta::TooOld => CaughtUp::TooOld,
                LoadedDelta::News(news) => CaughtUp::Now(old.apply(&news.delta), Box::new(news)),
            },
        )
    }

    /// Writes snapshots of large mailboxes that have none, or one from which much has to be caught up with, so that whoever
    /// opens one need not read it row by row. Says how many were written.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; those that were written until then stay.
    #[tracing::instrument(name = "db.write_snapshots", skip_all)]
    pub async fn write_snapshots(&self) -> Result<u64, Fault> {
        let (mut pace, mut written, mut after) = (Pace::new(self), 0, Some(0));
        while let Some(last) = after {
            // As `Header::wants_snapshot` has it.
            let part = sqlx::query!(
                r#"select max(m.id) as last,
                          coalesce(array_agg(m.id) filter (
                            where m.message_count >= $3
                              and (s.modseq is null
                                   or s.modseq < m.log_floor
                                   or m.modseq - s.modseq > greatest($4, m.message_count / $6)
                                   or m.uid_next - s.uid_next > greatest($5, m.message_count / $6))), '{}') as "wanting!"
                     from (select m.id, m.modseq, m.uid_next, m.log_floor, m.message_count
                             from mailbox m
                            where m.id > $1
                            order by m.id
                            limit $2) m
                     left join snapshot s on s.mailbox = m.id and s.segment = 0"#,
                last,
                i64::from(pace.rows()),
                SNAPSHOT_MESSAGES_MIN,
                SNAPSHOT_LAG_MIN,
                SNAPSHOT_ARRIVALS_MIN,
                SNAPSHOT_LAG_PART,
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            after = part.last;
            pace.rest().await;
            for mailbox in part.wanting.into_iter().map(MailboxId) {
                written += u64::from(self.open_and_write(mailbox).await?);
                pace.rest().await;
            }
        }
        Ok(written)
    }

    /// Writes the snapshot of a mailbox that has none, or one from which much has to be caught up with. Says whether it did.
    pub(crate) async fn renew_snapshot(&self, mailbox: MailboxId) -> Result<bool, Fault> {
        let header = load_header(&mut *self.connection().await?, mailbox).await?;
        match header.filter(Header::wants_snapshot) {
            Some(_) => self.open_and_write(mailbox).await,
            None => Ok(false),
        }
    }

    async fn open_and_write(&self, mailbox: MailboxId) -> Result<bool, Fault> {
        let opened = self.open(mailbox).await?;
        let Some(opened) = opened.filter(|opened| opened.wants_snapshot) else {
            return Ok(false);
        };
        self.write_snapshot(mailbox, &opened.loaded.image).await?;
        Ok(true)
    }

    fn write_snapshot_later(&self, mailbox: MailboxId, image: Image) {
        let store = self.clone();
        (self.inner().background.spawn)(Box::pin(async move {
            if let Err(fault) = store.write_snapshot(mailbox, &image).await {
                warn!(mailbox.id = %mailbox, cause = %fault, "could not write a snapshot");
            }
        }));
    }

    /// Replaces the snapshot, unless a newer one is there or somebody else is at it.
    async fn write_snapshot(&self, mailbox: MailboxId, image: &Image) -> Result<(), Fault> {
        let packing = || -> Vec<Vec<u8>> {
            let mut messages = image.iter().map(|(_, message)| message);
            let segments = std::iter::from_fn(|| {
                let segment: Vec<Message> = messages.by_ref().take(SEGMENT_MESSAGES).collect();
                (!segment.is_empty()).then(|| pack(&segment))
            });
            segments.collect()
        };
        let bytes = image_bytes(i64::from(image.len()));
        let segments = self.compute().run(bytes, packing).await;
        sqlx::query!(
            "select write_snapshot($1, $2, $3, $4)",
            mailbox.0,
            i64::from(image.modseq()),
            i64::from(image.uid_next()),
            &segments
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }
}

/// A mailbox, and whether it has no snapshot that is worth its name.
struct Opened {
    loaded: Loaded,
    wants_snapshot: bool,
}

enum CaughtUp {
    Gone,
    TooOld,
    Now(Image, Box<News>),
}

/// What a mailbox's own rows say.
struct Header {
    uid_validity: i64,
    uid_next: i64,
    modseq: i64,
    rights_version: i64,
    log_floor: i64,
    message_count: i64,
    keywords: Vec<String>,
    snapshot_modseq: Option<i64>,
    snapshot_uid_next: Option<i64>,
}

impl Header {
    fn has_useful_snapshot(&self) -> bool {
        self.message_count >= SNAPSHOT_MESSAGES_MIN
            && self
                .snapshot_modseq
                .is_some_and(|modseq| modseq >= self.log_floor)
            && !self.is_behind_by(SNAPSHOT_USE_PART)
    }

    fn has_rare_keywords(&self) -> bool {
        self.keywords.len() > KEYWORDS_WITH_BIT_MAX
    }

    fn wants_snapshot(&self) -> bool {
        self.message_count >= SNAPSHOT_MESSAGES_MIN
            && (!self.has_useful_snapshot() || self.is_behind_by(SNAPSHOT_LAG_PART))
    }

    /// Whether more happened since the snapshot than this part of what there is.
    fn is_behind_by(&self, part: i64) -> bool {
        let statements = self.modseq - self.snapshot_modseq.unwrap_or(0);
        let arrivals = self.uid_next - self.snapshot_uid_next.unwrap_or(0);
        let bound = self.message_count / part;
        statements > SNAPSHOT_LAG_MIN.max(bound) || arrivals > SNAPSHOT_ARRIVALS_MIN.max(bound)
    }

    fn modseq(&self) -> Result<ModSeq, Fault> {
        ModSeq::from_i64(self.modseq).ok_or_else(unreadable)
    }

    fn uid_next(&self) -> Result<Uid, Fault> {
        Uid::from_i64(self.uid_next).ok_or_else(unreadable)
    }

    fn loaded(self, image: Image, newer: Option<Keywords>) -> Result<Loaded, Fault> {
        Ok(Loaded {
            image,
            keywords: newer.map_or_else(|| keyword::read(&self.keywords), Ok)?,
            uid_validity: UidValidity::from_i64(self.uid_validity).ok_or_else(unreadable)?,
            rights_version: self.rights_version,
        })
    }
}

async fn load_header(
    executor: impl PgExecutor<'_>,
    mailbox: MailboxId,
) -> Result<Option<Header>, Fault> {
    let header = sqlx::query_file_as!(Header, "queries/load_header.sql", mailbox.0)
        .fetch_optional(executor)
        .await?;
    Ok(header)
}

/// A part of a snapshot, with the counters of the whole.
struct Segment {
    modseq: i64,
    uid_next: i64,
    messages: Vec<u8>,
}

/// None where there is no snapshot.
async fn load_snapshot(
    connection: &mut PgConnection,
    mailbox: MailboxId,
) -> Result<Vec<Segment>, Fault> {
    let segments = sqlx::query_as!(
        Segment,
        "select modseq, uid_next, messages from snapshot where mailbox = $1 order by segment",
        mailbox.0
    )
    .fetch_all(connection)
    .await?;
    Ok(segments)
}

fn build(
    mailbox: MailboxId,
    segments: Vec<Segment>,
    rare: &RareOf,
    modseq: i64,
    uid_next: i64,
) -> Result<Image, Fault> {
    let modseq = ModSeq::from_i64(modseq).ok_or_else(unreadable)?;
    let uid_next = Uid::from_i64(uid_next).ok_or_else(unreadable)?;
    let (mut builder, mut messages) = (ImageBuilder::default(), Vec::new());
    for segment in segments {
        let columns = packing::unpack(segment.messages)?;
        unpack(&columns, &mut messages).ok_or_else(unreadable)?;
        for message in messages.drain(..) {
            let added = builder.push(rare.put_on(mailbox, message));
            added.map_err(|error| Fault::Broken(Cause::new(error)))?;
        }
    }
    Ok(builder.finish(modseq, uid_next))
}

/// What the numbers of so many messages take unpacked.
fn image_bytes(messages: i64) -> usize {
    let messages = usize::try_from(messages).unwrap_or(0);
    messages.saturating_mul(COLUMNS * NUMBER_BYTES)
}

const NUMBER_BYTES: usize = 8;
const COLUMNS: usize = 6;

/// Column by column, which packs better than message by message.
fn pack(messages: &[Message]) -> Vec<u8> {
    let mut columns = Vec::with_capacity(messages.len() * COLUMNS * NUMBER_BYTES);
    let mut push = |column: &dyn Fn(&Message) -> i64| {
        for message in messages {
            columns.extend_from_slice(&column(message).to_le_bytes());
        }
    };
    push(&|message| message.uid.into());
    push(&|message| message.modseq.into());
    push(&|message| message.flags.to_i64());
    push(&|message| message.content.0);
    push(&|message| message.size.into());
    push(&|message| message.date.packed());
    packing::pack(&columns)
}

/// The inverse of [`pack`], once the columns are unpacked.
fn unpack(columns: &[u8], messages: &mut Vec<Message>) -> Option<()> {
    let column_bytes = columns.len() / COLUMNS;
    let is_whole = columns.len().is_multiple_of(COLUMNS * NUMBER_BYTES) && column_bytes > 0;
    if !is_whole {
        return None;
    }
    let mut columns = columns.chunks_exact(column_bytes);
    let [
        mut uids,
        mut modseqs,
        mut flags,
        mut contents,
        mut sizes,
        mut dates,
    ] = [
        columns.next()?,
        columns.next()?,
        columns.next()?,
        columns.next()?,
        columns.next()?,
        columns.next()?,
    ];
    while uids.has_remaining() {
        messages.push(Message {
            uid: Uid::from_i64(uids.get_i64_le())?,
            modseq: ModSeq::from_i64(modseqs.get_i64_le())?,
            flags: FlagBits::from_i64(flags.get_i64_le()).into(),
            content: ContentId(contents.get_i64_le()),
            size: u32::try_from(sizes.get_i64_le()).ok()?,
            date: InternalDate::from_packed(dates.get_i64_le()),
        });
    }
    Some(())
}

fn unreadable() -> Fault {
    Fault::Broken(Cause::new("a mailbox with numbers out of range"))
}
