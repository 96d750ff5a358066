//! What a client says, taken apart (RFC 5802, 7). Nothing is compared with anything here.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail::limits::SCRAM_MESSAGE_BYTES_MAX;

use super::Binding;
use crate::sasl::prepare_name;

/// The client's first message: who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFirst {
    /// The authorization identity, if the client gave one.
    pub authzid: Option<String>,
    /// The user who logs in, prepared by [`prepare_name`](crate::prepare_name).
    pub user: String,
    /// The message without the header about the connection.
    pub(super) bare: String,
    pub(super) nonce: String,
    /// What the next message has to say of the connection: the header again, and by what it is bound.
    pub(super) connection: Vec<u8>,
}

/// By what both ends of a TLS 1.3 connection know it from every other (`tls-exporter`, RFC 9266).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TlsBinding(pub [u8; 32]);

impl TlsBinding {
    /// The label under which TLS exports it, with an empty context (RFC 9266, 2).
    pub const LABEL: &'static [u8] = b"EXPORTER-Channel-Binding";
    const NAME: &'static str = "tls-exporter";
}

impl fmt::Debug for TlsBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsBinding(…)")
    }
}

impl ClientFirst {
    /// Reads the message; `None` for one that does not fit the mechanism, or does not speak of its connection as it has to.
    #[must_use]
    pub fn parse(message: &[u8], binding: Binding) -> Option<Self> {
        let text = readable(message)?;
        let (flag, rest) = text.split_once(',')?;
        let (identity, bare) = rest.split_once(',')?;
        let mut connection = text.get(..text.len() - bare.len())?.as_bytes().to_vec();
        match (flag.split_once('='), binding) {
            (Some(("p", TlsBinding::NAME)), Binding::To(TlsBinding(bytes))) => {
                connection.extend(bytes);
            }
            (None, Binding::Refused) if flag == "n" => {}
            (None, Binding::Impossible) if matches!(flag, "n" | "y") => {}
            _ => return None,
        }
        let authzid = match identity {
            // GNU SASL names an identity that is none.
            "" | "a=" => None,
            identity => Some(unescaped(identity.strip_prefix("a=")?)?),
        };
        let mut attributes = bare.split(',');
        // What begins with `m=` must be understood, and nothing is (RFC 5802, 5.1).
        let user = attributes.next()?.strip_prefix("n=")?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        attributes.all(is_extension).then_some(())?;
        is_nonce(nonce).then_some(())?;
        Some(Self {
            authzid,
            user: prepare_name(&unescaped(user)?)?,
            bare: bare.to_owned(),
            nonce: nonce.to_owned(),
            connection,
        })
    }
}

/// The client's last message.
pub(super) struct ClientFinal<'m> {
    pub(super) connection: Vec<u8>,
    pub(super) nonce: &'m str,
    pub(super) proof: [u8; 32],
    pub(super) without_proof: &'m str,
}

impl<'m> ClientFinal<'m> {
    pub(super) fn parse(message: &'m [u8]) -> Option<Self> {
        let (without_proof, proof) = readable(message)?.rsplit_once(",p=")?;
        let mut attributes = without_proof.split(',');
        let connection = attributes.next()?.strip_prefix("c=")?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        attributes.all(is_extension).then_some(())?;
        Some(Self {
            connection: STANDARD.decode(connection).ok()?,
            nonce,
            proof: STANDARD.decode(proof).ok()?.try_into().ok()?,
            without_proof,
        })
    }
}

fn readable(message: &[u8]) -> Option<&str> {
    let is_bearable = message.len() <= SCRAM_MESSAGE_BYTES_MAX && !message.contains(&0);
    str::from_utf8(message).ok().filter(|_| is_bearable)
}

/// A name in which `,` and `=` are written as they have to be (RFC 5802, 5.1).
pub(crate) fn unescaped(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = part.split_at_checked(2)?;
        text.push(match sign {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        text.push_str(rest);
    }
    (!text.is_empty()).then_some(text)
}

/// One that nobody here knows, and that may be passed over.
fn is_extension(attribute: &str) -> bool {
    matches!(attribute.as_bytes(), [name, b'=', _, ..] if name.is_ascii_alphabetic())
}

fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
