//! Modified UTF-7: how IMAP4rev1 writes mailbox names (RFC 3501, 5.1.3).

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Refuses padding and bits left over, so that every name has one spelling.
const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// `text` in printable ASCII.
#[must_use]
pub fn mutf7_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest
            .find(|c| is_direct(c) != is_direct(first))
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(length);
        if is_direct(first) {
            encoded.push_str(&run.replace('&', "&-"));
        } else {
            let units: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            encoded.push('&');
            BASE64.encode_string(units, &mut encoded);
            encoded.push('-');
        }
        rest = after;
    }
    encoded
}

/// The text that `name` stands for; `None` when [`mutf7_encode`] would not have written it so.
///
/// One spelling a name: otherwise two names that look different would be the same mailbox, and
/// what a client lists would not be what it asked for.
#[must_use]
pub fn mutf7_decode(name: &str) -> Option<String> {
    let mut decoded = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((direct, shifted)) = rest.split_once('&') {
        decoded.push_str(direct);
        let (run, after) = shifted.split_once('-')?;
        if run.is_empty() {
            decoded.push('&');
        } else {
            let bytes = BASE64.decode(run).ok()?;
            let (units, []) = bytes.as_chunks::<2>() else {
                return None;
            };
            let units: Vec<u16> = units.iter().map(|&unit| u16::from_be_bytes(unit)).collect();
            decoded.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    decoded.push_str(rest);
    (mutf7_encode(&decoded) == name).then_some(decoded)
}

fn is_direct(c: char) -> bool {
    matches!(c, ' '..='~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::{mutf7_decode, mutf7_encode};

    #[test]
    fn names_of_the_rfcs_are_known_answers() {
        for (text, name) in [
            ("INBOX", "INBOX"),
            ("", ""),
            ("Entwürfe", "Entw&APw-rfe"),
            ("R&D", "R&-D"),
            ("&", "&-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("☺!", "&Jjo-!"),
            ("😀", "&2D3eAA-"),
            ("a\tb", "a&AAk-b"),
        ] {
            assert_eq!(mutf7_encode(text), name);
            assert_eq!(mutf7_decode(name).as_deref(), Some(text), "{name}");
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for name in [
            "R&D",                // no end
            "&Jjo!",              // 5.1.3: not a legal name, the shift does not end
            "&AGE-",              // "a" needs no shift
            "&U,BTFw-&ZeVnLIqe-", // 5.1.3: two shifts in a row
            "&AA-",               // half a unit
            "&2D0-",              // half a pair
            "&APy-",              // bits left over
            "&APw=-",             // padding
            "ü",                  // eight bits
            "a\u{7f}",
        ] {
            assert_eq!(mutf7_decode(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_text_survives_the_round_trip(text in ".*") {
            assert_eq!(mutf7_decode(&mutf7_encode(&text)), Some(text));
        }

        #[test]
        fn a_name_that_decodes_is_the_one_that_encodes(name in "[&A-Za-d,+0-3 -]*") {
            if let Some(text) = mutf7_decode(&name) {
                assert_eq!(mutf7_encode(&text), name);
            }
        }
    }
}
