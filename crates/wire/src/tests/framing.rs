//! The framer against the Fragmentizer, and what only the framer does.

use imap_codec::fragmentizer::{FragmentInfo, Fragmentizer, LineEnding};
use proptest::prelude::*;

use crate::{
    Announced, AppendContent, Body, Expect, Frame, FrameFault, Framer, FramerStep, Limits,
    LiteralMode, MailboxArg, Mode, UploadProgress, parse,
};

const LIMITS: Limits = Limits {
    line_bytes_max: 200,
    inline_literals_bytes_max: 100,
    message_bytes_max: 10_000,
};
const WIDE: Limits = Limits {
    line_bytes_max: 1 << 20,
    inline_literals_bytes_max: 1 << 20,
    message_bytes_max: 1 << 20,
};

fn framer(fed: &str) -> Framer {
    let mut framer = Framer::new(LIMITS);
    framer.feed(fed.as_bytes());
    framer
}

fn next(framer: &mut Framer) -> FramerStep {
    framer.step(Expect::Command)
}

fn announced(framer: &mut Framer) -> Announced {
    match next(framer) {
        FramerStep::Literal(announced) => announced,
        other => panic!("{other:?}"),
    }
}

fn frame(framer: &mut Framer) -> Frame {
    match next(framer) {
        FramerStep::Frame(frame) => frame,
        other => panic!("{other:?}"),
    }
}

