//! A line becomes a command.

use mail::limits::{DOMAIN_BYTES_MAX, LMTP_VALUE_BYTES_MAX};

use crate::parameters::{MailParameters, check_rcpt_parameters, mail_parameters};
use crate::path::split_path;
use crate::reply::Reply;

/// A command, read and not yet judged by the state of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command<'l> {
    /// LHLO with the name of the sending side.
    Lhlo(&'l str),
    /// HELO and EHLO, which LMTP does not have (RFC 2033, 4.1).
    Helo,
    /// MAIL with the reverse-path, which is empty for notifications.
    Mail(&'l str, MailParameters),
    /// RCPT with the forward-path.
    Rcpt(&'l str),
    /// DATA
    Data,
    /// BDAT (RFC 3030)
    Bdat(Chunk),
    /// RSET
    Rset,
    /// NOOP
    Noop,
    /// QUIT
    Quit,
    /// VRFY
    Vrfy,
    /// EXPN
    Expn,
    /// HELP
    Help,
    /// STARTTLS (RFC 3207)
    StartTls,
    /// XFORWARD with its attributes.
    Xforward(&'l str),
    /// XCLIENT with its attributes.
    Xclient(&'l str),
}

/// What a BDAT announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// How many bytes follow.
    pub(crate) bytes: u64,
    /// Whether the letter ends with them.
    pub(crate) is_last: bool,
}

impl<'l> Command<'l> {
    /// Reads a line without its end.
    pub(crate) fn parse(line: &'l [u8]) -> Result<Self, Reply> {
        let line = std::str::from_utf8(line).map_err(|_| Reply::BadArgument)?;
        let line = line.trim_end_matches(' ');
        if line.chars().any(char::is_control) {
            return Err(Reply::BadArgument);
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim_start_matches(' ');
        let alone = |command| match argument {
            "" => Ok(command),
            _ => Err(Reply::BadArgument),
        };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" if is_host(argument) => Ok(Self::Lhlo(argument)),
            "LHLO" => Err(Reply::BadArgument),
            "HELO" | "EHLO" => Ok(Self::Helo),
            "MAIL" => mail(argument),
            "RCPT" => rcpt(argument),
            "DATA" => alone(Self::Data),
            "BDAT" => chunk(argument).map(Self::Bdat),
            "RSET" => alone(Self::Rset),
            "QUIT" => alone(Self::Quit),
            "STARTTLS" => alone(Self::StartTls),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "EXPN" => Ok(Self::Expn),
            "HELP" => Ok(Self::Help),
            "XFORWARD" => Ok(Self::Xforward(argument)),
            "XCLIENT" => Ok(Self::Xclient(argument)),
            _ => Err(Reply::UnknownCommand),
        }
    }
}

fn mail(argument: &str) -> Result<Command<'_>, Reply> {
    let rest = after_keyword(argument, "FROM:").ok_or(Reply::BadArgument)?;
    let (path, rest) = split_path(rest).ok_or(Reply::BadSender)?;
    let parameters = mail_parameters(separated(rest)?)?;
    // It is told in Return-Path and not looked up: whatever a sender is called, the letter has come so far.
    if path.len() > LMTP_VALUE_BYTES_MAX {
        return Err(Reply::BadSender);
    }
    if !path.is_ascii() && !parameters.is_utf8 {
        return Err(Reply::NeedsUtf8);
    }
    Ok(Command::Mail(path, parameters))
}

fn rcpt(argument: &str) -> Result<Command<'_>, Reply> {
    let rest = after_keyword(argument, "TO:").ok_or(Reply::BadArgument)?;
    let (path, rest) = split_path(rest).ok_or(Reply::BadRecipient)?;
    check_rcpt_parameters(separated(rest)?)?;
    Ok(Command::Rcpt(path))
}

/// `FROM:` in any case; some senders have a space after it.
fn after_keyword<'l>(argument: &'l str, keyword: &str) -> Option<&'l str> {
    let (found, rest) = argument.split_at_checked(keyword.len())?;
    let is_keyword = found.eq_ignore_ascii_case(keyword);
    is_keyword.then(|| rest.trim_start_matches(' '))
}

/// Parameters are separated from the path.
fn separated(rest: &str) -> Result<&str, Reply> {
    match rest {
        "" => Ok(""),
        rest if rest.starts_with(' ') => Ok(rest),
        _ => Err(Reply::BadArgument),
    }
}

/// A domain or an address literal, by the signs that they may have. Names in other scripts come in ASCII (RFC 6531,
/// 3.7.1).
fn is_host(text: &str) -> bool {
    (1..=DOMAIN_BYTES_MAX).contains(&text.len()) && text.chars().all(is_host_sign)
}

const fn is_host_sign(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.' | '_' | ':' | '[' | ']')
}

/// A name as a host may have it: what it cannot have becomes a hyphen.
#[must_use]
pub fn host_name(name: &str) -> String {
    let signs = name.chars().take(DOMAIN_BYTES_MAX);
    let name: String = signs
        .map(|sign| if is_host_sign(sign) { sign } else { '-' })
        .collect();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}

fn chunk(argument: &str) -> Result<Chunk, Reply> {
    let (size, last) = argument.split_once(' ').unwrap_or((argument, ""));
    let is_number = (1..=19).contains(&size.len()) && size.bytes().all(|b| b.is_ascii_digit());
    let is_last = last.trim_start_matches(' ').eq_ignore_ascii_case("LAST");
    if !is_number || !(last.is_empty() || is_last) {
        return Err(Reply::BadArgument);
    }
    let bytes = size.parse().map_err(|_| Reply::BadArgument)?;
    Ok(Chunk { bytes, is_last })
}
