//! Whatever is sent, nothing panics, and nothing takes forever.

use proptest::prelude::*;

use crate::{Expect, Frame, Framer, FramerStep, GRAMMARS, Limits, Malformed, Mode, parse};

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn no_bytes_panic_the_framer_or_the_grammar(
        pieces in proptest::collection::vec(any::<Vec<u8>>(), 0..8),
        verdicts in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let mut framer = Framer::new(Limits {
            line_bytes_max: 64,
            inline_literals_bytes_max: 64,
            message_bytes_max: 64,
        });
        let mut verdicts = verdicts.into_iter().cycle();
        for piece in pieces {
            framer.feed(&piece);
            loop {
                match framer.step(Expect::Command) {
                    FramerStep::Hungry | FramerStep::Fatal(_) => break,
                    FramerStep::Literal(_) if verdicts.next() == Some(true) => framer.accept(),
                    FramerStep::Literal(_) => framer.refuse(),
                    FramerStep::Frame(frame) => drop(parse(frame, Mode {
                        utf8: true,
                        ..Mode::default()
                    })),
                    FramerStep::Line(_) | FramerStep::Refused(_) | FramerStep::TooLong(_) => {}
                }
            }
        }
    }

    #[test]
    fn no_arguments_panic_a_grammar(
        row in 0..GRAMMARS.len(),
        arguments in proptest::collection::vec(
            "[ (){}\\[\\]<>\"\\\\*%,:.~$+-]|[0-9]{1,3}|\\{[0-9]\\+\\}\r\n|\r|\n|\0|ä|\
             ALL|NOT|OR|UID|BODY|HEADER.FIELDS|RETURN|CHARSET|UTF-8|FLAGS|INBOX|USE|STATUS|UTF8",
            0..20,
        ),
        utf8 in any::<bool>(),
    ) {
        let command = format!("a1 {} {}\r\n", GRAMMARS[row].name, arguments.concat());
        // A charset that is not there is no fault of the grammar, and answered with a code.
        if let Err(Malformed::Grammar { text, .. }) =
            parse(Frame::from(command.into_bytes()), Mode {
                utf8,
                ..Mode::default()
            })
        {
            prop_assert!(text.starts_with(GRAMMARS[row].name), "{text}");
            prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
        }
    }
}

/// Fails by overflowing the stack, or by not ending.
#[test]
fn deep_and_long_lines_end() {
    for arguments in [
        "(", "NOT ", "OR ", "OR 1 ", "((1)", "1,", "\\", "\"\\\"", "BODY[", "{",
    ] {
        for row in GRAMMARS {
            let command = format!("a1 {} {}\r\n", row.name, arguments.repeat(20_000));
            drop(parse(Frame::from(command.into_bytes()), Mode::default()));
        }
    }
}
