//! Every row of the table, what is said of what is no command, and how the mode changes what is read.

use super::arguments::list;
use super::{body, body_in, complaint, name};
use crate::{Body, Frame, GRAMMARS, MailboxArg, Mode, parse};

#[test]
fn every_row_has_a_form_that_parses() {
    let forms = [
        ("COMPRESS", " DEFLATE"),
        ("AUTHENTICATE", " PLAIN"),
        ("LOGIN", " ada secret"),
        ("ENABLE", " QRESYNC"),
        ("ID", " NIL"),
        ("SELECT", " INBOX"),
        ("EXAMINE", " INBOX"),
        ("CREATE", " Team"),
        ("DELETE", " Team"),
        ("RENAME", " Team Crew"),
        ("SUBSCRIBE", " Team"),
        ("UNSUBSCRIBE", " Team"),
        ("LIST", " \"\" *"),
        ("LSUB", " \"\" *"),
        ("STATUS", " INBOX (MESSAGES)"),
        ("APPEND", " INBOX {0+}\r\n"),
        ("REPLACE", " 1 INBOX {0+}\r\n"),
        ("UID REPLACE", " 1 INBOX {0+}\r\n"),
        ("UID EXPUNGE", " 1"),
        ("UIDBATCHES", " 2000 10:20"),
        ("SEARCH", " ALL"),
        ("UID SEARCH", " ALL"),
        ("ESEARCH", " ALL"),
        ("SORT", " (SUBJECT REVERSE DATE) UTF-8 ALL"),
        ("UID SORT", " RETURN (COUNT) (DISPLAYFROM) US-ASCII ALL"),
        ("CANCELUPDATE", " \"B01\""),
        ("THREAD", " REFS UTF-8 ALL"),
        ("UID THREAD", " REFERENCES \"utf-8\" ALL"),
        ("FETCH", " 1 UID"),
        ("UID FETCH", " 1 UID"),
        ("STORE", " 1 FLAGS ()"),
        ("UID STORE", " 1 FLAGS ()"),
        ("COPY", " 1 Team"),
        ("UID COPY", " 1 Team"),
        ("MOVE", " 1 Team"),
        ("UID MOVE", " 1 Team"),
        ("SETACL", " Team ada lr"),
        ("DELETEACL", " Team ada"),
        ("GETACL", " Team"),
        ("LISTRIGHTS", " Team ada"),
        ("MYRIGHTS", " Team"),
        ("GETQUOTA", " user/ada"),
        ("GETQUOTAROOT", " INBOX"),
        ("SETQUOTA", " user/ada ()"),
        ("GETMETADATA", " Team /shared/comment"),
        ("SETMETADATA", " Team (/shared/comment NIL)"),
        ("NOTIFY", " NONE"),
    ];
    let (bare, others): (Vec<_>, Vec<_>) = GRAMMARS
        .iter()
        .map(|row| row.name)
        .partition(|name| body(name) == Ok(Body::Bare));
    assert_eq!(others, forms.map(|(name, _)| name));
    for (name, arguments) in bare.into_iter().map(|name| (name, "")).chain(forms) {
        let command = format!("{name}{arguments}");
        assert!(body(&command).is_ok(), "{:?}", body(&command));
        assert!(
            body(&command.to_lowercase()).is_ok(),
            "{command} in small letters"
        );
        assert!(complaint(&format!("{command} )")).starts_with(&format!("{name}: ")));
    }
}

