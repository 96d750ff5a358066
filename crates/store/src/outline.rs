//! Many mailboxes at once, for whoever looks into them without opening them.

use std::collections::HashMap;

use image::{FlagChunk, Image, Message, Overlay, OverlayDelta};
use mail::limits::KEYWORDS_WITH_BIT_MAX;
use mail::{AccountId, FlagBits, Keywords, MailboxId, ModSeq, Uid, UidSet, UidValidity};

use sqlx::Connection as _;

use crate::rare::RareOf;
use crate::{Cause, Fault, Store, keyword, multirange, overlay, rare, rows};

/// A mailbox without its messages, as one account sees it.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The mailbox.
    pub id: MailboxId,
    /// Its UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// How many messages there are.
    pub messages: u64,
    /// The flags that whoever asked has apart from everybody else here.
    pub private_flags: FlagBits,
    /// Its keywords, in the order of their bits.
    pub keywords: Keywords,
    /// Which version of its rights is in force.
    pub rights_version: i64,
    modseq: ModSeq,
    uid_next: Uid,
}

/// Whether it is told when private flags were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamps {
    /// For what the log has forgotten, as if it had been changed where the log begins.
    Told,
    /// They are left out.
    LeftOut,
}

impl Store {
    /// Of each mailbox, in the order of the question; what is gone is missing. One query for all.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.outlines", skip_all)]
    pub async fn outlines(
        &self,
        asker: AccountId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<Outline>, Fault> {
        let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
        let rows = sqlx::query_file_as!(Row, "queries/outlines.sql", asker.0, &ids)
            .fetch_all(&mut *self.connection().await?)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// The messages of each mailbox and the private flags of `asker`, in the order of the outlines, and no
    /// older than these. All are read together, row by row: for mailboxes that are small.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_images", skip_all)]
    pub async fn load_images(
        &self,
        asker: AccountId,
        outlines: &[&Outline],
        stamps: Stamps,
    ) -> Result<Vec<(Image, Overlay)>, Fault> {
        let mut messages = self.load_messages_of(outlines).await?;
        let mut private = self.load_private(asker, outlines, stamps).await?;
        let bytes = messages.values().map(|it| size_of_val(it.as_slice())).sum();
        let building = || {
            let built = outlines.iter().map(|outline| {
                let messages = messages.remove(&outline.id).unwrap_or_default();
                let image = Image::from_messages(messages, outline.modseq, outline.uid_next);
                let image = image.map_err(|error| Fault::Broken(Cause::new(error)))?;
                let Private { chunks, changed } = private.remove(&outline.id).unwrap_or_default();
                let overlay = Overlay::default().apply(&OverlayDelta {
                    modseq: outline.modseq,
                    chunks,
                    changed,
                });
                Ok((image, overlay))
            });
            built.collect()
        };
        self.compute().run(bytes, building).await
    }

    async fn load_messages_of(
        &self,
        outlines: &[&Outline],
    ) -> Result<HashMap<MailboxId, Vec<Message>>, Fault> {
        let ids: Vec<MailboxId> = outlines.iter().map(|outline| outline.id).collect();
        let mut found: HashMap<MailboxId, Vec<Message>> = HashMap::with_capacity(ids.len());
        if ids.is_empty() {
            return Ok(found);
        }
        let with_rare = outlines
            .iter()
            .filter(|outline| outline.has_rare_keywords());
        let with_rare: Vec<MailboxId> = with_rare.map(|outline| outline.id).collect();
        let mut connection = self.connection().await?;
        let abandonment = connection.abandonment();
        let reading = async {
            if with_rare.is_empty() {
                let rows = rows::copy_out_of(connection.apart(), &ids).await?;
                return Ok::<_, Fault>((rows, RareOf::default()));
            }
            // Both of one moment.
            let mut transaction = connection
                .apart()
                .begin_with("begin isolation level repeatable read, read only")
                .await?;
            let rows = rows::copy_out_of(&mut transaction, &ids).await?;
            let rare = rare::load(&mut transaction, &with_rare).await?;
            transaction.commit().await?;
            Ok((rows, rare))
        };
        let (rows, rare) = Box::pin(abandonment.or(reading)).await?;
        connection.end_apart();
        drop(connection);
        for (mailbox, message) in rows {
            found.entry(mailbox).or_default().push(message);
        }
        for (mailbox, messages) in &mut found {
            let without = std::mem::take(messages).into_iter();
            *messages = without
                .map(|message| rare.put_on(*mailbox, message))
                .collect();
        }
        Ok(found)
    }

    async fn load_private(
        &self,
        asker: AccountId,
        outlines: &[&Outline],
        stamps: Stamps,
    ) -> Result<HashMap<MailboxId, Private>, Fault> {
        let has_private = |outline: &&&Outline| outline.private_flags != FlagBits::NONE;
        let ids = outlines.iter().filter(has_private);
        let ids: Vec<i64> = ids.map(|outline| outline.id.0).collect();
        let mut private: HashMap<MailboxId, Private> = HashMap::new();
        if ids.is_empty() {
            return Ok(private);
        }
        let rows = sqlx::query_file!("queries/load_overlays.sql", asker.0, &ids)
            .fetch_all(&mut *self.connection().await?)
            .await?;
        for row in rows {
            let of_mailbox = private.entry(MailboxId(row.mailbox)).or_default();
            let chunk = overlay::chunk(row.flag, row.chunk, &row.bits)?;
            of_mailbox.chunks.push(chunk);
        }
        if stamps == Stamps::Told {
            let rows = sqlx::query_file!("queries/load_stamps.sql", asker.0, &ids)
                .fetch_all(&mut *self.connection().await?)
                .await?;
            for row in rows {
                let of_mailbox = private.entry(MailboxId(row.mailbox)).or_default();
                let modseq = ModSeq::from_i64(row.modseq).unwrap_or_default();
                let uids = multirange::parse(&row.uids)?;
                of_mailbox.changed.push((modseq, uids));
            }
        }
        Ok(private)
    }
}

impl Outline {
    fn has_rare_keywords(&self) -> bool {
        self.keywords.len() > KEYWORDS_WITH_BIT_MAX
    }
}

/// What one account has for itself in one mailbox.
#[derive(Default)]
struct Private {
    chunks: Vec<FlagChunk>,
    changed: Vec<(ModSeq, UidSet)>,
}

struct Row {
    id: i64,
    uid_validity: i64,
    uid_next: i64,
    modseq: i64,
    rights_version: i64,
    message_count: i64,
    private_flags: i64,
    keywords: Vec<String>,
}

impl Row {
    fn read(self) -> Result<Outline, Fault> {
        let unreadable = || Fault::Broken(Cause::new("a mailbox with numbers out of range"));
        Ok(Outline {
            id: MailboxId(self.id),
            uid_validity: UidValidity::from_i64(self.uid_validity).ok_or_else(unreadable)?,
            messages: u64::try_from(self.message_count).map_err(|_| unreadable())?,
            private_flags: FlagBits::from_i64(self.private_flags),
            keywords: keyword::read(&self.keywords)?,
            rights_version: self.rights_version,
            modseq: ModSeq::from_i64(self.modseq).ok_or_else(unreadable)?,
            uid_next: Uid::from_i64(self.uid_next).ok_or_else(unreadable)?,
        })
    }
}
