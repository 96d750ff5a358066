//! The text for SEARCH: stored beside a message, or made of the message again (ADR 0068).

use std::panic::catch_unwind;

use bytes::Bytes;
use futures_util::future::FutureExt as _;

use crate::packing::{unpack, unpacked_bytes};
use crate::prepared::MADE_OF_MESSAGE;
use crate::stats::add;
use crate::{Cause, Fault, Store};

/// What a search text is read from, packed.
pub(crate) struct Source {
    pub(crate) id: i64,
    pub(crate) header: Vec<u8>,
    folded: Vec<u8>,
    /// Where there is no other search text than that of the message.
    body: Option<Vec<u8>>,
}

impl Source {
    /// Bytes to go through, header and text.
    pub(crate) fn bytes(&self) -> usize {
        let text = self.body.as_ref().unwrap_or(&self.folded);
        unpacked_bytes(&self.header) + unpacked_bytes(text)
    }
}

impl Store {
    /// In any order; what has been collected is missing.
    pub(crate) async fn load_search_sources(&self, ids: &[i64]) -> Result<Vec<Source>, Fault> {
        self.read_contents(
            ids,
            |connection, ids| {
                let query = sqlx::query_as!(
                    Source,
                    r"select id, header, folded, case when folded = '\x02' then body end as body
                        from content
                       where id = any ($1)",
                    ids
                );
                query.fetch_all(connection).boxed()
            },
            |source| source.id,
        )
        .await
    }

    /// The header and the search text of a message. One whose text cannot be made has none: searches go on without it.
    pub(crate) fn read_search_text(&self, source: Source) -> Result<(Bytes, Bytes), Fault> {
        let header = unpack(source.header)?;
        if source.folded != MADE_OF_MESSAGE {
            return Ok((header, unpack(source.folded)?));
        }
        let body = source
            .body
            .ok_or_else(|| Fault::Broken(Cause::new("a search text without its message")))?;
        let message = [&*header, &*unpack(body)?].concat();
        let text = catch_unwind(|| mime::search_text(&message)).unwrap_or_else(|_| {
            add(&self.inner().counters.message_panics, 1);
            Vec::new()
        });
        Ok((header, text.into()))
    }
}