#[test]
fn complaints_name_the_command() {
    for (command, text) in [
        ("", "no command"),
        ("FROB 1", "unknown command FROB"),
        ("uid frob", "unknown command UID FROB"),
        ("UID", "unknown command UID"),
        ("fr\u{7}ob\u{e4} x", "unknown command FR?OB??"),
        ("SELECT", "SELECT: bad arguments"),
        ("NOOP x", "NOOP: expected the end of the line"),
        ("FETCH 0 FLAGS", "FETCH: expected a number that is not zero"),
        ("FETCH 1,,2 FLAGS", "FETCH: expected a number"),
        (
            "FETCH 4294967296 FLAGS",
            "FETCH: expected a number below 2^32",
        ),
        ("FETCH $1 FLAGS", "FETCH: expected a space"),
        ("FETCH 1 ()", "FETCH: expected a fetch item"),
        ("FETCH 1  FLAGS", "FETCH: expected a fetch item"),
        ("FETCH 1 (FLAGS  UID)", "FETCH: expected a fetch item"),
        ("FETCH 1 (FLAGS", "FETCH: expected the end of a list"),
        ("FETCH 1 FLAGS x", "FETCH: expected a list in parentheses"),
        ("FETCH 1 BODY[MIME]", "FETCH: expected a section"),
        (
            "FETCH 1 BODY[0]",
            "FETCH: expected a number that is not zero",
        ),
        ("FETCH 1 BODY[1.]", "FETCH: expected a section"),
        (
            "FETCH 1 BODY[]<0.0>",
            "FETCH: expected a number that is not zero",
        ),
        ("FETCH 1 BODY.PEEK", "FETCH: expected a section"),
        ("FETCH 1 (FAST)", "FETCH: expected a fetch item"),
        (
            "FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)",
            "FETCH: VANISHED without UID and CHANGEDSINCE",
        ),
        (
            "UID FETCH 1 FLAGS (VANISHED)",
            "UID FETCH: VANISHED without UID and CHANGEDSINCE",
        ),
        (
            "UID FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)",
            "UID FETCH: expected a number below 2^63",
        ),
        (
            "STORE 1 +FLAGS (\\Recent)",
            "STORE: \\Recent cannot be stored",
        ),
        (
            "STORE 0 +FLAGS (\\Seen)",
            "STORE: expected a number that is not zero",
        ),
        ("SELECT INBOX (QRESYNC (1 2 1:*))", "SELECT: * in QRESYNC"),
        (
            "SELECT INBOX (QRESYNC (1 2 1:9 (1:3 7:8)))",
            "SELECT: sets of match data differ in length",
        ),
        (
            "CREATE \"\u{fc}\"",
            "CREATE: 8-bit characters in a quoted string",
        ),
        ("CREATE {1+}\r\n\0", "CREATE: NUL in a literal"),
        ("CREATE \"a\\b\"", "CREATE: expected \\\" or \\\\"),
        ("CREATE x (\\Sent)", "CREATE: expected (USE"),
        ("STATUS INBOX ()", "STATUS: expected a status item"),
        (
            "STATUS INBOX (ANNOTATION-STORAGE)",
            "STATUS: expected a status item",
        ),
        (
            "LIST (RECURSIVEMATCH) \"\" *",
            "LIST: RECURSIVEMATCH stands alone",
        ),
        (
            "LIST (RECURSIVEMATCH REMOTE) \"\" *",
            "LIST: RECURSIVEMATCH stands alone",
        ),
        ("LIST (NOVEL) \"\" *", "LIST: expected a selection option"),
        (
            "LIST \"\" * RETURN (NOVEL)",
            "LIST: expected a return option",
        ),
        ("LIST \"\" ()", "LIST: expected a pattern"),
        ("SEARCH", "SEARCH: expected a space"),
        ("SEARCH NOVEL", "SEARCH: expected a search key"),
        (
            "SEARCH RETURN (SOME) ALL",
            "SEARCH: expected a return option",
        ),
        (
            "UIDBATCHES 0",
            "UIDBATCHES: expected a number that is not zero",
        ),
        (
            "UIDBATCHES 500 10",
            "UIDBATCHES: expected a range of batches",
        ),
        (
            "UIDBATCHES 500 20:10",
            "UIDBATCHES: a range of batches begins with the newest",
        ),
        (
            "SEARCH OLDER 0",
            "SEARCH: expected a number that is not zero",
        ),
        ("SEARCH ON 31-Feb-2024", "SEARCH: no such day"),
        (
            "SEARCH ON 1-Foo-2024",
            "SEARCH: expected the name of a month",
        ),
        (
            "SEARCH ON \"1-Feb-2024",
            "SEARCH: expected the end of a date",
        ),
        (
            "SEARCH MODSEQ \"x\" all 1",
            "SEARCH: expected the entry of a flag",
        ),
        (
            "SEARCH TEXT \"\u{e4}\"",
            "SEARCH: 8-bit characters in a quoted string",
        ),
        ("APPEND INBOX", "APPEND: expected a space"),
        ("APPEND INBOX x", "APPEND: expected a literal"),
        (
            "APPEND INBOX (\\Recent) {1+}\r\nx",
            "APPEND: \\Recent cannot be stored",
        ),
        (
            "APPEND INBOX \"17-Jul-1996 24:00:00 +0000\" {1+}\r\nx",
            "APPEND: no such moment",
        ),
        (
            "APPEND INBOX \"17-Jul-1996 23:00:00 +0060\" {1+}\r\nx",
            "APPEND: expected a zone",
        ),
        ("SETACL Team ada", "SETACL: expected a space"),
        (
            "MYRIGHTS Team ada",
            "MYRIGHTS: expected the end of the line",
        ),
    ] {
        assert_eq!(complaint(command), text, "{command}");
    }
    for line in ["", " ", "NOOP", "a+ NOOP", "\u{e4} NOOP"] {
        let malformed = parse(
            Frame::from(format!("{line}\r\n").into_bytes()),
            Mode::default(),
        )
        .unwrap_err();
        assert_eq!(malformed.tag().is_some(), line == "NOOP", "{line:?}");
    }
}

