//! Every reply, in one table: its code, its enhanced code (RFC 3463), its text.

/// What the other side is told. `docs/OPERATIONS.md` has the same table; a test compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// The greeting.
    Ready,
    /// To LHLO.
    Hello,
    /// To HELP.
    Help,
    /// To STARTTLS.
    StartTls,
    /// To QUIT.
    Bye,
    /// To what needs no other words.
    Ok,
    /// To MAIL.
    SenderOk,
    /// To RCPT.
    RecipientOk,
    /// The letter is committed for a recipient.
    Delivered,
    /// The same letter had been delivered a short time before.
    Duplicate,
    /// To VRFY.
    NotVerified,
    /// To DATA.
    GoOn,
    /// The node stops.
    ShuttingDown,
    /// No command came for too long, or a letter came too slowly.
    TooSlow,
    /// The connection has had as many transactions as one may have.
    TooManyTransactions,
    /// Too many commands were not understood.
    TooManyErrors,
    /// There are too many connections.
    TooManyConnections,
    /// Our trouble.
    Trouble,
    /// The database is away.
    Unavailable,
    /// The mailbox has reached a bound.
    MailboxBound,
    /// No memory is free for the letter.
    NoMemory,
    /// The mailbox is over quota, and whoever configured this wants to be asked again.
    OverQuotaForNow,
    /// The transaction has as many recipients as one may have.
    TooManyRecipients,
    /// No such command.
    UnknownCommand,
    /// HELO or EHLO.
    NotSmtp,
    /// A command that is too long.
    LineTooLong,
    /// A command with a line end that is not CRLF.
    BareLineEnd,
    /// A command whose argument is not understood.
    BadArgument,
    /// A reverse-path that is not understood.
    BadSender,
    /// A forward-path that is not understood.
    BadRecipient,
    /// EXPN.
    NotImplemented,
    /// A command that may not come now.
    BadSequence,
    /// A letter for nobody.
    NoRecipients,
    /// Nobody has this address.
    UnknownRecipient,
    /// The right to post is missing.
    NotPermitted,
    /// The mailbox is over quota.
    OverQuota,
    /// The letter is too large.
    TooLarge,
    /// An address outside of ASCII without SMTPUTF8.
    NeedsUtf8,
    /// The address from which somebody connects is in no trusted network.
    NotTrusted,
    /// A lone dot between line ends of which one is not CRLF: SMTP smuggling.
    Smuggled,
    /// A NUL that no encoding can hide.
    NulInHeader,
    /// A parameter that is not known.
    UnknownParameter,
}

/// A row of the table.
type Row = (Reply, u16, Option<&'static str>, &'static str);

