//! Object identifiers (RFC 8474) and save dates (RFC 8514), read and said.

use mail::{InternalDate, NaiveDate, SeqNum};

use super::{body, complaint};
use crate::say::{self, Code, FetchLine, Speech, StatusValue, Verdict};
use crate::{Body, DateTest, FetchItem, SearchKey, StatusItem};

#[test]
fn items_and_keys_are_read_in_any_case() {
    let Ok(Body::Fetch(fetch)) = body("FETCH 1 (EmailId THREADID savedate)") else {
        panic!("no fetch");
    };
    assert_eq!(
        fetch.items,
        [FetchItem::EmailId, FetchItem::ThreadId, FetchItem::SaveDate]
    );
    let day = NaiveDate::from_ymd(2014, 12, 28).unwrap();
    for (text, key) in [
        ("EMAILID M6d-_Z", SearchKey::EmailId("M6d-_Z".into())),
        ("threadid T1", SearchKey::ThreadId("T1".into())),
        ("SAVEDON 28-Dec-2014", SearchKey::Saved(DateTest::On, day)),
        (
            "SAVEDBEFORE 28-Dec-2014",
            SearchKey::Saved(DateTest::Before, day),
        ),
        (
            "SAVEDSINCE 28-Dec-2014",
            SearchKey::Saved(DateTest::Since, day),
        ),
        ("SAVEDATESUPPORTED", SearchKey::All),
    ] {
        let Ok(Body::Search(search)) = body(&format!("SEARCH {text}")) else {
            panic!("{text}");
        };
        assert_eq!(search.key, key, "{text}");
    }
    let Ok(Body::Status { items, .. }) = body("STATUS x (MailboxId)") else {
        panic!("no status");
    };
    assert_eq!(items, [StatusItem::MailboxId]);
}

#[test]
fn what_is_no_objectid_is_refused() {
    let long = "x".repeat(256);
    for id in ["", "a.b", "\"a\"", "a+", long.as_str()] {
        complaint(&format!("SEARCH EMAILID {id}"));
    }
}

#[test]
fn they_are_said_as_the_rfcs_have_it() {
    let said = |say: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        say(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        said(&|out| {
            let id = StatusValue::ObjectId("F1".into());
            let items = [(StatusItem::MailboxId, id)];
            say::status(out, Speech { utf8: false }, "foo", &items);
        }),
        "* STATUS foo (MAILBOXID (F1))\r\n"
    );
    assert_eq!(
        said(&|out| say::untagged(out, Verdict::Ok, Some(Code::MailboxId("F1")), "Ok")),
        "* OK [MAILBOXID (F1)] Ok\r\n"
    );
    assert_eq!(
        said(&|out| {
            let mut line = FetchLine::begin(out, SeqNum::MIN);
            let date = InternalDate {
                unix_seconds: 1_420_134_653,
                offset_minutes: 60,
            };
            line.email_id("M1").thread_id("T1").save_date(Some(date));
            line.save_date(None);
            line.end();
        }),
        "* 1 FETCH (EMAILID (M1) THREADID (T1) SAVEDATE \" 1-Jan-2015 18:50:53 +0100\" SAVEDATE NIL)\r\n"
    );
}
