//! Dovecot's authentication protocol, version 1.2, as its clients speak it: Postfix and Exim ask so whether a password is
//! right (`smtpd_sasl_type = dovecot`).
//!
//! Lines end with LF, and their fields are parted by tabs; TAB, LF, CR, NUL and 0x01 inside a field are written as 0x01 and
//! a sign. One connection has many requests under way, each with a number that the client gives.

use std::collections::BTreeMap;
use std::net::IpAddr;

use auth::{Credentials, Exchange, PasswordMechanism, SaslStep};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use mail::limits::{AUTH_LINE_BYTES_MAX, AUTH_REQUESTS_MAX};

/// One connection of a mail transfer agent.
#[derive(Debug, Default)]
pub struct Conversation {
    /// What was taken from its front costs nothing, however much is behind.
    buffer: BytesMut,
    exchanges: BTreeMap<u32, Request>,
}

/// What comes of a line.
#[derive(Debug)]
pub enum Step {
    /// Nothing is to be said.
    Nothing,
    /// This is said.
    Say(Vec<u8>),
    /// Whether this password is right decides what is said: [`welcome`], [`refuse`] or [`fail`].
    Ask(Claim),
}

/// Somebody who wants to be let in.
#[derive(Debug)]
pub struct Claim {
    /// The client's number for the request.
    pub id: u32,
    /// Who, and by which password.
    pub credentials: Credentials,
    /// Where that person connects from, as the client says.
    pub address: Option<IpAddr>,
    /// What for: `smtp` with Postfix and Exim. Cut to a length that the log bears.
    pub service: String,
}

/// Why a connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A line that is too long.
    TooLong,
    /// The client speaks another major version.
    Version,
    /// A line without what every line of its kind has.
    Malformed,
    /// More requests are under way than one connection may have.
    TooMany,
}

/// A request that is under way.
#[derive(Debug)]
struct Request {
    exchange: Exchange,
    address: Option<IpAddr>,
    service: String,
}

/// What is said first: the version, the mechanisms, and numbers by which a master process would tell connections apart.
/// `cookie` is random.
#[must_use]
pub fn greeting(process: u32, connection: u64, cookie: &[u8; 16]) -> Vec<u8> {
    let mut lines = "VERSION\t1\t2\n".to_owned();
    for mechanism in PasswordMechanism::ALL {
        lines += &format!("MECH\t{}\tplaintext\n", mechanism.as_str());
    }
    let cookie = u128::from_be_bytes(*cookie);
    lines += &format!("SPID\t{process}\nCUID\t{connection}\nCOOKIE\t{cookie:032x}\nDONE\n");
    lines.into_bytes()
}

/// Lets somebody in, as `user`.
#[must_use]
pub fn welcome(id: u32, user: &str) -> Vec<u8> {
    format!("OK\t{id}\tuser={}\n", escape(user)).into_bytes()
}

/// Refuses somebody, without saying why. The name is not repeated: people type passwords there, and agents write logs.
#[must_use]
pub fn refuse(id: u32) -> Vec<u8> {
    format!("FAIL\t{id}\n").into_bytes()
}

/// Says that it cannot be told at the moment.
#[must_use]
pub fn fail(id: u32, reason: &str) -> Vec<u8> {
    format!("FAIL\t{id}\ttemp\treason={}\n", escape(reason)).into_bytes()
}

impl Conversation {
    /// Takes what has come. At most [`AUTH_LINE_BYTES_MAX`] and what is given at once are kept.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What comes of the next line; `None` while it is not whole.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: the connection is of no more use.
    pub fn take_next(&mut self) -> Result<Option<Step>, Unreadable> {
        let end = self.buffer.iter().position(|&byte| byte == b'\n');
        if end.unwrap_or(self.buffer.len()) > AUTH_LINE_BYTES_MAX {
            return Err(Unreadable::TooLong);
        }
        let Some(end) = end else {
            return Ok(None);
        };
        let line = self.buffer.split_to(end + 1);
        let line = str::from_utf8(&line[..end]).map_err(|_| Unreadable::Malformed)?;
        self.answer(line).map(Some)
    }

