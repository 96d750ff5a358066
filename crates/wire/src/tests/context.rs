//! The grammar of RFC 5267, with what RFC 5465 adds to UPDATE.

use mail::Flag;

use super::{body, complaint};
use crate::{Body, FetchItem, Numbering, Search, SearchKey, SearchReturn};

#[test]
fn update_is_a_return_option_and_context_is_a_hint() {
    let update = SearchReturn {
        update: true,
        ..SearchReturn::default()
    };
    let count = SearchReturn {
        count: true,
        ..update
    };
    let items = || vec![FetchItem::Uid, FetchItem::Envelope];
    for (returns, options, attributes) in [
        ("UPDATE", update, vec![]),
        ("update COUNT", count, vec![]),
        ("CONTEXT UPDATE COUNT", count, vec![]),
        ("COUNT UPDATE (UID ENVELOPE)", count, items()),
        ("UPDATE(UID ENVELOPE) COUNT", count, items()),
        ("CONTEXT", SearchReturn::default(), vec![]),
    ] {
        let expected = Body::Search(Search {
            numbering: Numbering::Uid,
            returns: Some(options),
            attributes,
            key: SearchKey::Has(Flag::Flagged),
        });
        let command = format!("UID SEARCH RETURN ({returns}) FLAGGED");
        assert_eq!(body(&command), Ok(expected), "{command}");
    }
    let sort = body("SORT RETURN (UPDATE (UID ENVELOPE)) (DATE) UTF-8 ALL");
    let Ok(Body::Sort(sort)) = sort else {
        panic!("{sort:?}");
    };
    assert_eq!((sort.returns, sort.attributes), (Some(update), items()));
}

#[test]
fn cancel_update_names_tags() {
    let tags = |tags: &[&str]| {
        let tags = tags.iter().map(|&tag| tag.to_owned());
        Ok(Body::CancelUpdate(tags.collect()))
    };
    assert_eq!(body("CANCELUPDATE \"B01\""), tags(&["B01"]));
    assert_eq!(body("cancelupdate \"B01\" \"C.2\""), tags(&["B01", "C.2"]));
}

#[test]
fn what_is_none_of_this_is_explained() {
    for (command, expected) in [
        ("CANCELUPDATE", "CANCELUPDATE: expected a space"),
        ("CANCELUPDATE ", "CANCELUPDATE: expected a string"),
        (
            "SEARCH RETURN (UPDATE ()) ALL",
            "SEARCH: expected a fetch item",
        ),
        (
            "SEARCH RETURN (UPDATE (UID)",
            "SEARCH: expected the end of a list",
        ),
    ] {
        assert_eq!(complaint(command), expected, "{command}");
    }
    let many = format!("CANCELUPDATE{}", " \"x\"".repeat(1001));
    assert_eq!(complaint(&many), "CANCELUPDATE: more than 1000 tags");
}
