//! Decoding: transfer encodings, charsets, encoded words, dates.
//!
//! This is the only user of `mail-parser`. It is called on input that is short, bounded or read
//! once, so that its leniency never costs more than linear time.

use std::borrow::Cow;

use mail::{InternalDate, NaiveDate};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, HeaderValue};

use crate::header::unfold;

/// The bytes of an encoded word's charset; names in use are much shorter.
const CHARSET_BYTES_MAX: usize = 64;
/// The bytes of a Date field that are read.
const DATE_BYTES_MAX: usize = 256;

/// A body without its Content-Transfer-Encoding. A body that is not in the encoding is returned
/// unchanged.
pub(crate) fn transfer<'b>(body: &'b [u8], encoding: &[u8]) -> Cow<'b, [u8]> {
    if encoding.eq_ignore_ascii_case(b"base64") {
        return Cow::Owned(base64(body));
    }
    if encoding.eq_ignore_ascii_case(b"quoted-printable") {
        let (end, decoded) = MessageStream::new(body).decode_quoted_printable_mime(b"");
        // This end means that the body is not quoted-printable.
        if end != usize::MAX {
            return decoded;
        }
    }
    Cow::Borrowed(body)
}

/// Bytes as text. Where the charset is unknown, missing or evidently wrong the text is taken for
/// UTF-8, and for windows-1252 where the bytes are not UTF-8: undeclared mail is one or the other.
pub(crate) fn text<'b>(bytes: &'b [u8], charset: Option<&[u8]>) -> Cow<'b, str> {
    let declared = charset.map(<[u8]>::trim_ascii).filter(|&charset| {
        !charset.eq_ignore_ascii_case(b"us-ascii") && !charset.eq_ignore_ascii_case(b"ascii")
    });
    if let Some(decoder) = declared.and_then(charset_decoder) {
        return Cow::Owned(decoder(bytes));
    }
    match (str::from_utf8(bytes), charset_decoder(b"windows-1252")) {
        (Ok(text), _) => Cow::Borrowed(text),
        (Err(_), Some(windows_1252)) if !declared.is_some_and(is_utf8) => {
            Cow::Owned(windows_1252(bytes))
        }
        (Err(_), _) => String::from_utf8_lossy(bytes),
    }
}

/// The text that a reader of the HTML sees.
pub(crate) fn html(html: &str) -> String {
    html_to_text(html)
}

/// A header field's value as a reader sees it: unfolded, encoded words decoded (RFC 2047).
///
/// Words are decoded wherever they are, also in quoted strings, where many programs put them.
pub(crate) fn unstructured(value: &[u8]) -> String {
    let value = unfold(value);
    let mut decoded = String::with_capacity(value.len());
    let mut run: Option<Word<'_>> = None;
    let mut rest = &*value;
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let (before, at) = rest.split_at_checked(start).unwrap_or_default();
        let Some((word, behind)) = Word::parse(at) else {
            finish(&mut decoded, run.take());
            // Not a word: only the `=?` is passed, for a word may begin right after it.
            let (passed, behind) = rest.split_at_checked(start + 2).unwrap_or_default();
            decoded.push_str(&text(passed, None));
            rest = behind;
            continue;
        };
        rest = behind;
        // White space between encoded words is not shown (RFC 2047, 6.2).
        if run.is_none() || !before.trim_ascii().is_empty() {
            finish(&mut decoded, run.take());
            decoded.push_str(&text(before, None));
        }
        match &mut run {
            // One character may be split over two words, although that is wrong.
            Some(run) if run.charset.eq_ignore_ascii_case(word.charset) => {
                run.bytes.extend(word.bytes);
            }
            _ => finish(&mut decoded, run.replace(word)),
        }
    }
    finish(&mut decoded, run);
    decoded.push_str(&text(rest, None));
    decoded
}

/// The day in a Date field, in the zone that is written there.
pub(crate) fn day(value: &[u8]) -> Option<NaiveDate> {
    date_time(value).as_ref().and_then(day_of)
}

/// The time in a Date field, in seconds since 1970-01-01 00:00 UTC. An invalid zone is taken for
/// UTC, and an invalid time for midnight (RFC 5256, 2.2).
pub(crate) fn moment(value: &[u8]) -> Option<i64> {
    let date = date_time(value)?;
    let zone = i16::from(date.tz_hour) * 60 + i16::from(date.tz_minute);
    let offset = if date.tz_before_gmt { -zone } else { zone };
    let time = (
        u32::from(date.hour),
        u32::from(date.minute),
        u32::from(date.second),
    );
    let day = day_of(&date)?;
    let moment = InternalDate::from_parts(day, time, offset)
        .or_else(|| InternalDate::from_parts(day, time, 0))
        .or_else(|| InternalDate::from_parts(day, (0, 0, 0), 0))?;
    Some(moment.unix_seconds)
}

fn date_time(value: &[u8]) -> Option<DateTime> {
    let value = unfold(value);
    let value = value.get(..DATE_BYTES_MAX).unwrap_or(&value);
    // A zone or a time that is left out is supplied (RFC 5256, 2.2).
    ["\n", " +0000\n", " 00:00:00 +0000\n"]
        .into_iter()
        .find_map(|end| {
            let line = [value, end.as_bytes()].concat();
            match MessageStream::new(&line).parse_date() {
                HeaderValue::DateTime(date) => Some(date),
                _ => None,
            }
        })
}