    fn answer(&mut self, line: &str) -> Result<Step, Unreadable> {
        let mut fields = line.split('\t');
        match fields.next().unwrap_or_default() {
            "VERSION" if fields.next() != Some("1") => Err(Unreadable::Version),
            "AUTH" => {
                let id = number(fields.next())?;
                let mechanism = fields.next().ok_or(Unreadable::Malformed)?;
                self.begin(id, mechanism, fields)
            }
            "CONT" => {
                let id = number(fields.next())?;
                let message = decode(fields.next().unwrap_or_default());
                let Some(request) = self.exchanges.remove(&id) else {
                    return Err(Unreadable::Malformed);
                };
                Ok(match message {
                    Some(message) => {
                        let step = request.exchange.respond(message);
                        self.go_on(id, step, request.address, request.service)
                    }
                    None => Step::Say(no_base64(id)),
                })
            }
            "CANCEL" => {
                self.exchanges.remove(&number(fields.next())?);
                Ok(Step::Nothing)
            }
            // CPID, and what later versions add.
            _ => Ok(Step::Nothing),
        }
    }

    fn begin<'f>(
        &mut self,
        id: u32,
        mechanism: &str,
        parameters: impl Iterator<Item = &'f str>,
    ) -> Result<Step, Unreadable> {
        if self.exchanges.contains_key(&id) {
            return Err(Unreadable::Malformed);
        }
        if self.exchanges.len() >= AUTH_REQUESTS_MAX {
            return Err(Unreadable::TooMany);
        }
        let (mut address, mut service, mut initial) = (None, String::new(), None);
        for parameter in parameters {
            match parameter.split_once('=') {
                Some(("rip", value)) => address = unescape(value).parse().ok(),
                Some(("service", value)) => service = unescape(value).chars().take(32).collect(),
                Some(("resp", value)) => initial = Some(value),
                _ => {}
            }
        }
        let Some(mechanism) = PasswordMechanism::parse(mechanism) else {
            let text = format!("FAIL\t{id}\treason=This mechanism is not offered\n");
            return Ok(Step::Say(text.into_bytes()));
        };
        let Some(initial) = initial.map_or(Some(None), |text| decode(text).map(Some)) else {
            return Ok(Step::Say(no_base64(id)));
        };
        Ok(self.go_on(id, mechanism.start(initial), address, service))
    }

    fn go_on(&mut self, id: u32, step: SaslStep, address: Option<IpAddr>, service: String) -> Step {
        match step {
            SaslStep::Challenge(challenge, exchange) => {
                let request = Request {
                    exchange,
                    address,
                    service,
                };
                self.exchanges.insert(id, request);
                let challenge = STANDARD.encode(challenge);
                Step::Say(format!("CONT\t{id}\t{challenge}\n").into_bytes())
            }
            SaslStep::Credentials(credentials) => Step::Ask(Claim {
                id,
                credentials,
                address,
                service,
            }),
            SaslStep::Refused => Step::Say(refuse(id)),
        }
    }
}

fn number(field: Option<&str>) -> Result<u32, Unreadable> {
    field
        .and_then(|field| field.parse().ok())
        .ok_or(Unreadable::Malformed)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn no_base64(id: u32) -> Vec<u8> {
    format!("FAIL\t{id}\treason=This is not base64\n").into_bytes()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\0' => escaped.push_str("\u{1}0"),
            '\u{1}' => escaped.push_str("\u{1}1"),
            '\t' => escaped.push_str("\u{1}t"),
            '\r' => escaped.push_str("\u{1}r"),
            '\n' => escaped.push_str("\u{1}n"),
            sign => escaped.push(sign),
        }
    }
    escaped
}

