//! The IMAP client of the demo: without TLS on loopback, one command at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use crate::tool::ChoreError;

/// No answer on loopback takes longer than this.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    tags: u32,
}

impl Client {
    /// Connects to the plain port and logs in.
    pub(crate) fn login(port: u16, user: &str, password: &str) -> Result<Self, ChoreError> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .map_err(ChoreError::at(format!("imap port {port}")))?;
        stream
            .set_read_timeout(Some(ANSWER_TIMEOUT))
            .map_err(ChoreError::at("imap"))?;
        let mut client = Self {
            stream: BufReader::new(stream),
            tags: 0,
        };
        client.line()?;
        client.command(&format!("LOGIN {} {}", quoted(user), quoted(password)))?;
        Ok(client)
    }

    /// Sends one command and returns the untagged lines; NO and BAD are errors.
    pub(crate) fn command(&mut self, text: &str) -> Result<Vec<String>, ChoreError> {
        let tag = self.send(text)?;
        self.finish(&tag)
    }

    /// Appends one message; the literal is not waited for (RFC 7888).
    pub(crate) fn append(
        &mut self,
        mailbox: &str,
        flags: &str,
        internal_date: &str,
        message: &[u8],
    ) -> Result<(), ChoreError> {
        let length = message.len();
        let tag = self.send(&format!(
            "APPEND {} ({flags}) {} {{{length}+}}",
            quoted(mailbox),
            quoted(internal_date)
        ))?;
        self.write(message)?;
        self.write(b"\r\n")?;
        self.finish(&tag).map(drop)
    }

    /// Begins to idle and gives back a connection that only listens, for as long as it takes.
    pub(crate) fn idle(mut self) -> Result<impl Iterator<Item = String>, ChoreError> {
        self.send("IDLE")?;
        self.line()?;
        self.stream
            .get_ref()
            .set_read_timeout(None)
            .map_err(ChoreError::at("imap"))?;
        Ok(std::iter::from_fn(move || self.line().ok()))
    }

    fn send(&mut self, text: &str) -> Result<String, ChoreError> {
        self.tags += 1;
        let tag = format!("x{}", self.tags);
        self.write(format!("{tag} {text}\r\n").as_bytes())?;
        Ok(tag)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ChoreError> {
        self.stream
            .get_mut()
            .write_all(bytes)
            .map_err(ChoreError::at("imap"))
    }

    fn finish(&mut self, tag: &str) -> Result<Vec<String>, ChoreError> {
        let mut untagged = Vec::new();
        loop {
            let line = self.line()?;
            match line.strip_prefix(tag).map(str::trim_start) {
                Some(verdict) if verdict.starts_with("OK") => return Ok(untagged),
                Some(verdict) => return Err(ChoreError::new(format!("the server said {verdict}"))),
                None => untagged.push(line),
            }
        }
    }

    /// The next line, with the literals in it.
    fn line(&mut self) -> Result<String, ChoreError> {
        let mut line = Vec::new();
        loop {
            let read = self
                .stream
                .read_until(b'\n', &mut line)
                .map_err(ChoreError::at("imap"))?;
            if read == 0 {
                return Err(ChoreError::new("imap: the server closed the connection"));
            }
            while line
                .last()
                .is_some_and(|byte| matches!(byte, b'\r' | b'\n'))
            {
                line.pop();
            }
            let Some(length) = literal_length(&line) else {
                return Ok(String::from_utf8_lossy(&line).into_owned());
            };
            let mut literal = vec![0; length];
            self.stream
                .read_exact(&mut literal)
                .map_err(ChoreError::at("imap"))?;
            line.extend(literal);
        }
    }
}

/// The number in a `{42}` at the end of a line.
fn literal_length(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('}')?;
    line.rsplit_once('{')?.1.parse().ok()
}

/// A quoted string (RFC 3501, 4.3), for names and passwords that we made ourselves.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Plays a server that says `script` whatever it hears, and returns what was heard.
    fn server(script: &'static str) -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(script.as_bytes()).unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).unwrap();
            heard
        });
        (port, heard)
    }

    #[test]
    fn an_append_is_one_flight() {
        let (port, heard) = server("* OK hello\r\nx1 OK\r\nx2 OK [APPENDUID 1 1] done\r\n");
        let mut client = Client::login(port, "ada", "a\"b").unwrap();
        client
            .append(
                "Shared Folders/support",
                "\\Seen",
                " 9-Nov-2026 09:12:00 +0100",
                b"Subject: x\r\n\r\ny",
            )
            .unwrap();
        drop(client);
        let expected = "x1 LOGIN \"ada\" \"a\\\"b\"\r\n\
            x2 APPEND \"Shared Folders/support\" (\\Seen) \" 9-Nov-2026 09:12:00 +0100\" {15+}\r\nSubject: x\r\n\r\ny\r\n";
        assert_eq!(heard.join().unwrap(), expected);
    }

    #[test]
    fn literals_are_part_of_their_line() {
        let (port, heard) =
            server("* OK hello\r\nx1 OK\r\n* 1 FETCH (BODY[] {4}\r\na\r\nb UID 7)\r\nx2 OK\r\n");
        let mut client = Client::login(port, "ada", "pass").unwrap();
        assert_eq!(
            client.command("FETCH 1 BODY[]").unwrap(),
            ["* 1 FETCH (BODY[] {4}a\r\nb UID 7)"]
        );
        drop(client);
        heard.join().unwrap();
    }

    #[test]
    fn no_is_an_error() {
        let (port, heard) = server("* OK hello\r\nx1 NO [AUTHENTICATIONFAILED] who?\r\n");
        let error = Client::login(port, "ada", "pass").unwrap_err().to_string();
        assert_eq!(error, "the server said NO [AUTHENTICATIONFAILED] who?");
        heard.join().unwrap();
    }
}
