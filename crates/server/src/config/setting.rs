//! How a setting's text becomes its value, and what is said when it does not.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::listen::ListenAddress;

/// The words of a list, as an array or with commas or spaces between.
pub(super) fn words_of(texts: &[String]) -> impl Iterator<Item = &str> {
    let words = texts.iter().flat_map(|text| text.split([',', ' ']));
    words.filter(|word| !word.is_empty())
}

/// A value that can be written in the configuration.
pub(super) trait Setting: Sized + Default {
    /// `texts` has one element unless a list was written.
    ///
    /// # Errors
    ///
    /// What was expected instead, to stand after "expected".
    fn parse(texts: &[String]) -> Result<Self, String>;
}

/// A value that is one of a few words.
pub trait Choice: Copy + PartialEq + 'static {
    /// Each word and what it means.
    const CHOICES: &'static [(&'static str, Self)];

    /// The word for this choice.
    fn word(self) -> &'static str {
        Self::CHOICES
            .iter()
            .find(|(_, choice)| *choice == self)
            .map_or("", |(word, _)| word)
    }

    /// All words, as a message lists them.
    fn words() -> String {
        let words: Vec<_> = Self::CHOICES.iter().map(|(word, _)| *word).collect();
        words.join(", ")
    }
}

/// A text that no log and no message may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text` from now on.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A duration with its unit: `500ms`, `30s`, `5min`, `2h`, `90d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

/// A number of bytes, with a unit or without: `4096`, `64MiB`, `1GiB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteCount(pub(super) usize);

/// The one text of a setting that is no list.
fn single(texts: &[String]) -> Result<&str, String> {
    match texts {
        [text] => Ok(text),
        [] | [_, ..] => Err("one value, not a list".to_owned()),
    }
}

/// `12min` as 12 and `min`.
fn split_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

impl Setting for Span {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let parsed = split_unit(single(texts)?).and_then(|(number, unit)| {
            let unit_ms = match unit {
                "ms" => 1,
                "s" => 1000,
                "m" | "min" => 60 * 1000,
                "h" => 60 * 60 * 1000,
                "d" => 24 * 60 * 60 * 1000,
                _ => return None,
            };
            number.checked_mul(unit_ms).map(Duration::from_millis)
        });
        parsed
            .map(Self)
            .ok_or_else(|| "a duration such as 500ms, 30s, 5min, 2h or 90d".to_owned())
    }
}

/// A duration as settings write it.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let Span(duration) = Span::parse(&[text.to_owned()]).ok()?;
    Some(duration)
}

/// A number of bytes as settings write it, with a unit.
pub(crate) fn parse_byte_count(text: &str) -> Option<u64> {
    let ByteCount(bytes) = ByteCount::parse(&[text.to_owned()]).ok()?;
    u64::try_from(bytes).ok()
}

impl Setting for ByteCount {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let parsed = split_unit(single(texts)?).and_then(|(number, unit)| {
            let shift = match unit {
                "" | "B" => 0,
                "KiB" => 10,
                "MiB" => 20,
                "GiB" => 30,
                _ => return None,
            };
            usize::try_from(number).ok()?.checked_mul(1 << shift)
        });
        parsed
            .map(Self)
            .ok_or_else(|| "a number of bytes such as 4096, 64MiB or 1GiB".to_owned())
    }
}

impl Setting for String {
    fn parse(texts: &[String]) -> Result<Self, String> {
        single(texts).map(str::to_owned)
    }
}

impl Setting for PathBuf {
    fn parse(texts: &[String]) -> Result<Self, String> {
        match single(texts)? {
            "" => Err("a path".to_owned()),
            path => Ok(Self::from(path)),
        }
    }
}

impl Setting for usize {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let number = single(texts)?.parse();
        number.map_err(|_| "a whole number".to_owned())
    }
}

impl Setting for u32 {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let number = single(texts)?.parse();
        number.map_err(|_| "a whole number".to_owned())
    }
}

impl Setting for bool {
    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [text] if text == "true" => Ok(true),
            [text] if text == "false" => Ok(false),
            _ => Err("true or false".to_owned()),
        }
    }
}

impl Setting for f64 {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let number = single(texts)?.parse();
        number.map_err(|_| "a number".to_owned())
    }
}

/// An empty text is an absent value.
impl<T: Setting> Setting for Option<T> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [] => Ok(None),
            [text] if text.is_empty() => Ok(None),
            texts => T::parse(texts).map(Some),
        }
    }
}

/// A list, or one text with commas, as variables have it.
impl Setting for Vec<ListenAddress> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let words = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        let mut addresses = Self::new();
        for word in words.filter(|word| !word.is_empty()) {
            let path = word.strip_prefix("unix:").map(PathBuf::from);
            addresses.push(match path {
                Some(path) if path.is_absolute() => ListenAddress::Unix(path),
                Some(_) => return Err("unix: with an absolute path".to_owned()),
                None => ListenAddress::Tcp(word.parse().map_err(|_| {
                    "addresses with ports such as 127.0.0.1:24, or unix:/path".to_owned()
                })?),
            });
        }
        Ok(addresses)
    }
}

/// A list, or one text with commas, as variables have it.
impl Setting for Vec<PathBuf> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let words = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        Ok(words
            .filter(|word| !word.is_empty())
            .map(PathBuf::from)
            .collect())
    }
}

/// A list, or one text with commas, as variables have it.
impl Setting for Vec<SocketAddr> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| {
                text.parse()
                    .map_err(|_| "addresses with ports such as 0.0.0.0:1143 or [::1]:1143".into())
            })
            .collect()
    }
}
