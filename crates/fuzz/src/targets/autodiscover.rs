//! What Outlook asks by Autodiscover, and whoever else comes: an address is bounded, and the same however its signs are written.

use super::autodiscover_request::{Asked, OUTLOOK, VALUE_BYTES_MAX};
use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "autodiscover",
    words: &[
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
        "<Autodiscover>",
        "</Autodiscover>",
        "<Request>",
        "</Request>",
        "<a:Request xmlns:a=\"x\">",
        "</a:Request>",
        "<EMailAddress>",
        "</EMailAddress>",
        "<EMailAddress/>",
        "<AcceptableResponseSchema>",
        "</AcceptableResponseSchema>",
        OUTLOOK,
        "ada@example.org",
        "&amp;",
        "&#64;",
        "&#x40;",
        "&#0;",
        "&x;",
        "<![CDATA[",
        "]]>",
        "<!-- ",
        " -->",
        "<!DOCTYPE x [<!ENTITY x \"y\">]>",
        "<?x ?>",
        "\r\n",
    ],
    meet,
};

/// Of an address, as much as makes a shape.
const SHAPE_SIGNS_MAX: usize = 24;

fn meet(input: &[u8]) -> Shape {
    let asked = match Asked::parse(input) {
        Ok(asked) => asked,
        Err(unreadable) => return Shape::of(format!("{unreadable:?}").as_bytes()),
    };
    let address = &asked.address;
    assert!(!address.is_empty() && address.len() <= VALUE_BYTES_MAX);
    assert_eq!(address.trim(), address, "nothing is around an address");
    let signs: String = address
        .chars()
        .map(|sign| format!("&#{};", u32::from(sign)))
        .collect();
    let schema = if asked.is_for_outlook { OUTLOOK } else { "x" };
    let written = format!(
        "<A><Request><EMailAddress>{signs}</EMailAddress>\
         <AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></A>"
    );
    assert_eq!(
        Asked::parse(written.as_bytes()),
        Ok(asked.clone()),
        "{written}"
    );
    let kinds: String = address.chars().map(kind).take(SHAPE_SIGNS_MAX).collect();
    Shape::of(format!("{} {kinds}", asked.is_for_outlook).as_bytes())
}

fn kind(sign: char) -> char {
    match sign {
        '@' | '.' | '&' | '<' | '>' | ']' => sign,
        sign if sign.is_control() => 'c',
        sign if sign.is_ascii() => 'a',
        _ => 'u',
    }
}
