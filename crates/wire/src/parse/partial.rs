//! PARTIAL, which SEARCH, SORT and UID FETCH have in common (RFC 9394).

use crate::lex::{Bad, Cursor, Lexed};
use crate::partial::{PartialRange, ResultEnd};

/// Behind `PARTIAL`, which stands once; `partial` is where it is kept.
///
/// ```abnf
/// modifier-partial    = "PARTIAL" SP partial-range
/// partial-range       = partial-range-first / partial-range-last
/// partial-range-first = nz-number ":" nz-number
/// partial-range-last  = MINUS nz-number ":" MINUS nz-number
/// ```
pub(super) fn partial(cursor: &mut Cursor<'_>, partial: &mut Option<PartialRange>) -> Lexed<()> {
    cursor.space()?;
    let from = if cursor.peek() == Some(b'-') {
        ResultEnd::Last
    } else {
        ResultEnd::First
    };
    let one = place(cursor, from)?;
    cursor.expect(b':', "a range of places")?;
    let other = place(cursor, from)?;
    match partial.replace(PartialRange::between(from, one, other)) {
        None => Ok(()),
        Some(_) => Err(Bad::Wrong("PARTIAL more than once")),
    }
}

fn place(cursor: &mut Cursor<'_>, from: ResultEnd) -> Lexed<u32> {
    match from {
        ResultEnd::First => {}
        ResultEnd::Last => cursor.expect(b'-', "a place counted from the end")?,
    }
    cursor.nz_number()
}
