//! What keeps the seam to `imap-codec` honest, and the whole way from bytes to commands.

mod arguments;
mod canary;
mod context;
mod differential;
mod esearch;
mod filters;
mod framing;
mod fuzzy;
mod grammar;
mod hostile;
mod metadata;
mod notify;
mod objects;
mod oracle;
mod partial;
mod parts;
mod quota;
mod theirs;

use crate::{Body, Frame, MailboxArg, Malformed, Mode, parse};

/// What one command, literals inline, is in IMAP4rev1.
fn body(command: &str) -> Result<Body, Malformed> {
    body_in(Mode::default(), command)
}

fn body_in(mode: Mode, command: &str) -> Result<Body, Malformed> {
    let frame = Frame::from(format!("a1 {command}\r\n").into_bytes());
    parse(frame, mode).map(|command| command.body)
}

/// A mailbox as a command names it.
fn name(text: &str) -> MailboxArg {
    MailboxArg::Text(text.to_owned())
}

/// What the client is told of a command that is none.
fn complaint(command: &str) -> String {
    body(command).unwrap_err().to_string()
}

/// A failure is told, not written into the tree: it becomes a case of its own.
fn cases() -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    }
}
