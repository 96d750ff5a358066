//! Threads of generated messages, one message on a line of a page.

use mail::Forest;
use proptest::prelude::*;

use super::{Threaded, Threader, Threading, thread};
use crate::{SortKeys, sort_keys};

/// The threads of a page with a message on each line: its ID, `<` and its references, `|` and its
/// subject. Each arrived a second later.
fn threads(page: &str, threading: Threading) -> String {
    threads_by(page, threading, usize::MAX)
}

/// The same, with so many links made at a time.
fn threads_by(page: &str, threading: Threading, links: usize) -> String {
    let headers: Vec<Vec<u8>> = page.lines().map(header).collect();
    let messages: Vec<Threaded<'_>> = headers
        .iter()
        .zip(0..)
        .map(|(keys, second)| Threaded {
            keys: SortKeys::new(keys),
            arrived: second,
        })
        .collect();
    let mut threader = Threader::new(&messages, threading);
    while threader.link(links) {}
    shown(&threader.finish())
}

#[test]
fn threads_are_the_same_however_many_links_are_made_at_a_time() {
    let page = "a|s\nb<a|Re: s\nc<a b|x\nd<q r c|y\ne<d a|z\nb<e|s\nf<f|w\na<d q|Re: y";
    for threading in [
        Threading::OrderedSubject,
        Threading::References,
        Threading::Refs,
    ] {
        let expected = threads(page, threading);
        for links in [0, 1, 2, 3, 7, 20] {
            assert_eq!(threads_by(page, threading, links), expected, "{links}");
        }
    }
}

#[test]
fn links_are_made_some_at_a_time() {
    let keys: Vec<Vec<u8>> = ["a", "b<a", "c<a b", "d"].map(header).into();
    let messages: Vec<Threaded<'_>> = keys
        .iter()
        .map(|keys| Threaded {
            keys: SortKeys::new(keys),
            arrived: 0,
        })
        .collect();
    // Four messages are known by their ids, then one, two, three and one take a link each.
    let mut threader = Threader::new(&messages, Threading::Refs);
    let more: Vec<bool> = [4, 1, 2, 3, 1].map(|links| threader.link(links)).into();
    assert_eq!(more, [true, true, true, true, false]);
}

fn header(line: &str) -> Vec<u8> {
    let (ids, subject) = line.split_once('|').unwrap_or((line, ""));
    let (id, references) = ids.split_once('<').unwrap_or((ids, ""));
    let in_brackets = |ids: &str| -> String {
        ids.split_whitespace()
            .map(|id| format!("<{id}@x>"))
            .collect()
    };
    let header = format!(
        "Message-ID: {}\r\nReferences: {}\r\nSubject: {subject}\r\n\r\n",
        in_brackets(id),
        in_brackets(references)
    );
    sort_keys(header.as_bytes())
}

/// The forest as text: numbers from 1, `.` for a dummy, children in parentheses.
fn shown(forest: &Forest) -> String {
    fn node(forest: &Forest, place: usize) -> String {
        let node_at = &forest.nodes[place];
        let number = node_at
            .number
            .map_or(".".to_owned(), |number| (number + 1).to_string());
        let children: Vec<String> = node_at
            .children
            .iter()
            .map(|&child| node(forest, child))
            .collect();
        if children.is_empty() {
            number
        } else {
            format!("{number}({})", children.join(" "))
        }
    }
    let roots: Vec<String> = forest
        .roots
        .iter()
        .map(|&root| node(forest, root))
        .collect();
    roots.join(" ")
}

#[test]
fn ordered_subject_knows_no_grandchildren() {
    let page = "|a\n|b\n|Re: a\n|[x] A (fwd)\n|c\n|re: b";
    assert_eq!(threads(page, Threading::OrderedSubject), "1(3 4) 2(6) 5");
    assert_eq!(threads("", Threading::OrderedSubject), "");
}

