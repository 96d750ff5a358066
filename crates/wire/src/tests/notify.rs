//! The command of RFC 5465.

use super::{body, complaint, name};
use crate::{
    Body, EventGroup, FetchItem, MailboxFilter, MessageEvents, Notify, NotifyEvents, SelectedEvents,
};

const NOTHING: NotifyEvents = NotifyEvents {
    messages: None,
    names: false,
    subscriptions: false,
    metadata: false,
    server_metadata: false,
};

fn messages(has_flags: bool) -> NotifyEvents {
    NotifyEvents {
        messages: Some(MessageEvents { has_flags }),
        ..NOTHING
    }
}

fn set(tells_status: bool, selected: Option<SelectedEvents>, groups: Vec<EventGroup>) -> Body {
    Body::Notify(Notify::Set {
        tells_status,
        selected,
        groups,
    })
}

#[test]
fn notify_is_read_as_the_grammar_and_as_the_examples_write_it() {
    let group = |filter, events| EventGroup { filter, events };
    let selected = |is_delayed, has_flags, attributes| {
        Some(SelectedEvents {
            is_delayed,
            has_flags,
            attributes,
        })
    };
    for (command, expected) in [
        ("NOTIFY NONE", Body::Notify(Notify::None)),
        (
            "NOTIFY SET STATUS (selected MessageNew (uid flags) MessageExpunge) (subtree Lists MessageNew MessageExpunge)",
            set(
                true,
                selected(false, false, vec![FetchItem::Uid, FetchItem::Flags]),
                vec![group(
                    MailboxFilter::Subtree(vec![name("Lists")]),
                    messages(false),
                )],
            ),
        ),
        (
            "NOTIFY SET (mailboxes INBOX (Messagenew messageExpunge)) (personal (SubscriptionChange))",
            set(
                false,
                None,
                vec![
                    group(
                        MailboxFilter::Mailboxes(vec![name("INBOX")]),
                        messages(false),
                    ),
                    group(
                        MailboxFilter::Personal,
                        NotifyEvents {
                            subscriptions: true,
                            ..NOTHING
                        },
                    ),
                ],
            ),
        ),
        (
            "notify set (SELECTED-DELAYED (MessageExpunge MessageNew FlagChange)) (subscribed NONE)",
            set(
                false,
                selected(true, true, Vec::new()),
                vec![group(MailboxFilter::Subscribed, NOTHING)],
            ),
        ),
        (
            "NOTIFY SET (selected NONE) (inboxes (MailboxName MailboxMetadataChange ServerMetadataChange))",
            set(
                false,
                None,
                vec![group(
                    MailboxFilter::Personal,
                    NotifyEvents {
                        names: true,
                        metadata: true,
                        server_metadata: true,
                        ..NOTHING
                    },
                )],
            ),
        ),
        (
            "NOTIFY SET (subtree-one (a b) (SubscriptionChange))",
            set(
                false,
                None,
                vec![group(
                    MailboxFilter::SubtreeOne(vec![name("a"), name("b")]),
                    NotifyEvents {
                        subscriptions: true,
                        ..NOTHING
                    },
                )],
            ),
        ),
        (
            "NOTIFY SET (subtree (a \"b c\") (MessageNew MessageExpunge CoffeeReady))",
            Body::Notify(Notify::Unsupported),
        ),
        (
            "NOTIFY SET (selected (AnnotationChange))",
            Body::Notify(Notify::Unsupported),
        ),
    ] {
        assert_eq!(body(command), Ok(expected), "{command}");
    }
}

#[test]
fn what_is_no_notify_is_explained() {
    let pair = "NOTIFY: MessageNew and MessageExpunge go together, and FlagChange with both";
    for (command, expected) in [
        ("NOTIFY", "NOTIFY: expected a space"),
        ("NOTIFY ALL", "NOTIFY: expected SET or NONE"),
        ("NOTIFY SET STATUS", "NOTIFY: expected a space"),
        (
            "NOTIFY SET ANYTHING (personal NONE)",
            "NOTIFY: expected STATUS or a group of events",
        ),
        (
            "NOTIFY SET (others NONE)",
            "NOTIFY: expected which mailboxes to watch",
        ),
        ("NOTIFY SET (personal (MessageNew))", pair),
        ("NOTIFY SET (personal (FlagChange))", pair),
        (
            "NOTIFY SET (selected NONE) (selected-delayed NONE)",
            "NOTIFY: the selected mailbox is named twice",
        ),
        (
            "NOTIFY SET (selected (MailboxName))",
            "NOTIFY: the selected mailbox has events of messages only",
        ),
        (
            "NOTIFY SET (personal (MessageNew (uid) MessageExpunge))",
            "NOTIFY: fetch attributes are for the selected mailbox",
        ),
        (
            "NOTIFY SET (personal (MessageNew MessageExpunge)",
            "NOTIFY: expected the end of a group",
        ),
        ("NOTIFY SET (personal ())", "NOTIFY: expected an atom"),
    ] {
        assert_eq!(complaint(command), expected, "{command}");
    }
    let many = format!("NOTIFY SET (mailboxes ({}x) NONE)", "x ".repeat(1000));
    assert_eq!(
        complaint(&many),
        "NOTIFY: more than 1000 groups, events and names"
    );
}
