//! Headers, sorted into threads: each message is in one place, whoever answers whom.

use mime::{SortKeys, Threaded, Threading, sort_keys, thread};

use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "threads",
    words: &[
        "\n\n",
        "\n\n",
        "Message-ID: <a>\n",
        "Message-ID: <b>\n",
        "Message-ID: \"c\"@d\n",
        "References: <a>\n",
        "References: <b> <a>\n",
        "References: <a> <b> <a>\n",
        "References: ",
        "In-Reply-To: <b>\n",
        "In-Reply-To: <c@d> nonsense\n",
        "Subject: a\n",
        "Subject: Re: a\n",
        "Subject: [x] Re[2]: fwd: (fwd) a\n",
        "Subject: [Fwd: [Fwd: a]]\n",
        "Subject: =?utf-8?q?Re:_a?=\n",
        "Date: 1 Jan 2020 00:00 +0000\n",
        "Date: 2 Jan 2020 00:00 +1400\n",
        "<c@d>",
        " ",
        "re: ",
        "(fwd)",
        "[",
        "]",
    ],
    meet,
};

const HOW: [Threading; 3] = [
    Threading::OrderedSubject,
    Threading::References,
    Threading::Refs,
];

fn meet(input: &[u8]) -> Shape {
    let text = String::from_utf8_lossy(input);
    let headers = text.split("\n\n").map(|header| format!("{header}\n\n"));
    let keys: Vec<Vec<u8>> = headers.map(|header| sort_keys(header.as_bytes())).collect();
    let messages: Vec<Threaded<'_>> = keys
        .iter()
        .zip(0..)
        .map(|(keys, arrived)| Threaded {
            keys: SortKeys::new(keys),
            arrived,
        })
        .collect();
    let mut shape = Vec::new();
    for how in HOW {
        shape.extend(each_once(&messages, how));
    }
    Shape::of(&shape)
}

/// Goes through the trees; tells how many children each node has.
fn each_once(messages: &[Threaded<'_>], how: Threading) -> Vec<u8> {
    let forest = thread(messages, how);
    let mut seen = vec![false; messages.len()];
    let mut shape = Vec::new();
    let mut open = forest.roots.clone();
    while let Some(place) = open.pop() {
        let node = &forest.nodes[place];
        if let Some(number) = node.number {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            assert!(!seen[number], "{how:?} has {number} twice");
            seen[number] = true;
        }
        shape.push(u8::try_from(node.children.len()).unwrap_or(u8::MAX) | 0x80);
        open.extend(&node.children);
    }
    assert!(seen.iter().all(|seen| *seen), "{how:?} has lost one");
    shape
}
