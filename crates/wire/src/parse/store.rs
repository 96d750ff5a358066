//! STORE, with UNCHANGEDSINCE (RFC 7162).

use mail::{Flag, ModSeq};

use crate::command::{Body, Numbering, StoreOperation, StoreRequest};
use crate::lex::{Bad, Cursor, Lexed};

/// ```abnf
/// store = "STORE" SP sequence-set [SP "(" store-modifier *(SP store-modifier) ")"] SP
///         store-att-flags
/// ```
pub(super) fn store(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    cursor.space()?;
    let set = cursor.message_set()?;
    cursor.space()?;
    let mut unchanged_since = None;
    if cursor.peek() == Some(b'(') {
        cursor.list(|cursor| {
            unchanged_since = Some(unchanged_since_of(cursor)?);
            Ok(())
        })?;
        cursor.space()?;
    }
    let operation = if cursor.eat(b'+') {
        StoreOperation::Add
    } else if cursor.eat(b'-') {
        StoreOperation::Remove
    } else {
        StoreOperation::Replace
    };
    let silent = match cursor.word().as_str() {
        "FLAGS" => false,
        "FLAGS.SILENT" => true,
        _ => return Err(Bad::Expected("FLAGS")),
    };
    cursor.space()?;
    Ok(Body::Store(StoreRequest {
        numbering,
        set,
        operation,
        flags: flags(cursor)?,
        silent,
        unchanged_since,
    }))
}

fn unchanged_since_of(cursor: &mut Cursor<'_>) -> Lexed<ModSeq> {
    match cursor.word().as_str() {
        "UNCHANGEDSINCE" => {
            cursor.space()?;
            cursor.modseq()
        }
        _ => Err(Bad::Expected("a store modifier")),
    }
}

/// `flag-list / (flag *(SP flag))`
fn flags(cursor: &mut Cursor<'_>) -> Lexed<Vec<Flag>> {
    if cursor.peek() == Some(b'(') {
        return cursor.list_or_empty(Cursor::flag);
    }
    let mut flags = vec![cursor.flag()?];
    while cursor.eat(b' ') {
        flags.push(cursor.flag()?);
    }
    Ok(flags)
}
