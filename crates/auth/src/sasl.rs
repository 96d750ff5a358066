//! SASL exchanges as state machines: bytes in, challenges or credentials out.
//!
//! Base64, the empty challenge's spelling and the client's `*` belong to `wire`.

use std::fmt;

use zeroize::Zeroizing;

/// A mechanism that carries a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PasswordMechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login: obsolete, and still what some clients speak.
    Login,
}

/// An exchange that waits for the client's next message.
#[derive(Clone, Debug)]
pub struct Exchange(State);

/// The state of an exchange after a message.
#[derive(Clone, Debug)]
pub enum SaslStep {
    /// The server sends this challenge and gives the client's answer to the exchange.
    Challenge(Vec<u8>, Exchange),
    /// The exchange is over. Whether the password is right is decided elsewhere.
    Credentials(Credentials),
    /// The client's message does not fit the mechanism.
    Refused,
}

/// The identity that a client claims, and its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The authorization identity: whom the user wants to act as, if the client gave one.
    pub authzid: Option<String>,
    /// The user who logs in, prepared by [`prepare_name`].
    pub user: String,
    /// The user's password.
    pub password: Password,
}

/// A password in transit. It is wiped when dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<Vec<u8>>);

#[derive(Clone, Debug)]
enum State {
    Plain,
    LoginUser,
    LoginPassword { user: String },
}

/// The prompt that servers have always sent; some clients compare it.
const ASK_USER: &[u8] = b"Username:";
const ASK_PASSWORD: &[u8] = b"Password:";

impl PasswordMechanism {
    /// Every mechanism, in the order in which CAPABILITY may list them.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Login];

    /// The mechanism of this name, in any case; `None` for one that is not offered.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mechanism| mechanism.as_str().eq_ignore_ascii_case(name))
    }

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// Starts an exchange, with the client's initial response if there was one (RFC 4959).
    #[must_use]
    pub fn start(self, initial: Option<Vec<u8>>) -> SaslStep {
        let (challenge, state) = match self {
            Self::Plain => (&b""[..], State::Plain),
            Self::Login => (ASK_USER, State::LoginUser),
        };
        match initial {
            Some(message) => Exchange(state).respond(message),
            None => SaslStep::Challenge(challenge.to_vec(), Exchange(state)),
        }
    }
}

impl Exchange {
    /// Continues with the client's message.
    #[must_use]
    pub fn respond(self, message: Vec<u8>) -> SaslStep {
        let message = Zeroizing::new(message);
        let credentials = match self.0 {
            State::Plain => plain(&message),
            State::LoginUser => {
                return match prepared_bytes(&message) {
                    Some(user) => SaslStep::Challenge(
                        ASK_PASSWORD.to_vec(),
                        Self(State::LoginPassword { user }),
                    ),
                    None => SaslStep::Refused,
                };
            }
            State::LoginPassword { user } => Password::new(&message).map(|password| Credentials {
                authzid: None,
                user,
                password,
            }),
        };
        credentials.map_or(SaslStep::Refused, SaslStep::Credentials)
    }
}

