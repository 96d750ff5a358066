//! Postfix's protocol for look-ups in a server (`socketmap_table(5)`): a request is a netstring `map key`, and its answer
//! a netstring that begins with `OK`, `NOTFOUND`, `TEMP`, `TIMEOUT` or `PERM`.
//!
//! A netstring is its length in digits, a colon, that many bytes, and a comma.

use bytes::{Buf as _, BytesMut};
use mail::limits::{MAP_ANSWER_BYTES_MAX, MAP_REQUEST_BYTES_MAX};

/// A question for a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name of the map.
    pub map: String,
    /// What to look up; it may have spaces.
    pub key: String,
}

/// What is sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the key leads to.
    Found(String),
    /// The map does not have the key.
    NotFound,
    /// Nobody knows at the moment: the mail waits.
    Temporary(&'static str),
    /// The question makes no sense.
    Permanent(&'static str),
}

/// Bytes that came, and are not yet requests.
#[derive(Debug, Default)]
pub struct Requests {
    /// What was taken from its front costs nothing, however much is behind.
    buffer: BytesMut,
}

/// What came is no netstring, too long a one, or no text: there is no telling where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl Requests {
    /// Takes what has come. At most [`MAP_REQUEST_BYTES_MAX`] and what is given at once are kept.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next request; `None` while it is not whole.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: the connection is of no more use.
    pub fn take_next(&mut self) -> Result<Option<Request>, Unreadable> {
        let Some((head, bytes)) = self.head()? else {
            return Ok(None);
        };
        let whole = head + bytes + 1;
        if self.buffer.len() < whole {
            return Ok(None);
        }
        if self.buffer[whole - 1] != b',' {
            return Err(Unreadable);
        }
        let text = str::from_utf8(&self.buffer[head..head + bytes]).map_err(|_| Unreadable)?;
        let (map, key) = text.split_once(' ').ok_or(Unreadable)?;
        let request = Request {
            map: map.to_owned(),
            key: key.to_owned(),
        };
        self.buffer.advance(whole);
        Ok(Some(request))
    }

    /// How long the digits with their colon are, and the length that they say.
    fn head(&self) -> Result<Option<(usize, usize)>, Unreadable> {
        let digits = self.buffer.iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        if digits > MAP_REQUEST_BYTES_MAX.ilog10() as usize + 1 {
            return Err(Unreadable);
        }
        match self.buffer.get(digits) {
            None => Ok(None),
            Some(b':') => {
                let length = str::from_utf8(&self.buffer[..digits]).ok();
                let length = length.and_then(|length| length.parse().ok());
                let is_bounded = |length: &usize| *length <= MAP_REQUEST_BYTES_MAX;
                let length = length.filter(is_bounded).ok_or(Unreadable)?;
                Ok(Some((digits + 1, length)))
            }
            Some(_) => Err(Unreadable),
        }
    }
}

impl Answer {
    /// Several names, as far as an answer can hold them. A name with what parts names is left out: it would be read as
    /// others.
    #[must_use]
    pub fn list(names: &[String]) -> Self {
        let room = MAP_ANSWER_BYTES_MAX - "OK ".len();
        let mut list = String::new();
        for name in names.iter().filter(|name| is_one_name(name)) {
            let comma = if list.is_empty() { "" } else { "," };
            if list.len() + comma.len() + name.len() > room {
                break;
            }
            list += comma;
            list += name;
        }
        if list.is_empty() {
            Self::NotFound
        } else {
            Self::Found(list)
        }
    }

    /// The answer as it is sent.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let text = match self {
            Self::Found(value) => format!("OK {value}"),
            Self::NotFound => "NOTFOUND ".to_owned(),
            Self::Temporary(reason) => format!("TEMP {reason}"),
            Self::Permanent(reason) => format!("PERM {reason}"),
        };
        format!("{}:{text},", text.len()).into_bytes()
    }
}

/// Postfix parts names at commas and white space (`smtpd_sender_login_maps`).
fn is_one_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|sign: char| sign == ',' || sign.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use mail::limits::{MAP_ANSWER_BYTES_MAX, MAP_REQUEST_BYTES_MAX};

    use super::{Answer, Request, Requests, Unreadable};

    /// All requests in `bytes`, which come in pieces of `piece`.
    fn requests(bytes: &[u8], piece: usize) -> Result<Vec<(String, String)>, Unreadable> {
        let mut requests = Requests::default();
        let mut found = Vec::new();
        for bytes in bytes.chunks(piece) {
            requests.push(bytes);
            while let Some(Request { map, key }) = requests.take_next()? {
                found.push((map, key));
            }
        }
        Ok(found)
    }

    #[test]
    fn requests_are_netstrings_however_they_are_cut() {
        let bytes = "20:recipients ada@x.org,12:senders a b ,".as_bytes();
        for piece in 1..=bytes.len() {
            let found = requests(bytes, piece).unwrap();
            let expected = [("recipients", "ada@x.org"), ("senders", "a b ")];
            let expected = expected.map(|(map, key)| (map.to_owned(), key.to_owned()));
            assert_eq!(found, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_request_is_the_end() {
        let long = format!("{}:", MAP_REQUEST_BYTES_MAX + 1);
        for bytes in [
            &b":x y,"[..],
            b"x",
            b"3:x y;",
            b"3:xyz,",
            b"3:x \xff,",
            b"-3:x y,",
            b"99999999999999999999:",
            b"000000000000000003:x y,",
            long.as_bytes(),
        ] {
            assert_eq!(requests(bytes, 1), Err(Unreadable), "{bytes:?}");
        }
    }

    #[test]
    fn answers_are_netstrings() {
        for (answer, expected) in [
            (Answer::Found("ada".to_owned()), "6:OK ada,"),
            (Answer::NotFound, "9:NOTFOUND ,"),
            (Answer::Temporary("later"), "10:TEMP later,"),
            (Answer::Permanent("no such map"), "16:PERM no such map,"),
        ] {
            assert_eq!(answer.encode(), expected.as_bytes());
        }
    }

    #[test]
    fn a_list_has_names_that_are_read_as_one_and_fits() {
        let list = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            Answer::list(&names)
        };
        let found = |text: &str| Answer::Found(text.to_owned());
        assert_eq!(list(&[]), Answer::NotFound);
        assert_eq!(list(&["ada", "bo@x.org"]), found("ada,bo@x.org"));
        assert_eq!(list(&["eve,ada", "bo"]), found("bo"));
        assert_eq!(list(&["eve ada", "eve\tada", "eve\nada"]), Answer::NotFound);
        let name = "a".repeat(999);
        let Answer::Found(text) = list(&[name.as_str(); 200]) else {
            panic!("nobody is named");
        };
        assert_eq!(text.split(',').count(), 99);
        let encoded = Answer::Found(text).encode();
        assert!(encoded.len() <= MAP_ANSWER_BYTES_MAX + "100000:,".len());
    }
}