#[test]
fn references_make_parents() {
    let table = [
        ("", ""),
        ("a\nb", "1 2"),
        ("a\nb <a\nc <a b", "1(2(3))"),
        // The parent comes later than the child.
        ("c <a b\nb <a\na", "3(2(1))"),
        // A dummy with one child at the top is removed; with two it stays.
        ("b <a", "1"),
        ("b <a\nc <a", ".(1 2)"),
        // Dummies below the top are always removed.
        ("a\nd <a b c\ne <a b c", "1(2 3)"),
        ("d <a b c\ne <a b", ".(1 2)"),
        // A message is never its own ancestor.
        ("a <a", "1"),
        ("a <b\nb <a", "2(1)"),
        ("a <c\nb <a\nc <b", "3(1(2))"),
        // The last reference counts more than the references of other messages.
        ("c <a b\nb <z\na", "2(1) 3"),
        // The list of references is truncated.
        ("a\nb <a\nd <a c\nc <b", "1(2(4(3)))"),
        // The second of two equal IDs is nobody's parent.
        ("a\na\nb <a", "1(3) 2"),
        ("\n\nb <a", "1 2 3"),
    ];
    for (page, expected) in table {
        assert_eq!(threads(page, Threading::References), expected, "{page:?}");
    }
}

#[test]
fn one_subject_is_one_thread() {
    let table = [
        ("a|x\nb|Re: x", "1(2)"),
        ("b|Re: x\na|x", "2(1)"),
        // Two messages that are no replies to each other, or both are replies.
        ("a|x\nb|x", ".(1 2)"),
        ("a|Re: x\nb|Re: x", ".(1 2)"),
        ("a|x\nb|x\nc|x", ".(1 2 3)"),
        ("a|x\nb|x\nc|Re: x", ".(1 2 3)"),
        // A dummy takes the others as children.
        ("b <a|x\nc <a|x\nd|x", ".(1 2 3)"),
        ("d|x\nb <a|x\nc <a|x", ".(1 2 3)"),
        ("b <a|x\nc <a|x\ne <d|x\nf <d|x", ".(1 2 3 4)"),
        // An empty subject joins nothing.
        ("a\nb|Re:", "1 2"),
        ("a|x\nb <a|y\nc|Re: y", "1(2) 3"),
    ];
    for (page, expected) in table {
        assert_eq!(threads(page, Threading::References), expected, "{page:?}");
    }
    assert_eq!(threads("a|x\nb|Re: x", Threading::Refs), "1 2");
}

#[test]
fn the_thread_with_the_newest_arrival_is_the_last_of_refs() {
    assert_eq!(threads("a\nb\nc <a", Threading::Refs), "2 1(3)");
    assert_eq!(threads("a\nb\nc <a", Threading::References), "1(3) 2");
}

#[test]
fn a_long_chain_in_any_order_is_quick_and_whole() {
    let mut lines: Vec<String> = (1..20_000).map(|n| format!("{n} <{}", n - 1)).collect();
    lines.insert(0, "0".to_owned());
    for page in [lines.join("\n"), {
        lines.reverse();
        lines.join("\n")
    }] {
        let headers: Vec<Vec<u8>> = page.lines().map(header).collect();
        let messages: Vec<Threaded<'_>> = headers
            .iter()
            .map(|keys| Threaded {
                keys: SortKeys::new(keys),
                arrived: 0,
            })
            .collect();
        let forest = thread(&messages, Threading::References);
        assert_eq!(forest.roots.len(), 1);
    }
}

proptest! {
    #[test]
    fn every_message_is_in_one_place(
        lines in prop::collection::vec(
            (0..12_u8, prop::collection::vec(0..12_u8, 0..5), 0..3_u8, any::<bool>()),
            0..20,
        )
    ) {
        let page: Vec<String> = lines
            .iter()
            .map(|(id, references, subject, is_reply)| {
                let references: Vec<String> = references.iter().map(u8::to_string).collect();
                let re = if *is_reply { "Re: " } else { "" };
                let subject = if *subject == 0 { String::new() } else { format!("{re}s{subject}") };
                format!("{id} <{}|{subject}", references.join(" "))
            })
            .collect();
        for threading in [Threading::OrderedSubject, Threading::References, Threading::Refs] {
            let shown = threads(&page.join("\n"), threading);
            let mut numbers: Vec<usize> = shown
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (1..=lines.len()).collect::<Vec<_>>(), "{}", shown);
        }
    }
}
