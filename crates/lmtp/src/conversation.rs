//! The conversation: which command may come when, and what is answered.

use mail::limits::{
    BAD_COMMANDS_MAX, LMTP_RECIPIENTS_MAX, LMTP_TRANSACTIONS_MAX, SWALLOW_BYTES_MAX,
};

use crate::command::{Chunk, Command};
use crate::dots::DotReader;
use crate::forwarded::{Forwarded, XCLIENT_NAMES, XFORWARD_NAMES, parse_login};
use crate::input::{Input, Line};
use crate::parameters::MailParameters;
use crate::reply::Reply;
use crate::transaction::{AcceptedRecipient, MailTransaction};

/// What holds for one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How this node calls itself, as [`host_name`](crate::host_name) makes it.
    pub node: String,
    /// The largest letter, in bytes.
    pub message_bytes_max: usize,
    /// Whether the client is trusted to say who submitted a letter.
    pub names_submitters: bool,
    /// Whether STARTTLS is offered.
    pub may_start_tls: bool,
}

/// What a conversation needs next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<R> {
    /// More bytes: [`Conversation::feed`].
    Hungry,
    /// Whether a forward-path leads anywhere: [`Conversation::recipient`].
    Recipient(String),
    /// A whole letter, to be delivered to each of its recipients: [`Conversation::delivered`].
    Deliver(MailTransaction<R>),
    /// A TLS handshake: [`Conversation::tls_begins`].
    StartTls,
    /// The end of the connection, once the replies are written.
    Close,
}

/// One client's conversation. `R` is what is known of a recipient that was accepted.
#[derive(Debug)]
pub struct Conversation<R> {
    terms: Terms,
    input: Input,
    phase: Phase,
    client: Option<String>,
    forwarded: Forwarded,
    login: Option<String>,
    transaction: Option<MailTransaction<R>>,
    /// Why the letter that is coming, or whose chunks are coming, is refused.
    ruin: Option<Reply>,
    /// Chunks of the transaction's letter have come.
    is_chunked: bool,
    /// Bytes of the letter, also of one that is refused and not kept.
    letter_bytes: u64,
    transactions: u32,
    bad_commands: u32,
}

/// What the next bytes are, or what is waited for.
#[derive(Debug)]
enum Phase {
    Commands,
    Letter(DotReader),
    Chunk(ChunkProgress),
    /// A recipient is being looked up.
    LookUp(String),
    /// A letter is being delivered to so many recipients.
    Delivery(usize),
    Closing,
}

#[derive(Clone, Copy, Debug)]
struct ChunkProgress {
    left: u64,
    is_last: bool,
    /// The one reply of a chunk that may not come.
    refusal: Option<Reply>,
}

impl<R> Conversation<R> {
    /// Begins with the greeting.
    pub fn new(terms: Terms, out: &mut Vec<u8>) -> Self {
        greet(&terms.node, out);
        Self {
            terms,
            input: Input::default(),
            phase: Phase::Commands,
            client: None,
            forwarded: Forwarded::default(),
            login: None,
            transaction: None,
            ruin: None,
            is_chunked: false,
            letter_bytes: 0,
            transactions: 0,
            bad_commands: 0,
        }
    }

