//! What the end of a line says of the literal after it.

use mail::limits::LITERALS_PER_COMMAND_MAX;

use crate::chars::parse_u63;

/// Who waits for whom when a literal is announced (RFC 7888).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralMode {
    /// `{n}`: the client waits for a continuation.
    Synchronising,
    /// `{n+}`: the bytes are on their way.
    NonSynchronising,
}

/// `{n}` or `{n+}`, where a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) length: u64,
    pub(crate) mode: LiteralMode,
}

impl Announcement {
    /// Looks back from the end of a line: `{n}` or `{n+}`.
    pub(crate) fn at_end_of(line: &[u8]) -> Result<Option<Self>, FrameFault> {
        /// Any 64-bit number, and some zeros before it.
        const DIGITS_MAX: usize = 24;

        let Some(inside) = line.strip_suffix(b"}") else {
            return Ok(None);
        };
        let (inside, mode) = match inside.strip_suffix(b"+") {
            Some(inside) => (inside, LiteralMode::NonSynchronising),
            None => (inside, LiteralMode::Synchronising),
        };
        let count = inside
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (before, digits) = inside.split_at(inside.len() - count);
        // The brace of a very long number may have been dropped with its line.
        if count > DIGITS_MAX {
            return Err(FrameFault::LiteralTooLong);
        }
        if count == 0 || !before.ends_with(b"{") {
            return Ok(None);
        }
        let length = parse_u63(digits).ok_or(FrameFault::LiteralTooLong)?;
        Ok(Some(Self { length, mode }))
    }
}

/// Why framing cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// A length above 63 bits.
    #[error("literal length out of range")]
    LiteralTooLong,
    /// More than [`LITERALS_PER_COMMAND_MAX`].
    #[error("more than {LITERALS_PER_COMMAND_MAX} literals in one command")]
    TooManyLiterals,
    /// More than [`SWALLOW_BYTES_MAX`](mail::limits::SWALLOW_BYTES_MAX) to read and drop.
    #[error("too much to skip")]
    TooMuchRefused,
}

#[cfg(test)]
mod tests {
    use super::{Announcement, FrameFault, LiteralMode};

    #[test]
    fn lines_announce_or_not() {
        use LiteralMode::{NonSynchronising, Synchronising};

        let some = |length, mode| Ok(Some(Announcement { length, mode }));
        for (line, expected) in [
            ("a1 X {5}", some(5, Synchronising)),
            ("{5+}", some(5, NonSynchronising)),
            ("~{007}", some(7, Synchronising)),
            ("{{0}", some(0, Synchronising)),
            (
                "{9223372036854775807+}",
                some(i64::MAX.cast_unsigned(), NonSynchronising),
            ),
            ("{9223372036854775808}", Err(FrameFault::LiteralTooLong)),
            (
                "5555555555555555555555555}",
                Err(FrameFault::LiteralTooLong),
            ),
            ("", Ok(None)),
            ("{}", Ok(None)),
            ("{+}", Ok(None)),
            ("{5-}", Ok(None)),
            ("{5} ", Ok(None)),
            ("{ 5}", Ok(None)),
            ("5}", Ok(None)),
            ("{5++}", Ok(None)),
        ] {
            assert_eq!(Announcement::at_end_of(line.as_bytes()), expected, "{line}");
        }
    }
}
