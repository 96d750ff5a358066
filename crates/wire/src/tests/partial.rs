//! PARTIAL (RFC 9394), in commands and in answers.

use super::{body, complaint};
use crate::say::{Found, esearch};
use crate::{Body, Numbering, PartialRange, ResultEnd, Tag};

fn range(from: ResultEnd, places: (u32, u32)) -> PartialRange {
    PartialRange { from, places }
}

#[test]
fn ranges_are_read_in_all_three_commands() {
    for (text, expected) in [
        ("PARTIAL 1:500", range(ResultEnd::First, (1, 500))),
        ("partial 500:1", range(ResultEnd::First, (1, 500))),
        ("PARTIAL -1:-100", range(ResultEnd::Last, (1, 100))),
    ] {
        let Ok(Body::Search(search)) = body(&format!("SEARCH RETURN (COUNT {text}) ALL")) else {
            panic!("{text}");
        };
        assert_eq!(search.returns.unwrap().partial, Some(expected));
        let Ok(Body::Sort(sort)) = body(&format!("SORT RETURN ({text} SAVE) (SIZE) UTF-8 ALL"))
        else {
            panic!("{text}");
        };
        assert_eq!(sort.returns.unwrap().partial, Some(expected));
        for modifiers in [
            format!("{text} CHANGEDSINCE 98305"),
            format!("CHANGEDSINCE 98305 {text}"),
        ] {
            let Ok(Body::Fetch(fetch)) = body(&format!("UID FETCH 1:* FLAGS ({modifiers})")) else {
                panic!("{modifiers}");
            };
            assert_eq!(fetch.partial, Some(expected));
        }
    }
}

#[test]
fn what_is_no_range_is_refused() {
    for (command, text) in [
        (
            "SEARCH RETURN (PARTIAL 0:1) ALL",
            "SEARCH: expected a number that is not zero",
        ),
        (
            "SEARCH RETURN (PARTIAL 1:*) ALL",
            "SEARCH: expected a number",
        ),
        (
            "SEARCH RETURN (PARTIAL 7) ALL",
            "SEARCH: expected a range of places",
        ),
        (
            "SEARCH RETURN (PARTIAL -1:5) ALL",
            "SEARCH: expected a place counted from the end",
        ),
        (
            "SEARCH RETURN (PARTIAL 1:-5) ALL",
            "SEARCH: expected a number",
        ),
        (
            "SEARCH RETURN (PARTIAL 1:5 PARTIAL 6:9) ALL",
            "SEARCH: PARTIAL more than once",
        ),
        (
            "SORT RETURN (ALL PARTIAL 1:5) (DATE) UTF-8 ALL",
            "SORT: PARTIAL beside ALL",
        ),
        (
            "UID FETCH 1:* UID (PARTIAL 1:5 PARTIAL 6:9)",
            "UID FETCH: PARTIAL more than once",
        ),
        ("FETCH 1:* UID (PARTIAL 1:5)", "FETCH: PARTIAL without UID"),
    ] {
        assert_eq!(complaint(command), text, "{command}");
    }
}

#[test]
fn answers_repeat_the_range() {
    for (partial, told) in [
        (
            (range(ResultEnd::Last, (1, 100)), &[3, 4, 5, 9][..]),
            "* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 3:5,9) COUNT 4\r\n",
        ),
        (
            (range(ResultEnd::First, (24_000, 24_500)), &[][..]),
            "* ESEARCH (TAG \"A01\") UID PARTIAL (24000:24500 NIL) COUNT 4\r\n",
        ),
    ] {
        let found = Found {
            partial: Some(partial),
            count: Some(4),
            ..Found::default()
        };
        let mut out = Vec::new();
        esearch(
            &mut out,
            (&Tag("A01".into())).into(),
            Numbering::Uid,
            &found,
        );
        assert_eq!(String::from_utf8(out).unwrap(), told);
    }
}