#[test]
fn bounds_have_names() {
    let parts = |count: usize| vec!["1"; count].join(",");
    assert!(body(&format!("FETCH {} UID", parts(20_000))).is_ok());
    for command in ["FETCH", "SEARCH", "UID STORE"] {
        let arguments = if command == "SEARCH" { "" } else { " FLAGS ()" };
        let text = complaint(&format!("{command} {}{arguments}", parts(20_001)));
        assert_eq!(text, format!("{command}: more than 20000 parts of a set"));
    }
    for (opening, closing) in [
        ("NOT ", ""),
        ("OR ", " ALL"),
        ("OR (ALL) (", ")"),
        ("NOT (", " ALL)"),
        ("(ALL (", "))"),
    ] {
        let search = |levels| {
            format!(
                "SEARCH {}ALL{}",
                opening.repeat(levels),
                closing.repeat(levels)
            )
        };
        let levels = if opening.starts_with("NOT (") {
            128
        } else {
            256
        };
        assert!(body(&search(levels)).is_ok(), "{opening}");
        let text = complaint(&search(levels + 1));
        assert_eq!(text, "SEARCH: more than 256 levels of nesting", "{opening}");
    }
    let parentheses = |count: usize| format!("{}ALL{}", "(".repeat(count), ")".repeat(count));
    assert_eq!(
        body(&format!("SEARCH {}", parentheses(30_000))),
        body("SEARCH ALL")
    );
    let messages = |count: usize| format!("APPEND INBOX{}", " {1+}\r\nx".repeat(count));
    assert!(body(&messages(256)).is_ok());
    assert_eq!(complaint(&messages(257)), "APPEND: more than 256 messages");
    let sections = |count: u32| {
        let sections: Vec<_> = (1..=count).map(|part| format!("BODY[{part}]")).collect();
        format!("FETCH 1 ({})", sections.join(" "))
    };
    assert!(body(&sections(200)).is_ok());
    assert_eq!(complaint(&sections(201)), "FETCH: more than 200 items");
    let patterns = |count| format!("LIST \"\" ({})", vec!["*"; count].join(" "));
    assert!(body(&patterns(100)).is_ok());
    assert_eq!(complaint(&patterns(101)), "LIST: more than 100 patterns");
    let pairs = |count| format!("ID ({})", vec!["\"a\" \"b\""; count].join(" "));
    assert!(body(&pairs(30)).is_ok());
    assert_eq!(complaint(&pairs(31)), "ID: more than 30 field-value pairs");
}

#[test]
fn names_are_decoded_as_the_session_speaks() {
    let utf8 = Mode {
        utf8: true,
        ..Mode::default()
    };
    assert_eq!(
        body("SUBSCRIBE Entw&APw-rfe"),
        Ok(Body::Subscribe(name("Entwürfe")))
    );
    assert_eq!(
        body("GETACL Entw&APw-rfe"),
        Ok(Body::GetAcl(name("Entwürfe")))
    );
    for (command, expected) in [
        ("SUBSCRIBE \"Entwürfe\"", Body::Subscribe(name("Entwürfe"))),
        ("GETACL \"Entwürfe\"", Body::GetAcl(name("Entwürfe"))),
        ("GETACL {9+}\r\nEntwürfe", Body::GetAcl(name("Entwürfe"))),
        ("DELETE R&D", Body::Delete(name("R&D"))),
        ("MYRIGHTS R&D", Body::MyRights(name("R&D"))),
    ] {
        assert_eq!(body_in(utf8, command), Ok(expected), "{command}");
    }
    for command in ["DELETE iNbOx", "DELETE {5+}\r\ninbox"] {
        assert_eq!(body(command), Ok(Body::Delete(name("INBOX"))));
    }
    assert_eq!(list("\"\" Entw&APw-*").patterns, ["Entwü*"].map(name));
    for command in ["GETACL R&D", "GETACL {2+}\r\n\u{fc}"] {
        assert_eq!(body(command), Ok(Body::GetAcl(MailboxArg::Undecodable)));
    }
    for command in ["SELECT iNbOx", "SELECT {5+}\r\niNbOx (CONDSTORE)"] {
        let Ok(Body::Select(select)) = body(command) else {
            panic!("{command}");
        };
        assert_eq!(select.mailbox, name("iNbOx"), "{command}");
    }
    assert_eq!(list("\"\" R&*").patterns, [MailboxArg::Undecodable]);
}

#[test]
fn modes_allow_and_refuse() {
    let rev1 = Mode::default();
    let utf8 = Mode { utf8: true, ..rev1 };
    let rev2 = Mode { rev2: true, ..utf8 };
    for (command, modes) in [
        ("SEARCH CHARSET UTF-8 TEXT x", [true, false, true]),
        ("SEARCH TEXT \"ü\"", [false, true, true]),
        ("STATUS INBOX (RECENT)", [true, true, false]),
        ("LIST \"\" * RETURN (STATUS (RECENT))", [true, true, false]),
        ("STATUS INBOX (DELETED SIZE)", [true; 3]),
        ("LSUB \"\" *", [true; 3]),
        ("CHECK", [true; 3]),
        ("FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)", [true; 3]),
        ("SEARCH NEW OLD RECENT", [true; 3]),
    ] {
        let taken = [rev1, utf8, rev2].map(|mode| body_in(mode, command).is_ok());
        assert_eq!(taken, modes, "{command}");
    }
}
