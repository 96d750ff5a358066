//! UIDBATCHES (RFC 10022).

use crate::command::Body;
use crate::lex::{Bad, Cursor, Lexed};

/// `message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]`
pub(super) fn uid_batches(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    let size = cursor.nz_number()?;
    let range = if cursor.eat(b' ') {
        Some(range(cursor)?)
    } else {
        None
    };
    Ok(Body::UidBatches { size, range })
}

fn range(cursor: &mut Cursor<'_>) -> Lexed<(u32, u32)> {
    let first = cursor.nz_number()?;
    cursor.expect(b':', "a range of batches")?;
    let last = cursor.nz_number()?;
    if first > last {
        return Err(Bad::Wrong("a range of batches begins with the newest"));
    }
    Ok((first, last))
}
