//! Case folding for SEARCH, the same for the needle and for the text.

use unicode_normalization::UnicodeNormalization;

/// The text without differences of case and of compatible form.
///
/// The reference is `i;unicode-casemap` (RFC 5051): titlecase, then decompose. This function finds
/// all that the reference finds, and a little more. It also decomposes first, so that letters which
/// are compatible with a capital fold like it (`ℋ`, `ℎ` and `h`), and letters become upper and then
/// lower case, so that those with several forms meet (`ς` and `σ`, `ß` and `SS`, `ǆ` and `dž`). The
/// result is in lower case, as most text is already. Accents remain, as characters of their own
/// after their letter, so that `e` finds `é`, as it does by the reference. NUL is dropped: no
/// search key can contain it.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded
}

/// Appends the folded `text` to `folded`.
pub(crate) fn fold_into(folded: &mut String, text: &str) {
    // Runs can be folded separately: what decomposes never joins with ASCII, nor moves over it.
    for run in runs(text) {
        if run.is_ascii() {
            folded.extend(
                run.chars()
                    .filter(|&c| c != '\0')
                    .map(|c| c.to_ascii_lowercase()),
            );
        } else {
            let cased = run
                .nfkd()
                .flat_map(char::to_uppercase)
                .flat_map(char::to_lowercase);
            folded.extend(cased.nfkd());
        }
    }
}

/// Cuts the text into pieces that are ASCII throughout, or nowhere.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_ascii = rest.as_bytes().first()?.is_ascii();
        let end = rest
            .bytes()
            .position(|byte| byte.is_ascii() != is_ascii)
            .unwrap_or(rest.len());
        let (run, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::fold;

    #[test]
    fn what_meets_and_what_does_not() {
        let same = [
            ("HeLLo", "hello"),
            ("É", "e\u{301}"),
            ("STRASSE", "straße"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("ﬁ", "FI"),
            ("ＡＢ", "ab"),
            ("ℋ", "h"),
            ("Ǆ", "dž"),
            ("ǅ", "Dž"),
            ("K", "k"),
            ("Привет", "ПРИВЕТ"),
            ("a\0b", "AB"),
        ];
        for (one, other) in same {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("e"), fold("é"));
        assert!(fold("Café").contains(&fold("cafe")));
        assert_ne!(fold("о"), fold("o"), "Cyrillic and Latin");
    }

    /// RFC 5051, 2, for one character whose titlecase is its uppercase, as it is for almost all.
    fn casemapped(c: char) -> String {
        let upper: Vec<char> = c.to_uppercase().collect();
        let title = if let [one] = upper[..] { one } else { c };
        title.nfkd().collect()
    }

    #[test]
    fn what_the_reference_finds_is_found() {
        for c in (1..=0x10_ffff).filter_map(char::from_u32) {
            assert_eq!(fold(&casemapped(c)), fold(&c.to_string()), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
