//! Fuzzy search (RFC 6203): the words of a string in any order, without accents, and with one
//! typing error in a longer word.

use memchr::memmem;
use unicode_normalization::char::is_combining_mark;

use crate::fold;

/// A string for a fuzzy search.
#[derive(Clone, Debug)]
pub struct Fuzzy {
    /// The whole string, folded.
    phrase: String,
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    text: String,
    letters: Vec<char>,
}

/// The relevancy in percent of the string as it was given, …
const PHRASE: u8 = 100;
/// … of a word of it elsewhere, or with other accents, …
const WORD: u8 = 80;
/// … and of a word that is similar to it.
const SLIP: u8 = 20;

/// A word with fewer letters is similar to too many others.
const SLIP_LETTERS_MIN: usize = 4;
/// How many words are searched besides the phrase; later words are ignored.
const WORDS_MAX: usize = 16;

impl Fuzzy {
    /// Takes a string as a client gave it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let phrase = fold(text);
        let words = words(&phrase).take(WORDS_MAX).map(Word::new).collect();
        Self { phrase, words }
    }

    /// How relevant a folded text is, 1 to 100; zero where a word of the string has nothing similar
    /// in it. The time is proportional to the text.
    #[must_use]
    pub fn rate(&self, folded: &[u8]) -> u8 {
        if memmem::find(folded, self.phrase.as_bytes()).is_some() {
            return PHRASE;
        }
        let Ok(folded) = std::str::from_utf8(folded) else {
            return 0;
        };
        let mut rates: Vec<u8> = self
            .words
            .iter()
            .map(|word| if folded.contains(&word.text) { WORD } else { 0 })
            .collect();
        if rates.contains(&0) {
            let mut letters = Vec::new();
            for found in words(folded) {
                letters.clear();
                letters.extend(letters_of(found));
                let rated = rates.iter_mut().zip(&self.words);
                for (rate, word) in rated.filter(|(rate, _)| **rate < WORD) {
                    *rate = (*rate).max(word.rate(&letters));
                }
            }
        }
        mean(&rates)
    }
}

impl Word {
    fn new(text: &str) -> Self {
        let letters: Vec<char> = letters_of(text).collect();
        Self {
            text: letters.iter().collect(),
            letters,
        }
    }

    fn rate(&self, found: &[char]) -> u8 {
        if found == self.letters {
            WORD
        } else if self.letters.len() >= SLIP_LETTERS_MIN && is_slip(&self.letters, found) {
            SLIP
        } else {
            0
        }
    }
}

/// Whether one letter is missing, added or replaced, or two neighbours are exchanged.
fn is_slip(meant: &[char], found: &[char]) -> bool {
    if meant.len().abs_diff(found.len()) > 1 {
        return false;
    }
    let alike = |(a, b): &(&char, &char)| a == b;
    let ahead = meant.iter().zip(found).take_while(alike).count();
    let (meant, found) = (
        meant.get(ahead..).unwrap_or_default(),
        found.get(ahead..).unwrap_or_default(),
    );
    let pairs = meant.iter().rev().zip(found.iter().rev());
    let behind = pairs.take_while(alike).count();
    match (meant.len() - behind, found.len() - behind) {
        (0 | 1, 0 | 1) => true,
        (2, 2) => meant.first() == found.get(1) && meant.get(1) == found.first(),
        _ => false,
    }
}

/// The words: letters and digits, with the accents after them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_in_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    text.split(move |c| !is_in_word(c))
        .filter(|word| !word.is_empty())
}

fn letters_of(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|&c| !is_combining_mark(c))
}

/// The mean; zero where any rate is zero.
fn mean(rates: &[u8]) -> u8 {
    let sum: usize = rates.iter().copied().map(usize::from).sum();
    match sum.checked_div(rates.len()) {
        Some(mean) if !rates.contains(&0) => u8::try_from(mean).unwrap_or(PHRASE),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fuzzy, PHRASE};
    use crate::fold;

    #[test]
    fn what_is_like_it_counts_by_how_like_it_is() {
        for (sought, text, expected) in [
            ("IMAP break", "the imap breaks at noon", 100),
            ("IMAP break", "a break of IMAP", 80),
            ("IMAP break", "broken IMAP", 0),
            ("IMAP break", "IMAP, bread and butter", 50),
            ("Helo", "Hello there", 20),
            ("Helo", "we need help", 20),
            ("Helo", "hle", 0),
            ("Helo", "Hleo", 20),
            ("Helo", "eloh", 0),
            ("résumé", "the resume of a r\u{e9}sum\u{e9}", 100),
            ("resume", "my résumé", 80),
            ("résumé", "my resume", 80),
            ("invoice", "invoices", 100),
            ("invoice", "an invoce", 20),
            ("invoice", "voice", 0),
            ("cat", "cut", 0),
            ("?!", "what?!", 100),
            ("?!", "what!?", 0),
            ("", "anything", 100),
            ("Straße", "eine STRASE", 20),
            ("two words", "words, words; two", 80),
        ] {
            assert_eq!(
                Fuzzy::new(sought).rate(fold(text).as_bytes()),
                expected,
                "{sought} in {text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_there_as_it_is_sought_is_most_relevant(
            before in "\\PC{0,12}", sought in "\\PC{0,12}", after in "\\PC{0,12}",
        ) {
            let text = [fold(&before), fold(&sought), fold(&after)].concat();
            prop_assert_eq!(Fuzzy::new(&sought).rate(text.as_bytes()), PHRASE);
        }

        #[test]
        fn a_letter_too_few_is_found(word in "[a-z]{5,12}", at in 0_usize..5) {
            let mut slipped = word.clone();
            slipped.remove(at);
            prop_assert!(Fuzzy::new(&slipped).rate(word.as_bytes()) > 0);
        }
    }
}
