//! What mail transfer agents ask: the same, however it comes in pieces.

use mta::auth_protocol::{Conversation, Step};
use mta::socketmap::{Answer, Requests};

use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "agents",
    words: &[
        "\t",
        "\n",
        "\u{1}",
        "AUTH",
        "CONT",
        "CANCEL",
        "VERSION",
        "CPID",
        "1",
        "2",
        "42",
        "PLAIN",
        "LOGIN",
        "service=smtp",
        "rip=192.0.2.1",
        "resp=",
        "AGFkYQBwYXNz",
        "YWRh",
        "=",
        "secured",
        ":",
        ",",
        "0",
        "9:",
        "7:",
        "16384:",
        "3:x y,",
        "20:recipients ada@x.org,",
        " ",
        "ada@example.org",
        "\u{fc}",
    ],
    meet,
};

fn meet(input: &[u8]) -> Shape {
    let looked_up = look_up(input, input.len());
    let asked = ask(input, input.len());
    for piece in [1, 3] {
        assert_eq!(look_up(input, piece), looked_up, "in pieces of {piece}");
        assert_eq!(ask(input, piece), asked, "in pieces of {piece}");
    }
    let kinds = asked.iter().map(|said| said.split(['\t', ' ']).next());
    let kinds: Vec<_> = kinds.collect();
    Shape::of(format!("{} {kinds:?}", looked_up.len()).as_bytes())
}

/// The questions for a map, and how it ends.
fn look_up(input: &[u8], piece: usize) -> Vec<String> {
    let (mut requests, mut asked) = (Requests::default(), Vec::new());
    for bytes in input.chunks(piece.max(1)) {
        requests.push(bytes);
        loop {
            match requests.take_next() {
                Ok(Some(request)) => {
                    // An answer is read as one, whatever was asked.
                    let mut back = Requests::default();
                    back.push(&Answer::Found(request.key.clone()).encode());
                    if let Ok(Some(answer)) = back.take_next() {
                        assert_eq!(answer.key, request.key);
                    }
                    asked.push(format!("{} {}", request.map, request.key));
                }
                Ok(None) => break,
                Err(unreadable) => {
                    asked.push(format!("{unreadable:?}"));
                    return asked;
                }
            }
        }
    }
    asked
}

/// What the lines come to, and how it ends.
fn ask(input: &[u8], piece: usize) -> Vec<String> {
    let (mut conversation, mut said) = (Conversation::default(), Vec::new());
    for bytes in input.chunks(piece.max(1)) {
        conversation.push(bytes);
        loop {
            match conversation.take_next() {
                Ok(Some(Step::Nothing)) => {}
                Ok(Some(Step::Say(bytes))) => {
                    let line = String::from_utf8_lossy(&bytes).into_owned();
                    assert_eq!(line.find('\n'), Some(line.len() - 1), "{line:?}");
                    said.push(line);
                }
                Ok(Some(Step::Ask(claim))) => {
                    said.push(format!("claim {} {}", claim.id, claim.credentials.user));
                }
                Ok(None) => break,
                Err(unreadable) => {
                    said.push(format!("{unreadable:?}"));
                    return said;
                }
            }
        }
    }
    said
}
