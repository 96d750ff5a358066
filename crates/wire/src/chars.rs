//! Single bytes and digits of the grammar (RFC 3501, 9). Pure, and without a cursor.

/// `ATOM-CHAR`
pub(crate) fn is_atom_char(byte: u8) -> bool {
    byte > b' ' && byte < 0x7f && !br#"(){%*"\]"#.contains(&byte)
}

/// `ASTRING-CHAR`
pub(crate) fn is_astring_char(byte: u8) -> bool {
    is_atom_char(byte) || byte == b']'
}

/// `None` for what is not a number, or is above 63 bits.
pub(crate) fn parse_u63(digits: &[u8]) -> Option<u64> {
    let number: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
    i64::try_from(number).is_ok().then_some(number)
}
