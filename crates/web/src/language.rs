//! The languages of the pages, and which of them somebody reads.

use crate::texts::{ENGLISH, GERMAN, Texts};

/// A language in which people are told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// The one that the header `Accept-Language` prefers (RFC 9110, 12.5.4); English for all others.
    pub(crate) fn preferred(header: &str) -> Self {
        let mut best = (0, Self::English);
        for range in header.split(',').take(RANGES_MAX) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = quality(parameters);
            if let Some(language) = Self::of_tag(tag.trim())
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The one of a tag (BCP 47), if it is known here.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" | "*" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// As HTML names it.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    pub(crate) const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// As many as anybody reads.
const RANGES_MAX: usize = 20;

/// In thousandths; what is not said is a whole.
fn quality(parameters: &str) -> u32 {
    let Some(text) = parameters.trim().strip_prefix("q=") else {
        return 1000;
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u32 = whole.parse().unwrap_or(0);
    let part: u32 = format!("{part:0<3}")
        .get(..3)
        .and_then(|part| part.parse().ok())
        .unwrap_or(0);
    (whole.min(1) * 1000 + part).min(1000)
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, German};

    #[test]
    fn who_prefers_german_reads_german() {
        for (header, expected) in [
            ("", English),
            ("de", German),
            ("de-AT,de;q=0.9,en;q=0.8", German),
            ("en-US,en;q=0.9,de;q=0.8", English),
            ("fr, de;q=0.5, en;q=0.7", English),
            ("fr, de;q=0.75, en;q=0.7", German),
            ("fr", English),
            ("de;q=0, en", English),
            ("de;q=0", English),
            ("*;q=0.1, DE-ch;q=0.2", German),
            ("de;q=x", English),
            (",;;,", English),
        ] {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
    }
}
