//! A connection's bytes, framed and understood. How they are cut into packets changes nothing.

use wire::{Expect, Frame, Framer, FramerStep, Limits, Mode, parse};

use crate::chance::Chance;
use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "commands",
    words: WORDS,
    meet,
};

/// Large enough for stretched inputs to be whole.
const LIMITS: Limits = Limits {
    line_bytes_max: 256 * 1024,
    inline_literals_bytes_max: 64 * 1024,
    message_bytes_max: 64 * 1024,
};

const WORDS: &[&str] = &[
    " ",
    "  ",
    "\r\n",
    "\n",
    "\r",
    "(",
    ")",
    "((",
    "))",
    "[",
    "]",
    "<",
    ">",
    "{",
    "}",
    "{1}\r\n",
    "{3+}\r\n",
    "~{2}\r\n",
    "{0}\r\n",
    "{4294967296+}\r\n",
    "\"",
    "\\",
    "\"a\"",
    "\"\\\"\"",
    "*",
    "%",
    ":",
    ",",
    ".",
    "$",
    "+",
    "-",
    "=",
    "0",
    "1",
    "1:*",
    "*:4",
    "4294967295",
    "NIL",
    "a1 ",
    "UID ",
    "FETCH ",
    "STORE ",
    "SEARCH ",
    "APPEND ",
    "LIST ",
    "SELECT ",
    "STATUS ",
    "SETACL ",
    "GETMETADATA ",
    "SETMETADATA ",
    "COPY ",
    "MOVE ",
    "EXPUNGE",
    "CREATE ",
    "RENAME ",
    "ENABLE ",
    "ID ",
    "LOGIN ",
    "AUTHENTICATE PLAIN ",
    "INBOX",
    "&Jjo-",
    "&",
    "\u{e4}",
    "FLAGS",
    "+FLAGS ",
    "-FLAGS.SILENT ",
    "\\Seen",
    "$Forwarded",
    "BODY",
    "BODY.PEEK[",
    "HEADER.FIELDS (",
    "1.2.MIME",
    "TEXT",
    "<0.100>",
    "MODSEQ",
    "CHANGEDSINCE 1",
    "VANISHED",
    "UNCHANGEDSINCE 0",
    "QRESYNC (1 2)",
    "RETURN (",
    "PARTIAL -1:-",
    "UIDBATCHES ",
    "COUNT",
    "MIN",
    "ALL",
    "SAVE",
    "PARTIAL 1:10",
    "UPDATE (UID)",
    "CANCELUPDATE",
    "CHARSET UTF-8 ",
    "OR ",
    "NOT ",
    "HEADER a ",
    "SENTON 1-Jan-2020",
    "LARGER ",
    "YOUNGER ",
    "FUZZY ",
    "FILTER a ",
    "SUBSCRIBED",
    "RECURSIVEMATCH",
    "STATUS (MESSAGES)",
    "METADATA (\"/shared/comment\")",
    "DEPTH infinity",
    "USE (\\Sent)",
    "SORT (REVERSE DATE) UTF-8 ",
    "THREAD REFERENCES UTF-8 ",
    "CATENATE (",
    "URL ",
    "UTF8 (",
    "BINARY.PEEK[",
    "NOTIFY SET (",
    "ESEARCH IN (",
    "SUBTREE-ONE ",
    "SELECTED ",
    "MessageNew ",
    "SETQUOTA ",
    "\"17-Jul-1996 02:44:25 -0700\"",
    "lrswipkxtea",
];

fn meet(input: &[u8]) -> Shape {
    let whole = heard(input, |_| usize::MAX);
    let mut chance = Chance::new(u64::try_from(input.len()).unwrap_or_default());
    let cut = heard(input, |left| 1 + chance.below(left.min(64)));
    assert!(whole == cut, "cut elsewhere:\n{whole:?}\n{cut:?}");
    Shape::of(whole.join("\n").as_bytes())
}

/// What the conversation amounts to when it arrives in pieces of such lengths.
fn heard(mut rest: &[u8], mut piece_bytes: impl FnMut(usize) -> usize) -> Vec<String> {
    let mut framer = Framer::new(LIMITS);
    let mut heard = Vec::new();
    loop {
        match framer.step(Expect::Command) {
            FramerStep::Hungry if rest.is_empty() => return heard,
            FramerStep::Hungry => {
                let (piece, after) = rest.split_at(piece_bytes(rest.len()).min(rest.len()));
                framer.feed(piece);
                rest = after;
            }
            FramerStep::Literal(announced) if announced.too_big => {
                heard.push(format!("{announced:?}"));
                framer.refuse();
            }
            FramerStep::Literal(_) => framer.accept(),
            FramerStep::Frame(frame) => {
                let rev1 = Mode::default();
                let utf8 = Mode { utf8: true, ..rev1 };
                let rev2 = Mode { rev2: true, ..utf8 };
                let uid_only = Mode {
                    uid_only: true,
                    ..rev1
                };
                for mode in [rev1, utf8, rev2, uid_only] {
                    heard.push(understood(frame.clone(), mode));
                }
            }
            FramerStep::Fatal(fault) => {
                heard.push(format!("{fault:?}"));
                return heard;
            }
            told @ (FramerStep::Line(_) | FramerStep::Refused(_) | FramerStep::TooLong(_)) => {
                heard.push(format!("{told:?}"));
            }
        }
    }
}

fn understood(frame: Frame, mode: Mode) -> String {
    match parse(frame, mode) {
        Ok(command) => format!("{:?}", command.body),
        Err(malformed) => malformed.to_string(),
    }
}
