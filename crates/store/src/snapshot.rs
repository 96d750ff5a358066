//! A whole mailbox at once: from a packed snapshot and what happened since, or from its rows.
//!
//! Rows are the truth. A snapshot is a copy of them as of one mod-sequence, written after a large
//! mailbox was read row by row; it may be old and may be missing.

use std::sync::atomic::Ordering;

use bytes::Buf;
use image::{Image, ImageBuilder, Message};
use mail::limits::KEYWORDS_WITH_BIT_MAX;
use mail::{ContentId, FlagBits, InternalDate, Keywords, MailboxId, ModSeq, Uid, UidValidity};
use sqlx::{Connection as _, PgConnection};
use tracing::warn;

use crate::connections::Held;
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
/// A snapshot is written anew when more was committed since than this, and than a sixteenth of what
/// it holds.
const SNAPSHOT_LAG_MIN: i64 = 1000;

impl Store {
    /// All of a mailbox; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_image", skip_all)]
    pub async fn load_image(&self, mailbox: MailboxId) -> Result<Option<Loaded>, Fault> {
        let connection = self.connection().await?;
        let abandonment = connection.abandonment();
        // On the heap: whoever opens a mailbox would have room for it.
        Box::pin(abandonment.or(self.load_image_by(connection, mailbox))).await
    }

    async fn load_image_by(
        &self,
        mut connection: Held,
        mailbox: MailboxId,
    ) -> Result<Option<Loaded>, Fault> {
        let mut transaction = connection
            .apart()
            .begin_with("begin isolation level repeatable read, read only")
            .await?;
        let Some(mut header) = load_header(&mut transaction, mailbox).await? else {
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
                CaughtUp::TooOld => return Box::pin(self.load_image(mailbox)).await,
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
        if header.wants_snapshot() {
            self.write_snapshot_later(mailbox, image.clone());
        }
        header.loaded(image, keywords).map(Some)
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
}

impl Header {
    fn has_useful_snapshot(&self) -> bool {
        self.message_count >= SNAPSHOT_MESSAGES_MIN
            && self
                .snapshot_modseq
                .is_some_and(|modseq| modseq >= self.log_floor)
            && self.lag() <= SNAPSHOT_LAG_MIN.max(self.message_count / 4)
    }

    fn has_rare_keywords(&self) -> bool {
        self.keywords.len() > KEYWORDS_WITH_BIT_MAX
    }

    fn wants_snapshot(&self) -> bool {
        self.message_count >= SNAPSHOT_MESSAGES_MIN
            && (!self.has_useful_snapshot()
                || self.lag() > SNAPSHOT_LAG_MIN.max(self.message_count / 16))
    }

    /// Statements since the snapshot.
    fn lag(&self) -> i64 {
        self.modseq - self.snapshot_modseq.unwrap_or(0)
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
    connection: &mut PgConnection,
    mailbox: MailboxId,
) -> Result<Option<Header>, Fault> {
    let header = sqlx::query_file_as!(Header, "queries/load_header.sql", mailbox.0)
        .fetch_optional(connection)
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
