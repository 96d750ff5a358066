//! Modified UTF-7: one spelling a name, and every text has one.

use wire::{mutf7_decode, mutf7_encode};

use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "names",
    words: &[
        "&",
        "-",
        "&-",
        "&Jjo-",
        "&2D3eAA-",
        "&U,BTFw-",
        "A",
        "AAA",
        ",",
        "+",
        "/",
        "~",
        "\u{fc}",
        "\u{53f0}",
        "\u{1f600}",
        "\0",
        "\u{7f}",
        " ",
        "INBOX",
    ],
    meet,
};

fn meet(input: &[u8]) -> Shape {
    let text = String::from_utf8_lossy(input);
    let name = mutf7_encode(&text);
    assert!(
        name.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{name}"
    );
    assert_eq!(mutf7_decode(&name).as_deref(), Some(&*text), "{name}");
    let decoded = mutf7_decode(&text);
    if let Some(decoded) = &decoded {
        assert_eq!(mutf7_encode(decoded), text, "{decoded}");
    }
    // Which kinds of letters follow each other.
    let kinds = |c: char| match c {
        '&' | '-' => c,
        ' '..='~' => 'a',
        '\u{10000}'.. => 'p',
        _ => 'u',
    };
    let kinds: String = text.chars().map(kinds).collect();
    Shape::of(format!("{} {kinds}", decoded.is_some()).as_bytes())
}
