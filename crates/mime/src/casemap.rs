//! `i;unicode-casemap` (RFC 5051): how SORT and THREAD compare text.

use unicode_normalization::UnicodeNormalization;

/// The octets by which `text` is compared: in titlecase, then decomposed.
///
/// It is not [`fold`](crate::fold()), which finds a little more than the reference and has another
/// order.
pub(crate) fn casemap(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(titlecase).nfkd().collect()
}

/// The titlecase property of `UnicodeData.txt`, which is one character for one.
fn titlecase(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian letters are their own titlecase.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        _ => {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(upper), None) => upper,
                _ => with_iota_below(c),
            }
        }
    }
}

/// Greek vowels with an iota below have two letters in upper case and one in titlecase. Other
/// letters that are longer in upper case, such as `ß`, have no titlecase.
fn with_iota_below(c: char) -> char {
    let distance = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(c) + distance).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::casemap;

    #[test]
    fn what_meets_and_what_does_not() {
        let table = [
            ("hello_World", "HELLO_WORLD"),
            // The example of RFC 5051, 2.
            ("\u{1c4}", "Dz\u{30c}"),
            ("\u{1c6}", "Dz\u{30c}"),
            ("é", "E\u{301}"),
            ("straße", "STRAßE"),
            ("ﬁ", "fi"),
            ("ᾳ", "Α\u{345}"),
            ("ა", "ა"),
            ("привет", "ПРИВЕТ"),
            ("ΐ", "ι\u{308}\u{301}"),
            ("Å", "A\u{30a}"),
        ];
        for (text, expected) in table {
            assert_eq!(casemap(text), expected, "{text}");
        }
    }

    #[test]
    fn capitals_come_before_the_underscore() {
        assert!(casemap("z") < casemap("_"));
    }
}
