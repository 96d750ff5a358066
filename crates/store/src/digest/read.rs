//! Asking digests.

use bytes::Bytes;
use futures_util::TryStreamExt;
use mail::{ContentId, MailboxId, Uid, UidSet};
use tokio::sync::oneshot;

use super::{pack, trigrams};
use crate::{Cause, Fault, Store, multirange};

/// Parts of a megabyte that a scan holds unpacked, or has being unpacked.
const PARTS_UNPACKED_AT_ONCE: usize = 4;

/// Some messages of a mailbox, packed together.
#[derive(Clone, Debug)]
pub struct Digest {
    id: i64,
    /// Whose messages these are.
    pub mailbox: MailboxId,
    /// Whose search texts are in it, whether they still are in the mailbox or not.
    pub uids: UidSet,
    /// Those that may hold every needle that was asked for.
    pub candidates: UidSet,
}

impl Store {
    /// The digests of these mailboxes, and which of their messages may hold all of these folded needles.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.find_digests", skip_all)]
    pub async fn find_digests(
        &self,
        mailboxes: &[MailboxId],
        needles: &[&str],
    ) -> Result<Vec<Digest>, Fault> {
        let asked: Vec<i32> = needles
            .iter()
            .flat_map(|needle| trigrams::asked(needle.as_bytes()))
            .collect();
        let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
        let rows = sqlx::query!(
            r#"select asked.mailbox as "mailbox!", d.id as "id!", d.uids as "uids!", d.lists as "lists!"
                 from unnest($1::bigint[]) as asked (mailbox)
                cross join lateral find_digests(asked.mailbox, $2) d"#,
            &ids,
            &asked
        )
        .fetch_all(self.pool())
        .await?;
        rows.into_iter()
            .map(|row| {
                let uids = multirange::parse(&row.uids)?;
                let count = usize::try_from(uids.len()).unwrap_or(usize::MAX);
                let candidates = match trigrams::common_places(&row.lists, count) {
                    Some(places) => at_places(&uids, &places),
                    None => uids.clone(),
                };
                Ok(Digest {
                    id: row.id,
                    mailbox: MailboxId(row.mailbox),
                    uids,
                    candidates,
                })
            })
            .collect()
    }

    /// Shows the search texts of a digest, one after the other, and tells whose they were. When the
    /// digest is deleted meanwhile, those are fewer than it had.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.scan_digest", skip_all)]
    pub async fn scan_digest(
        &self,
        digest: &Digest,
        mut look: impl FnMut(Uid, &[u8]) + Send,
    ) -> Result<UidSet, Fault> {
        let mut parts = sqlx::query!(
            "select texts from digest_text where digest = $1 order by first",
            digest.id
        )
        .fetch(self.pool())
        .map_err(Fault::from)
        .map_ok(|part| self.unpack_elsewhere(part.texts))
        .try_buffered(PARTS_UNPACKED_AT_ONCE);
        let mut uids = digest.uids.iter();
        let mut shown = UidSet::new();
        while let Some(texts) = parts.try_next().await? {
            for (text, uid) in texts.iter().zip(&mut uids) {
                look(uid, text);
                shown.insert(uid);
            }
        }
        Ok(shown)
    }

    /// On another core, if there is one with nothing to do: unpacking is most of a scan.
    fn unpack_elsewhere(
        &self,
        texts: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<Bytes>, Fault>> + use<> {
        let (reply, unpacked) = oneshot::channel();
        (self.inner().background.spawn)(Box::pin(async move {
            // Who does not wait any more gave up the search.
            drop(reply.send(pack::unpack(texts)));
        }));
        async {
            unpacked
                .await
                .map_err(|lost| Fault::Broken(Cause::new(lost)))?
        }
    }

    /// What SORT and THREAD compare, of every message of a mailbox that is in a digest.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_digested_sort_keys", skip_all)]
    pub async fn load_digested_sort_keys(
        &self,
        mailbox: MailboxId,
    ) -> Result<Vec<(ContentId, Bytes)>, Fault> {
        let rows = sqlx::query!(
            "select contents, sort_keys from digest where mailbox = $1",
            mailbox.0
        )
        .fetch_all(self.pool())
        .await?;
        let mut all = Vec::new();
        for row in rows {
            let keys = pack::unpack(row.sort_keys)?;
            all.extend(row.contents.into_iter().map(ContentId).zip(keys));
        }
        Ok(all)
    }
}

/// `places` ascend.
fn at_places(uids: &UidSet, places: &[usize]) -> UidSet {
    let mut places = places.iter().peekable();
    let mut chosen = UidSet::new();
    for (place, uid) in uids.iter().enumerate() {
        if places.next_if(|&&wanted| wanted == place).is_some() {
            chosen.insert(uid);
        }
    }
    chosen
}
