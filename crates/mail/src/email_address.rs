//! Addresses of mail, as letters are sent to them.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::limits::{ADDRESS_BYTES_MAX, DOMAIN_BYTES_MAX, LOCAL_PART_BYTES_MAX};

/// A mailbox as SMTP has it (RFC 5321, 4.1.2; RFC 6531, 3.3): `local@domain`, or `postmaster` alone (RFC 5321, 4.5.1).
/// Two are equal when they are for the same recipient, however they are spelled.
#[derive(Clone, Debug)]
pub struct EmailAddress {
    spelling: String,
    local: String,
    folded_local: String,
    domain: String,
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// There is no `@`, or nothing on one side of it.
    #[error("an address is local@domain")]
    Incomplete,
    /// The address is longer than [`ADDRESS_BYTES_MAX`] bytes, what is before its `@` than
    /// [`LOCAL_PART_BYTES_MAX`], or its domain than [`DOMAIN_BYTES_MAX`].
    #[error(
        "an address has at most {ADDRESS_BYTES_MAX} bytes, {LOCAL_PART_BYTES_MAX} of them before the @"
    )]
    TooLong,
    /// What is before the `@` is neither a row of atoms nor a quoted string.
    #[error("what is before the @ is letters, digits, dots and some signs, or in quotes")]
    Local,
    /// What is behind the `@` is not the name of a domain.
    #[error("what is behind the @ is no name of a domain")]
    Domain,
}

/// The one local part that needs no domain.
const POSTMASTER: &str = "postmaster";

impl EmailAddress {
    /// What is behind it, before the `@`, is a subaddress (RFC 5233), where the configuration does not say otherwise.
    pub const SEPARATOR: &'static str = "+";

    /// # Errors
    ///
    /// [`BadAddress`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(BadAddress::TooLong);
        }
        if text.eq_ignore_ascii_case(POSTMASTER) {
            return Ok(Self::of_parts(text, text.to_owned(), String::new()));
        }
        // A quoted local part may hold an `@`; a domain never does.
        let (local, domain) = text.rsplit_once('@').ok_or(BadAddress::Incomplete)?;
        if local.is_empty() || domain.is_empty() {
            return Err(BadAddress::Incomplete);
        }
        if local.len() > LOCAL_PART_BYTES_MAX {
            return Err(BadAddress::TooLong);
        }
        let local = unquoted(local).ok_or(BadAddress::Local)?;
        Ok(Self::of_parts(text, local, parse_domain(domain)?))
    }

    /// The domain of a text that names one, as [`domain`](Self::domain) has it.
    ///
    /// # Errors
    ///
    /// [`BadAddress::Domain`] or [`BadAddress::TooLong`].
    pub fn parse_domain(text: &str) -> Result<String, BadAddress> {
        parse_domain(text)
    }

    fn of_parts(spelling: &str, local: String, domain: String) -> Self {
        Self {
            spelling: spelling.to_owned(),
            folded_local: fold(&local),
            local,
            domain,
        }
    }

    /// What is before the `@`, without quotes, as it was given.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The same in the form in which it is looked up: NFC, in lower case.
    #[must_use]
    pub fn folded_local(&self) -> &str {
        &self.folded_local
    }

    /// The domain in lower case and ASCII (A-labels); empty for `postmaster` alone.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

/// As it was given.
impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.folded_local == other.folded_local && self.domain == other.domain
    }
}

impl Eq for EmailAddress {}

fn fold(local: &str) -> String {
    let lower = local.nfc().collect::<String>().to_lowercase();
    lower.nfc().collect()
}

/// Of a dot-string or a quoted string (RFC 5321, 4.1.2; RFC 6531, 3.3): the text that it means.
fn unquoted(local: &str) -> Option<String> {
    let Some(quoted) = local.strip_prefix('"') else {
        let is_dot_string = local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
        return is_dot_string.then(|| local.to_owned());
    };
    let quoted = quoted.strip_suffix('"')?;
    let mut text = String::new();
    let mut signs = quoted.chars();
    while let Some(sign) = signs.next() {
        let meant = match sign {
            '"' => return None,
            '\\' => signs.next().filter(|sign| matches!(sign, ' '..='~'))?,
            other => other,
        };
        if meant.is_control() {
            return None;
        }
        text.push(meant);
    }
    (!text.is_empty()).then_some(text)
}

