//! What Outlook asks by Autodiscover: an address, in a document of XML (MS-OXDSCLI). Reads bytes of whoever comes, and so
//! knows nothing of answers.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// What Outlook understands.
pub(super) const OUTLOOK: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/// Elements one inside the other; a request has three.
const DEPTH_MAX: usize = 16;
/// What an address or the name of a schema may have.
pub(super) const VALUE_BYTES_MAX: usize = 1000;

/// What somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) address: String,
    /// Whether the answer may be one for Outlook.
    pub(super) is_for_outlook: bool,
}

/// Why a request is not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is not XML in UTF-8")]
    NotXml,
    #[error("it declares entities, or uses some that nobody declared")]
    Entities,
    #[error("it is too deep, or a value too long")]
    TooMuch,
    #[error("it names no address")]
    NoAddress,
}

impl Asked {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let text = str::from_utf8(body).map_err(|_| Unreadable::NotXml)?;
        if !text.chars().all(is_of_xml) {
            return Err(Unreadable::NotXml);
        }
        let mut reader = Reader::from_str(text);
        let mut path: Vec<String> = Vec::new();
        let (mut address, mut schema) = (String::new(), String::new());
        loop {
            let event = reader.read_event().map_err(|_| Unreadable::NotXml)?;
            let value = match path.as_slice() {
                [.., request, field] if request == "Request" => match field.as_str() {
                    "EMailAddress" => Some(&mut address),
                    "AcceptableResponseSchema" => Some(&mut schema),
                    _ => None,
                },
                _ => None,
            };
            let more = match event {
                Event::Start(start) => {
                    path.push(start.local_name().as_ref().to_owned());
                    None
                }
                Event::End(_) => {
                    path.pop();
                    None
                }
                Event::Text(words) => Some(words.xml10_content().into_owned()),
                Event::CData(words) => Some(words.xml10_content().into_owned()),
                Event::GeneralRef(name) => Some(sign(&name)?),
                Event::DocType(_) => return Err(Unreadable::Entities),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
                Event::Eof => break,
            };
            if let (Some(value), Some(more)) = (value, more) {
                value.push_str(&more);
                if value.len() > VALUE_BYTES_MAX {
                    return Err(Unreadable::TooMuch);
                }
            }
            if path.len() > DEPTH_MAX {
                return Err(Unreadable::TooMuch);
            }
        }
        let (address, schema) = (address.trim(), schema.trim());
        match (path.is_empty(), address) {
            (false, _) => Err(Unreadable::NotXml),
            (true, "") => Err(Unreadable::NoAddress),
            (true, address) => Ok(Self {
                address: address.to_owned(),
                is_for_outlook: schema.is_empty() || schema == OUTLOOK,
            }),
        }
    }
}

/// Whether a document may have it, written as it is or by its number (XML 1.0, 2.2); the reader leaves that to us.
const fn is_of_xml(sign: char) -> bool {
    matches!(sign, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// The sign that a reference stands for: by its number, or one of the five that XML has by itself.
fn sign(name: &BytesRef<'_>) -> Result<String, Unreadable> {
    if let Some(sign) = name.resolve_char_ref().map_err(|_| Unreadable::NotXml)? {
        return if is_of_xml(sign) {
            Ok(sign.to_string())
        } else {
            Err(Unreadable::NotXml)
        };
    }
    let known = resolve_predefined_entity(name).ok_or(Unreadable::Entities)?;
    Ok(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Asked, DEPTH_MAX, OUTLOOK, Unreadable, VALUE_BYTES_MAX};

    fn request(fields: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/\
             autodiscover/outlook/requestschema/2006\">\r\n  <Request>\r\n{fields}  </Request>\r\n</Autodiscover>\r\n"
        )
    }

    fn with_schema(address: &str, schema: &str) -> String {
        request(&format!(
            "<EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{schema}</AcceptableResponseSchema>"
        ))
    }

    #[test]
    fn the_address_is_found_however_it_is_written() {
        for (written, address) in [
            ("ada@example.org", "ada@example.org"),
            (" \r\n ada@example.org \r\n", "ada@example.org"),
            ("a&amp;b&#64;example.org", "a&b@example.org"),
            ("<![CDATA[ada@example.org]]>", "ada@example.org"),
            ("ada<!-- x -->@example.org", "ada@example.org"),
            ("&lt;script&gt;@example.org", "<script>@example.org"),
        ] {
            let asked = Asked::parse(with_schema(written, OUTLOOK).as_bytes()).unwrap();
            assert_eq!(asked.address, address, "{written}");
            assert!(asked.is_for_outlook);
        }
        let phone = with_schema(
            "ada@example.org",
            "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006",
        );
        assert!(!Asked::parse(phone.as_bytes()).unwrap().is_for_outlook);
        let prefixed = "<a:Autodiscover xmlns:a=\"x\"><a:Request><a:EMailAddress>b@c.d</a:EMailAddress></a:Request></a:Autodiscover>";
        assert_eq!(Asked::parse(prefixed.as_bytes()).unwrap().address, "b@c.d");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>{}",
            with_schema("&b;", OUTLOOK)
        );
        let file = format!(
            "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
            with_schema("&f;@example.org", OUTLOOK)
        );
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        let long = with_schema(&"x".repeat(VALUE_BYTES_MAX + 1), OUTLOOK);
        for (body, expected) in [
            ("", Unreadable::NoAddress),
            ("{}", Unreadable::NoAddress),
            (&request(""), Unreadable::NoAddress),
            (&request("<LegacyDN>/o=x</LegacyDN>"), Unreadable::NoAddress),
            (&request("<EMailAddress/>"), Unreadable::NoAddress),
            ("<EMailAddress>a@b.c</EMailAddress>", Unreadable::NoAddress),
            ("<a><b></a>", Unreadable::NotXml),
            ("<Request><EMailAddress>a@b.c", Unreadable::NotXml),
            ("<a", Unreadable::NotXml),
            (
                &with_schema("&#0;@example.org", OUTLOOK),
                Unreadable::NotXml,
            ),
            (
                &with_schema("a\0b@example.org", OUTLOOK),
                Unreadable::NotXml,
            ),
            (
                &with_schema("&#1;@example.org", OUTLOOK),
                Unreadable::NotXml,
            ),
            (
                &with_schema("&x;@example.org", OUTLOOK),
                Unreadable::Entities,
            ),
            (&bomb, Unreadable::Entities),
            (&file, Unreadable::Entities),
            (&deep, Unreadable::TooMuch),
            (&long, Unreadable::TooMuch),
        ] {
            assert_eq!(Asked::parse(body.as_bytes()), Err(expected), "{body}");
        }
        let utf_16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(
            Asked::parse(&[&[0xff, 0xfe], utf_16.as_slice()].concat()),
            Err(Unreadable::NotXml)
        );
    }
}