fn unescape(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\u{1}' => match signs.next() {
                Some('0') => unescaped.push('\0'),
                Some('1') => unescaped.push('\u{1}'),
                Some('t') => unescaped.push('\t'),
                Some('r') => unescaped.push('\r'),
                Some('n') => unescaped.push('\n'),
                other => unescaped.extend(other),
            },
            sign => unescaped.push(sign),
        }
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use auth::Password;
    use mail::limits::{AUTH_LINE_BYTES_MAX, AUTH_REQUESTS_MAX};

    use super::{Conversation, Step, Unreadable, fail, greeting, refuse, welcome};

    /// What is said to these lines; a claim is written as `<id authzid user password address service>`.
    fn said(lines: &[&str]) -> Result<Vec<String>, Unreadable> {
        let mut conversation = Conversation::default();
        let mut said = Vec::new();
        for line in lines {
            conversation.push(format!("{line}\n").as_bytes());
            while let Some(step) = conversation.take_next()? {
                match step {
                    Step::Nothing => {}
                    Step::Say(bytes) => said.push(String::from_utf8(bytes).unwrap()),
                    Step::Ask(claim) => {
                        let password: &Password = &claim.credentials.password;
                        said.push(format!(
                            "<{} {} {} {} {} {}>",
                            claim.id,
                            claim.credentials.authzid.as_deref().unwrap_or("-"),
                            claim.credentials.user,
                            String::from_utf8_lossy(password.as_bytes()),
                            claim.address.map_or("-".into(), |it| it.to_string()),
                            claim.service,
                        ));
                    }
                }
            }
        }
        Ok(said)
    }

    #[test]
    fn the_greeting_offers_the_mechanisms() {
        let said = greeting(7, 8, &[0xab; 16]);
        assert_eq!(
            String::from_utf8(said).unwrap(),
            "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t7\nCUID\t8\n\
             COOKIE\tabababababababababababababababab\nDONE\n"
        );
    }

    #[test]
    fn a_password_comes_at_once_or_is_asked_for() {
        let postfix = "AUTH\t1\tPLAIN\tservice=smtp\tnologin\tlip=192.0.2.1\trip=192.0.2.9\tsecured\tresp=AGFkYQBwYXNz";
        for (lines, expected) in [
            (
                &["VERSION\t1\t1", "CPID\t42", postfix][..],
                &["<1 - ada pass 192.0.2.9 smtp>"][..],
            ),
            (
                &["AUTH\t2\tPLAIN\tservice=smtp", "CONT\t2\tAGFkYQBwYXNz"],
                &["CONT\t2\t\n", "<2 - ada pass - smtp>"],
            ),
            (
                &[
                    "AUTH\t3\tlogin\tservice=x",
                    "CONT\t3\tYWRhL3N1cHBvcnQ=",
                    "CONT\t3\tcGFzcw==",
                ],
                &[
                    "CONT\t3\tVXNlcm5hbWU6\n",
                    "CONT\t3\tUGFzc3dvcmQ6\n",
                    "<3 - ada/support pass - x>",
                ],
            ),
            (
                &["AUTH\t4\tPLAIN\tresp=Ym8AYWRhAHBhc3M="],
                &["<4 bo ada pass - >"],
            ),
        ] {
            assert_eq!(said(lines).unwrap(), expected);
        }
    }

    #[test]
    fn many_are_under_way_at_once() {
        let lines = [
            "AUTH\t1\tPLAIN",
            "AUTH\t2\tPLAIN",
            "CONT\t2\tAGJvAHBhc3M=",
            "CANCEL\t9",
            "CONT\t1\tAGFkYQBwYXNz",
        ];
        let expected = [
            "CONT\t1\t\n",
            "CONT\t2\t\n",
            "<2 - bo pass - >",
            "<1 - ada pass - >",
        ];
        assert_eq!(said(&lines).unwrap(), expected);
        let many: Vec<String> = (0..=AUTH_REQUESTS_MAX)
            .map(|id| format!("AUTH\t{id}\tPLAIN"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(said(&many), Err(Unreadable::TooMany));
    }

    #[test]
    fn what_makes_no_sense_is_refused_or_the_end() {
        for (line, expected) in [
            (
                "AUTH\t1\tGSSAPI",
                "FAIL\t1\treason=This mechanism is not offered\n",
            ),
            (
                "AUTH\t1\tPLAIN\tresp=?",
                "FAIL\t1\treason=This is not base64\n",
            ),
            ("AUTH\t1\tPLAIN\tresp=AAAA", "FAIL\t1\n"),
        ] {
            assert_eq!(said(&[line]).unwrap(), [expected], "{line}");
        }
        let long = "x".repeat(AUTH_LINE_BYTES_MAX + 1);
        for (lines, expected) in [
            (&["VERSION\t2\t0"][..], Unreadable::Version),
            (&["AUTH\tx\tPLAIN"], Unreadable::Malformed),
            (&["AUTH\t1"], Unreadable::Malformed),
            (&["AUTH\t1\tPLAIN", "AUTH\t1\tPLAIN"], Unreadable::Malformed),
            (&["CONT\t1\tAAAA"], Unreadable::Malformed),
            (&[&long], Unreadable::TooLong),
        ] {
            assert_eq!(said(lines), Err(expected), "{lines:?}");
        }
        assert!(said(&["CPID\t1", "", "LATER\t1"]).unwrap().is_empty());
    }

    #[test]
    fn a_name_cannot_add_fields() {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        assert_eq!(text(welcome(1, "a\tb")), "OK\t1\tuser=a\u{1}tb\n");
        assert_eq!(text(refuse(1)), "FAIL\t1\n");
        assert_eq!(text(fail(1, "later")), "FAIL\t1\ttemp\treason=later\n");
        assert_eq!(
            super::unescape(&super::escape("\0\u{1}\t\r\nü")),
            "\0\u{1}\t\r\nü"
        );
    }
}