fn tag(step: FramerStep) -> Option<String> {
    match step {
        FramerStep::Refused(tag) | FramerStep::TooLong(tag) => {
            tag.map(|tag| tag.as_str().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn pipelined_commands_come_one_by_one() {
    let mut framer = framer("a1 NOOP\r\na2 CAPABILITY\r\na3 ");
    assert_eq!(frame(&mut framer), Frame::from(b"a1 NOOP\r\n".to_vec()));
    assert_eq!(
        frame(&mut framer),
        Frame::from(b"a2 CAPABILITY\r\n".to_vec())
    );
    assert_eq!(next(&mut framer), FramerStep::Hungry);
    assert!(!framer.is_idle());
    framer.feed(b"NOOP\n");
    assert_eq!(
        frame(&mut framer),
        Frame::from(b"a3 NOOP\r\n".to_vec()),
        "bare LF"
    );
    assert!(framer.is_idle());
}

#[test]
fn a_literal_is_announced_until_it_is_decided_on() {
    let mut framer = framer("a1 login {3}\r\n");
    for _ in 0..2 {
        let announced = announced(&mut framer);
        assert_eq!(announced.tag.unwrap().as_str(), "a1");
        assert_eq!(announced.name, "LOGIN");
        assert_eq!(announced.length, 3);
        assert_eq!(announced.mode, LiteralMode::Synchronising);
        assert!(!announced.detached && !announced.too_big);
    }
    framer.accept();
    assert_eq!(next(&mut framer), FramerStep::Hungry);
    framer.feed(b"ada {6+}\r\nsecret\r\n");
    assert_eq!(announced(&mut framer).mode, LiteralMode::NonSynchronising);
    framer.accept();
    assert_eq!(
        frame(&mut framer),
        Frame::from(b"a1 login {3}\r\nada {6+}\r\nsecret\r\n".to_vec())
    );
}

#[test]
fn a_refused_synchronising_literal_is_forgotten_at_once() {
    let mut framer = framer("a1 LOGIN {3}\r\n");
    announced(&mut framer);
    framer.refuse();
    assert!(framer.is_idle());
    framer.feed(b"a2 NOOP\r\n");
    assert_eq!(frame(&mut framer), Frame::from(b"a2 NOOP\r\n".to_vec()));
}

#[test]
fn a_refused_literal_that_is_on_its_way_is_never_a_command() {
    let mut framer = framer("a1 LOGIN {9+}\r\nx LOGOUT\n {4+}\r\na\r\nb {5}\r\na2 NOOP\r\n");
    announced(&mut framer);
    framer.refuse();
    // Its second literal is dropped too; for the third the client waits in vain, and goes on.
    assert_eq!(tag(next(&mut framer)).as_deref(), Some("a1"));
    assert_eq!(frame(&mut framer), Frame::from(b"a2 NOOP\r\n".to_vec()));
}

#[test]
fn what_is_too_big_is_said_before_it_is_read() {
    let mut framer = framer("a1 LOGIN {60+}\r\n");
    assert!(!announced(&mut framer).too_big);
    framer.accept();
    framer.feed(&[b'x'; 60]);
    framer.feed(b" {41+}\r\n");
    assert!(
        announced(&mut framer).too_big,
        "both together are above the limit"
    );
    // Whoever accepts it nevertheless does not get it.
    framer.accept();
    framer.feed(&[b'x'; 41]);
    framer.feed(b"\r\n");
    assert_eq!(tag(next(&mut framer)).as_deref(), Some("a1"));
    assert!(framer.is_idle());

    framer.feed(b"a2 APPEND INBOX {4294967296}\r\n");
    let announced = announced(&mut framer);
    assert!(announced.too_big && announced.detached);
    assert_eq!(announced.length, 1 << 32);
    framer.refuse();
    assert!(framer.is_idle());
}

#[test]
fn lengths_that_cannot_be_skipped_are_fatal() {
    for (line, fault) in [
        ("a1 LOGIN {4294967296+}", FrameFault::TooMuchRefused),
        ("a1 LOGIN {9223372036854775808}", FrameFault::LiteralTooLong),
        (
            "a1 LOGIN {99999999999999999999+}",
            FrameFault::LiteralTooLong,
        ),
        (
            "a1 LOGIN {0000000000000000000000001+}",
            FrameFault::LiteralTooLong,
        ),
    ] {
        let mut framer = framer(&format!("{line}\r\na2 LOGOUT\r\n"));
        assert_eq!(next(&mut framer), FramerStep::Fatal(fault), "{line}");
        framer.feed(b"a3 LOGOUT\r\n");
        assert_eq!(
            next(&mut framer),
            FramerStep::Fatal(fault),
            "{line}, for ever"
        );
    }
}

#[test]
fn too_many_literals_are_fatal() {
    let mut framer = Framer::new(WIDE);
    framer.feed(b"a1 X");
    for _ in 0..mail::limits::LITERALS_PER_COMMAND_MAX {
        framer.feed(b" {0+}\r\n");
        announced(&mut framer);
        framer.accept();
    }
    framer.feed(b" {0+}\r\n");
    assert_eq!(
        next(&mut framer),
        FramerStep::Fatal(FrameFault::TooManyLiterals)
    );
}

#[test]
fn a_long_line_is_dropped_to_its_end() {
    let long = "x".repeat(300);
    for (name, fed) in [
        ("in one piece", format!("a1 NOOP {long}\r\n")),
        (
            "with a literal",
            format!("a1 NOOP {long} {{8+}}\r\na9 NOOP\n\r\n"),
        ),
        ("waiting for a literal", format!("a1 NOOP {long} {{8}}\r\n")),
    ] {
        for chunk in [1, 7, 1000] {
            let mut framer = Framer::new(LIMITS);
            let mut steps = Vec::new();
            let fed = format!("{fed}a2 NOOP\r\n");
            for bytes in fed.as_bytes().chunks(chunk) {
                framer.feed(bytes);
                loop {
                    match next(&mut framer) {
                        FramerStep::Hungry => break,
                        step => steps.push(step),
                    }
                }
            }
            assert_eq!(steps.len(), 2, "{name} by {chunk}: {steps:?}");
            assert_eq!(
                steps.pop(),
                Some(FramerStep::Frame(Frame::from(b"a2 NOOP\r\n".to_vec())))
            );
            assert_eq!(
                tag(steps.remove(0)).as_deref(),
                Some("a1"),
                "{name} by {chunk}"
            );
        }
    }
}

#[test]
fn the_second_line_of_a_command_counts_too() {
    let half = "x".repeat(120);
    let mut framer = framer(&format!("a1 X {half} {{0+}}\r\n {half}\r\n"));
    announced(&mut framer);
    framer.accept();
    assert_eq!(tag(next(&mut framer)).as_deref(), Some("a1"));
    assert!(framer.is_idle());
}

#[test]
fn lines_of_an_exchange_are_not_commands() {
    let mut framer = framer("AGFkYQ==\r\nDONE\r\n{5}\r\n");
    for line in ["AGFkYQ==", "DONE", "{5}"] {
        assert_eq!(
            framer.step(Expect::Line),
            FramerStep::Line(line.as_bytes().to_vec())
        );
    }
    framer.feed(&[b'A'; 201]);
    assert_eq!(framer.step(Expect::Line), FramerStep::Hungry);
    framer.feed(b"\r\n");
    // What looks like a tag may be a password.
    assert_eq!(framer.step(Expect::Line), FramerStep::TooLong(None));
}

/// Inside IDLE such a line is answered BAD, and what it brings along must not run as commands.
#[test]
fn literals_of_a_line_belong_to_it() {
    let smuggled = "b1 LOGOUT\r\n";
    let line = format!("a1 APPEND x {{{}+}}", smuggled.len());
    let mut framer = framer(&format!(
        "{line}\r\n{smuggled} {{2+}}\r\nxx)\r\nc1 NOOP\r\n"
    ));
    assert_eq!(
        framer.step(Expect::Line),
        FramerStep::Line(line.into_bytes())
    );
    assert_eq!(frame(&mut framer).bytes, b"c1 NOOP\r\n");
}

#[test]
fn messages_of_append_are_kept_beside() {
    let large = "m".repeat(5000);
    let mut framer = framer("a1 APPEND {4+}\r\nTeam (\\Seen) {2+}\r\nab {5000}\r\n");
    assert_eq!(
        announced(&mut framer).mailbox(Mode::default()),
        None,
        "not known yet"
    );
    framer.accept();
    let small = announced(&mut framer);
    assert_eq!(
        small.mailbox(Mode::default()),
        Some(MailboxArg::Text("Team".into()))
    );
    assert!(!small.detached);
    framer.accept();
    assert!(announced(&mut framer).detached);
    framer.accept();
    for chunk in large.as_bytes().chunks(999) {
        framer.feed(chunk);
    }
    // More than what is left of both budgets.
    framer.feed(b" {99}\r\n");
    assert!(announced(&mut framer).detached);
    framer.accept();
    framer.feed(&[b'n'; 99]);
    framer.feed(b" {4902}\r\n");
    assert!(announced(&mut framer).too_big);
    framer.refuse();

    let mut framer = Framer::new(LIMITS);
    framer.feed(b"a1 APPEND INBOX {5000+}\r\n");
    announced(&mut framer);
    framer.accept();
    framer.feed(large.as_bytes());
    framer.feed(b" {1+}\r\nb {4097+}\r\n");
    announced(&mut framer);
    framer.accept();
    announced(&mut framer);
    framer.accept();
    framer.feed(&[b'c'; 4097]);
    framer.feed(b"\r\n");
    let frame = frame(&mut framer);
    assert!(framer.is_idle());
    let Body::Append { messages, .. } = parse(frame, Mode::default()).unwrap().body else {
        panic!("not an APPEND");
    };
    let bytes: Vec<_> = messages
        .iter()
        .map(|message| match &message.data {
            AppendContent::Whole(bytes) => bytes.clone(),
            AppendContent::Catenate(_) => panic!("nothing to put together"),
        })
        .collect();
    assert_eq!(bytes[0], large.as_bytes());
    assert_eq!(bytes[1], "b");
    assert_eq!(bytes[2], "c".repeat(4097));
}

#[test]
fn an_announcement_alone_takes_no_memory_and_idling_keeps_none() {
    let mut framer = Framer::new(Limits {
        message_bytes_max: usize::MAX,
        ..LIMITS
    });
    framer.feed(b"a1 APPEND INBOX {9223372036854775807}\r\n");
    announced(&mut framer);
    framer.accept();
    framer.feed(b"From: ada\r\n");
    assert_eq!(next(&mut framer), FramerStep::Hungry);
    framer.discard();
    assert!(framer.is_idle());
    assert!(
        size_of::<Framer>() <= 320,
        "{} bytes a connection",
        size_of::<Framer>()
    );
}

#[test]
fn what_was_pipelined_before_a_handshake_is_discarded() {
    let mut framer = framer("a1 STARTTLS\r\na2 LOGIN mallory x\r\n");
    frame(&mut framer);
    framer.discard();
    assert_eq!(next(&mut framer), FramerStep::Hungry);
}

proptest! {
    #![proptest_config(super::cases())]

    #[test]
    fn frames_are_the_fragmentizers_messages(
        pieces in proptest::collection::vec(piece(), 0..40),
        chunks in proptest::collection::vec(1..20_usize, 1..30),
    ) {
        let bytes = pieces.concat();
        prop_assert_eq!(frames(&bytes, &chunks), messages(&bytes));
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "a1 APPEND INBOX |\r\n|\n|\r|\\{[0-9]{1,2}\\+?\\}|\\{|\\}|\\+|\\{[0-9]{1,3}\\+?\\}\r?\n|[0-9]{1,4}|~|\\{\\}|\\{0{1,9}1\\}\r\n"
            .prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

/// What our framer makes of `bytes`, taking every literal in.
fn frames(bytes: &[u8], chunks: &[usize]) -> Vec<Frame> {
    let mut framer = Framer::new(WIDE);
    let mut frames = Vec::new();
    let mut rest = bytes;
    let mut chunks = chunks.iter().cycle();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at((*chunks.next().unwrap()).min(rest.len()));
        rest = after;
        framer.feed(chunk);
        loop {
            match next(&mut framer) {
                FramerStep::Hungry => break,
                FramerStep::Literal(_) => framer.accept(),
                FramerStep::Frame(frame) => frames.push(frame),
                other => panic!("{other:?}"),
            }
        }
    }
    frames
}

/// The same by the Fragmentizer, with every line ended by CRLF.
fn messages(bytes: &[u8]) -> Vec<Frame> {
    let mut oracle = Fragmentizer::without_max_message_size();
    oracle.enqueue_bytes(bytes);
    let mut messages = Vec::new();
    let mut message = Vec::new();
    while let Some(fragment) = oracle.progress() {
        let bytes = oracle.fragment_bytes(fragment);
        match fragment {
            FragmentInfo::Line {
                ending: LineEnding::Lf,
                ..
            } => {
                message.extend_from_slice(bytes.strip_suffix(b"\n").unwrap());
                message.extend_from_slice(b"\r\n");
            }
            FragmentInfo::Line {
                ending: LineEnding::CrLf,
                ..
            }
            | FragmentInfo::Literal { .. } => message.extend_from_slice(bytes),
        }
        if oracle.is_message_complete() {
            messages.push(Frame::from(std::mem::take(&mut message)));
        }
    }
    messages
}

#[test]
fn an_upload_that_is_given_up_is_forgotten_and_its_octets_are_no_commands() {
    let mut framer = framer("a1 APPEND x {5000}\r\n");
    assert_eq!(framer.upload(), None);
    announced(&mut framer);
    framer.accept();
    let progress = |came_bytes, left_bytes| {
        Some(UploadProgress {
            came_bytes,
            left_bytes,
        })
    };
    assert_eq!(framer.upload(), progress(0, 5000));
    framer.feed("a9 NOOP\r\n".repeat(400).as_bytes());
    assert_eq!(next(&mut framer), FramerStep::Hungry);
    assert_eq!(framer.upload(), progress(3600, 1400));
    let given_up = framer.give_up().unwrap();
    assert_eq!(given_up.tag.unwrap().as_str(), "a1");
    assert_eq!(given_up.name, "APPEND");
    assert_eq!(framer.upload(), None);
    framer.feed("x".repeat(1400).as_bytes());
    framer.feed(b" {3+}\r\nabc\r\na2 NOOP\r\n");
    assert_eq!(tag(next(&mut framer)).as_deref(), Some("a1"));
    assert_eq!(frame(&mut framer), Frame::from(b"a2 NOOP\r\n".to_vec()));
    assert_eq!(framer.give_up(), None);
}
