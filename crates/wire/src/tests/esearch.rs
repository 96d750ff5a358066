//! The command of RFC 7377.

use super::{body, complaint, name};
use crate::{Body, Esearch, MailboxFilter, SearchKey, SearchReturn, Sources};

fn esearch(sources: Option<Sources>, returns: Option<SearchReturn>, key: SearchKey) -> Body {
    Body::Esearch(Esearch {
        sources,
        returns,
        key,
    })
}

fn sources(selected: bool, filters: Vec<MailboxFilter>) -> Option<Sources> {
    Some(Sources { selected, filters })
}

#[test]
fn esearch_is_read_as_the_grammar_has_it() {
    let count = Some(SearchReturn {
        count: true,
        ..SearchReturn::default()
    });
    let chad = || SearchKey::Subject("chad".to_owned());
    for (command, expected) in [
        ("ESEARCH ALL", esearch(None, None, SearchKey::All)),
        (
            "esearch return (count) charset utf-8 all",
            esearch(None, count, SearchKey::All),
        ),
        (
            "ESEARCH IN (selected) RETURN () ALL",
            esearch(
                sources(true, Vec::new()),
                Some(SearchReturn::default()),
                SearchKey::All,
            ),
        ),
        (
            "ESEARCH IN (mailboxes \"folder1\" subtree-one \"folder2\") subject \"chad\"",
            esearch(
                sources(
                    false,
                    vec![
                        MailboxFilter::Mailboxes(vec![name("folder1")]),
                        MailboxFilter::SubtreeOne(vec![name("folder2")]),
                    ],
                ),
                None,
                chad(),
            ),
        ),
        (
            "ESEARCH IN (Subtree (a \"b c\" inbox) PERSONAL inboxes subscribed selected) SUBJECT chad",
            esearch(
                sources(
                    true,
                    vec![
                        MailboxFilter::Subtree(vec![name("a"), name("b c"), name("inbox")]),
                        MailboxFilter::Personal,
                        MailboxFilter::Personal,
                        MailboxFilter::Subscribed,
                    ],
                ),
                None,
                chad(),
            ),
        ),
    ] {
        assert_eq!(body(command), Ok(expected), "{command}");
    }
}

#[test]
fn what_is_no_esearch_is_explained() {
    let which = "ESEARCH: expected which mailboxes to search";
    for (command, expected) in [
        ("ESEARCH", "ESEARCH: expected a space"),
        ("ESEARCH IN () ALL", which),
        ("ESEARCH IN (selected-delayed) ALL", which),
        ("ESEARCH IN (personal (depth 1)) ALL", which),
        ("ESEARCH IN (subtree) ALL", "ESEARCH: expected a space"),
        (
            "ESEARCH IN personal ALL",
            "ESEARCH: expected a list in parentheses",
        ),
        (
            "ESEARCH RETURN (ALL) IN (personal) ALL",
            "ESEARCH: expected a search key",
        ),
        (
            "ESEARCH IN (personal) RETURN (CHOCOLATE) ALL",
            "ESEARCH: expected a return option",
        ),
    ] {
        assert_eq!(complaint(command), expected, "{command}");
    }
    let many = format!("ESEARCH IN (mailboxes ({}x)) ALL", "x ".repeat(1000));
    assert_eq!(
        complaint(&many),
        "ESEARCH: more than 1000 filters and names of mailboxes"
    );
}
