//! Junk by the verdict of the sending side: a header field of a letter.

use std::fmt;
use std::str::FromStr;

use mime::header_values;

/// A field that tells junk: `X-Spam-Status: Yes` matches a field of this name whose value begins with this word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JunkRule {
    name: String,
    word: String,
}

/// It is not as `X-Spam-Flag: YES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadJunkRule;

impl fmt::Display for BadJunkRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header field such as X-Spam-Flag: YES")
    }
}

impl std::error::Error for BadJunkRule {}

impl FromStr for JunkRule {
    type Err = BadJunkRule;

    fn from_str(text: &str) -> Result<Self, BadJunkRule> {
        let (name, word) = text.split_once(':').ok_or(BadJunkRule)?;
        let (name, word) = (name.trim(), word.trim());
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_name || !is_word {
            return Err(BadJunkRule);
        }
        Ok(Self {
            name: name.to_owned(),
            word: word.to_owned(),
        })
    }
}

/// Whether one of the rules holds for the letter.
#[must_use]
pub fn is_junk(letter: &[u8], rules: &[JunkRule]) -> bool {
    rules.iter().any(|rule| rule.holds(letter))
}

impl JunkRule {
    fn holds(&self, letter: &[u8]) -> bool {
        header_values(letter, &self.name).any(|value| {
            let (word, rest) = value.split_at(value.len().min(self.word.len()));
            let is_whole = !rest.first().is_some_and(u8::is_ascii_alphanumeric);
            is_whole && word.eq_ignore_ascii_case(self.word.as_bytes())
        })
    }
}
