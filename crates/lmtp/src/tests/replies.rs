//! The table of replies.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::Reply;

const OPERATIONS: &str = include_str!("../../../../docs/OPERATIONS.md");

#[test]
fn enhanced_codes_have_the_class_of_their_codes() {
    for reply in Reply::all() {
        let (code, text) = (reply.code().to_string(), reply.text());
        assert_eq!(code.len(), 3, "{reply:?}");
        let enhanced = reply.enhanced();
        assert!(
            enhanced.is_none_or(|enhanced| enhanced[..1] == code[..1]),
            "{reply:?}"
        );
        let is_bare = matches!(reply, Reply::Ready | Reply::Hello | Reply::GoOn);
        assert_eq!(enhanced.is_none(), is_bare, "{reply:?}");
        assert!(!text.is_empty() && text.is_ascii(), "{reply:?}");
    }
}

#[test]
fn the_table_is_in_order_and_has_each_reply_once() {
    let codes: Vec<u16> = Reply::all().skip(2).map(Reply::code).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    assert_eq!(
        Reply::all().collect::<HashSet<_>>().len(),
        Reply::all().count()
    );
}

#[test]
fn operators_read_the_same_table() {
    let mut table = String::new();
    for reply in Reply::all() {
        let enhanced = reply.enhanced().unwrap_or("");
        let _ = writeln!(
            table,
            "| {} | {enhanced} | {} |",
            reply.code(),
            reply.text()
        );
    }
    assert!(
        OPERATIONS.contains(&table),
        "docs/OPERATIONS.md should have:\n{table}"
    );
}
