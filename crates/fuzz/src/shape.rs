//! The shape of an answer, without its words: a new shape means that new code was reached.

use std::hash::{DefaultHasher, Hash, Hasher};

/// How much of an answer is looked at, in bytes.
const SHAPE_BYTES_MAX: usize = 600;

/// The shape of an answer. Of two inputs with one shape only the first is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape(u64);

impl Shape {
    /// The shape of a text in which quoted strings, numbers and repetition do not count.
    pub(crate) fn of(text: &[u8]) -> Self {
        let mut skeleton: Vec<u8> = Vec::new();
        let mut in_quotes = false;
        let mut last = b' ';
        for &byte in text.iter().take(SHAPE_BYTES_MAX) {
            in_quotes ^= byte == b'"' && last != b'\\';
            if !in_quotes && !byte.is_ascii_digit() && byte != last {
                skeleton.push(byte);
            }
            last = byte;
        }
        let mut hasher = DefaultHasher::new();
        skeleton.hash(&mut hasher);
        Self(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn words_and_numbers_are_no_shape() {
        assert_eq!(Shape::of(br#"(1 "a")"#), Shape::of(br#"(22 "b\"c")"#));
        assert_ne!(Shape::of(br#"(1 "a")"#), Shape::of(br#"(1 NIL)"#));
    }
}