const ROWS: &[Row] = {
    use Reply::*;
    &[
        (Ready, 220, None, "LMTP, Postroom"),
        (Hello, 250, None, "PIPELINING"),
        (
            Help,
            214,
            Some("2.0.0"),
            "LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT",
        ),
        (StartTls, 220, Some("2.0.0"), "Begin TLS"),
        (Bye, 221, Some("2.0.0"), "Bye"),
        (Ok, 250, Some("2.0.0"), "OK"),
        (SenderOk, 250, Some("2.1.0"), "Sender OK"),
        (RecipientOk, 250, Some("2.1.5"), "Recipient OK"),
        (Delivered, 250, Some("2.0.0"), "Delivered"),
        (
            Duplicate,
            250,
            Some("2.0.0"),
            "The same letter was delivered a short time ago",
        ),
        (NotVerified, 252, Some("2.5.0"), "RCPT tells who exists"),
        (
            GoOn,
            354,
            None,
            "Send the letter; a line with a dot alone ends it",
        ),
        (
            ShuttingDown,
            421,
            Some("4.3.2"),
            "This node stops: connect again",
        ),
        (
            TooSlow,
            421,
            Some("4.4.2"),
            "Nothing came for too long, or it came too slowly",
        ),
        (
            TooManyTransactions,
            421,
            Some("4.3.2"),
            "This connection has had enough letters: connect again",
        ),
        (
            TooManyErrors,
            421,
            Some("4.7.0"),
            "Too many commands were not understood",
        ),
        (
            TooManyConnections,
            421,
            Some("4.3.2"),
            "There are too many connections",
        ),
        (Trouble, 451, Some("4.3.0"), "Trouble here: try again later"),
        (
            Unavailable,
            451,
            Some("4.3.0"),
            "The database is not available: try again later",
        ),
        (
            MailboxBound,
            452,
            Some("4.2.0"),
            "The mailbox takes nothing more: a limit is reached",
        ),
        (
            NoMemory,
            452,
            Some("4.3.1"),
            "No memory is free for the letter: try again later",
        ),
        (
            OverQuotaForNow,
            452,
            Some("4.2.2"),
            "The mailbox is over its quota",
        ),
        (
            TooManyRecipients,
            452,
            Some("4.5.3"),
            "Too many recipients: the others in another transaction",
        ),
        (UnknownCommand, 500, Some("5.5.1"), "No such command"),
        (NotSmtp, 500, Some("5.5.1"), "This is LMTP: say LHLO"),
        (LineTooLong, 500, Some("5.5.2"), "The line is too long"),
        (
            BareLineEnd,
            500,
            Some("5.5.2"),
            "A line ends with CR and LF",
        ),
        (
            BadArgument,
            501,
            Some("5.5.4"),
            "The argument is not understood",
        ),
        (
            BadSender,
            501,
            Some("5.1.7"),
            "The sender's address is not understood",
        ),
        (
            BadRecipient,
            501,
            Some("5.1.3"),
            "The recipient's address is not understood",
        ),
        (NotImplemented, 502, Some("5.5.1"), "Not offered"),
        (BadSequence, 503, Some("5.5.1"), "Not now"),
        (
            NoRecipients,
            503,
            Some("5.5.1"),
            "No recipient was accepted",
        ),
        (
            UnknownRecipient,
            550,
            Some("5.1.1"),
            "Nobody has this address",
        ),
        (
            NotPermitted,
            550,
            Some("5.7.1"),
            "The sender may not post there",
        ),
        (
            OverQuota,
            552,
            Some("5.2.2"),
            "The mailbox is over its quota",
        ),
        (TooLarge, 552, Some("5.3.4"), "The letter is too large"),
        (
            NeedsUtf8,
            553,
            Some("5.6.7"),
            "Such an address needs SMTPUTF8",
        ),
        (NotTrusted, 554, Some("5.7.1"), "Not from this address"),
        (
            Smuggled,
            554,
            Some("5.6.0"),
            "A line ends with CR and LF, also before and after a dot",
        ),
        (
            NulInHeader,
            554,
            Some("5.6.0"),
            "The letter has a NUL where no encoding can hide it",
        ),
        (UnknownParameter, 555, Some("5.5.4"), "No such parameter"),
    ]
};

impl Reply {
    /// All of them, in the order of their codes as the table has it.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.0)
    }

    /// The reply's three digits.
    #[must_use]
    pub fn code(self) -> u16 {
        self.row().1
    }

    /// The enhanced status code, where it has one.
    #[must_use]
    pub fn enhanced(self) -> Option<&'static str> {
        self.row().2
    }

    /// The words.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.row().3
    }

    /// Whether the letter was taken, which a recipient's reply says.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.code() < 300
    }

    /// Whether another attempt may have another outcome.
    #[must_use]
    pub fn is_transient(self) -> bool {
        (400..500).contains(&self.code())
    }

    /// Whether what came was not understood. Commands that come at the wrong time may be many in a row: who sends
    /// them ahead does not know yet that an earlier one failed (PIPELINING).
    #[must_use]
    pub(crate) fn is_misunderstanding(self) -> bool {
        let is_address = matches!(self, Self::BadSender | Self::BadRecipient);
        matches!(self.code(), 500..=502 | 555) && !is_address
    }

    /// Writes the reply as one line.
    pub fn write(self, out: &mut Vec<u8>) {
        let (_, code, enhanced, text) = self.row();
        let line = match enhanced {
            Some(enhanced) => format!("{code} {enhanced} {text}\r\n"),
            None => format!("{code} {text}\r\n"),
        };
        out.extend_from_slice(line.as_bytes());
    }

    fn row(self) -> Row {
        let found = ROWS.iter().find(|row| row.0 == self);
        found.copied().unwrap_or((self, 451, Some("4.3.0"), ""))
    }
}
