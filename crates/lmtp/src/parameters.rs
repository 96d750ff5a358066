//! Parameters of MAIL and RCPT: `KEYWORD` or `KEYWORD=value` (RFC 5321, 4.1.2), and xtext (RFC 3461, 4).

use mail::limits::LMTP_VALUE_BYTES_MAX;

use crate::reply::Reply;

/// What MAIL says beside the sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailParameters {
    /// SIZE (RFC 1870); 0 where it is not known.
    pub(crate) size: u64,
    /// SMTPUTF8 (RFC 6531).
    pub(crate) is_utf8: bool,
    /// AUTH (RFC 4954, 5): who submitted it.
    pub(crate) submitter: Option<String>,
    /// ENVID (RFC 3461, 4.4).
    pub(crate) envelope_id: Option<String>,
}

/// Reads the parameters of MAIL.
pub(crate) fn mail_parameters(text: &str) -> Result<MailParameters, Reply> {
    let mut read = MailParameters::default();
    for (keyword, value) in split(text)? {
        match (keyword.as_str(), value) {
            ("SIZE", Some(size)) => read.size = parse_size(size)?,
            ("BODY", Some(body)) if is_one_of(body, &["7BIT", "8BITMIME"]) => {}
            ("RET", Some(ret)) if is_one_of(ret, &["FULL", "HDRS"]) => {}
            ("SMTPUTF8", None) => read.is_utf8 = true,
            ("AUTH", Some("<>")) => read.submitter = None,
            ("AUTH", Some(submitter)) => read.submitter = Some(xtext(submitter)?),
            ("ENVID", Some(id)) => read.envelope_id = Some(xtext(id)?),
            ("SIZE" | "BODY" | "RET" | "SMTPUTF8" | "AUTH" | "ENVID", _) => {
                return Err(Reply::BadArgument);
            }
            _ => return Err(Reply::UnknownParameter),
        }
    }
    Ok(read)
}

/// Checks the parameters of RCPT, which ask for notifications (RFC 3461) that the sending side makes: DSN is not
/// offered, so that it stays there.
pub(crate) fn check_rcpt_parameters(text: &str) -> Result<(), Reply> {
    for (keyword, value) in split(text)? {
        match (keyword.as_str(), value) {
            ("NOTIFY", Some(notify)) if is_notify(notify) => {}
            ("ORCPT", Some(original)) if original.contains(';') => drop(xtext(original)?),
            ("NOTIFY" | "ORCPT", _) => return Err(Reply::BadArgument),
            _ => return Err(Reply::UnknownParameter),
        }
    }
    Ok(())
}

/// Keywords in capitals with their values, no keyword twice.
fn split(text: &str) -> Result<Vec<(String, Option<&str>)>, Reply> {
    let mut parameters: Vec<(String, Option<&str>)> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (keyword, value) = match word.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (word, None),
        };
        let keyword = keyword.to_ascii_uppercase();
        if value.is_some_and(|value| value.is_empty() || value.len() > LMTP_VALUE_BYTES_MAX)
            || parameters.iter().any(|(known, _)| *known == keyword)
        {
            return Err(Reply::BadArgument);
        }
        parameters.push((keyword, value));
    }
    Ok(parameters)
}

fn parse_size(text: &str) -> Result<u64, Reply> {
    let is_number = text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Reply::BadArgument);
    }
    // Twenty digits may be more than any letter has.
    Ok(text.parse().unwrap_or(u64::MAX))
}

fn is_notify(text: &str) -> bool {
    let is_known = |word: &str| is_one_of(word, &["SUCCESS", "FAILURE", "DELAY"]);
    text.eq_ignore_ascii_case("NEVER") || text.split(',').all(is_known)
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// `a+2Bb` as `a+b`; what it stands for is text without control characters.
pub(crate) fn xtext(text: &str) -> Result<String, Reply> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'+' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|digit| hex(digit?));
        let [Some(high), Some(low)] = digits else {
            return Err(Reply::BadArgument);
        };
        bytes.push(high << 4 | low);
    }
    let decoded = String::from_utf8(bytes).map_err(|_| Reply::BadArgument)?;
    if decoded.is_empty() || decoded.chars().any(char::is_control) {
        return Err(Reply::BadArgument);
    }
    Ok(decoded)
}

/// Hexadecimal digits are capitals (RFC 3461, 4); some senders write small ones.
fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
