//! Searches that are kept under a name (RFC 5466).

use super::{body, complaint};
use crate::{AddressField, Mode, SearchKey, is_filter_name, parse_criteria};

fn criteria(text: &str) -> Option<SearchKey> {
    parse_criteria(text.as_bytes(), Mode::default())
}

#[test]
fn criteria_are_what_stands_behind_search() {
    let boss = || SearchKey::Address(AddressField::From, "boss@example.com".to_owned());
    for (text, expected) in [
        (
            r#"OR SMALLER 5000 FROM "boss@example.com""#,
            Some(SearchKey::Or(
                Box::new(SearchKey::Smaller(5000)),
                Box::new(boss()),
            )),
        ),
        (
            "(from boss@example.com) all",
            Some(SearchKey::And(vec![boss(), SearchKey::All])),
        ),
        (
            r#"SUBJECT "Köln""#,
            Some(SearchKey::Subject("Köln".to_owned())),
        ),
        (
            "SUBJECT {2}\r\nab",
            Some(SearchKey::Subject("ab".to_owned())),
        ),
        (
            "NOT FILTER Other",
            Some(SearchKey::Not(Box::new(SearchKey::Filter(
                "Other".to_owned(),
            )))),
        ),
        ("", None),
        (" ALL", None),
        ("ALL ", None),
        ("ALL\r\n", None),
        ("ALL\r\nSEEN", None),
        ("OR SMALLER 5000", None),
        ("CHARSET UTF-8 ALL", None),
        ("RETURN (ALL) ALL", None),
        ("SUBJECT {9}\r\nab", None),
    ] {
        assert_eq!(criteria(text), expected, "{text:?}");
    }
    assert_eq!(parse_criteria(b"SUBJECT \"\xff\"", Mode::default()), None);
    let uid_only = Mode {
        uid_only: true,
        ..Mode::default()
    };
    assert_eq!(parse_criteria(b"1:3", uid_only), None);
}

#[test]
fn names_of_filters_are_atoms_of_one_level() {
    for (text, expected) in [
        ("on-the-road", true),
        ("a.b:c", true),
        ("", false),
        ("a/b", false),
        ("a b", false),
        ("a]", false),
        ("ä", false),
    ] {
        assert_eq!(is_filter_name(text), expected, "{text}");
    }
    assert_eq!(
        complaint("SEARCH FILTER a/b"),
        "SEARCH: expected the name of a filter"
    );
    assert!(body("SEARCH UID 300:900 FILTER on-the-road SINCE \"3-Dec-2002\"").is_ok());
}
