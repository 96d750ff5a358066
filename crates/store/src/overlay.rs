//! The flags that one account has for itself.

use image::{FlagChunk, Overlay, OverlayDelta};
use mail::{AccountId, FlagBits, MailboxId, ModSeq};

use crate::{Cause, Fault, Store, multirange};

impl Store {
    /// The private flags of `account`, and up to when they are that.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when the mailbox is; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.load_overlay", skip_all)]
    pub async fn load_overlay(
        &self,
        account: AccountId,
        mailbox: MailboxId,
    ) -> Result<Overlay, Fault> {
        let row = sqlx::query_file!("queries/load_overlay.sql", mailbox.0, account.0)
            .fetch_optional(&mut *self.connection().await?)
            .await?
            .ok_or(Fault::Gone)?;
        let chunks = row
            .chunk_flags
            .into_iter()
            .zip(row.chunk_numbers)
            .zip(row.chunk_bits)
            .map(|((flag, number), bits)| chunk(flag, number, &bits))
            .collect::<Result<_, _>>()?;
        let changed = row
            .change_modseqs
            .into_iter()
            .zip(row.change_uids)
            .map(|(modseq, uids)| {
                let modseq = ModSeq::from_i64(modseq).unwrap_or_default();
                Ok((modseq, multirange::parse(&uids)?))
            })
            .collect::<Result<_, Fault>>()?;
        let modseq = ModSeq::from_i64(row.modseq).unwrap_or_default();
        Ok(Overlay::default().apply(&OverlayDelta {
            modseq,
            chunks,
            changed,
        }))
    }
}

/// One row of `user_flags`, its bits as `bit_send` writes them: four bytes of length, then the bits,
/// the first of them the highest of its byte.
pub(crate) fn chunk(flag: i16, number: i32, bits: &[u8]) -> Result<FlagChunk, Fault> {
    let flag = u32::try_from(flag)
        .ok()
        .and_then(|flag| 1_i64.checked_shl(flag))
        .map(FlagBits::from_i64);
    let number = u32::try_from(number).ok();
    let bits = bits.get(size_of::<u32>()..);
    let (Some(flag), Some(number), Some(bits)) = (flag, number, bits) else {
        return Err(Fault::Broken(Cause::new(
            "a chunk of private flags out of range",
        )));
    };
    let bytes: Vec<u8> = bits.iter().map(|byte| byte.reverse_bits()).collect();
    Ok(FlagChunk::new(flag, number, &bytes))
}