impl Password {
    /// Wraps a password; `None` for an empty one, which nobody has, and for one with NUL, which
    /// SASL cannot carry.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let is_sound = !bytes.is_empty() && !bytes.contains(&0);
        is_sound.then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The bytes of the password.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A login name in the form in which names are compared (RFC 4013); `None` for a text that cannot
/// be a name.
#[must_use]
pub fn prepare_name(name: &str) -> Option<String> {
    let prepared = stringprep::saslprep(name).ok()?;
    (!prepared.is_empty()).then(|| prepared.into_owned())
}

/// Parses `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616, 2).
fn plain(message: &[u8]) -> Option<Credentials> {
    let mut parts = message.split(|&byte| byte == 0);
    let (authzid, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    // Its form is not defined by SASL (RFC 4616, 2): it may be the path of a mailbox tree.
    let authzid = str::from_utf8(authzid).ok()?;
    Some(Credentials {
        authzid: (!authzid.is_empty()).then(|| authzid.to_owned()),
        user: prepared_bytes(user)?,
        password: Password::new(password)?,
    })
}

fn prepared_bytes(name: &[u8]) -> Option<String> {
    str::from_utf8(name).ok().and_then(prepare_name)
}

#[cfg(test)]
mod tests {
    use super::{PasswordMechanism, SaslStep};

    /// Plays a whole exchange: what the client sends, and the server's challenges with the result.
    fn play(mechanism: &str, initial: Option<&str>, messages: &[&str]) -> String {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let mut messages = messages.iter();
        let mut heard = Vec::new();
        let mut step = PasswordMechanism::parse(mechanism)
            .unwrap()
            .start(initial.map(bytes));
        loop {
            match step {
                SaslStep::Challenge(challenge, exchange) => {
                    heard.push(format!("<{}>", String::from_utf8(challenge).unwrap()));
                    step = exchange.respond(bytes(messages.next().unwrap()));
                }
                SaslStep::Credentials(found) => {
                    let password = String::from_utf8_lossy(found.password.as_bytes()).into_owned();
                    let authzid = found.authzid.as_deref().unwrap_or("-");
                    heard.push(format!("{authzid} {} {password}", found.user));
                    break;
                }
                SaslStep::Refused => {
                    heard.push("refused".to_owned());
                    break;
                }
            }
        }
        assert_eq!(messages.next(), None);
        heard.join(" ")
    }

    #[test]
    fn exchanges_end_in_credentials_or_are_refused() {
        for (mechanism, initial, messages, expected) in [
            // RFC 4616, 4.
            (
                "PLAIN",
                None,
                &["\0tim\0tanstaaftanstaaf"][..],
                "<> - tim tanstaaftanstaaf",
            ),
            (
                "PLAIN",
                None,
                &["Ursel\0Kurt\0xipj3plmq"],
                "<> Ursel Kurt xipj3plmq",
            ),
            ("plain", Some("\0ada\0pw"), &[], "- ada pw"),
            (
                "PLAIN",
                Some("support/Sent\0ada\0pw"),
                &[],
                "support/Sent ada pw",
            ),
            (
                "PLAIN",
                Some("\0ada@example.org\0p w\r\n"),
                &[],
                "- ada@example.org p w\r\n",
            ),
            ("PLAIN", Some("\0a\u{ad}da\0pw"), &[], "- ada pw"),
            ("PLAIN", Some("\0Cafe\u{301}\0pw"), &[], "- Café pw"),
            ("PLAIN", Some(""), &[], "refused"),
            ("PLAIN", Some("ada"), &[], "refused"),
            ("PLAIN", Some("ada\0pw"), &[], "refused"),
            ("PLAIN", Some("\0\0pw"), &[], "refused"),
            ("PLAIN", Some("\0\u{ad}\0pw"), &[], "refused"),
            ("PLAIN", Some("\0ada\0"), &[], "refused"),
            ("PLAIN", Some("\0ada\0pw\0"), &[], "refused"),
            ("PLAIN", Some("\0ada\0pw\0more"), &[], "refused"),
            ("PLAIN", Some("\0a\tda\0pw"), &[], "refused"),
            (
                "LOGIN",
                None,
                &["ada", "pw"],
                "<Username:> <Password:> - ada pw",
            ),
            ("LOGIN", Some("ada"), &["pw"], "<Password:> - ada pw"),
            ("LOGIN", None, &[""], "<Username:> refused"),
            ("LOGIN", None, &["ada\0"], "<Username:> refused"),
            (
                "LOGIN",
                None,
                &["ada", ""],
                "<Username:> <Password:> refused",
            ),
            (
                "LOGIN",
                None,
                &["ada", "p\0w"],
                "<Username:> <Password:> refused",
            ),
        ] {
            let heard = play(mechanism, initial, messages);
            assert_eq!(heard, expected, "{mechanism} {initial:?} {messages:?}");
        }
        assert_eq!(PasswordMechanism::parse("CRAM-MD5"), None);
    }

    #[test]
    fn names_are_text_and_passwords_are_bytes() {
        let start = |message: &[u8]| PasswordMechanism::Plain.start(Some(message.to_vec()));
        assert!(matches!(start(b"\0\xff\0pw"), SaslStep::Refused));
        assert!(matches!(start(b"\xff\0ada\0pw"), SaslStep::Refused));
        let SaslStep::Credentials(credentials) = start(b"\0ada\0p\xe9") else {
            panic!("refused")
        };
        assert_eq!(credentials.password.as_bytes(), b"p\xe9");
    }

    #[test]
    fn long_parts_are_taken() {
        let long = "x".repeat(255);
        let message = format!("{long}\0{long}\0{long}");
        let expected = format!("{long} {long} {long}");
        assert_eq!(play("PLAIN", Some(&message), &[]), expected);
    }

    #[test]
    fn a_password_is_never_printed() {
        let step = PasswordMechanism::Plain.start(Some(b"\0ada\0hunter2".to_vec()));
        assert!(!format!("{step:?}").contains("hunter2"));
    }
}
