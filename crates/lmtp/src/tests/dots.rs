//! The letter after DATA.

use crate::dots::DotReader;

/// What is read of the input, and whether it was smuggled; `None` where it does not end. The rest of the input follows.
fn read(input: &[u8], piece_bytes: usize) -> Option<(Vec<u8>, bool, Vec<u8>)> {
    let mut reader = DotReader::new();
    let mut letter = Vec::new();
    let mut at = 0;
    for piece in input.chunks(piece_bytes) {
        let (read, is_end) = reader.read(piece, &mut letter);
        at += read;
        if is_end {
            return Some((letter, reader.is_smuggled(), input[at..].to_vec()));
        }
        assert_eq!(read, piece.len(), "all is read until the end");
    }
    None
}

/// An input, and the letter, whether it is smuggled, and what is left of the input; `None` where it does not end.
type Row<'t> = (&'t str, Option<(&'t str, bool, &'t str)>);

#[test]
fn dots_are_taken_off_and_only_crlf_ends_a_line() {
    const HONEST: bool = false;
    const SMUGGLED: bool = true;
    let rows: &[Row<'_>] = &[
        (".\r\n", Some(("", HONEST, ""))),
        ("a\r\n.\r\nQUIT\r\n", Some(("a\r\n", HONEST, "QUIT\r\n"))),
        ("..\r\n.\r\n", Some((".\r\n", HONEST, ""))),
        (".a\r\n...\r\n.\r\n", Some(("a\r\n..\r\n", HONEST, ""))),
        ("a.\r\n.b.\r\n.\r\n", Some(("a.\r\nb.\r\n", HONEST, ""))),
        ("a\rb\nc\r\n.\r\n", Some(("a\rb\nc\r\n", HONEST, ""))),
        ("a\n.b\r\n.\r\n", Some(("a\n.b\r\n", HONEST, ""))),
        ("a\r.b\r\n.\r\n", Some(("a\r.b\r\n", HONEST, ""))),
        ("a\n..\r\n.\r\n", Some(("a\n..\r\n", HONEST, ""))),
        ("a\r\r\n.\r\n", Some(("a\r\r\n", HONEST, ""))),
        // What another server may take for the end.
        ("a\n.\r\nb\r\n.\r\n", Some(("a\n.\r\nb\r\n", SMUGGLED, ""))),
        ("a\r.\r\nb\r\n.\r\n", Some(("a\r.\r\nb\r\n", SMUGGLED, ""))),
        ("a\n.\nb\r\n.\r\n", Some(("a\n.\nb\r\n", SMUGGLED, ""))),
        ("a\r.\rb\r\n.\r\n", Some(("a\r.\rb\r\n", SMUGGLED, ""))),
        ("a\r\n.\nb\r\n.\r\n", Some(("a\r\n\nb\r\n", SMUGGLED, ""))),
        ("a\r\n.\rb\r\n.\r\n", Some(("a\r\n\rb\r\n", SMUGGLED, ""))),
        (
            "a\r\n.\r\r\nb\r\n.\r\n",
            Some(("a\r\n\r\r\nb\r\n", SMUGGLED, "")),
        ),
        ("a\r\r.\r\n.\r\n", Some(("a\r\r.\r\n", SMUGGLED, ""))),
        // No end.
        ("a\n.\n", None),
        ("a\r\n.", None),
        ("a\r\n.\r", None),
        ("a\r\n..\r\n", None),
        ("", None),
    ];
    for (input, expected) in rows {
        let expected = expected.map(|(letter, is_smuggled, rest)| {
            (
                letter.as_bytes().to_vec(),
                is_smuggled,
                rest.as_bytes().to_vec(),
            )
        });
        for piece_bytes in [1, 2, 3, 100] {
            assert_eq!(read(input.as_bytes(), piece_bytes), expected, "{input:?}");
        }
    }
}
