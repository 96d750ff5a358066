//! A mailbox's messages row by row, as PostgreSQL's binary COPY sends them: a third faster than a
//! query when there are many.

use bytes::{Buf, BytesMut};
use futures_util::TryStreamExt;
use image::Message;
use mail::{ContentId, FlagBits, InternalDate, MailboxId, ModSeq, Uid};
use sqlx::PgConnection;

use crate::{Cause, Fault};

/// All messages of `mailbox`, ascending, as the connection's transaction sees them.
pub(crate) async fn copy_out(
    connection: &mut PgConnection,
    mailbox: MailboxId,
) -> Result<Vec<Message>, Fault> {
    let mut stream = connection
        .copy_out_raw(&format!(
            "copy (select uid, content, modseq, flags, internal_date, size
                     from entry
                    where mailbox = {mailbox}
                    order by uid)
               to stdout (format binary)"
        ))
        .await?;
    let mut reader = Reader::default();
    while let Some(bytes) = stream.try_next().await? {
        reader.feed(&bytes).ok_or_else(unreadable)?;
    }
    if reader.has_ended {
        Ok(reader.messages)
    } else {
        Err(unreadable())
    }
}

#[derive(Default)]
struct Reader {
    buffer: BytesMut,
    has_begun: bool,
    has_ended: bool,
    messages: Vec<Message>,
}

/// Signature, flags, and the length of an extension that does not exist yet.
const HEADER_BYTES: usize = 11 + 4 + 4;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const FIELDS: i16 = 6;
/// The number of fields; five numbers of eight bytes and one of four, each after its length.
const ROW_BYTES: usize = 2 + 5 * (4 + 8) + (4 + 4);
/// Stands where the next row's number of fields would.
const END: i16 = -1;

impl Reader {
    fn feed(&mut self, bytes: &[u8]) -> Option<()> {
        self.buffer.extend_from_slice(bytes);
        if !self.has_begun {
            if self.buffer.len() < HEADER_BYTES {
                return Some(());
            }
            if !self.buffer.starts_with(SIGNATURE) {
                return None;
            }
            self.buffer.advance(HEADER_BYTES);
            self.has_begun = true;
        }
        while self.buffer.len() >= ROW_BYTES {
            let mut row = self.buffer.split_to(ROW_BYTES);
            self.messages.push(read(&mut row)?);
        }
        if self.buffer.as_ref() == END.to_be_bytes() {
            self.has_ended = true;
        }
        Some(())
    }
}

fn read(row: &mut BytesMut) -> Option<Message> {
    if row.get_i16() != FIELDS {
        return None;
    }
    let mut number = || (row.get_i32() == 8).then(|| row.get_i64());
    let (uid, content, modseq, flags, date) =
        (number()?, number()?, number()?, number()?, number()?);
    let size = (row.get_i32() == 4).then(|| row.get_i32())?;
    Some(Message {
        uid: Uid::from_i64(uid)?,
        modseq: ModSeq::from_i64(modseq)?,
        flags: FlagBits::from_i64(flags),
        content: ContentId(content),
        size: u32::try_from(size).ok()?,
        date: InternalDate::from_packed(date),
    })
}

fn unreadable() -> Fault {
    Fault::Broken(Cause::new("rows of entry do not come as we asked for them"))
}
