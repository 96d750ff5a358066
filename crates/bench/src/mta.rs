//! A mail transfer agent that delivers letter after letter by LMTP (RFC 2033), each in a transaction of
//! its own to one recipient. An answer that does not take the letter is an error.

use crate::connection::Connection;
use crate::error::BenchError;
use crate::letter::Pattern;
use crate::world::Node;

/// One connection, which has said LHLO.
pub(crate) struct Mta {
    connection: Connection,
}

impl Mta {
    pub(crate) async fn connect(to: &Node) -> Result<Self, BenchError> {
        let mut mta = Self {
            connection: Connection::open(to.lmtp).await?,
        };
        mta.expect("the greeting", b"220 ").await?;
        mta.connection
            .outbox
            .extend_from_slice(b"LHLO bench.example.net\r\n");
        mta.connection.send().await?;
        mta.expect("LHLO", b"250 ").await?;
        Ok(mta)
    }

    /// Delivers the letter of this pattern and serial number. The commands before it are sent at once, as
    /// PIPELINING allows (RFC 2920).
    pub(crate) async fn deliver(
        &mut self,
        address: &str,
        pattern: &Pattern,
        serial: u64,
    ) -> Result<(), BenchError> {
        let commands = format!("MAIL FROM:<sue@example.net>\r\nRCPT TO:<{address}>\r\nDATA\r\n");
        self.connection.outbox.clear();
        self.connection
            .outbox
            .extend_from_slice(commands.as_bytes());
        self.connection.send().await?;
        for (command, code) in [("MAIL", b"250 "), ("RCPT", b"250 "), ("DATA", b"354 ")] {
            self.expect(command, code).await?;
        }
        self.connection.outbox.clear();
        pattern.write(serial, &mut self.connection.outbox);
        self.connection.outbox.extend_from_slice(b".\r\n");
        self.connection.send().await?;
        self.expect("the letter", b"250 ").await
    }

    /// How often something was read.
    pub(crate) const fn reads(&self) -> usize {
        self.connection.reads
    }

    /// Reads one reply to its last line, which must begin with `code`.
    async fn expect(&mut self, what: &str, code: &[u8; 4]) -> Result<(), BenchError> {
        let last = |line: &[u8]| (line.get(3) != Some(&b'-')).then(|| line.to_vec());
        let line = self.connection.hear(what, last).await?;
        if line.starts_with(code) {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line);
        Err(BenchError::new(format!("{what}: {line}")))
    }
}