fn is_atext(sign: char) -> bool {
    const SIGNS: &str = "!#$%&'*+-/=?^_`{|}~";
    if sign.is_ascii() {
        sign.is_ascii_alphanumeric() || SIGNS.contains(sign)
    } else {
        !sign.is_control() && !sign.is_whitespace()
    }
}

fn parse_domain(text: &str) -> Result<String, BadAddress> {
    let domain = if let Some(literal) = text.strip_prefix('[') {
        let literal = literal.strip_suffix(']').ok_or(BadAddress::Domain)?;
        let is_text = |byte: u8| byte.is_ascii_graphic() && !b"[]\\".contains(&byte);
        if literal.is_empty() || !literal.bytes().all(is_text) {
            return Err(BadAddress::Domain);
        }
        text.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii_strict(text).map_err(|_| BadAddress::Domain)?
    };
    if domain.is_empty() || domain.ends_with('.') {
        return Err(BadAddress::Domain);
    }
    if domain.len() > DOMAIN_BYTES_MAX {
        return Err(BadAddress::TooLong);
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::{BadAddress, EmailAddress};

    #[test]
    fn an_address_has_one_form_however_it_is_spelled() {
        for (text, local, domain) in [
            ("support@example.org", "support", "example.org"),
            ("Support@EXAMPLE.Org", "support", "example.org"),
            ("\"support\"@example.org", "support", "example.org"),
            ("\"s\\upport\"@example.org", "support", "example.org"),
            ("\"a b@c\"@example.org", "a b@c", "example.org"),
            ("a.b+c@example.org", "a.b+c", "example.org"),
            ("info@b\u{fc}cher.example", "info", "xn--bcher-kva.example"),
            (
                "info@Bu\u{308}cher.example",
                "info",
                "xn--bcher-kva.example",
            ),
            (
                "info@XN--BCHER-KVA.example",
                "info",
                "xn--bcher-kva.example",
            ),
            ("CAFE\u{301}@example.org", "caf\u{e9}", "example.org"),
            ("me@[192.0.2.1]", "me", "[192.0.2.1]"),
            ("me@[IPv6:2001:DB8::1]", "me", "[ipv6:2001:db8::1]"),
            ("Postmaster", "postmaster", ""),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(address.folded_local(), local, "{text}");
            assert_eq!(address.domain(), domain, "{text}");
            assert_eq!(address.to_string(), text);
        }
        let one = EmailAddress::parse("Info@b\u{fc}cher.example").unwrap();
        let other = EmailAddress::parse("info@xn--bcher-kva.example").unwrap();
        assert_eq!(one, other);
        assert_eq!(one.local(), "Info");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = "x".repeat(65);
        for (text, bad) in [
            ("", BadAddress::Incomplete),
            ("support", BadAddress::Incomplete),
            ("@example.org", BadAddress::Incomplete),
            ("support@", BadAddress::Incomplete),
            (".a@example.org", BadAddress::Local),
            ("a..b@example.org", BadAddress::Local),
            ("a b@example.org", BadAddress::Local),
            ("a@b@example.org", BadAddress::Local),
            ("\"a@example.org", BadAddress::Local),
            ("\"a\"b\"@example.org", BadAddress::Local),
            ("\"\"@example.org", BadAddress::Local),
            ("\"a\u{0}\"@example.org", BadAddress::Local),
            ("\"a\\\"@example.org", BadAddress::Local),
            ("a\r\n@example.org", BadAddress::Local),
            ("a@example..org", BadAddress::Domain),
            ("a@exa mple.org", BadAddress::Domain),
            ("a@-example.org", BadAddress::Domain),
            ("a@example.org.", BadAddress::Domain),
            ("a@[]", BadAddress::Domain),
            ("a@[1", BadAddress::Domain),
            ("a@exa_mple.org", BadAddress::Domain),
            (&format!("{long}@example.org"), BadAddress::TooLong),
            (
                &format!("a@{}example.org", "long.".repeat(60)),
                BadAddress::TooLong,
            ),
        ] {
            assert_eq!(EmailAddress::parse(text).err(), Some(bad), "{text:?}");
        }
    }
}
