//! Reading what messages consist of.

use bytes::Bytes;
use futures_util::future::FutureExt as _;
use mail::{ContentId, MailboxId, NaiveDate, Uid};
use mime::SortKeysUse;

use crate::packing::{unpack, unpack_onto, unpacked_bytes};
use crate::prepared::sent_from_number;
use crate::search_text::Source;
use crate::{Fault, Store};

/// What FETCH asks for most, without the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageMetadata {
    /// The content that it describes.
    pub id: ContentId,
    /// ENVELOPE, ready to send.
    pub envelope: Bytes,
    /// BODYSTRUCTURE, ready to send.
    pub body_structure: Bytes,
    /// The header block with its empty line; `None` where it was left out.
    pub header: Option<Bytes>,
    /// Of the whole message, in bytes.
    pub size: u64,
    /// The day in its Date field.
    pub sent: Option<NaiveDate>,
}

/// Whether header blocks are read as well, which are most of what is read then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderBlocks {
    /// With their empty lines.
    Read,
    /// ENVELOPE and BODYSTRUCTURE are enough.
    LeftOut,
}

impl Store {
    /// In any order; what has been collected is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_heads", skip_all)]
    pub async fn load_message_metadata(
        &self,
        ids: &[ContentId],
        headers: HeaderBlocks,
    ) -> Result<Vec<MessageMetadata>, Fault> {
        let is_read = headers == HeaderBlocks::Read;
        let rows = self
            .read_contents(
                &numbers(ids),
                |connection, ids| {
                    let query = sqlx::query!(
                        "select id, envelope, structure, case when $2 then header end as header, size, sent
                           from content
                          where id = any ($1)",
                        ids,
                        is_read
                    );
                    query.fetch_all(connection).boxed()
                },
                |row| row.id,
            )
            .await?;
        let parts = rows.iter().flat_map(|row| {
            let always = [Some(&row.envelope), Some(&row.structure)];
            always.into_iter().chain([row.header.as_ref()]).flatten()
        });
        let bytes = parts.map(|part| unpacked_bytes(part)).sum();
        let unpacking = || {
            let rows = rows.into_iter().map(|row| {
                Ok(MessageMetadata {
                    id: ContentId(row.id),
                    envelope: unpack(row.envelope)?,
                    body_structure: unpack(row.structure)?,
                    header: row.header.map(unpack).transpose()?,
                    size: u64::try_from(row.size).unwrap_or(0),
                    sent: row.sent.and_then(sent_from_number),
                })
            });
            rows.collect()
        };
        self.compute().run(bytes, unpacking).await
    }

    /// What the message of `uid` consists of; `None` when it is not there.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.content_of", skip_all)]
    pub async fn content_of(
        &self,
        mailbox: MailboxId,
        uid: Uid,
    ) -> Result<Option<ContentId>, Fault> {
        let content = sqlx::query_scalar!(
            "select content from entry where mailbox = $1 and uid = $2",
            mailbox.0,
            i64::from(uid),
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        Ok(content.map(ContentId))
    }

    /// Whole messages, byte for byte, in any order; what has been collected is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_messages", skip_all)]
    pub async fn load_messages(&self, ids: &[ContentId]) -> Result<Vec<(ContentId, Bytes)>, Fault> {
        let rows = self
            .read_contents(
                &numbers(ids),
                |connection, ids| {
                    let query = sqlx::query!(
                        "select id, header, body from content where id = any ($1)",
                        ids
                    );
                    query.fetch_all(connection).boxed()
                },
                |row| row.id,
            )
            .await?;
        let parts = rows.iter().flat_map(|row| [&row.header, &row.body]);
        let bytes = parts.map(|part| unpacked_bytes(part)).sum();
        let unpacking = || {
            let rows = rows.into_iter().map(|row| {
                let length = unpacked_bytes(&row.header) + unpacked_bytes(&row.body);
                let mut message = Vec::with_capacity(length);
                unpack_onto(&row.header, &mut message)?;
                unpack_onto(&row.body, &mut message)?;
                Ok((ContentId(row.id), Bytes::from(message)))
            });
            rows.collect()
        };
        self.compute().run(bytes, unpacking).await
    }

    /// What SORT and THREAD compare, in any order; what has been collected is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_sort_keys", skip_all)]
    pub async fn load_sort_keys(
        &self,
        ids: &[ContentId],
        used_by: SortKeysUse,
    ) -> Result<Vec<(ContentId, Bytes)>, Fault> {
        let rows = self
            .read_contents(
                &numbers(ids),
                |connection, ids| {
                    let query =
                        sqlx::query!("select id, header from content where id = any ($1)", ids);
                    query.fetch_all(connection).boxed()
                },
                |row| row.id,
            )
            .await?;
        let bytes = rows.iter().map(|row| unpacked_bytes(&row.header)).sum();
        let unpacking = || {
            let rows = rows.into_iter().map(|row| {
                let written = mime::sort_keys(&unpack(row.header)?);
                Ok((ContentId(row.id), used_by.part_of(&written).into()))
            });
            rows.collect()
        };
        self.compute().run(bytes, unpacking).await
    }

    /// Folded search texts, in any order; what has been collected is missing.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_texts", skip_all)]
    pub async fn load_texts(&self, ids: &[ContentId]) -> Result<Vec<(ContentId, Bytes)>, Fault> {
        let sources = self.load_search_sources(&numbers(ids)).await?;
        let bytes = sources.iter().map(Source::bytes).sum();
        let reading = || {
            let sources = sources.into_iter().map(|source| {
                let id = ContentId(source.id);
                let (_, text) = self.read_search_text(source)?;
                Ok((id, text))
            });
            sources.collect()
        };
        self.compute().run(bytes, reading).await
    }
}

fn numbers(ids: &[ContentId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}
