//! Attributes of XFORWARD and XCLIENT, which are Postfix's: `NAME=value` in xtext.

use mail::limits::LMTP_VALUE_BYTES_MAX;

use crate::parameters::xtext;
use crate::reply::Reply;

/// The attributes that XFORWARD may have, as LHLO offers them.
pub(crate) const XFORWARD_NAMES: &str = "NAME ADDR PORT PROTO HELO IDENT SOURCE";
/// Those of XCLIENT.
pub(crate) const XCLIENT_NAMES: &str = "LOGIN";

/// What the sending side says of the client from whom it has the letter. Until the end of the next transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    /// The client's address, and where that is not known its name.
    pub(crate) address: Option<String>,
    /// The client's name.
    pub(crate) name: Option<String>,
    /// The letter's id in the queue of the sending side.
    pub(crate) queue_id: Option<String>,
}

impl Forwarded {
    /// Takes what an XFORWARD says into account: each attribute replaces what was said of it before.
    pub(crate) fn learn(&mut self, text: &str) -> Result<(), Reply> {
        let mut learned = self.clone();
        for (name, value) in attributes(text, XFORWARD_NAMES)? {
            match name.as_str() {
                "ADDR" => learned.address = value,
                "NAME" => learned.name = value,
                "IDENT" => learned.queue_id = value,
                // Known and not needed.
                _ => {}
            }
        }
        *self = learned;
        Ok(())
    }
}

/// The login that an XCLIENT names; `None` takes it back.
pub(crate) fn parse_login(text: &str) -> Result<Option<String>, Reply> {
    let mut login = None;
    for (_, value) in attributes(text, XCLIENT_NAMES)? {
        login = value;
    }
    Ok(login)
}

/// At least one attribute, all of them among `known`; a value that the sending side does not know is `None`.
fn attributes(text: &str, known: &str) -> Result<Vec<(String, Option<String>)>, Reply> {
    let mut attributes = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (name, value) = word.split_once('=').ok_or(Reply::BadArgument)?;
        let name = name.to_ascii_uppercase();
        if !known.split(' ').any(|known| known == name) || value.len() > LMTP_VALUE_BYTES_MAX {
            return Err(Reply::BadArgument);
        }
        let value = match value {
            "" | "[UNAVAILABLE]" | "[TEMPUNAVAIL]" => None,
            value => Some(xtext(value)?),
        };
        attributes.push((name, value));
    }
    if attributes.is_empty() {
        return Err(Reply::BadArgument);
    }
    Ok(attributes)
}
