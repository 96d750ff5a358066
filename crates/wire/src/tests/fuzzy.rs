//! FUZZY and RELEVANCY (RFC 6203, 7).

use super::{body, complaint};
use crate::say::{Found, esearch};
use crate::{Body, Numbering, SearchKey, SortKey, Tag};

#[test]
fn fuzzy_is_said_of_the_key_behind_it() {
    let Ok(Body::Search(search)) =
        body("SEARCH RETURN (RELEVANCY ALL) fuzzy (SUBJECT \"IMAP break\") NOT FUZZY BODY x")
    else {
        panic!();
    };
    assert!(search.returns.unwrap().relevancy);
    let fuzzy = |key| SearchKey::Fuzzy(Box::new(key));
    let expected = SearchKey::And(vec![
        fuzzy(SearchKey::Subject("IMAP break".into())),
        SearchKey::Not(Box::new(fuzzy(SearchKey::Body("x".into())))),
    ]);
    assert_eq!(search.key, expected);
    assert_eq!(complaint("SEARCH FUZZY"), "SEARCH: expected a space");
    let deep = format!("SEARCH {}ALL", "FUZZY ".repeat(257));
    assert_eq!(complaint(&deep), "SEARCH: more than 256 levels of nesting");
}

#[test]
fn relevancy_is_an_order() {
    let Ok(Body::Sort(sort)) = body("SORT (REVERSE RELEVANCY) UTF-8 FUZZY TEXT Helo") else {
        panic!();
    };
    assert_eq!(sort.criteria[0].key, SortKey::Relevancy);
}

#[test]
fn scores_are_said_as_the_rfc_writes_them() {
    for (all, scores, expected) in [
        (
            &[1, 5, 10][..],
            &[4, 99, 42][..],
            " ALL 1,5,10 RELEVANCY (4 99 42)",
        ),
        (&[], &[], " RELEVANCY ()"),
    ] {
        let found = Found {
            all: Some(all),
            relevancy: Some(scores),
            ..Found::default()
        };
        let mut out = Vec::new();
        let tag = Tag::parse(b"B1").unwrap();
        esearch(&mut out, (&tag).into(), Numbering::Sequence, &found);
        let expected = format!("* ESEARCH (TAG \"B1\"){expected}\r\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
