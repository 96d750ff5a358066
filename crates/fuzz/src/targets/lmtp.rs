//! An LMTP conversation. How it is cut into packets changes nothing, and a letter is what a reference takes the dots
//! off, or as many bytes as were announced.

use lmtp::{Conversation, Reply, Step, Terms};

use crate::chance::Chance;
use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "lmtp",
    words: WORDS,
    meet,
};

const WORDS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    ".",
    "..",
    ".\r\n",
    "\r\n.\r\n",
    "\n.\r\n",
    "\r.\r\n",
    "\r\n.\n",
    "\r\n.\r",
    "\r\n..\r\n",
    "LHLO mx\r\n",
    "HELO mx\r\n",
    "MAIL FROM:<a@b>\r\n",
    "MAIL FROM:<>\r\n",
    "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME SMTPUTF8 AUTH=ada ENVID=+2B\r\n",
    "RCPT TO:<c@d>\r\n",
    "RCPT TO:<nobody@d>\r\n",
    "RCPT TO:<\"c d\"@e> NOTIFY=NEVER ORCPT=rfc822;c@d\r\n",
    "RCPT TO:<@a,@b:c@d>\r\n",
    "DATA\r\n",
    "BDAT 3\r\n",
    "BDAT 5 LAST\r\n",
    "BDAT 0 LAST\r\n",
    "BDAT 4294967296 LAST\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "VRFY a\r\n",
    "STARTTLS\r\n",
    "XFORWARD NAME=a ADDR=1.2.3.4 IDENT=x\r\n",
    "XCLIENT LOGIN=ada\r\n",
    "<",
    ">",
    "\"",
    "\\",
    "@",
    ":",
    "=",
    "+",
    "\u{e4}",
    "\0",
    " ",
    "abc",
];

/// So large that stretched inputs are whole, and small enough to be passed.
const MESSAGE_BYTES_MAX: usize = 512 * 1024;
const BEGIN: &[u8] = b"LHLO mx\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

fn meet(input: &[u8]) -> Shape {
    let mut chance = Chance::new(u64::try_from(input.len()).unwrap_or_default());
    let mut in_pieces = |said: &[u8]| {
        let whole = heard(said, |_| usize::MAX);
        let cut = heard(said, |left| 1 + chance.below(left.min(64)));
        assert!(whole == cut, "cut elsewhere:\n{whole:?}\n{cut:?}");
        whole
    };
    let told = in_pieces(input).replies;

    let after_data = in_pieces(&[BEGIN, b"DATA\r\n", input].concat());
    let came = after_data.letters.first();
    match reference(input) {
        Some(Letter::Honest(letter)) => assert_eq!(came, Some(&letter), "the letter changed"),
        Some(Letter::Smuggled) => {
            let refusals = after_data
                .replies
                .split("\r\n")
                .filter(|line| line.starts_with("554 5.6.0"));
            assert!(refusals.count() >= 1, "it was not refused");
        }
        None => assert_eq!(came, None, "it ended where there is no end"),
    }
    let announced = format!("BDAT {} LAST\r\n", input.len());
    let chunk = in_pieces(&[BEGIN, announced.as_bytes(), input].concat());
    assert_eq!(chunk.letters.first().map(Vec::as_slice), Some(input));
    Shape::of(told.as_bytes())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    replies: String,
    letters: Vec<Vec<u8>>,
}

/// What the conversation amounts to when it arrives in pieces of such lengths.
fn heard(mut rest: &[u8], mut piece_bytes: impl FnMut(usize) -> usize) -> Heard {
    let mut out = Vec::new();
    let mut letters = Vec::new();
    let terms = Terms {
        node: "node1".to_owned(),
        message_bytes_max: MESSAGE_BYTES_MAX,
        names_submitters: true,
        may_start_tls: true,
    };
    let mut conversation = Conversation::new(terms, &mut out);
    loop {
        match conversation.step(&mut out) {
            Step::Hungry if rest.is_empty() => break,
            Step::Hungry => {
                let (piece, after) = rest.split_at(piece_bytes(rest.len()).min(rest.len()));
                conversation.feed(piece);
                rest = after;
            }
            Step::Recipient(path) if path.starts_with("nobody") => {
                conversation.recipient(Err(Reply::UnknownRecipient), &mut out);
            }
            Step::Recipient(_) => conversation.recipient(Ok(()), &mut out),
            Step::Deliver(transaction) => {
                let replies = vec![Reply::Delivered; transaction.recipients.len()];
                conversation.delivered(&replies, &mut out);
                letters.push(transaction.letter);
            }
            // What is left of a packet is dropped, so from here on it matters how it was cut.
            Step::StartTls | Step::Close => break,
        }
    }
    Heard {
        replies: String::from_utf8_lossy(&out).into_owned(),
        letters,
    }
}

/// What another reading of RFC 5321, 4.5.2, makes of what comes after DATA.
enum Letter {
    Honest(Vec<u8>),
    /// A dot alone stands between line ends that are not both CRLF.
    Smuggled,
}

fn reference(input: &[u8]) -> Option<Letter> {
    // The line before was the command's.
    let text = [b"\r\n", input].concat();
    let end = text.windows(5).position(|five| five == b"\r\n.\r\n")? + 2;
    let is_line_end = |byte: u8| byte == b'\r' || byte == b'\n';
    let is_alone = |three: &[u8]| matches!(three, [before, b'.', after] if is_line_end(*before) && is_line_end(*after));
    if text.get(..end)?.windows(3).any(is_alone) {
        return Some(Letter::Smuggled);
    }
    let mut letter = Vec::new();
    let mut rest = text.get(2..end).unwrap_or_default();
    while !rest.is_empty() {
        let line_end = rest.windows(2).position(|two| two == b"\r\n");
        let (line, after) = rest.split_at(line_end.map_or(rest.len(), |at| at + 2));
        letter.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        rest = after;
    }
    Some(Letter::Honest(letter))
}
