//! The preview of a message (RFC 8970).

use crate::decode;
use crate::header::find;
use crate::parameter::token;
use crate::tree::{Content, Part};

/// RFC 8970, 3.3: at most 256, and 200 are enough.
const CHARS_MAX: usize = 200;
/// The bytes of a part that are read; later text is not part of a preview.
const BYTES_READ_MAX: usize = 64 * 1024;
/// The line that ends the text; what follows is the same in every mail (RFC 3676, 4.3).
const SIGNATURE: &str = "-- ";

/// The beginning of the text on one line, without markup and quotes; empty where there is no text.
#[must_use]
pub fn preview(message: &[u8]) -> String {
    let root = Part::parse(message);
    let mut leaves = Vec::new();
    collect(message, &root, &mut leaves);
    let of_kind = |subtype: &str| {
        let is_it = |part: &&&Part| part.media.is("text", subtype);
        leaves.iter().find(is_it).map(|part| text(message, part))
    };
    let plain = of_kind("plain")
        .map(|text| first_words(&text))
        .filter(|words| !words.is_empty());
    plain.unwrap_or_else(|| {
        let html = of_kind("html").unwrap_or_default();
        shorten(&decode::html(&html))
    })
}

/// Collects the leaves that are shown as the message's own text, in order.
fn collect<'t>(message: &[u8], part: &'t Part, leaves: &mut Vec<&'t Part>) {
    let disposition = find(part.header(message), "Content-Disposition").and_then(token);
    if disposition.is_some_and(|word| word.eq_ignore_ascii_case(b"attachment")) {
        return;
    }
    match &part.content {
        Content::Multipart(parts) => {
            for part in parts {
                collect(message, part, leaves);
            }
        }
        Content::Leaf => leaves.push(part),
        Content::Message(_) => {}
    }
}

fn text(message: &[u8], part: &Part) -> String {
    let encoding = find(part.header(message), "Content-Transfer-Encoding").and_then(token);
    let body = part.body(message);
    let body = body.get(..BYTES_READ_MAX).unwrap_or(body);
    let decoded = decode::transfer(body, encoding.unwrap_or(b"7bit"));
    decode::text(&decoded, part.media.parameter("charset")).into_owned()
}

/// The sender's own words, without quotes and signature; all words where there are no others.
fn first_words(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != SIGNATURE);
    let own: Vec<&str> = lines.filter(|line| !line.starts_with('>')).collect();
    let words = shorten(&own.join("\n"));
    if words.is_empty() {
        shorten(text)
    } else {
        words
    }
}

/// The first words, with one space between them and without invisible characters.
fn shorten(text: &str) -> String {
    let is_visible = |c: &char| !c.is_control() && !is_filler(*c);
    let mut words = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let visible: Vec<char> = word.chars().filter(is_visible).collect();
        let space = usize::from(count > 0);
        if visible.is_empty() {
            continue;
        }
        if count + space >= CHARS_MAX {
            break;
        }
        words.push_str(if count > 0 { " " } else { "" });
        count += space;
        let fitting = visible.len().min(CHARS_MAX - count);
        words.extend(visible.into_iter().take(fitting));
        count += fitting;
    }
    words
}

/// Characters without width, with which newsletters fill their previews.
const fn is_filler(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::preview;

    #[test]
    fn the_first_words_without_quotes_and_signature() {
        for (message, expected) in [
            (
                "\r\nHello Ada,\r\n\r\nhow  are\tyou?\r\n",
                "Hello Ada, how are you?",
            ),
            ("\r\n> you said\r\nI say\r\n-- \r\nBo\r\n", "I say"),
            ("\r\n> only quoted\r\n", "> only quoted"),
            (
                "Content-Type: text/html\r\n\r\n<style>p{}</style><p>Dear <b>Bo</b> &amp; all",
                "Dear Bo & all",
            ),
            (
                "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n/HJu\r\n",
                "ürn",
            ),
            ("\r\na\u{200b}\u{feff} \u{34f} b", "a b"),
            ("Content-Type: image/png\r\n\r\nPNG", ""),
            ("Content-Disposition: attachment\r\n\r\nno", ""),
            ("", ""),
        ] {
            assert_eq!(preview(message.as_bytes()), expected, "{message:?}");
        }
    }

    #[test]
    fn plain_text_is_preferred_and_attachments_are_none() {
        let message = b"Content-Type: multipart/mixed; boundary=m\r\n\r\n\
            --m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
            --a\r\nContent-Type: text/html\r\n\r\n<p>html\r\n\
            --a\r\nContent-Type: text/plain\r\n\r\nplain\r\n--a--\r\n\
            --m\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--m--\r\n";
        assert_eq!(preview(message), "plain");
    }

    #[test]
    fn it_is_never_longer_than_200_characters() {
        for word in ["ü", "word ", "\u{1f600}"] {
            let message = format!("\r\n{}", word.repeat(1000));
            let length = preview(message.as_bytes()).chars().count();
            assert!((199..=200).contains(&length), "{length} of {word}");
        }
    }
}