    /// Takes what has come. Between two calls [`step`](Self::step) must have asked for more.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.add(bytes);
    }

    /// Goes on as far as it can.
    pub fn step(&mut self, out: &mut Vec<u8>) -> Step<R> {
        loop {
            let step = match &mut self.phase {
                Phase::Commands => self.next_command(out),
                Phase::Letter(_) => self.read_letter(out),
                Phase::Chunk(_) => self.read_chunk(out),
                // The question is open.
                Phase::LookUp(_) | Phase::Delivery(_) => return Step::Hungry,
                Phase::Closing => return Step::Close,
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// Answers [`Step::Recipient`]: what is known of the recipient, or why it is refused.
    pub fn recipient(&mut self, found: Result<R, Reply>, out: &mut Vec<u8>) {
        let Phase::LookUp(path) = std::mem::replace(&mut self.phase, Phase::Commands) else {
            return;
        };
        let reply = match (found, &mut self.transaction) {
            (Ok(route), Some(transaction)) => {
                transaction
                    .recipients
                    .push(AcceptedRecipient { path, route });
                Reply::RecipientOk
            }
            (Ok(_), None) => Reply::BadSequence,
            (Err(refusal), _) => refusal,
        };
        reply.write(out);
    }

    /// Answers [`Step::Deliver`]: a reply for each recipient, in their order. One that is missing is a transient
    /// failure, so that the letter comes again.
    pub fn delivered(&mut self, replies: &[Reply], out: &mut Vec<u8>) {
        let Phase::Delivery(recipients) = self.phase else {
            return;
        };
        for place in 0..recipients {
            replies.get(place).unwrap_or(&Reply::Trouble).write(out);
        }
        self.phase = Phase::Commands;
    }

    /// Answers [`Step::StartTls`]: the handshake is done. Everything that was known is forgotten, also what came
    /// before the handshake (RFC 3207, 4.2).
    pub fn tls_begins(&mut self) {
        self.input.clear();
        self.reset();
        self.client = None;
        self.login = None;
        self.forwarded = Forwarded::default();
        self.terms.may_start_tls = false;
    }

    /// Ends the conversation with a last reply.
    pub fn close(&mut self, reply: Reply, out: &mut Vec<u8>) {
        reply.write(out);
        self.reset();
        self.phase = Phase::Closing;
    }

    /// Refuses the letter that is coming. It is read to its end all the same.
    pub fn refuse_letter(&mut self, reply: Reply) {
        self.ruin.get_or_insert(reply);
        if let Some(transaction) = &mut self.transaction {
            transaction.letter = Vec::new();
        }
    }

    /// Who submitted the letter of the transaction that is under way, from a client that is trusted to say so.
    #[must_use]
    pub fn submitter(&self) -> Option<&str> {
        self.transaction.as_ref()?.submitter.as_deref()
    }

    /// How many bytes of a letter have come, also of one that is refused and not kept.
    #[must_use]
    pub fn received_bytes(&self) -> u64 {
        self.letter_bytes
    }

    /// How many bytes of a letter are kept in memory.
    #[must_use]
    pub fn letter_bytes(&self) -> usize {
        let transaction = self.transaction.as_ref();
        transaction.map_or(0, |transaction| transaction.letter.len())
    }

    /// Whether a letter is coming in now.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        matches!(self.phase, Phase::Letter(_) | Phase::Chunk(_))
    }

    /// Whether the client is between two transactions: nothing is lost if the connection ends.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.transaction.is_none() && matches!(self.phase, Phase::Commands)
    }

    fn next_command(&mut self, out: &mut Vec<u8>) -> Option<Step<R>> {
        match self.input.take_line() {
            Line::Unfinished => return Some(Step::Hungry),
            Line::Whole(line) => match Command::parse(&line) {
                Ok(command) => return self.obey(command, out),
                Err(reply) => self.refuse(reply, out),
            },
            Line::TooLong => self.refuse(Reply::LineTooLong, out),
            Line::BareEnd => self.close(Reply::BareLineEnd, out),
        }
        None
    }

    /// Refuses a command. So many that are none end the conversation.
    fn refuse(&mut self, reply: Reply, out: &mut Vec<u8>) {
        reply.write(out);
        self.bad_commands += u32::from(reply.is_misunderstanding());
        if self.bad_commands >= BAD_COMMANDS_MAX {
            self.close(Reply::TooManyErrors, out);
        }
    }

    fn obey(&mut self, command: Command<'_>, out: &mut Vec<u8>) -> Option<Step<R>> {
        let reply = match command {
            Command::Lhlo(name) => return self.hello(name, out),
            Command::Helo => Err(Reply::NotSmtp),
            Command::Mail(sender, parameters) => return self.mail(sender, parameters, out),
            Command::Rcpt(path) => return self.rcpt(path, out),
            Command::Data => self.data(),
            Command::Bdat(chunk) => return self.bdat(chunk, out),
            Command::Rset => {
                self.reset();
                Ok(Reply::Ok)
            }
            Command::Noop => Ok(Reply::Ok),
            Command::Quit => {
                self.close(Reply::Bye, out);
                return None;
            }
            Command::Vrfy => Ok(Reply::NotVerified),
            Command::Expn => Err(Reply::NotImplemented),
            Command::Help => Ok(Reply::Help),
            Command::StartTls => match self.start_tls() {
                Ok(reply) => {
                    reply.write(out);
                    return Some(Step::StartTls);
                }
                refused => refused,
            },
            Command::Xforward(attributes) => self.xforward(attributes),
            Command::Xclient(attributes) => match self.xclient(attributes) {
                Ok(()) => {
                    greet(&self.terms.node, out);
                    return None;
                }
                Err(refusal) => Err(refusal),
            },
        };
        match reply {
            Ok(reply) => reply.write(out),
            Err(refusal) => self.refuse(refusal, out),
        }
        None
    }

    fn hello(&mut self, name: &str, out: &mut Vec<u8>) -> Option<Step<R>> {
        self.reset();
        self.client = Some(name.to_owned());
        let mut offers = vec![
            Reply::Hello.text().to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            format!("SIZE {}", self.terms.message_bytes_max),
            "CHUNKING".to_owned(),
            format!("XFORWARD {XFORWARD_NAMES}"),
        ];
        if self.terms.may_start_tls {
            offers.push("STARTTLS".to_owned());
        }
        if self.terms.names_submitters {
            offers.push(format!("XCLIENT {XCLIENT_NAMES}"));
        }
        let last = offers.pop().unwrap_or_default();
        write_line(out, &format!("250-{}", self.terms.node));
        for offer in offers {
            write_line(out, &format!("250-{offer}"));
        }
        write_line(out, &format!("250 {last}"));
        None
    }

    fn mail(
        &mut self,
        sender: &str,
        parameters: MailParameters,
        out: &mut Vec<u8>,
    ) -> Option<Step<R>> {
        let client = match (&self.client, &self.transaction) {
            (Some(client), None) => client.clone(),
            (None, _) | (_, Some(_)) => {
                self.refuse(Reply::BadSequence, out);
                return None;
            }
        };
        if parameters.size > self.terms.message_bytes_max as u64 {
            Reply::TooLarge.write(out);
            return None;
        }
        if self.transactions >= LMTP_TRANSACTIONS_MAX {
            self.close(Reply::TooManyTransactions, out);
            return None;
        }
        self.transactions += 1;
        let is_trusted = self.terms.names_submitters;
        let submitter = parameters.submitter.filter(|_| is_trusted);
        let forwarded = std::mem::take(&mut self.forwarded);
        self.transaction = Some(MailTransaction {
            sender: sender.to_owned(),
            is_utf8: parameters.is_utf8,
            submitter: submitter.or_else(|| self.login.clone()),
            queue_id: forwarded.queue_id.or(parameters.envelope_id),
            origin: forwarded.address.or(forwarded.name),
            client,
            recipients: Vec::new(),
            letter: Vec::new(),
        });
        Reply::SenderOk.write(out);
        None
    }

    fn rcpt(&mut self, path: &str, out: &mut Vec<u8>) -> Option<Step<R>> {
        let Some(transaction) = self.transaction.as_ref().filter(|_| !self.is_chunked) else {
            self.refuse(Reply::BadSequence, out);
            return None;
        };
        if transaction.recipients.len() >= LMTP_RECIPIENTS_MAX {
            Reply::TooManyRecipients.write(out);
            return None;
        }
        if !path.is_ascii() && !transaction.is_utf8 {
            Reply::NeedsUtf8.write(out);
            return None;
        }
        self.phase = Phase::LookUp(path.to_owned());
        Some(Step::Recipient(path.to_owned()))
    }

    fn data(&mut self) -> Result<Reply, Reply> {
        let transaction = self.transaction.as_ref().filter(|_| !self.is_chunked);
        let recipients = transaction.map(|transaction| transaction.recipients.len());
        match recipients {
            None => Err(Reply::BadSequence),
            // RFC 2033, 4.2.
            Some(0) => Err(Reply::NoRecipients),
            Some(_) => {
                self.phase = Phase::Letter(DotReader::new());
                Ok(Reply::GoOn)
            }
        }
    }

    /// The chunk is read in any case (RFC 3030, 2).
    fn bdat(&mut self, chunk: Chunk, out: &mut Vec<u8>) -> Option<Step<R>> {
        let Chunk { bytes, is_last } = chunk;
        let refusal = match &self.transaction {
            Some(transaction) if !transaction.recipients.is_empty() => None,
            Some(_) => Some(Reply::NoRecipients),
            None => Some(Reply::BadSequence),
        };
        if bytes > SWALLOW_BYTES_MAX {
            self.close(Reply::TooLarge, out);
            return None;
        }
        self.is_chunked = refusal.is_none();
        self.phase = Phase::Chunk(ChunkProgress {
            left: bytes,
            is_last,
            refusal,
        });
        None
    }

    fn start_tls(&self) -> Result<Reply, Reply> {
        match (self.terms.may_start_tls, &self.transaction) {
            (true, None) => Ok(Reply::StartTls),
            (true, Some(_)) => Err(Reply::BadSequence),
            (false, _) => Err(Reply::NotImplemented),
        }
    }

    fn xforward(&mut self, attributes: &str) -> Result<Reply, Reply> {
        if self.client.is_none() || self.transaction.is_some() {
            return Err(Reply::BadSequence);
        }
        self.forwarded.learn(attributes)?;
        Ok(Reply::Ok)
    }

    /// The client begins anew, as another; here that takes LHLO.
    fn xclient(&mut self, attributes: &str) -> Result<(), Reply> {
        if !self.terms.names_submitters {
            return Err(Reply::NotTrusted);
        }
        if self.transaction.is_some() {
            return Err(Reply::BadSequence);
        }
        self.login = parse_login(attributes)?;
        self.client = None;
        Ok(())
    }

    fn read_letter(&mut self, out: &mut Vec<u8>) -> Option<Step<R>> {
        let Phase::Letter(mut reader) = self.phase else {
            return None;
        };
        let mut piece = Vec::new();
        let (read, is_end) = reader.read(self.input.rest(), &mut piece);
        self.input.skip(read);
        self.phase = Phase::Letter(reader);
        if reader.is_smuggled() {
            self.refuse_letter(Reply::Smuggled);
        }
        self.keep(&piece);
        if is_end {
            return self.end_of_letter(out);
        }
        if self.letter_bytes > self.swallow_bytes_max() {
            self.close(Reply::TooLarge, out);
            return None;
        }
        Some(Step::Hungry)
    }

    fn read_chunk(&mut self, out: &mut Vec<u8>) -> Option<Step<R>> {
        let Phase::Chunk(mut chunk) = self.phase else {
            return None;
        };
        let rest = self.input.rest();
        let read = usize::try_from(chunk.left).map_or(rest.len(), |left| left.min(rest.len()));
        let piece = rest.get(..read).unwrap_or_default().to_vec();
        self.input.skip(read);
        chunk.left -= read as u64;
        self.phase = Phase::Chunk(chunk);
        if chunk.refusal.is_none() {
            self.keep(&piece);
        }
        if chunk.left > 0 {
            return Some(Step::Hungry);
        }
        self.phase = Phase::Commands;
        match (chunk.refusal, chunk.is_last) {
            (Some(refusal), false) => refusal.write(out),
            // No recipient was accepted, so there is no reply (RFC 2033, 4.3).
            (Some(_), true) => self.reset(),
            (None, true) => return self.end_of_letter(out),
            (None, false) if self.letter_bytes > self.swallow_bytes_max() => {
                self.close(Reply::TooLarge, out);
            }
            (None, false) => self.ruin.unwrap_or(Reply::Ok).write(out),
        }
        None
    }

    /// Adds to the letter, unless it is refused.
    fn keep(&mut self, piece: &[u8]) {
        self.letter_bytes += piece.len() as u64;
        if self.letter_bytes > self.terms.message_bytes_max as u64 {
            self.refuse_letter(Reply::TooLarge);
        }
        if let (None, Some(transaction)) = (self.ruin, &mut self.transaction) {
            transaction.letter.extend_from_slice(piece);
        }
    }

    /// What is read of a letter that is refused.
    fn swallow_bytes_max(&self) -> u64 {
        SWALLOW_BYTES_MAX.max(self.terms.message_bytes_max as u64)
    }

    /// The letter is whole: each recipient is answered for itself (RFC 2033, 4.2).
    fn end_of_letter(&mut self, out: &mut Vec<u8>) -> Option<Step<R>> {
        self.phase = Phase::Commands;
        let (ruin, transaction) = (self.ruin, self.transaction.take());
        self.reset();
        let transaction = transaction?;
        let recipients = transaction.recipients.len();
        if let Some(refusal) = ruin {
            (0..recipients).for_each(|_| refusal.write(out));
            return None;
        }
        self.phase = Phase::Delivery(recipients);
        Some(Step::Deliver(transaction))
    }

    fn reset(&mut self) {
        self.transaction = None;
        self.ruin = None;
        self.is_chunked = false;
        self.letter_bytes = 0;
        self.forwarded = Forwarded::default();
    }
}

fn greet(node: &str, out: &mut Vec<u8>) {
    let (code, text) = (Reply::Ready.code(), Reply::Ready.text());
    write_line(out, &format!("{code} {node} {text}"));
}

fn write_line(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
}