fn day_of(date: &DateTime) -> Option<NaiveDate> {
    NaiveDate::from_ymd(date.year.into(), date.month.into(), date.day.into())
}

/// An encoded word, or several in a row in one charset.
struct Word<'v> {
    charset: &'v [u8],
    bytes: Vec<u8>,
}

impl<'v> Word<'v> {
    /// Parses a word at its `=?`; returns it and what follows its `?=`.
    fn parse(value: &'v [u8]) -> Option<(Self, &'v [u8])> {
        let value = value.strip_prefix(b"=?")?;
        let window = value.get(..CHARSET_BYTES_MAX).unwrap_or(value);
        let (charset, value) = value.split_at_checked(memchr::memchr(b'?', window)?)?;
        let [b'?', encoding, b'?', value @ ..] = value else {
            return None;
        };
        let end = memchr::memchr(b'?', value)?;
        let (encoded, behind) = value.split_at_checked(end)?;
        let behind = behind.strip_prefix(b"?=")?;
        let bytes = match encoding {
            b'b' | b'B' => base64(encoded),
            b'q' | b'Q' => {
                MessageStream::new(value.get(..end + 2)?).decode_quoted_printable_word()?
            }
            _ => return None,
        };
        // A language may follow the charset (RFC 2231, 5).
        let charset = charset.split(|&byte| byte == b'*').next()?;
        (!charset.is_empty()).then_some((Self { charset, bytes }, behind))
    }
}

fn finish(decoded: &mut String, run: Option<Word<'_>>) {
    if let Some(run) = run {
        decoded.push_str(&text(&run.bytes, Some(run.charset)));
    }
}

/// RFC 2045, 6.8: characters outside the alphabet are ignored.
fn base64(encoded: &[u8]) -> Vec<u8> {
    base64_decode(encoded).unwrap_or_else(|| {
        let alphabet: Vec<u8> = encoded
            .iter()
            .copied()
            .filter(|&byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
            .collect();
        base64_decode(&alphabet).unwrap_or_default()
    })
}

fn is_utf8(charset: &[u8]) -> bool {
    charset.eq_ignore_ascii_case(b"utf-8") || charset.eq_ignore_ascii_case(b"utf8")
}

#[cfg(test)]
mod tests {
    use super::{day, text, transfer, unstructured};

    #[test]
    fn encoded_words_sound_and_broken() {
        let table = [
            ("plain", "plain"),
            ("a =?utf-8?q?b=C3=A9_c?= d", "a bé c d"),
            ("=?iso-8859-1?Q?a?= =?iso-8859-1?Q?b?=", "ab"),
            ("=?iso-8859-1?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?B?w6k=?= x =?utf-8?B?w6k=?=", "é x é"),
            ("=?utf-8?q?=C3?= =?UTF-8?b?qQ==?=", "é"),
            ("=?iso-8859-1*de?q?=FC?=", "ü"),
            ("\"=?koi8-r?B?8NLJ18XU?=\" <a@b>", "\"Привет\" <a@b>"),
            ("=?shift_jis?B?g26DjYFb?=", "ハロー"),
            ("=?iso-2022-jp?B?GyRCJU8bKEI=?=", "ハ"),
            ("=?utf-8?q?open", "=?utf-8?q?open"),
            ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
            ("=??q?a?=", "=??q?a?="),
            ("=?utf-8?q?=ZZ?=", "=?utf-8?q?=ZZ?="),
            ("=?nonsense?q?a=C3=A9?=", "aé"),
            ("=?=?utf-8?q?a?=", "=?a"),
        ];
        for (value, expected) in table {
            assert_eq!(unstructured(value.as_bytes()), expected, "{value:?}");
        }
    }

    #[test]
    fn charsets_declared_and_guessed() {
        assert_eq!(text(b"\xc3\xa9", None), "é");
        assert_eq!(text(b"\xe9", None), "é");
        assert_eq!(text(b"\xc3\xa9", Some(b"us-ascii")), "é");
        assert_eq!(text(b"\xe9x", Some(b"utf-8")), "\u{fffd}x");
        assert_eq!(text(b"\xcf\xf0", Some(b" Windows-1251 ")), "Пр");
        assert_eq!(text(b"a", Some(b"")), "a");
    }

    #[test]
    fn transfer_encodings() {
        assert_eq!(&*transfer(b"YW\r\nJj", b"BASE64"), b"abc");
        assert_eq!(&*transfer(b"YW!Jj", b"base64"), b"abc");
        assert_eq!(
            &*transfer(b"a=\r\nb=C3=A9", b"Quoted-Printable"),
            "abé".as_bytes()
        );
        assert_eq!(&*transfer(b"a == b", b"quoted-printable"), b"a == b");
        assert_eq!(&*transfer(b"a=20", b"8bit"), b"a=20");
    }

    #[test]
    fn days_are_taken_as_written() {
        let table = [
            ("Wed, 17 Jul 1996 23:23:25 -0700 (PDT)", Some((1996, 7, 17))),
            ("1 Jan 2024 00:10 +1400", Some((2024, 1, 1))),
            ("Mon,\r\n 29 Feb 2024 12:00:00 GMT", Some((2024, 2, 29))),
            ("Thu, 30 Feb 2024 12:00:00 GMT", None),
            ("yesterday", None),
            ("", None),
        ];
        for (value, expected) in table {
            let civil = expected.map(|(y, m, d)| mail::NaiveDate::from_ymd(y, m, d).unwrap());
            assert_eq!(day(value.as_bytes()), civil, "{value:?}");
        }
    }
}
